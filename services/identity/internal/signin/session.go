package signin

import (
	"time"

	kratos "github.com/ory/kratos-client-go"
)

// The assurance levels of a session.
const (
	AAL1 = "aal1" // a password
	AAL2 = "aal2" // and a second factor
)

// Session is what a token stands for. Times are UTC.
type Session struct {
	SessionID       string
	IdentityID      string
	AAL             string
	AuthenticatedAt time.Time // of the last proof, password or second factor
	SecondFactorAt  time.Time // of the last second factor; zero under AAL2
	ExpiresAt       time.Time
	Active          bool
}

func sessionOf(k *kratos.Session) Session {
	s := Session{
		SessionID:       k.Id,
		AAL:             string(k.GetAuthenticatorAssuranceLevel()),
		AuthenticatedAt: k.GetAuthenticatedAt().UTC(),
		ExpiresAt:       k.GetExpiresAt().UTC(),
		Active:          k.GetActive(),
	}
	if k.Identity != nil {
		s.IdentityID = k.Identity.Id
	}
	for _, m := range k.AuthenticationMethods {
		if string(m.GetAal()) == AAL2 && m.GetCompletedAt().After(s.SecondFactorAt) {
			s.SecondFactorAt = m.GetCompletedAt().UTC()
		}
	}
	return s
}
