// Package app takes the acts of identity and announces what follows from them.
package app

import (
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/identity/internal/person"
	"github.com/fairway-tre/fairway/services/identity/internal/relations"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// The reasons for which an act is refused here, beside those of package people.
const (
	ReasonPersonUnknown     = "person-unknown"
	ReasonRegistered        = "already-registered"
	ReasonNotYourself       = "not-yourself"
	ReasonForeign           = "not-of-this-site"
	ReasonCourse            = "course-unknown"
	ReasonFuture            = "training-in-the-future"
	ReasonAgreement         = "agreement-unknown"
	ReasonCode              = "code-wrong"
	ReasonCodeUsed          = "code-used"
	ReasonRoleHeld          = "role-held"
	ReasonRoleNotHeld       = "role-not-held"
	ReasonLastOfficer       = "last-officer"
	ReasonAddress           = "address-not-allowed"
	ReasonAssurance         = "assurance-contradicted"
	ReasonSessionExists     = "session-exists"
	ReasonSessionNotYours   = "session-not-yours"
	ReasonRelationMissing   = "relation-missing"
	ReasonRelationsNoAnswer = "relations-unavailable"
	ReasonSuspendedBefore   = "already-suspended"
	ReasonNotSuspended      = "not-suspended"
	ReasonMembershipLocal   = "membership-local"
	ReasonMembershipStale   = "membership-stale"
	ReasonMembershipFuture  = "membership-in-the-future"
	ReasonNotAMember        = "not-a-member"
)

// settingEnrolment is the digest of the first officer's one-time code.
const settingEnrolment = "enrolment-digest"

// Register adds the handlers of the service and the worker that speaks with the relations.
func Register(s *run.Service, rel *relations.Relations) {
	o := newOfficers(s, rel)
	run.Handle(s, register)
	run.Handle(s, claimer{expected: s.Env().Settings[settingEnrolment], officers: o}.claim)
	run.Handle(s, o.recordTraining)
	run.Handle(s, o.grant)
	run.Handle(s, o.revoke)
	run.Handle(s, o.suspend)
	run.Handle(s, o.reinstate)
	run.Handle(s, o.membership)
	run.HandleTimer(s, trainingLapses, lapse)
	run.Handle(s, sign)
	run.Handle(s, open)
	run.Handle(s, end)
	s.Worker("relations", o.work)
}

// announce says a fact and makes it hold here at once: identity does not read its own events topic. An act that rests
// on a fact of identity finds it seen.
func announce(tx *run.Tx, subject string, fact envelope.Payload) error {
	said, err := tx.Emit(subject, fact)
	if err != nil {
		return err
	}
	if err := people.Apply(tx, fact); err != nil {
		return err
	}
	return tx.MarkSeen(topics.TopicOf(fact.EventType(), tx.Site()), said.Source, subject, said.Sequence)
}

// known returns a person that is registered here; one who is not may be about to be.
func known(tx *run.Tx, personID string) (people.Person, error) {
	p, found, err := people.Persons.Get(tx.Tx, personID)
	if err == nil && !found {
		err = run.AwaitFact("person/"+personID, ReasonPersonUnknown)
	}
	return p, err
}

// reasons is the one place where the domain's errors become reason codes.
var reasons = run.Reasons{
	{person.ErrNotYourself, ReasonNotYourself},
	{person.ErrForeign, ReasonForeign},
	{person.ErrCourse, ReasonCourse},
	{person.ErrFuture, ReasonFuture},
	{person.ErrAgreement, ReasonAgreement},
	{person.ErrCode, ReasonCode},
	{person.ErrCodeUsed, ReasonCodeUsed},
	{person.ErrRoleHeld, ReasonRoleHeld},
	{person.ErrRoleNotHeld, ReasonRoleNotHeld},
	{person.ErrLastOfficer, ReasonLastOfficer},
	{person.ErrAddress, ReasonAddress},
	{person.ErrAssurance, ReasonAssurance},
	{person.ErrSessionExists, ReasonSessionExists},
	{person.ErrSessionNotYours, ReasonSessionNotYours},
	{person.ErrSessionEnded, people.SessionEnded},
	{person.ErrSuspended, ReasonSuspendedBefore},
	{person.ErrNotSuspended, ReasonNotSuspended},
	{person.ErrMembershipLocal, ReasonMembershipLocal},
	{person.ErrMembershipStale, ReasonMembershipStale},
	{person.ErrMembershipFuture, ReasonMembershipFuture},
	{person.ErrNotAMember, ReasonNotAMember},
}

func refusal(err error) error { return reasons.Refusal(err) }
