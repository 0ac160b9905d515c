package app

import (
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

func (w *workspace) permitRevoked(tx *run.Tx, e envelope.Event, p approval.PermitRevoked) error {
	return w.endPermit(tx, e, p.PermitID, domain.Revoked, ReasonPermitRevoked)
}

func (w *workspace) permitExpired(tx *run.Tx, e envelope.Event, p approval.PermitExpired) error {
	return w.endPermit(tx, e, p.PermitID, domain.Expired, ReasonPermitExpired)
}

// endPermit ends everything under a permit at once: its jobs are canceled, its workspace is frozen and closed, nobody may
// enter.
func (w *workspace) endPermit(tx *run.Tx, e envelope.Event, permitID string, how domain.Ending, reason string) error {
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
	return w.end(tx, e, p, how, reason, reason)
}

// end ends everything under a permit that has not ended here yet: its jobs for a reason of this service, its workspace for
// the one that was given.
func (w *workspace) end(tx *run.Tx, e envelope.Event, p domain.Permit, how domain.Ending, reason, given string) error {
	p.Ended = how
	if err := permits.Put(tx.Tx, p.ID, p); err != nil {
		return err
	}
	if err := w.cancelAll(tx, p.ID, reason); err != nil {
		return err
	}
	r, found, err := rooms.Get(tx.Tx, p.ID)
	if err != nil || !found {
		return err
	}
	if how != domain.Given {
		if err := freeze(tx, p, &r, reason); err != nil {
			return err
		}
	}
	return shut(tx, e, p, r, given)
}

func freeze(tx *run.Tx, p domain.Permit, r *room, reason string) (err error) {
	if r.Status, err = r.Status.Become(domain.Frozen); err != nil {
		return refusal(err)
	}
	_, err = tx.Emit("workspace/"+r.ID, events.WorkspaceFrozen{WorkspaceID: r.ID, PermitID: p.ID, ProjectID: p.Project, Reason: reason},
		run.InProject(p.Project))
	return err
}
