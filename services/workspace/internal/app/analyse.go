package app

import (
	"context"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/analyses"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// analyse reads what the job may see and computes what it asks for. The same job on the same data gives the same bytes.
func (w *workspace) analyse(ctx context.Context, j job) (document documents.Document, text []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{kind: fmt.Sprintf("%T", p)} // the value might hold data
		}
	}()
	table, err := w.table(ctx, j)
	if err != nil {
		return document, nil, err
	}
	document = documents.Document{Schema: documents.Schema, Dataset: j.Asked.DatasetID}
	for _, a := range j.Asked.Analyses {
		result, err := compute(ctx, table, a, w.threshold())
		if err != nil {
			return document, nil, err
		}
		document.Results = append(document.Results, result)
	}
	text, err = documents.Encode(document)
	return document, text, err
}

// table holds the job's concepts only, with the project's pseudonyms in the place of identifiers. All analyses of a
// job are of the same people, those who have a value for each concept: results that differ by one row tell of one.
func (w *workspace) table(ctx context.Context, j job) (analysis.Table, error) {
	h, err := w.data.open()
	if err != nil {
		return analysis.Table{}, err
	}
	var key []byte
	if err := w.service.View(ctx, func(tx *run.Tx) (err error) {
		key, _, err = keys.Get(tx.Tx, j.Asked.ProjectID)
		return err
	}); err != nil {
		return analysis.Table{}, err
	}
	table, err := h.LoadFor(ctx, key, j.Asked.DatasetID, dictionary(j.Dictionary), j.Columns)
	if err != nil {
		return analysis.Table{}, err
	}
	if concepts := analyses.Concepts(j.Asked.Analyses); len(concepts) > 0 {
		return table.Complete(concepts...)
	}
	return table, nil
}

// computing is what runs an analysis of each kind.
var computing = map[string]func(context.Context, analysis.Table, vocabulary.Analysis, int) (documents.Result, error){
	analyses.Count: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		return analysis.Count(ctx, t, a.By, threshold)
	},
	analyses.KaplanMeier: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		return analysis.KaplanMeier(ctx, t, survivalOf(a), threshold)
	},
	analyses.LogRank: func(ctx context.Context, t analysis.Table, a vocabulary.Analysis, threshold int) (documents.Result, error) {
		return analysis.LogRank(ctx, t, survivalOf(a), a.Stratum, threshold)
	},
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
