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

// precision is what every database of a Kratos keeps of a time: so signing in tells of a session what its token tells later.
const precision = time.Microsecond

func sessionOf(k *kratos.Session) Session {
	s := Session{
		SessionID:       k.Id,
		AAL:             string(k.GetAuthenticatorAssuranceLevel()),
		AuthenticatedAt: k.GetAuthenticatedAt().UTC().Truncate(precision),
		ExpiresAt:       k.GetExpiresAt().UTC().Truncate(precision),
		Active:          k.GetActive(),
	}
	if k.Identity != nil {
		s.IdentityID = k.Identity.Id
	}
	for _, m := range k.AuthenticationMethods {
		if string(m.GetAal()) == AAL2 && m.GetCompletedAt().After(s.SecondFactorAt) {
			s.SecondFactorAt = m.GetCompletedAt().UTC().Truncate(precision)
		}
	}
	return s
}
