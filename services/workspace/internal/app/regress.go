package app

import (
	"context"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/analyses"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// regress fits a model on the site's own people or, in a round, computes what they add to one over sites.
func regress(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
	q := analysis.Regression{Kind: a.Kind, Outcome: a.Outcome, Time: a.Time, Event: a.Event, Stratum: a.Stratum,
		Covariates: a.Covariates, References: map[string]string{}}
	for _, r := range a.References {
		q.References[r.Concept] = r.Level
	}
	if a.Round == 0 {
		return analysis.Fit(ctx, t, q, threshold)
	}
	at, err := rounds.Numbers(a.At)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", analyses.ErrAsked, err)
	}
	return analysis.Part(ctx, t, q, int(a.Round), at, threshold)
}
