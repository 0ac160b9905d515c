package app

import (
	"errors"
	"slices"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/federation/internal/study/combine"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// nextRound asks the sites that answered the last round again, at the parameters that follow from their answers. The
// requester is attested anew for each round.
func (g *gateway) nextRound(tx *run.Tx, id string, next combine.Outcome) error {
	h, _, err := studies.Get(tx.Tx, id)
	if err != nil {
		return err
	}
	attestation, err := people.Attestation(tx, h.Study.Requester)
	var r *run.Refusal
	if errors.As(err, &r) {
		return g.change(tx, id, func(s *study.Study) error { return errors.Join(overrule(s), s.Uncombinable(r.Reason)) })
	}
	if err != nil {
		return err
	}
	err = g.change(tx, id, func(s *study.Study) error { return s.Again(tx.Now(), tx.NewID) })
	if errors.Is(err, study.ErrLate) {
		return g.change(tx, id, func(s *study.Study) error { return errors.Join(overrule(s), s.Uncombinable(ReasonRoundsUnfinished)) })
	}
	if err != nil {
		return err
	}
	if h, _, err = studies.Get(tx.Tx, id); err != nil {
		return err
	}
	h.Progress, h.Asking = next.Progress, map[string][]vocabulary.Analysis{}
	for _, t := range h.Study.Targets {
		if t.Round == h.Study.Round {
			h.Asking[t.Site] = next.For(t.Site)
		}
	}
	if err := studies.Put(tx.Tx, id, h); err != nil {
		return err
	}
	if err := tx.Alarm(deadlineTimer, id, h.Study.Until(), struct{}{}); err != nil {
		return err
	}
	return g.dispatchRound(tx, h, next, attestation)
}

// dispatchRound gives each site of the present round its job.
func (g *gateway) dispatchRound(tx *run.Tx, h hosted, next combine.Outcome, attestation vocabulary.Attestation) error {
	asked := jobOf{completeFor: others(h.Asked, next.Next), prepare: h.Prepare}
	for _, t := range h.Study.Targets {
		if t.Round != h.Study.Round {
			continue
		}
		asked.analyses = h.Asking[t.Site]
		err := g.dispatch(tx, h.Study, t, asked, attestation)
		var r *run.Refusal
		if errors.As(err, &r) && t.Site != g.site {
			cause := envelope.Event{}
			cause.ID, cause.Type, cause.Source = h.Cause, federation.TypeResultReceived, topics.Source(g.site, topics.Gateway)
			err = g.unasked(tx, cause, h.Study.ID, t, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// others are the concepts of a study that a round does not name. Who has no value for one of them was in no result of
// the first round, and is in none of a later one: that there is one person more would tell of that person.
func others(all, next []vocabulary.Analysis) (concepts []string) {
	named := append(analyses.Concepts(next), analyses.Genotype)
	for _, c := range analyses.Concepts(all) {
		if !slices.Contains(named, c) {
			concepts = append(concepts, c)
		}
	}
	return concepts
}
