package standalone

import "time"

const (
	mostFailures = 5
	lockFor      = 15 * time.Minute
	mostUnknown  = 10_000 // e-mail addresses of nobody whose failures are remembered
)

// failures counts attempts in a row that failed.
type failures struct {
	Count       int       `json:"count,omitzero"`
	LockedUntil time.Time `json:"locked_until,omitzero"`
}

func (f failures) locked(now time.Time) bool { return now.Before(f.LockedUntil) }

// next adds a failure; the fifth in a row locks for 15 minutes.
// NIST SP 800-63B 5.2.2: "the verifier SHALL implement controls to protect against online guessing attacks".
func (f failures) next(now time.Time) failures {
	f.Count++
	if f.Count >= mostFailures {
		return failures{LockedUntil: now.Add(lockFor)}
	}
	return failures{Count: f.Count}
}

// unknownFailed counts a failure for an address of nobody, so that locking does not tell who has an account.
func (s *Server) unknownFailed(email string, now time.Time) {
	if len(s.unknown) >= mostUnknown {
		clear(s.unknown)
	}
	s.unknown[email] = s.unknown[email].next(now)
}
