package app

import (
	"errors"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/project-approval/internal/approval"
)

// permitExpires is the timer that ends a permit.
const permitExpires = "permit-expires"

func subject(permitID string) string { return "permit/" + permitID }

// grant announces a permit for the datasets of this site that were decided positively.
func grant(tx *run.Tx, r approval.ApplicationSubmitted, id string, datasets []string) error {
	granted := approval.PermitGranted{PermitID: id, ApplicationID: r.ApplicationID, ProjectID: r.ProjectID, HostSite: r.HostSite,
		Persons: r.Persons, Datasets: datasets, Concepts: r.Concepts, Analyses: r.Analyses, ExpiresAt: r.ExpiresAt, Sponsor: r.Sponsor}
	p := permit{Granted: granted, Revision: 1}
	if err := p.Domain.Become(domain.Granted); err != nil {
		return refusal(err)
	}
	if err := permits.Put(tx.Tx, id, p); err != nil {
		return err
	}
	if err := tx.Alarm(permitExpires, subject(id), r.ExpiresAt, id); err != nil {
		return err
	}
	if _, err := tx.Emit(subject(id), granted, run.InProject(r.ProjectID)); err != nil {
		return err
	}
	return affirm(tx)
}

// revoke ends a permit at once: any member of a body of the chain may.
func revoke(tx *run.Tx, e envelope.Event, act approval.PermitRevoke) error {
	var bodies []string
	for _, b := range tx.Profile().ApprovalChain {
		bodies = append(bodies, b.Body)
	}
	if err := people.Authorize(tx, e, people.Need{Roles: bodies}); err != nil {
		return err
	}
	return end(tx, act.PermitID, domain.Revoked, func(p permit) envelope.Payload {
		return approval.PermitRevoked{PermitID: act.PermitID, ProjectID: p.Granted.ProjectID, Reason: act.Reason}
	})
}

// expire ends a permit whose time has come. One that was revoked before has ended already.
func expire(tx *run.Tx, _ string, id string) error {
	err := end(tx, id, domain.Expired, func(p permit) envelope.Payload {
		return approval.PermitExpired{PermitID: id, ProjectID: p.Granted.ProjectID}
	})
	var r *run.Refusal
	if errors.As(err, &r) && r.Reason == ReasonTransition {
		return nil
	}
	return err
}

func end(tx *run.Tx, id string, to domain.PermitStatus, fact func(permit) envelope.Payload) error {
	p, found, err := permits.Get(tx.Tx, id)
	if err != nil {
		return err
	}
	if !found {
		return run.AwaitFact(subject(id), ReasonPermitUnknown)
	}
	if err := p.Domain.Become(to); err != nil {
		return refusal(err)
	}
	if err := permits.Put(tx.Tx, id, p); err != nil {
		return err
	}
	if err := tx.ClearTimer(permitExpires, subject(id)); err != nil {
		return err
	}
	_, err = tx.Emit(subject(id), fact(p), run.InProject(p.Granted.ProjectID))
	return err
}
