package app

import (
	"errors"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

func (w *workspace) permitRevoked(tx *run.Tx, _ envelope.Event, p approval.PermitRevoked) error {
	return w.endPermit(tx, p.PermitID, domain.Revoked, ReasonPermitRevoked)
}

func (w *workspace) permitExpired(tx *run.Tx, _ envelope.Event, p approval.PermitExpired) error {
	return w.endPermit(tx, p.PermitID, domain.Expired, ReasonPermitExpired)
}

// endPermit ends everything under a permit at once: its jobs are canceled, its workspace is frozen, nobody may enter.
func (w *workspace) endPermit(tx *run.Tx, permitID string, how domain.Ending, reason string) error {
	p, found, err := permits.Get(tx.Tx, permitID)
	if err != nil {
		return err
	}
	if !found {
		return run.AwaitFact("permit/"+permitID, ReasonPermitMissing)
	}
	if p.Ended != "" {
		return nil
	}
	p.Ended = how
	if err := permits.Put(tx.Tx, permitID, p); err != nil {
		return err
	}
	if err := w.cancelAll(tx, permitID, reason); err != nil {
		return err
	}
	return freeze(tx, p, reason)
}

func freeze(tx *run.Tx, p domain.Permit, reason string) error {
	r, found, err := rooms.Get(tx.Tx, p.ID)
	if err != nil || !found {
		return err
	}
	if r.Status, err = r.Status.Become(domain.Frozen); err != nil {
		return refusal(err)
	}
	gone := r.Persons
	r.Persons = nil
	if err := rooms.Put(tx.Tx, p.ID, r); err != nil {
		return err
	}
	subject, project := "workspace/"+r.ID, run.InProject(p.Project)
	_, frozen := tx.Emit(subject, events.WorkspaceFrozen{WorkspaceID: r.ID, PermitID: p.ID, ProjectID: p.Project, Reason: reason}, project)
	_, terminated := tx.Emit(subject, events.AccessTerminated{WorkspaceID: r.ID, Persons: gone, Reason: reason}, project)
	return errors.Join(frozen, terminated)
}
