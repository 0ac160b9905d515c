package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// beforePart is the failpoint between the airlock's approval and the bytes' leaving.
const beforePart = "gateway/before-part"

// sendLoop lets waiting results cross, also those that waited when the gateway last stopped.
func (g *gateway) sendLoop(ctx context.Context) error {
	return g.s.Tend(ctx, "result on its way", g.sending, func(ctx context.Context) error {
		return each(ctx, g, crossings, func(c crossing) bool { return c.State == waiting }, g.cross)
	})
}

// cross lets one result go, or holds it, in one transaction with the check of its permit.
func (g *gateway) cross(ctx context.Context, releaseID string, c crossing) error {
	if err := g.s.Env().Failpoints.Hit(ctx, beforePart); err != nil {
		return err
	}
	bytes, why := g.approved(ctx, c.Decision)
	if why != nil && !permanent(why) {
		return why
	}
	why = g.s.UpdateFor(ctx, c.Cause, c.Correlation, func(tx *run.Tx) error {
		now, found, err := crossings.Get(tx.Tx, releaseID)
		if err != nil || !found || now.State != waiting {
			return err
		}
		if why == nil {
			why = g.permitted(tx, c)
		}
		if why == nil {
			why = g.deliver(tx, c, bytes)
		}
		now.State = sent
		if why != nil {
			if now.State = held; !permanent(why) {
				return why
			}
			if err := g.withhold(tx, c, why); err != nil {
				return err
			}
		}
		return crossings.Put(tx.Tx, releaseID, now)
	})
	if errors.Is(why, errUnseen) {
		return g.showTo(ctx, c.Decision.Destination.Site)
	}
	return why
}

func permanent(err error) bool {
	var r *run.Refusal
	return errors.As(err, &r)
}

// approved reads the released object and holds it against the decision.
func (g *gateway) approved(ctx context.Context, d airlock.ReleaseApproved) ([]byte, error) {
	bytes, err := g.s.Env().Objects.Get(ctx, d.Claim.Digest)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		return nil, run.Refuse(border.ObjectMissing, "the released object is not in the site's store, or damaged")
	}
	if err != nil {
		return nil, fmt.Errorf("read released object %s: %w", d.Claim.Digest, err)
	}
	return bytes, refusal(border.CheckBytes(bytes, d.Claim.Digest, d.Claim.Size))
}

// permitted asks the gateway's own projection, and the decision's validity, at the time of leaving.
func (g *gateway) permitted(tx *run.Tx, c crossing) error {
	o, _, err := sealed.Get(tx.Tx, c.Decision.OutputID)
	if err != nil {
		return err
	}
	p, err := permitOf(tx, o)
	if err != nil {
		return err
	}
	if err := refusal(p.Allows(tx.Now())); err != nil {
		return err
	}
	if err := heard(tx, o); err != nil {
		return err
	}
	return refusal(border.Check(c.Decision, o, tx.Now()))
}

// deliver hands the result to the host: to the study, if that is this site, else in parts over the border.
func (g *gateway) deliver(tx *run.Tx, c crossing, bytes []byte) error {
	d := c.Decision
	j, _, err := jobs.Get(tx.Tx, d.JobID)
	if err != nil {
		return err
	}
	if j.Answered {
		return run.Refuse(border.AlreadyAnswered, "the host has been told that there is no result")
	}
	if err := heldTo(tx, j, bytes); err != nil {
		return err
	}
	if j.HostSite == g.site {
		if err := g.answers(tx, d.StudyID, d.JobID, bytes); err != nil {
			return err
		}
		err = g.returned(tx, d.StudyID, d.JobID, g.site, study.Result{ReleaseID: d.ReleaseID, Digest: d.Claim.Digest, Size: d.Claim.Size}, d.Rules)
	} else {
		err = g.sendParts(tx, c, bytes)
	}
	if err != nil {
		return err
	}
	j.Answered = true
	return jobs.Put(tx.Tx, d.JobID, j)
}

func (g *gateway) sendParts(tx *run.Tx, c crossing, bytes []byte) error {
	d := c.Decision
	if _, err := g.addressee(tx, d.Destination.Site); err != nil {
		return err
	}
	proof, err := g.logged(tx, d.Destination.Site, c.Leaf)
	if err != nil {
		return err
	}
	parts := border.Split(bytes)
	for i, chunk := range parts {
		p := federation.ResultPart{JobID: d.JobID, StudyID: d.StudyID, ProjectID: d.ProjectID, Site: g.site,
			HostSite: d.Destination.Site, ReleaseID: d.ReleaseID, Digest: d.Claim.Digest, Size: d.Claim.Size,
			Part: int64(i + 1), Parts: int64(len(parts)), Bytes: chunk}
		if i == 0 {
			// The airlock's own signed decision travels with the bytes.
			p.Decision, p.Proof = border.Pack(c.Record), proof
		}
		if err := g.send(tx, d.Destination.Site, "job/"+d.JobID, p); err != nil {
			return err
		}
	}
	return nil
}

// withhold announces why an approved result does not leave, and tells the host.
func (g *gateway) withhold(tx *run.Tx, c crossing, why error) error {
	var r *run.Refusal
	errors.As(why, &r)
	d := c.Decision
	if err := g.hold(tx, c.Cause, d.EventType(), topics.Source(g.site, topics.Airlock), d.Destination.Site, r); err != nil {
		return err
	}
	j, found, err := jobs.Get(tx.Tx, d.JobID)
	if err != nil || !found {
		return err
	}
	return g.decline(tx, d.JobID, j, r.Reason, r.Detail)
}

// each runs fn, outside of any transaction, for every document that is wanted.
func each[T any](ctx context.Context, g *gateway, kind store.Kind[T], wanted func(T) bool, fn func(context.Context, string, T) error) error {
	found := map[string]T{}
	err := g.s.View(ctx, func(tx *run.Tx) error {
		return kind.Each(tx.Tx, func(id string, doc T) error {
			if wanted(doc) {
				found[id] = doc
			}
			return nil
		})
	})
	for id, doc := range found {
		err = errors.Join(err, fn(ctx, id, doc))
	}
	return err
}
