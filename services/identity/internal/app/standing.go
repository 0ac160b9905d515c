package app

import (
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/identity/internal/person"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// memberships keeps what a group outside said last of somebody, by person.
const memberships store.Kind[person.Membership] = "membership"

// trainingLapses is the timer that announces that a training counts no longer.
const trainingLapses = "training-lapses"

// trained is which training lapses.
type trained struct{ PersonID, Course string }

// suspend lets a person do nothing until reinstated: sessions end in the same transaction.
func (o *officers) suspend(tx *run.Tx, e envelope.Event, act identity.PersonSuspend) error {
	p, err := o.authorize(tx, e, act.PersonID)
	if err != nil {
		return err
	}
	n, err := officersNow(tx)
	if err != nil {
		return err
	}
	if err := person.Suspend(p.Roles, p.Suspended, n); err != nil {
		return refusal(err)
	}
	tx.After(o.changed)
	if err := announce(tx, e.Subject, identity.PersonSuspended(act)); err != nil {
		return err
	}
	return endSessions(tx, act.PersonID)
}

func (o *officers) reinstate(tx *run.Tx, e envelope.Event, act identity.PersonReinstate) error {
	p, err := o.authorize(tx, e, act.PersonID)
	if err != nil {
		return err
	}
	if err := person.Reinstate(p.Suspended); err != nil {
		return refusal(err)
	}
	tx.After(o.changed)
	return announce(tx, e.Subject, identity.PersonReinstated(act))
}

// officersNow counts who can give roles.
func officersNow(tx *run.Tx) (n int, err error) {
	err = people.Persons.Each(tx.Tx, func(_ string, p people.Person) error {
		if slices.Contains(p.Roles, person.Officer) && !p.Suspended {
			n++
		}
		return nil
	})
	return n, err
}

// membership takes what the feed of a group outside tells: the role of a researcher follows, and with its end all
// sessions. Whoever reads these facts ends access and running jobs in the transaction that learns of them, so that the
// profile's bound holds as long as the feed and the broker keep up.
func (o *officers) membership(tx *run.Tx, e envelope.Event, act identity.MembershipChange) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{person.Feed}}); err != nil {
		return err
	}
	p, err := known(tx, act.PersonID)
	if err != nil {
		return err
	}
	before, _, err := memberships.Get(tx.Tx, act.PersonID)
	if err != nil {
		return err
	}
	m := person.Membership{Group: act.Group, Member: act.Member, ChangedAt: act.ChangedAt}
	if err := m.Follows(before, tx.Profile().Membership.External(), tx.Now()); err != nil {
		return refusal(err)
	}
	if err := memberships.Put(tx.Tx, act.PersonID, m); err != nil {
		return err
	}
	if err := announce(tx, e.Subject, identity.MembershipChanged(act)); err != nil {
		return err
	}
	has := slices.Contains(p.Roles, person.Researcher)
	tx.After(o.changed)
	switch {
	case m.Member && !has:
		return announce(tx, e.Subject, identity.RoleGranted{PersonID: act.PersonID, Role: person.Researcher})
	case m.Member || !has:
		return nil
	}
	if err := announce(tx, e.Subject, identity.RoleRevoked{PersonID: act.PersonID, Role: person.Researcher}); err != nil {
		return err
	}
	return endSessions(tx, act.PersonID)
}

// endSessions ends every session of a person.
func endSessions(tx *run.Tx, personID string) error {
	var open []string
	err := people.Sessions.Each(tx.Tx, func(id string, s people.Session) error {
		if s.PersonID == personID && !s.Ended && tx.Now().Before(s.ExpiresAt) {
			open = append(open, id)
		}
		return nil
	})
	for _, id := range open {
		if err == nil {
			err = announce(tx, "session/"+id, identity.SessionEnded{SessionID: id, PersonID: personID})
		}
	}
	return err
}

// lapsing sets the clock for a training; one that was repeated lapses later.
func lapsing(tx *run.Tx, personID, course string, until time.Time) error {
	return tx.Alarm(trainingLapses, "person/"+personID, until, trained{PersonID: personID, Course: course})
}

// lapse announces that a training counts no longer.
//
// SATRE 1.6.03, 1.6.04: training is repeated, and access rests on it.
func lapse(tx *run.Tx, subject string, t trained) error {
	p, _, err := people.Persons.Get(tx.Tx, t.PersonID)
	if err != nil {
		return err
	}
	until := p.Trainings[t.Course].ValidUntil
	if tx.Now().Before(until) {
		return nil
	}
	return announce(tx, subject, identity.TrainingLapsed{PersonID: t.PersonID, Course: t.Course, LapsedAt: until})
}
