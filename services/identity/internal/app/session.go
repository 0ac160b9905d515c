package app

import (
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/identity/internal/person"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// open vouches for a session that the door asks for. The door alone may ask: it signs nobody else's word for it.
func open(tx *run.Tx, e envelope.Event, act identity.SessionOpen) error {
	if err := person.Self(e.Actor, act.PersonID, tx.Site()); err != nil {
		return refusal(err)
	}
	if _, err := known(tx, act.PersonID); err != nil {
		return err
	}
	_, found, err := people.Sessions.Get(tx.Tx, act.SessionID)
	if err != nil {
		return err
	}
	if found {
		return refusal(person.ErrSessionExists)
	}
	seen := person.SignedIn{Assurance: act.Assurance, AuthenticatedAt: act.AuthenticatedAt, SecondFactorAt: act.SecondFactorAt,
		AddressAllowed: act.AddressAllowed}
	expiresAt, err := seen.Attest(tx.Profile().SignIn.SecondFactorMaxAge.Std())
	if err != nil {
		return refusal(err)
	}
	return announce(tx, e.Subject, identity.SessionAttested{SessionID: act.SessionID, PersonID: act.PersonID, Assurance: act.Assurance,
		AuthenticatedAt: act.AuthenticatedAt, SecondFactorAt: act.SecondFactorAt, ExpiresAt: expiresAt})
}

// end lets a person's own session be over.
func end(tx *run.Tx, e envelope.Event, act identity.SessionClose) error {
	if err := person.Self(e.Actor, act.PersonID, tx.Site()); err != nil {
		return refusal(err)
	}
	s, found, err := people.Sessions.Get(tx.Tx, act.SessionID)
	if err != nil {
		return err
	}
	if !found {
		return run.AwaitFact(e.Subject, people.SessionUnknown)
	}
	if err := person.Close(s.PersonID, act.PersonID, s.Ended); err != nil {
		return refusal(err)
	}
	return announce(tx, e.Subject, identity.SessionEnded(act))
}
