package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// analyse reads what the job may see and computes what it asks for, with the evidence for the site's own checkers. The same job on the same data gives the same bytes.
func (w *workspace) analyse(ctx context.Context, j job) (document documents.Document, text, evidence []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{kind: fmt.Sprintf("%T", p)} // the value might hold data
		}
	}()
	table, err := w.table(ctx, j)
	if err != nil {
		return document, nil, nil, err
	}
	shown := documents.Evidence{Schema: documents.EvidenceSchema, Prepare: append([]vocabulary.Preparation{}, j.Asked.Prepare...)}
	document = documents.Document{Schema: documents.Schema, Dataset: j.Asked.DatasetID}
	for _, a := range j.Asked.Analyses {
		result, err := compute(ctx, table, a, w.threshold())
		if err != nil {
			return document, nil, nil, err
		}
		if count, ok := result.(documents.Count); ok && w.rounding() > 0 {
			result = analysis.Round(count, w.threshold(), w.rounding())
		}
		document.Results = append(document.Results, result)
		e, err := showing(ctx, table, a, w.threshold())
		if err != nil {
			return document, nil, nil, err
		}
		shown.Results = append(shown.Results, e)
	}
	if text, err = documents.Encode(document); err != nil {
		return document, nil, nil, err
	}
	shown.Output = documents.Digest(text)
	evidence, err = documents.EncodeEvidence(shown)
	return document, text, evidence, err
}

// showing gives what the site's checkers need of an analysis beside its result.
func showing(ctx context.Context, table analysis.Table, a vocabulary.Analysis, threshold int) (documents.ResultEvidence, error) {
	switch a.Kind {
	case analyses.Summary:
		_, evidence, err := analysis.Summary(ctx, table, a.Measure, a.By, a.Percentiles, threshold)
		return evidence, err
	case analyses.PolygenicScore:
		_, evidence, err := analysis.PolygenicScore(ctx, table, strings.Join(a.By, ""), weightsOf(a), threshold)
		return evidence, err
	case analyses.RiskRatio:
		_, evidence, err := riskRatio(ctx, table, a, threshold)
		return evidence, err
	}
	return documents.ResultEvidence{Groups: []documents.GroupEvidence{}}, nil
}

// computing is what runs an analysis of each kind.
var computing = map[string]func(context.Context, analysis.Table, vocabulary.Analysis, int) (documents.Result, error){
	analyses.AlleleFrequency: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		return analysis.AlleleFrequency(ctx, t, a.Variants, threshold)
	},
	analyses.Association: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		return analysis.Association(ctx, t, a.Outcome, a.Variants, threshold)
	},
	analyses.PolygenicScore: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		if len(a.By) > 1 {
			return nil, fmt.Errorf("%w: scores are told by one concept at most", analyses.ErrAsked)
		}
		score, _, err := analysis.PolygenicScore(ctx, t, strings.Join(a.By, ""), weightsOf(a), threshold)
		return score, err
	},
	analyses.Count: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		count, err := analysis.Count(ctx, t, a.By, threshold)
		if err != nil || a.SmallCells != analyses.Suppress {
			return count, err
		}
		return analysis.Suppress(count, threshold)
	},
	analyses.KaplanMeier: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		return analysis.KaplanMeier(ctx, t, survivalOf(a), threshold)
	},
	analyses.Summary: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		summary, _, err := analysis.Summary(ctx, t, a.Measure, a.By, a.Percentiles, threshold)
		return summary, err
	},
	analyses.LogRank: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		return analysis.LogRank(ctx, t, survivalOf(a), a.Stratum, threshold)
	},
	analyses.RiskRatio: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		part, _, err := riskRatio(ctx, t, a, threshold)
		return part, err
	},
	analyses.LinearRegression:   regress,
	analyses.LogisticRegression: regress,
	analyses.Cox:                regress,
}

// weightsOf are the weights of a score as they were asked for.
func weightsOf(a vocabulary.Analysis) []analysis.Weight {
	out := make([]analysis.Weight, len(a.Weights))
	for i, w := range a.Weights {
		out[i] = analysis.Weight(w)
	}
	return out
}

func compute(ctx context.Context, table analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
	run, known := computing[a.Kind]
	if !known {
		return nil, fmt.Errorf("%w: this workspace does not compute %s", analyses.ErrAsked, a.Kind)
	}
	return run(ctx, table, a, threshold)
}

func survivalOf(a vocabulary.Analysis) analysis.Survival {
	return analysis.Survival{Time: a.Time, Event: a.Event, Arm: a.Arm}
}

func (w *workspace) threshold() int { return w.service.Env().Profile.Threshold }

func (w *workspace) rounding() int { return w.service.Env().Profile.Disclosure.Rounding }
