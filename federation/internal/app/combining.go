package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/federation/internal/study/combine"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// combiningPoint is the failpoint between the last answer and the combination.
const combiningPoint = "study/combining"

// combineLoop makes the combinations of studies that have all answers, also of those that had them when the gateway
// last stopped.
func (g *gateway) combineLoop(ctx context.Context) error {
	return g.work(ctx, "combination", g.merging, func(ctx context.Context) error {
		return each(ctx, g, studies, func(h hosted) bool { return h.Study.State == study.Combining }, g.combine)
	})
}

// combine makes one combination and gives it to the site's own workspace and airlock: it is an output like any other.
func (g *gateway) combine(ctx context.Context, id string, h hosted) error {
	if err := g.s.Env().Failpoints.Hit(ctx, combiningPoint); err != nil {
		return err
	}
	inputs, digests, failure := g.inputs(ctx, h.Study)
	if failure != nil && !gone(failure) {
		return failure
	}
	var text []byte
	if failure == nil {
		text, failure = combined(id, h.Asked, inputs)
	}
	if failure == nil {
		if _, err := g.s.Env().Objects.Put(ctx, text); err != nil {
			return fmt.Errorf("store the combination of study %s: %w", id, err)
		}
	}
	return g.s.UpdateFor(ctx, h.Cause, h.Correlation, func(tx *run.Tx) error {
		now, _, err := studies.Get(tx.Tx, id)
		if err != nil || now.Study.State != study.Combining {
			return err
		}
		if failure != nil {
			g.s.Env().Log.Warn("study cannot be combined", "study", id, "error", failure.Error())
			reason := NotCombinable
			if gone(failure) {
				reason = border.ObjectMissing
			}
			return g.change(tx, id, func(s *study.Study) error { return s.Uncombinable(reason) })
		}
		return g.seal(tx, h.Study, text, digests)
	})
}

// gone tells a result that is lost from a store that cannot be read just now: no further try brings it back.
func gone(err error) bool {
	return errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt)
}

func combined(id string, asked []vocabulary.Analysis, inputs []combine.Input) ([]byte, error) {
	document, err := combine.Combine(id, asked, inputs)
	if err != nil {
		return nil, err
	}
	return outputs.Encode(document)
}

// inputs reads what the sites returned.
func (g *gateway) inputs(ctx context.Context, s study.Study) (inputs []combine.Input, digests []string, err error) {
	for _, t := range s.Targets {
		if t.Outcome != study.Returned {
			continue
		}
		bytes, err := g.s.Env().Objects.Get(ctx, t.Result.Digest)
		if err != nil {
			return nil, nil, fmt.Errorf("read the result of %s for study %s: %w", t.Site, s.ID, err)
		}
		inputs = append(inputs, combine.Input{Site: t.Site, Output: bytes})
		digests = append(digests, t.Result.Digest)
	}
	return inputs, digests, nil
}

// seal asks the workspace to seal the combination.
//
// decisions.md 26: the combination is itself an output, sealed and released by the host's airlock.
func (g *gateway) seal(tx *run.Tx, s study.Study, text []byte, digests []string) error {
	outputID := tx.NewID()
	claim := vocabulary.Claim{Digest: outputs.Digest(text), Size: int64(len(text)), MediaType: outputs.MediaType, Class: "aggregate"}
	err := g.change(tx, s.ID, func(s *study.Study) error { return s.Combined(outputID, claim.Digest, claim.Size) })
	if err != nil {
		return err
	}
	// Every state that waits has its deadline: the airlock's own, and a day for its answer to come.
	overdue := tx.Profile().Review.Deadline(tx.Now()).Add(24 * time.Hour)
	if err := tx.Alarm(reviewTimer, s.ID, overdue, struct{}{}); err != nil {
		return err
	}
	return g.ask(tx, question{StudyID: s.ID}, "output/"+outputID, workspace.OutputSeal{OutputID: outputID, StudyID: s.ID,
		ProjectID: s.Project, Author: s.Requester, Claim: claim, Inputs: digests})
}
