// Package people is each service's own view of who may act: the persons, sessions, roles, trainings and agreements
// that identity has announced. It asks nobody; what it has not seen, it waits for.
package people

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// Person is what is known of a person: no name, no address.
type Person struct {
	Roles      []string            `json:"roles,omitzero"`
	Trainings  map[string]Training `json:"trainings,omitzero"`  // by course
	Agreements map[string]string   `json:"agreements,omitzero"` // version signed, by name
	Suspended  bool                `json:"suspended,omitzero"`
	// For are the organisations that the person acts for, by role, where it is not the site.
	For map[string]string `json:"for,omitzero"`
}

// Of says whether somebody belongs to an organisation: acts for it in any role, or has it as home site.
func (p Person) Of(id, organisation string) bool {
	if organisation == "" {
		return false
	}
	home, _, _ := strings.Cut(id, ":")
	return home == organisation || slices.Contains(slices.Collect(maps.Values(p.For)), organisation)
}

// Training is one completed course.
type Training struct {
	CompletedAt time.Time `json:"completedAt"`
	ValidUntil  time.Time `json:"validUntil"`
}

// Session is one sign-in. Its facts never change but for its end.
type Session struct {
	PersonID        string    `json:"personId"`
	Assurance       string    `json:"assurance"`
	AuthenticatedAt time.Time `json:"authenticatedAt"`
	SecondFactorAt  time.Time `json:"secondFactorAt,omitzero"`
	ExpiresAt       time.Time `json:"expiresAt"`
	Ended           bool      `json:"ended,omitzero"`
}

// Persons and Sessions are where the view is kept.
const (
	Persons  store.Kind[Person]  = "person"
	Sessions store.Kind[Session] = "session"
)

// Register keeps the view up to date with what identity announces.
func Register(s *run.Service) {
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p identity.PersonRegistered) error { return Apply(tx, p) })
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p identity.TrainingRecorded) error { return Apply(tx, p) })
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p identity.AgreementSigned) error { return Apply(tx, p) })
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p identity.RoleGranted) error { return Apply(tx, p) })
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p identity.RoleRevoked) error { return Apply(tx, p) })
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p identity.SessionAttested) error { return Apply(tx, p) })
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p identity.SessionEnded) error { return Apply(tx, p) })
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p identity.PersonSuspended) error { return Apply(tx, p) })
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, p identity.PersonReinstated) error { return Apply(tx, p) })
}

// Apply changes the view by one fact. Identity calls it itself in the transaction that announces the fact.
func Apply(tx *run.Tx, fact envelope.Payload) error {
	switch f := fact.(type) {
	case identity.PersonRegistered:
		return change(tx, f.PersonID, func(*Person) {})
	case identity.TrainingRecorded:
		return change(tx, f.PersonID, func(p *Person) {
			if p.Trainings == nil {
				p.Trainings = map[string]Training{}
			}
			p.Trainings[f.Course] = Training{CompletedAt: f.CompletedAt, ValidUntil: f.ValidUntil}
		})
	case identity.AgreementSigned:
		return change(tx, f.PersonID, func(p *Person) {
			if p.Agreements == nil {
				p.Agreements = map[string]string{}
			}
			p.Agreements[f.Agreement] = f.Version
		})
	case identity.RoleGranted:
		return change(tx, f.PersonID, func(p *Person) {
			if !slices.Contains(p.Roles, f.Role) {
				p.Roles = append(p.Roles, f.Role)
			}
			if f.Organisation != "" {
				if p.For == nil {
					p.For = map[string]string{}
				}
				p.For[f.Role] = f.Organisation
			}
		})
	case identity.RoleRevoked:
		return change(tx, f.PersonID, func(p *Person) {
			p.Roles = slices.DeleteFunc(p.Roles, func(r string) bool { return r == f.Role })
			delete(p.For, f.Role)
		})
	case identity.PersonSuspended:
		return change(tx, f.PersonID, func(p *Person) { p.Suspended = true })
	case identity.PersonReinstated:
		return change(tx, f.PersonID, func(p *Person) { p.Suspended = false })
	case identity.SessionAttested:
		return Sessions.Put(tx.Tx, f.SessionID, Session{PersonID: f.PersonID, Assurance: f.Assurance,
			AuthenticatedAt: f.AuthenticatedAt, SecondFactorAt: f.SecondFactorAt, ExpiresAt: f.ExpiresAt})
	case identity.SessionEnded:
		s, found, err := Sessions.Get(tx.Tx, f.SessionID)
		if err != nil || !found {
			return err
		}
		s.Ended = true
		return Sessions.Put(tx.Tx, f.SessionID, s)
	}
	return nil
}

func change(tx *run.Tx, id string, fn func(*Person)) error {
	p, _, err := Persons.Get(tx.Tx, id)
	if err != nil {
		return err
	}
	fn(&p)
	return Persons.Put(tx.Tx, id, p)
}

// Attestation is what this site can tell another about one of its persons. It refuses with the reason why a person
// lacks standing.
func Attestation(tx *run.Tx, personID string) (vocabulary.Attestation, error) {
	p, _, err := Persons.Get(tx.Tx, personID)
	if err != nil {
		return vocabulary.Attestation{}, err
	}
	if p.Suspended {
		return vocabulary.Attestation{}, suspended()
	}
	profile := tx.Profile()
	if err := p.standing(tx.Now(), profile.Training.Course, profile.Agreement.Name, profile.Agreement.Version); err != nil {
		return vocabulary.Attestation{}, err
	}
	return vocabulary.Attestation{Person: personID, HomeSite: tx.Site(), Assurance: profile.SignIn.Assurance,
		TrainingCompletedAt: p.Trainings[profile.Training.Course].CompletedAt,
		Agreement:           profile.Agreement.Name, AgreementVersion: profile.Agreement.Version}, nil
}

// skew is by how much the clocks of two sites may differ.
const skew = 2 * time.Minute

// Unfit holds this site's own rules against what the home site attests of somebody, each time anew: what was decided for
// longer than a training lasts does not make up for the training. It is nil where they are met.
func Unfit(tx *run.Tx, a vocabulary.Attestation) *run.Refusal {
	rules := tx.Profile()
	switch {
	case a == (vocabulary.Attestation{}):
		return &run.Refusal{Reason: TrainingMissing, Detail: "the person's own site attests neither training nor agreement"}
	case rules.SignIn.Assurance == "aal2" && a.Assurance != "aal2":
		return &run.Refusal{Reason: AssuranceTooLow, Detail: "this site asks for a second factor; the person's own site does not"}
	case a.TrainingCompletedAt.After(tx.Now().Add(skew)):
		return &run.Refusal{Reason: TrainingMissing, Detail: "the person's own site attests a training of the future"}
	case !tx.Now().Before(rules.Training.ValidFor.After(a.TrainingCompletedAt)):
		return &run.Refusal{Reason: TrainingExpired, Detail: "the person's training is too old for this site; repeat it"}
	}
	return nil
}
