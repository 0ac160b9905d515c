package door

import (
	"net/http"

	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/identity/internal/signin"
	"github.com/fairway-tre/fairway/services/platform/run"
)

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type admission struct {
	Token     string `json:"token"`
	SessionID string `json:"sessionId"`
	PersonID  string `json:"personId"`
	Assurance string `json:"assurance"`
}

// enter signs somebody in by password.
func (d *door) enter(w http.ResponseWriter, r *http.Request) error {
	if err := d.signIns.take(r); err != nil {
		return err
	}
	var form credentials
	if err := read(w, r, &form); err != nil {
		return err
	}
	token, session, err := d.signIn.SignIn(r.Context(), form.Email, form.Password)
	if err != nil {
		return err
	}
	return d.admit(w, r, http.StatusCreated, token, session)
}

// stepUp takes a code of the second factor. The token stays; its acts are signed with a new session from here on, so
// that what identity attests of a session never changes.
func (d *door) stepUp(w http.ResponseWriter, r *http.Request) error {
	v, err := d.authenticate(r)
	if err != nil {
		return err
	}
	var form codeForm
	if err := read(w, r, &form); err != nil {
		return err
	}
	session, err := d.signIn.SecondFactor(r.Context(), v.token, form.Code)
	if err != nil {
		return err
	}
	return d.admit(w, r, http.StatusOK, v.token, session)
}

// admit opens a session. From an address that the profile does not allow, identity is asked all the same, so that
// the refusal is a fact; the token is worth nothing then.
func (d *door) admit(w http.ResponseWriter, r *http.Request, status int, token string, session signin.Session) error {
	v, said, err := d.open(r, token, session)
	if err != nil {
		return err
	}
	if !d.allowed(r) {
		if err := d.drop(r, token); err != nil {
			return err
		}
		return errAddress(said.ID)
	}
	answer(w, status, admission{Token: token, SessionID: v.SessionID, PersonID: v.PersonID, Assurance: v.Assurance})
	return nil
}

// leave ends the session, for everyone and then at the sign-in engine.
func (d *door) leave(w http.ResponseWriter, r *http.Request) error {
	v, err := d.authenticate(r)
	if err != nil {
		return err
	}
	err = d.s.Update(r.Context(), func(tx *run.Tx) error {
		_, err := d.say(tx, v, "session/"+v.SessionID, identity.SessionClose{SessionID: v.SessionID, PersonID: v.PersonID}, nil)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.drop(r, v.token); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// drop makes a token worthless: here at once, then at the engine.
func (d *door) drop(r *http.Request, token string) error {
	err := d.s.Update(r.Context(), func(tx *run.Tx) error {
		if err := tx.ClearTimer(visitOver, tokenKey(token)); err != nil {
			return err
		}
		return signedIn.Delete(tx.Tx, tokenKey(token))
	})
	if err != nil {
		return err
	}
	return d.signIn.SignOut(r.Context(), token)
}

// me tells who the token stands for.
func (d *door) me(w http.ResponseWriter, r *http.Request) error {
	v, err := d.authenticate(r)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, struct {
		PersonID  string `json:"personId"`
		SessionID string `json:"sessionId"`
		Assurance string `json:"assurance"`
	}{v.PersonID, v.SessionID, v.Assurance})
	return nil
}
