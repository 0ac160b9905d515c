package app

import (
	"context"
	"fmt"

	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// analyse reads what the job may see and computes what it asks for. The same job on the same data gives the same bytes.
func (w *workspace) analyse(ctx context.Context, j job) (text []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{kind: fmt.Sprintf("%T", p)} // the value might hold data
		}
	}()
	table, err := w.table(ctx, j)
	if err != nil {
		return nil, err
	}
	document := documents.Document{Schema: documents.Schema, Dataset: j.Asked.DatasetID}
	for _, a := range analyses(j.Asked.Analyses) {
		result, err := compute(ctx, table, a, w.threshold())
		if err != nil {
			return nil, err
		}
		document.Results = append(document.Results, result)
	}
	return documents.Encode(document)
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
	if concepts := domain.Concepts(analyses(j.Asked.Analyses)); len(concepts) > 0 {
		return table.Complete(concepts...)
	}
	return table, nil
}

func compute(ctx context.Context, table analysis.Table, a domain.Analysis, threshold int) (documents.Result, error) {
	question := analysis.Survival{Time: a.Time, Event: a.Event, Arm: a.Arm}
	switch a.Kind {
	case documents.KindCount:
		return analysis.Count(ctx, table, a.By, threshold)
	case documents.KindKaplanMeier:
		return analysis.KaplanMeier(ctx, table, question, threshold)
	case documents.KindLogRank:
		return analysis.LogRank(ctx, table, question, a.Stratum, threshold)
	}
	return nil, fmt.Errorf("%w: no such kind", domain.ErrAnalysis)
}

func (w *workspace) threshold() int { return w.service.Env().Profile.Threshold }
