package app

import (
	"context"
	"slices"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// reading is what a job reads of one dataset, under a permit that names it.
type reading struct {
	DatasetID  string                `json:"datasetId"`
	Version    string                `json:"version"`
	PermitID   string                `json:"permitId"`
	Dictionary []vocabulary.Variable `json:"dictionary"` // as it was published when the job was taken
	Columns    []string              `json:"columns"`
}

// readings is what the job reads, its own dataset first.
func (j job) readings() []reading {
	own := reading{DatasetID: j.Asked.DatasetID, Version: j.Version, PermitID: j.PermitID, Dictionary: j.Dictionary, Columns: j.Columns}
	return append([]reading{own}, j.Linked...)
}

// under tells whether the job reads something under a permit.
func (j job) under(permitID string) bool {
	return slices.ContainsFunc(j.readings(), func(r reading) bool { return r.PermitID == permitID })
}

// has says whether a dictionary binds a concept.
func has(dictionary []vocabulary.Variable, concept string) bool {
	return slices.ContainsFunc(dictionary, func(v vocabulary.Variable) bool { return v.Concept == concept })
}

// answerable finds what is read of each dataset, or the reason why the question cannot be answered.
//
// Jobs name concepts; a site without one refuses: variable-unknown.
func (w *workspace) answerable(tx *run.Tx, act events.JobSubmit) ([]reading, error) {
	needs := analyses.Needs(act.Prepare, concerned(act))
	needs[0].Dataset = act.DatasetID
	all := make([]reading, len(needs))
	for i, need := range needs {
		d, err := w.dataset(tx, need.Dataset)
		if err != nil {
			return nil, err
		}
		all[i] = reading{DatasetID: d.DatasetID, Version: d.Version, Dictionary: d.Dictionary}
	}
	for i, need := range needs {
		for _, c := range need.Concepts {
			of := i
			if i == 0 && !has(all[0].Dictionary, c) {
				// A linked dataset that is not aggregated gives its own columns.
				of = slices.IndexFunc(all, func(r reading) bool { return has(r.Dictionary, c) })
			}
			if of < 0 || !has(all[of].Dictionary, c) || of != i && needs[of].Aggregated {
				return nil, run.Refuse(ReasonVariableUnknown, "the data dictionary of %s has no variable for the concept %s", need.Dataset, c)
			}
			if !slices.Contains(all[of].Columns, c) {
				all[of].Columns = append(all[of].Columns, c)
			}
		}
	}
	return all, refusal(analyses.CheckPrepared(act.Prepare, act.Analyses))
}

func (w *workspace) dataset(tx *run.Tx, id string) (catalog.DatasetPublished, error) {
	d, found, err := datasets.Get(tx.Tx, id)
	if err == nil && (!found || !w.data.has(id)) {
		err = run.Refuse(ReasonDatasetUnknown, "this site has no dataset %s", id)
	}
	return d, err
}

// underPermits gives each reading the permit that it is under. A dataset of another holder may have its own.
//
// Permits list persons, datasets, concepts, analyses, expiry.
func underPermits(tx *run.Tx, act events.JobSubmit, all []reading) error {
	for i, r := range all {
		permit, err := validPermit(tx, act.ProjectID, r.DatasetID)
		if err != nil {
			return err
		}
		if err := permit.Allows(domain.Request{Person: act.Requester, Dataset: r.DatasetID, Host: act.HostSite, Study: act.StudyID != "",
			Concepts: r.Columns, Kinds: analyses.KindsOf(act.Analyses)}); err != nil {
			return refusal(err)
		}
		if _, found, err := rooms.Get(tx.Tx, permit.ID); err != nil || !found {
			return orAwait(err, projectFact(act.ProjectID), ReasonNoWorkspace)
		}
		if all[i].PermitID = permit.ID; len(r.Columns) > 0 || has(r.Dictionary, holdings.Identifier) {
			continue
		}
		if all[i].Columns = countable(r.Dictionary, permit); all[i].Columns == nil {
			return run.Refuse(ReasonBeyond, "the permit names no variable of the dataset %s", r.DatasetID)
		}
	}
	return nil
}

// table holds the job's concepts only, of one row a person and without the pseudonyms that linked them. All analyses of
// a job are of the same people, those who have a value for each concept: results that differ by one row tell of one.
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
	tables := map[string]analysis.Table{}
	for i, r := range j.readings() {
		columns := slices.Clone(r.Columns)
		if has(r.Dictionary, holdings.Identifier) && !slices.Contains(columns, holdings.Identifier) {
			columns = append(columns, holdings.Identifier)
		}
		table, err := h.LoadFor(ctx, key, r.DatasetID, holdings.Published(r.Dictionary), columns)
		if err != nil {
			return analysis.Table{}, err
		}
		if i == 0 {
			tables[""] = table
		} else {
			tables[r.DatasetID] = table
		}
	}
	table, err := analysis.Prepare(ctx, tables, j.Asked.Prepare)
	if err != nil {
		return analysis.Table{}, err
	}
	if concepts := analyses.Concepts(concerned(j.Asked)); len(concepts) > 0 {
		return table.Complete(concepts...)
	}
	return table, nil
}

// lineage tells how the job's table came about.
func (j job) lineage() vocabulary.Lineage {
	out := vocabulary.Lineage{Datasets: []vocabulary.DatasetVersion{}, Steps: []vocabulary.LineageStep{}}
	for _, r := range j.readings() {
		out.Datasets = append(out.Datasets, vocabulary.DatasetVersion{DatasetID: r.DatasetID, Version: r.Version})
	}
	for _, p := range j.Asked.Prepare {
		out.Steps = append(out.Steps, vocabulary.LineageStep{Op: p.Op, Digest: analyses.Digest(p)})
		if p.Lookup != "" && !slices.Contains(out.Imports, p.Lookup) {
			out.Imports = append(out.Imports, p.Lookup)
		}
	}
	return out
}
