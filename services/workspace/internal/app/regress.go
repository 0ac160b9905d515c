package app

import (
	"context"
	"errors"
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

// riskRatio computes what the site adds to a risk ratio over strata, and the evidence of it. Sites answer with sums also
// where nobody asks for a round: of some strata there is no answer that says less.
func riskRatio(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.RatioPart, documents.ResultEvidence, error) {
	q := analysis.Ratio{Outcome: a.Outcome, Arm: a.Arm, Stratum: a.Stratum, Method: analyses.Combining(a), Round: int(a.Round)}
	at, err := rounds.Numbers(a.At)
	if err != nil || len(at) > 1 {
		return documents.RatioPart{}, documents.ResultEvidence{}, errors.Join(fmt.Errorf("%w: a round of risk ratios is at one number, τ²", analyses.ErrAsked), err)
	}
	if len(at) == 1 {
		q.Tau = at[0]
	}
	if q.Method == analyses.RandomEffects {
		q.Round = max(q.Round, 1)
	}
	return analysis.RiskRatio(ctx, t, q, threshold)
}
