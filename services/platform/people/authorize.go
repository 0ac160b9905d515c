package people

import (
	"slices"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// The reasons for which an act is refused because of who asks.
const (
	SessionUnknown    = "session-unknown"
	SessionEnded      = "session-ended"
	AssuranceTooLow   = "assurance-too-low"
	SecondFactorStale = "second-factor-stale"
	RoleMissing       = "role-missing"
	TrainingMissing   = "training-missing"
	TrainingExpired   = "training-expired"
	AgreementMissing  = "agreement-missing"
	NotFromADoor      = "not-from-a-door"
	Suspended         = "person-suspended"
)

// Need is what an act asks of its actor.
type Need struct {
	Roles    []string // any one of these; none needed when empty
	Standing bool     // training valid and agreement signed
}

// FromGateway reports whether the site's own gateway asks, for a study of another site or for the site itself.
func FromGateway(tx *run.Tx, e envelope.Event) bool {
	return e.Source == topics.Source(tx.Site(), "gateway")
}

// Authorize refuses an act whose actor may not ask for it. The act must come through the site's door, under a session
// that identity has attested to this actor, with the assurance that the site's profile asks for.
//
// SATRE 3.2.01-04: unique accounts, least privilege, multi-factor authentication.
func Authorize(tx *run.Tx, e envelope.Event, need Need) error {
	if e.Source != topics.Source(tx.Site(), "portal") || e.Actor == "" {
		return run.Refuse(NotFromADoor, "the act names no person who signed in at this site")
	}
	if err := checkSession(tx, e); err != nil {
		return err
	}
	p, _, err := Persons.Get(tx.Tx, e.Actor)
	if err != nil {
		return err
	}
	if p.Suspended {
		return suspended()
	}
	if !need.met(p) {
		return run.Refuse(RoleMissing, "this act needs the role %s", strings.Join(need.Roles, " or "))
	}
	if !need.Standing {
		return nil
	}
	profile := tx.Profile()
	return p.standing(tx.Now(), profile.Training.Course, profile.Agreement.Name, profile.Agreement.Version)
}

func suspended() error {
	return run.Refuse(Suspended, "the person is suspended at this site; an officer can end that")
}

func (n Need) met(p Person) bool {
	return len(n.Roles) == 0 || slices.ContainsFunc(n.Roles, func(r string) bool { return slices.Contains(p.Roles, r) })
}

func checkSession(tx *run.Tx, e envelope.Event) error {
	s, found, err := Sessions.Get(tx.Tx, e.Session)
	switch {
	case err != nil:
		return err
	case !found:
		return run.AwaitFact("session/"+e.Session, SessionUnknown)
	case s.PersonID != e.Actor:
		return run.Refuse(SessionUnknown, "the session was attested to somebody else")
	case s.Ended || !tx.Now().Before(s.ExpiresAt):
		return run.Refuse(SessionEnded, "the session is over; sign in again")
	}
	rules := tx.Profile().SignIn
	if rules.Assurance == "aal2" {
		if s.Assurance != "aal2" {
			return run.Refuse(AssuranceTooLow, "this site asks for a second factor; the session has none")
		}
		if age := rules.SecondFactorMaxAge.Std(); tx.Now().Sub(s.SecondFactorAt) > age {
			return run.Refuse(SecondFactorStale, "the second factor was given more than %s ago; give it again", age)
		}
	}
	return nil
}

func (p Person) standing(now time.Time, course, agreement, version string) error {
	training, done := p.Trainings[course]
	switch {
	case !done:
		return run.Refuse(TrainingMissing, "the training %s has not been recorded", course)
	case !now.Before(training.ValidUntil):
		return run.Refuse(TrainingExpired, "the training %s has expired; repeat it", course)
	case p.Agreements[agreement] != version:
		return run.Refuse(AgreementMissing, "the agreement %s in version %s has not been signed", agreement, version)
	}
	return nil
}
