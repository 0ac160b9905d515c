package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
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
	return g.s.Tend(ctx, "combination", g.merging, func(ctx context.Context) error {
		return each(ctx, g, studies, func(h hosted) bool { return h.Study.State == study.Combining }, g.combine)
	})
}

// combine makes one combination and gives it to the site's own workspace and airlock: it is an output like any other. Of
// a study in rounds it asks the next round instead, until there is one.
func (g *gateway) combine(ctx context.Context, id string, h hosted) error {
	if err := g.s.Env().Failpoints.Hit(ctx, combiningPoint); err != nil {
		return err
	}
	m, err := g.make(ctx, id, h)
	if err != nil {
		return err
	}
	if m.text != nil {
		if _, err := g.s.Env().Objects.Put(ctx, m.text); err != nil {
			return fmt.Errorf("store the combination of study %s: %w", id, err)
		}
	}
	return g.s.UpdateFor(ctx, h.Cause, h.Correlation, func(tx *run.Tx) error {
		now, _, err := studies.Get(tx.Tx, id)
		if err != nil || now.Study.State != study.Combining || now.Study.Round != h.Study.Round {
			return err
		}
		if m.overruled || m.failure != nil {
			if err := g.change(tx, id, overrule); err != nil {
				return err
			}
		}
		switch {
		case m.failure != nil:
			g.s.Env().Log.Warn("study cannot be combined", "study_id", id, "error", m.failure.Error())
			return g.change(tx, id, func(s *study.Study) error { return s.Uncombinable(failureOf(m.failure)) })
		case m.Next != nil:
			return g.nextRound(tx, id, m.Outcome)
		}
		return g.seal(tx, now.Study, m.text, sourcesOf(m.Document))
	})
}

// made is what follows from the answers of a round: a document with its text, the next round, or why neither will be.
type made struct {
	combine.Outcome
	text      []byte
	failure   error
	overruled bool // who objected to the parameters is left out
}

// make reads what the sites returned and computes what follows. A failure is final; an error passes.
func (g *gateway) make(ctx context.Context, id string, h hosted) (m made, err error) {
	present, err := g.inputs(ctx, h.Study, h.Study.Presents())
	first := present
	if err == nil && h.Study.Round > 1 {
		first, err = g.inputs(ctx, h.Study, h.Study.Firsts())
	}
	if gone(err) {
		return made{failure: err}, nil
	}
	if err != nil {
		return m, err
	}
	m.Outcome, m.overruled, m.failure = outcome(id, h, first, present)
	if m.failure == nil && m.Next == nil {
		m.text, m.failure = outputs.Encode(m.Document)
	}
	return m, nil
}

func outcome(id string, h hosted, first, present []combine.Input) (made combine.Outcome, overruled bool, err error) {
	if h.Study.Round == 0 {
		made.Document, err = combine.Combine(id, h.Asked, present)
		return made, false, err
	}
	if h.Study.Objected() {
		if made, err = combine.Shorten(h.Asked, h.Study.Round, h.Progress); err == nil || len(present) == 0 {
			return made, false, err
		}
		overruled = true
	}
	made, err = combine.Round(id, h.Asked, h.Study.Round, h.Progress, first, present)
	return made, overruled, err
}

// overrule takes it that who objects to the parameters of this round will not answer: no other ones were found.
func overrule(s *study.Study) error { s.Overrule(); return nil }

// failures are the reasons of what cannot be combined; anything else is of answers to different questions.
var failures = run.Reasons{
	{objects.ErrNotFound, border.ObjectMissing},
	{objects.ErrCorrupt, border.ObjectMissing},
	{rounds.ErrSingular, ModelSingular},
	{rounds.ErrSeparated, ModelSeparated},
	{rounds.ErrNotConverged, NotConverged},
}

func failureOf(err error) string {
	if reason, known := failures.Of(err); known {
		return reason
	}
	return NotCombinable
}

// gone tells a result that is lost from a store that cannot be read just now: no further try brings it back.
func gone(err error) bool {
	return errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt)
}

// inputs reads results of sites.
func (g *gateway) inputs(ctx context.Context, s study.Study, answers []study.Answer) (inputs []combine.Input, err error) {
	for _, a := range answers {
		bytes, err := g.s.Env().Objects.Get(ctx, a.Digest)
		if err != nil {
			return nil, fmt.Errorf("read the result of %s for study %s: %w", a.Site, s.ID, err)
		}
		inputs = append(inputs, combine.Input{Site: a.Site, Output: bytes})
	}
	return inputs, nil
}

// sourcesOf lists the digests of what a combination was made of, each once.
func sourcesOf(document outputs.Document) (digests []string) {
	for _, result := range document.Results {
		for _, source := range outputs.Sources(result) {
			if !slices.Contains(digests, source.OutputDigest) {
				digests = append(digests, source.OutputDigest)
			}
		}
	}
	return digests
}

// seal asks the workspace to seal the combination.
//
// The combination is itself an output, sealed and released by the host's airlock.
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
