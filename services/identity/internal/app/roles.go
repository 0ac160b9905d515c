package app

import (
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/identity/internal/person"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// recordTraining takes an officer's word that a person completed the course that the site asks for.
func (o *officers) recordTraining(tx *run.Tx, e envelope.Event, act identity.TrainingRecord) error {
	if _, err := o.authorize(tx, e, act.PersonID); err != nil {
		return err
	}
	rules := tx.Profile().Training
	if err := person.Training(act.Course, rules.Course, act.CompletedAt, tx.Now()); err != nil {
		return refusal(err)
	}
	until := rules.ValidFor.After(act.CompletedAt)
	if err := lapsing(tx, act.PersonID, act.Course, until); err != nil {
		return err
	}
	return announce(tx, e.Subject, identity.TrainingRecorded{PersonID: act.PersonID, Course: act.Course, CompletedAt: act.CompletedAt,
		ValidUntil: until})
}

// grant gives a role; the relations follow once the fact is committed.
func (o *officers) grant(tx *run.Tx, e envelope.Event, act identity.RoleGrant) error {
	p, err := o.authorize(tx, e, act.PersonID)
	if err != nil {
		return err
	}
	if err := person.Grant(p.Roles, act.Role); err != nil {
		return refusal(err)
	}
	m, _, err := memberships.Get(tx.Tx, act.PersonID)
	if err != nil {
		return err
	}
	if err := m.Allows(act.Role); err != nil {
		return refusal(err)
	}
	tx.After(o.changed)
	return announce(tx, e.Subject, identity.RoleGranted(act))
}

// revoke takes a role; the relations follow once the fact is committed.
func (o *officers) revoke(tx *run.Tx, e envelope.Event, act identity.RoleRevoke) error {
	p, err := o.authorize(tx, e, act.PersonID)
	if err != nil {
		return err
	}
	officers, err := officersNow(tx)
	if err != nil {
		return err
	}
	if err := person.Revoke(p.Roles, act.Role, officers); err != nil {
		return refusal(err)
	}
	tx.After(o.changed)
	return announce(tx, e.Subject, identity.RoleRevoked(act))
}
