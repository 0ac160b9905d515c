package app

import (
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// permitAmended lets the permit hold with another content: what the workspace has follows, and a job that reaches
// further than the permit now does is canceled.
func (w *workspace) permitAmended(tx *run.Tx, _ envelope.Event, a approval.PermitAmended) error {
	p, err := changed(tx, a.PermitID, func(p *domain.Permit) {
		p.Persons, p.Datasets, p.Concepts, p.Kinds, p.ExpiresAt = a.Persons, a.Datasets, a.Concepts, a.Analyses, a.ExpiresAt
	})
	if err != nil || p.Ended != "" {
		return err
	}
	return w.narrow(tx, p)
}

// narrow cancels the jobs that reach further than their permit now does, and lets the workspace follow it.
func (w *workspace) narrow(tx *run.Tx, p domain.Permit) error {
	if err := w.cancelThose(tx, func(j job) string { return beyond(p, j) }); err != nil {
		return err
	}
	tx.Wake(projectFact(p.Project))
	return provision(tx, p)
}

// follow replaces a permit by what it says now. One that has ended stays ended.
func (w *workspace) follow(tx *run.Tx, p, before domain.Permit) error {
	if before.Ended != "" {
		return nil
	}
	if err := permits.Put(tx.Tx, p.ID, p); err != nil {
		return err
	}
	return w.narrow(tx, p)
}

// permitRenewed lets the permit hold longer. One that ended before stays ended.
func permitRenewed(tx *run.Tx, _ envelope.Event, r approval.PermitRenewed) error {
	_, err := changed(tx, r.PermitID, func(p *domain.Permit) { p.ExpiresAt = r.ExpiresAt })
	return err
}

func changed(tx *run.Tx, id string, change func(*domain.Permit)) (domain.Permit, error) {
	p, found, err := permits.Get(tx.Tx, id)
	if err != nil {
		return p, err
	}
	if !found {
		return p, run.AwaitFact("permit/"+id, ReasonPermitMissing)
	}
	change(&p)
	return p, permits.Put(tx.Tx, id, p)
}

// beyond is why a permit does not cover what a job reads under it; empty if it does.
func beyond(p domain.Permit, j job) string {
	for _, r := range j.readings() {
		if r.PermitID != p.ID {
			continue
		}
		err := p.Allows(domain.Request{Person: j.Asked.Requester, Dataset: r.DatasetID, Host: j.Asked.HostSite, Study: j.Asked.StudyID != "",
			Concepts: r.Columns, Kinds: analyses.KindsOf(j.Asked.Analyses)})
		if err != nil {
			return reasonOf(err)
		}
	}
	return ""
}

// cancelThose ends the jobs for which why gives a reason.
func (w *workspace) cancelThose(tx *run.Tx, why func(job) string) error {
	return unfinished.Each(tx.Tx, func(id string, _ time.Time) error {
		j, _, err := jobs.Get(tx.Tx, id)
		if err != nil {
			return err
		}
		reason := why(j)
		if reason == "" {
			return nil
		}
		return w.stop(tx, &j, reason)
	})
}

// furnish gives a workspace that stands what its permit says now: other data, other people.
//
// SATRE 3.1.13, 3.2.03: no more data than the work needs, and access to no other.
func furnish(tx *run.Tx, p domain.Permit, r room, concepts []string) error {
	if r.Status != domain.Provisioned {
		return nil
	}
	data := !slices.Equal(r.Datasets, p.Datasets) || !slices.Equal(r.Concepts, concepts)
	before := r.Persons
	r.Datasets, r.Concepts = p.Datasets, concepts
	r.Persons = slices.DeleteFunc(slices.Clone(p.Persons), func(id string) bool { return away(tx, id) })
	if err := rooms.Put(tx.Tx, p.ID, r); err != nil {
		return err
	}
	subject, project := "workspace/"+r.ID, run.InProject(p.Project)
	if data {
		if _, err := tx.Emit(subject, events.WorkspaceProvisioned{WorkspaceID: r.ID, PermitID: p.ID, ProjectID: p.Project,
			DatasetIDs: p.Datasets, Concepts: concepts}, project); err != nil {
			return err
		}
	}
	for _, person := range r.Persons {
		if slices.Contains(before, person) {
			continue
		}
		if _, err := tx.Emit(subject, events.AccessGranted{WorkspaceID: r.ID, Person: person}, project); err != nil {
			return err
		}
	}
	gone := slices.DeleteFunc(before, func(id string) bool { return slices.Contains(r.Persons, id) })
	if len(gone) == 0 {
		return nil
	}
	_, err := tx.Emit(subject, events.AccessTerminated{WorkspaceID: r.ID, Persons: gone, Reason: ReasonPerson}, project)
	return err
}
