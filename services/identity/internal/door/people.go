package door

import (
	"context"
	"net/http"

	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/identity/internal/person"
	"github.com/fairway-tre/fairway/services/identity/internal/signin"
	"github.com/fairway-tre/fairway/services/platform/run"
)

type registration struct {
	Email    string `json:"email"`
	Name     string `json:"name"`
	Password string `json:"password"`
	Code     string `json:"code,omitzero"`
}

// register makes somebody known: to the sign-in engine by name, to everyone else by a pseudonym. With a one-time code
// the person also claims to be the first officer; whether the code is right is judged, and refused, as an act.
//
// An email address that is registered already is refused as such, which tells a stranger that it is. A site sends no
// mail through which its owner could be told instead, and an answer like any other would leave somebody who registers
// twice with a password that opens nothing; how many addresses can be tried is limited.
func (d *door) register(w http.ResponseWriter, r *http.Request) error {
	if err := d.registrations.take(r); err != nil {
		return err
	}
	var form registration
	if err := read(w, r, &form); err != nil {
		return err
	}
	identityID, err := d.signIn.Create(r.Context(), signin.Person{Email: form.Email, Name: form.Name}, form.Password)
	if err != nil {
		return err
	}
	var v visit
	// The identity exists: its registration must not be lost with the connection.
	err = d.s.Update(context.WithoutCancel(r.Context()), func(tx *run.Tx) (err error) {
		if v.PersonID, err = d.enlist(tx, identityID); err != nil || form.Code == "" {
			return err
		}
		_, err = d.say(tx, v, "person/"+v.PersonID,
			identity.RoleClaim{PersonID: v.PersonID, CodeDigest: person.CodeDigest(form.Code)}, nil)
		return err
	})
	if err != nil {
		return err
	}
	answer(w, http.StatusCreated, struct {
		PersonID string `json:"personId"`
	}{v.PersonID})
	return nil
}

// enlist returns the pseudonym of an identity. An identity has none when the door stopped between its creation and
// the act that registers the person; it gets one when it next comes.
func (d *door) enlist(tx *run.Tx, identityID string) (personID string, err error) {
	personID, found, err := registered.Get(tx.Tx, identityID)
	if err != nil || found {
		return personID, err
	}
	personID = tx.Site() + ":" + tx.NewID()
	if err := registered.Put(tx.Tx, identityID, personID); err != nil {
		return "", err
	}
	_, err = d.say(tx, visit{PersonID: personID}, "person/"+personID, identity.PersonRegister{PersonID: personID}, nil)
	return personID, err
}

// offerSecondFactor gives the secret for an authenticator.
func (d *door) offerSecondFactor(w http.ResponseWriter, r *http.Request) error {
	v, err := d.authenticate(r)
	if err != nil {
		return err
	}
	offer, err := d.signIn.OfferSecondFactor(r.Context(), v.token)
	if err != nil {
		return err
	}
	v.Form = offer.Form
	err = d.s.Update(r.Context(), func(tx *run.Tx) error { return signedIn.Put(tx.Tx, tokenKey(v.token), v) })
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, struct {
		Secret string `json:"secret"`
	}{offer.Secret})
	return nil
}

type codeForm struct {
	Code string `json:"code"`
}

// enrolSecondFactor takes a first code of the authenticator; the token has a session of the higher assurance then.
func (d *door) enrolSecondFactor(w http.ResponseWriter, r *http.Request) error {
	v, err := d.authenticate(r)
	if err != nil {
		return err
	}
	var form codeForm
	if err := read(w, r, &form); err != nil {
		return err
	}
	if v.Form == "" {
		return refuse(http.StatusConflict, "form-expired", "no second factor is on offer: ask for one first")
	}
	session, err := d.signIn.EnrolSecondFactor(r.Context(), v.token, v.Form, form.Code)
	if err != nil {
		return err
	}
	return d.admit(w, r, http.StatusOK, v.token, session)
}
