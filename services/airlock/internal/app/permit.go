package app

import (
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/run"
)

func permitRevoked(tx *run.Tx, _ envelope.Event, p approval.PermitRevoked) error {
	return endPermit(tx, p.PermitID, "revoked")
}

func permitExpired(tx *run.Tx, _ envelope.Event, p approval.PermitExpired) error {
	return endPermit(tx, p.PermitID, "expired")
}

// workspaceClosed ends also what its people gave up while the permit still held: what lies in the workspace is deleted.
func workspaceClosed(tx *run.Tx, _ envelope.Event, w workspace.WorkspaceClosed) error {
	if _, before, err := ended.Get(tx.Tx, w.PermitID); err != nil || before {
		return err
	}
	return endPermit(tx, w.PermitID, "given up with its workspace")
}

// endPermit rejects what is still under review: nothing is released, or brought in, under a permit that has ended.
func endPermit(tx *run.Tx, permitID, how string) error {
	if err := ended.Put(tx.Tx, permitID, how); err != nil {
		return err
	}
	if err := releases.Each(tx.Tx, func(id string, p pending) error {
		if p.Output.PermitID != permitID || p.Domain.Status != release.InReview {
			return nil
		}
		return reject(tx, id, p, release.PermitEnd, ReasonPermitEnded, nil)
	}); err != nil {
		return err
	}
	return imports.Each(tx.Tx, func(_ string, in entering) error {
		if in.Asked.PermitID != permitID || in.Domain.Status != release.InReview {
			return nil
		}
		return in.reject(tx, release.PermitEnd, ReasonPermitEnded)
	})
}
