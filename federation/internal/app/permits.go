package app

import (
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// permits keeps the gateway's own view of permits, which it asks in the transaction that lets a result go.
func (g *gateway) permits() {
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p approval.PermitGranted) error {
		return permits.Put(tx.Tx, p.PermitID, border.Permit{ProjectID: p.ProjectID, ExpiresAt: p.ExpiresAt})
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p approval.PermitAmended) error {
		return changePermit(tx, p.PermitID, func(d *border.Permit) { d.ExpiresAt = p.ExpiresAt })
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p approval.PermitRenewed) error {
		return changePermit(tx, p.PermitID, func(d *border.Permit) { d.ExpiresAt = p.ExpiresAt })
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p approval.PermitRevoked) error {
		return changePermit(tx, p.PermitID, func(d *border.Permit) { d.Revoked = true })
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p approval.PermitExpired) error {
		return changePermit(tx, p.PermitID, func(d *border.Permit) { d.Expired = true })
	})
}

func changePermit(tx *run.Tx, id string, change func(*border.Permit)) error {
	p, found, err := permits.Get(tx.Tx, id)
	if err != nil {
		return err
	}
	if !found {
		return run.AwaitFact("permit/"+id, border.PermitUnknown)
	}
	change(&p)
	return permits.Put(tx.Tx, id, p)
}

// permitOf finds the permit that covers an output, and waits for one that approval is about to announce.
func permitOf(tx *run.Tx, o border.Sealed) (border.Permit, error) {
	if o.PermitID == "" {
		return border.Permit{}, run.Refuse(border.PermitUnknown, "the sealed output names no permit")
	}
	p, found, err := permits.Get(tx.Tx, o.PermitID)
	if err != nil {
		return p, err
	}
	if !found {
		return p, run.AwaitFact("permit/"+o.PermitID, border.PermitUnknown)
	}
	return p, refusal(p.Fits(o.ProjectID))
}
