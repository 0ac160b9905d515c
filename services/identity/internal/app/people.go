package app

import (
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/identity/internal/person"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// claims keeps who used a one-time code, by its digest.
const claims store.Kind[string] = "claim"

// register makes a pseudonym known at this site.
func register(tx *run.Tx, e envelope.Event, act identity.PersonRegister) error {
	if err := person.Self(e.Actor, act.PersonID, tx.Site()); err != nil {
		return refusal(err)
	}
	_, found, err := people.Persons.Get(tx.Tx, act.PersonID)
	if err != nil {
		return err
	}
	if found {
		return run.Refuse(ReasonRegistered, "the person is registered already")
	}
	return announce(tx, e.Subject, identity.PersonRegistered(act))
}

// claimer makes the first officer.
type claimer struct {
	expected string // digest of the one-time code
	officers *officers
}

// claim gives the role identity-officer to who has the code that the site printed when it was set up.
//
// The first officer enrols with a one-time code that site init prints.
func (c claimer) claim(tx *run.Tx, e envelope.Event, act identity.RoleClaim) error {
	if err := person.Self(e.Actor, act.PersonID, tx.Site()); err != nil {
		return refusal(err)
	}
	p, err := known(tx, act.PersonID)
	if err != nil {
		return err
	}
	_, used, err := claims.Get(tx.Tx, c.expected)
	if err != nil {
		return err
	}
	if err := person.Claim(act.CodeDigest, c.expected, used); err != nil {
		return refusal(err)
	}
	if err := person.Grant(p.Roles, person.Officer); err != nil {
		return refusal(err)
	}
	if err := claims.Put(tx.Tx, c.expected, act.PersonID); err != nil {
		return err
	}
	tx.After(c.officers.changed)
	return announce(tx, e.Subject, identity.RoleGranted{PersonID: act.PersonID, Role: person.Officer})
}

// sign takes a person's own signature under the agreement that the site asks for.
func sign(tx *run.Tx, e envelope.Event, act identity.AgreementSign) error {
	if err := person.Self(e.Actor, act.PersonID, tx.Site()); err != nil {
		return refusal(err)
	}
	if err := people.Authorize(tx, e, people.Need{}); err != nil {
		return err
	}
	if _, err := known(tx, act.PersonID); err != nil {
		return err
	}
	wanted := tx.Profile().Agreement
	if err := person.Agreement(act.Agreement, act.Version, wanted.Name, wanted.Version); err != nil {
		return refusal(err)
	}
	return announce(tx, e.Subject, identity.AgreementSigned(act))
}
