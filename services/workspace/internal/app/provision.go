package app

import (
	"crypto/rand"
	"slices"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// permitGranted remembers the permit, lets jobs that waited for it be tried, and provisions what it allows.
func (w *workspace) permitGranted(tx *run.Tx, _ envelope.Event, g approval.PermitGranted) error {
	p := domain.Permit{ID: g.PermitID, Project: g.ProjectID, Host: g.HostSite, Persons: g.Persons, Datasets: g.Datasets,
		Concepts: g.Concepts, Kinds: g.Analyses, ExpiresAt: g.ExpiresAt, Sponsor: g.Sponsor}
	return w.take(tx, p)
}

func (w *workspace) take(tx *run.Tx, p domain.Permit) error {
	if err := permits.Put(tx.Tx, p.ID, p); err != nil {
		return err
	}
	known, _, err := projects.Get(tx.Tx, p.Project)
	if err != nil {
		return err
	}
	if err := projects.Put(tx.Tx, p.Project, append(known, p.ID)); err != nil {
		return err
	}
	tx.Wake(projectFact(p.Project))
	return provision(tx, p)
}

// datasetPublished remembers the description, and provisions the workspaces that waited for it.
func (w *workspace) datasetPublished(tx *run.Tx, _ envelope.Event, d catalog.DatasetPublished) error {
	if err := datasets.Put(tx.Tx, d.DatasetID, d); err != nil {
		return err
	}
	tx.After(w.inspection.again)
	return permits.Each(tx.Tx, func(_ string, p domain.Permit) error {
		if !slices.Contains(p.Datasets, d.DatasetID) {
			return nil
		}
		return provision(tx, p)
	})
}

// datasetUpdated is as if it had just been published: a job that was taken keeps the dictionary that it was taken with.
func (w *workspace) datasetUpdated(tx *run.Tx, e envelope.Event, d catalog.DatasetUpdated) error {
	return w.datasetPublished(tx, e, catalog.DatasetPublished{DatasetID: d.DatasetID, Title: d.Title, Holder: d.Holder, Version: d.Version,
		AccessRights: d.AccessRights, Dictionary: d.Dictionary, DataUse: d.DataUse, HostedAt: d.HostedAt})
}

// datasetWithdrawn lets nothing more be computed from a dataset: its jobs are canceled, new ones find it no longer.
func (w *workspace) datasetWithdrawn(tx *run.Tx, _ envelope.Event, d catalog.DatasetWithdrawn) error {
	if err := datasets.Delete(tx.Tx, d.DatasetID); err != nil {
		return err
	}
	tx.After(w.inspection.again)
	return w.cancelThose(tx, func(j job) string {
		if slices.ContainsFunc(j.readings(), func(r reading) bool { return r.DatasetID == d.DatasetID }) {
			return ReasonDatasetWithdrawn
		}
		return ""
	})
}

// provision makes the workspace of a permit as soon as every dataset that the permit names is described: it then stands
// with exactly these, and with the permitted concepts that they have. A workspace that stands follows its permit.
//
// SATRE 3.1.13, 3.2.03: no more data than the work needs, and access to no other.
func provision(tx *run.Tx, p domain.Permit) error {
	r, found, err := rooms.Get(tx.Tx, p.ID)
	if err != nil || p.Holds(tx.Now()) != nil {
		return err
	}
	concepts, complete, err := permitted(tx, p)
	if err != nil || !complete {
		return err
	}
	if found {
		return furnish(tx, p, r, concepts)
	}
	if r.Status, err = r.Status.Become(domain.Provisioned); err != nil {
		return refusal(err)
	}
	r.ID = tx.NewID()
	if err := createKey(tx, p.Project); err != nil {
		return err
	}
	tx.Wake(projectFact(p.Project))
	return furnish(tx, p, r, concepts)
}

// permitted lists the permitted concepts that the permitted datasets have; complete says that all of these are described,
// and are those of who permits.
func permitted(tx *run.Tx, p domain.Permit) (concepts []string, complete bool, err error) {
	for _, id := range p.Datasets {
		d, found, err := datasets.Get(tx.Tx, id)
		if err != nil || !found {
			return nil, false, err
		}
		if holderOf(tx, d.Holder) != p.Holder { // the data are another holder's, who decides
			return nil, false, nil
		}
		for _, v := range d.Dictionary {
			if slices.Contains(p.Concepts, v.Concept) && !slices.Contains(concepts, v.Concept) {
				concepts = append(concepts, v.Concept)
			}
		}
	}
	return concepts, true, nil
}

// createKey gives a project its own pseudonyms. A second permit of the project keeps them.
func createKey(tx *run.Tx, project string) error {
	_, found, err := keys.Get(tx.Tx, project)
	if err != nil || found {
		return err
	}
	key := make([]byte, 32)
	rand.Read(key) //nolint:errcheck // never fails
	return keys.Put(tx.Tx, project, key)
}

// projectFact is what a job waits for whose project has no permit or workspace yet.
func projectFact(id string) string { return "project/" + id }
