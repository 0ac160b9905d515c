package door

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/identity/internal/signin"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// visit is what the door keeps of a token: whose it is, and the session that its acts are signed with. A step-up gives
// it another session.
type visit struct {
	PersonID        string    `json:"personId"`
	IdentityID      string    `json:"identityId"`
	SessionID       string    `json:"sessionId"`
	Assurance       string    `json:"assurance"`
	AuthenticatedAt time.Time `json:"authenticatedAt"`
	Form            string    `json:"form,omitzero"` // of a second factor on offer

	token string // of the request; never stored
}

// tokenKey is the hash of a token: reading the store does not give a token away.
func tokenKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// authenticate finds out who asks. Where the profile names addresses, a token is good from there only.
func (d *door) authenticate(r *http.Request) (visit, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return visit{}, errNoSession
	}
	if !d.allowed(r) {
		return visit{}, errAddress("")
	}
	session, err := d.signIn.WhoAmI(r.Context(), token)
	if err != nil {
		return visit{}, err
	}
	var v visit
	var found bool
	err = d.s.View(r.Context(), func(tx *run.Tx) (err error) {
		v, found, err = signedIn.Get(tx.Tx, tokenKey(token))
		return err
	})
	if err != nil {
		return visit{}, err
	}
	if !found || v.IdentityID != session.IdentityID || (v.Assurance == signin.AAL2 && session.AAL != signin.AAL2) {
		return visit{}, errNoSession
	}
	v.token = token
	return v, nil
}

func errAddress(act string) error {
	return &problem{status: http.StatusForbidden, Reason: "address-not-allowed",
		Detail: "this site lets people sign in and act from its own addresses only", ActID: act}
}

// allowed judges where a request comes from.
func (d *door) allowed(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && d.s.Env().Profile.SignIn.AddressAllowed(from.Addr())
}

const visitOver = "door-session-over"

// open gives a token a new session and asks identity to vouch for it.
func (d *door) open(r *http.Request, token string, session signin.Session) (visit, run.Fact, error) {
	v := visit{IdentityID: session.IdentityID, Assurance: session.AAL, AuthenticatedAt: session.AuthenticatedAt, token: token}
	var said run.Fact
	// The engine has spent the code and raised the token: what follows must not be lost with the connection.
	err := d.s.Update(context.WithoutCancel(r.Context()), func(tx *run.Tx) (err error) {
		if v.PersonID, err = d.enlist(tx, session.IdentityID); err != nil {
			return err
		}
		v.SessionID = tx.NewID()
		if err := signedIn.Put(tx.Tx, tokenKey(token), v); err != nil {
			return err
		}
		if err := tx.Alarm(visitOver, tokenKey(token), session.ExpiresAt, v.SessionID); err != nil {
			return err
		}
		said, err = d.say(tx, v, "session/"+v.SessionID, identity.SessionOpen{SessionID: v.SessionID, PersonID: v.PersonID,
			Assurance: v.Assurance, AuthenticatedAt: session.AuthenticatedAt, SecondFactorAt: session.SecondFactorAt,
			AddressAllowed: d.allowed(r)}, nil)
		return err
	})
	return v, said, err
}

func forgetVisit(tx *run.Tx, key string, _ string) error { return signedIn.Delete(tx.Tx, key) }

// attested holds that identity vouches for the session and that it is good for what this site protects.
func attested(tx *run.Tx, v visit) error {
	s, found, err := people.Sessions.Get(tx.Tx, v.SessionID)
	rules := tx.Profile().SignIn
	switch {
	case err != nil:
		return err
	case !found || s.PersonID != v.PersonID:
		return refuse(http.StatusForbidden, people.SessionUnknown, "the session has not been attested; try again shortly, or sign in again")
	case s.Ended || !tx.Now().Before(s.ExpiresAt):
		return refuse(http.StatusUnauthorized, people.SessionEnded, "the session is over; sign in again")
	case rules.Assurance == signin.AAL2 && s.Assurance != signin.AAL2:
		return refuse(http.StatusForbidden, people.AssuranceTooLow, "this site asks for a second factor; give it first")
	}
	return nil
}
