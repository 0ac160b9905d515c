package person

import "time"

// SignedIn is what the door saw of somebody who signed in.
type SignedIn struct {
	Assurance       string // aal1, aal2
	AuthenticatedAt time.Time
	SecondFactorAt  time.Time // zero without a second factor
	AddressAllowed  bool
}

// Attest holds that a session can be vouched for, and says until when.
func (s SignedIn) Attest(maxAge time.Duration) (expiresAt time.Time, err error) {
	if !s.AddressAllowed {
		return time.Time{}, ErrAddress
	}
	// NIST SP 800-63B 4.2: AAL2 asks for proof of two factors.
	if (s.Assurance == "aal2") == s.SecondFactorAt.IsZero() {
		return time.Time{}, ErrAssurance
	}
	if s.Assurance == "aal2" {
		return s.SecondFactorAt.Add(maxAge), nil
	}
	return s.AuthenticatedAt.Add(maxAge), nil
}

// Close holds that a session of owner, ended or not, can be closed by a person.
func Close(owner, by string, ended bool) error {
	if owner != by {
		return ErrSessionNotYours
	}
	if ended {
		return ErrSessionEnded
	}
	return nil
}
