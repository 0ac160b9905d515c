package app

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/lookups"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// lookedUp gives the steps that name a lookup table of the project the recodes of it, beside its digest: from there on
// they are recodes like others, for the airlock's comparisons too.
func (w *workspace) lookedUp(tx *run.Tx, act events.JobSubmit, all []reading) ([]vocabulary.Preparation, error) {
	steps := slices.Clone(act.Prepare)
	for i, step := range steps {
		if step.Lookup == "" {
			continue
		}
		table, err := w.lookup(tx, act.ProjectID, step.Lookup)
		if err != nil {
			return nil, err
		}
		if table.From != step.Concept || table.To != step.As {
			return nil, run.Refuse(ReasonAnalysis, "the lookup table makes another concept than step %d, or of another one", i+1)
		}
		steps[i].Recodes = known(all, step, table.Recodes)
		if len(steps[i].Recodes) == 0 {
			return nil, run.Refuse(ReasonAnalysis, "the lookup table of step %d names no level of %s", i+1, step.Concept)
		}
	}
	return steps, nil
}

// lookup is a table that a project brought in.
func (w *workspace) lookup(tx *run.Tx, project, digest string) (t lookups.Table, err error) {
	id, _, err := brought.Get(tx.Tx, belonging(project, digest))
	if err != nil {
		return t, err
	}
	if b, found, err := imports.Get(tx.Tx, id); err != nil || !found || b.Status != domain.ImportTaken {
		return t, run.OrRefuse(err, ReasonImportMissing, "the project brought no such lookup table into its workspace here")
	}
	text, err := w.stored(tx, objects.Imported, digest)
	if err != nil {
		return t, err
	}
	if t, err = lookups.Decode(text); err != nil {
		return t, run.Refuse(ReasonImportUnreadable, "what was brought in is no lookup table")
	}
	return t, nil
}

// known leaves out what no row can have: of a code list most levels are not in the data, and a table that names them
// would be taken by the airlock for one of other people. Of a concept whose levels are not described all are kept.
func known(all []reading, step vocabulary.Preparation, recodes []vocabulary.Recode) []vocabulary.Recode {
	for _, r := range all {
		if step.Dataset != "" && step.Dataset != r.DatasetID {
			continue
		}
		at := slices.IndexFunc(r.Dictionary, func(v vocabulary.Variable) bool { return v.Concept == step.Concept && len(v.Levels) > 0 })
		if at < 0 {
			continue
		}
		return slices.DeleteFunc(slices.Clone(recodes), func(c vocabulary.Recode) bool {
			return !slices.ContainsFunc(r.Dictionary[at].Levels, func(l vocabulary.Level) bool { return l.Label == c.From })
		})
	}
	return recodes
}
