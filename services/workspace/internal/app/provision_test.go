package app

import (
	"bytes"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestAWorkspaceStandsOnceAllItsDatasetsAreDescribed(t *testing.T) {
	b := newBench(t)
	second := "molgenis:" + b.NewID()
	g := b.permit(func(g *approval.PermitGranted) {
		g.Persons, g.Datasets, g.Concepts = append(g.Persons, second), []string{"gbsg", "later"}, []string{"recurrence", "grade", "chemotherapy"}
	})
	if n := len(runtest.Sent[events.WorkspaceProvisioned](b.Bench)); n != 0 {
		t.Fatalf("%d workspaces before the description", n)
	}
	b.submit(g, "gbsg", vocabulary.Analysis{Kind: "count", By: []string{"recurrence"}})
	b.Restart()
	b.describe("later", []vocabulary.Variable{{Concept: "grade", Column: "g", Type: "category"}, {Concept: "pgr", Column: "p", Type: "number"}})
	b.describe("later", []vocabulary.Variable{{Concept: "grade", Column: "g", Type: "category"}})
	all := runtest.Sent[events.WorkspaceProvisioned](b.Bench)
	if len(all) != 1 || !slices.Equal(all[0].DatasetIDs, g.Datasets) || !slices.Equal(all[0].Concepts, []string{"recurrence", "grade"}) ||
		all[0].PermitID != g.PermitID {
		t.Fatalf("%+v", all)
	}
	var granted []string
	for _, a := range runtest.Sent[events.AccessGranted](b.Bench) {
		granted = append(granted, a.Person)
	}
	if !slices.Equal(granted, g.Persons) {
		t.Errorf("access for %v", granted)
	}
	// The job that waited for the workspace has its turn.
	b.Until("the waiting job", func() bool {
		all := runtest.Sent[events.JobStateChanged](b.Bench)
		return len(all) > 0 && all[len(all)-1].State == "COMPLETE"
	})
}

func TestAnEndedPermitIsNotProvisioned(t *testing.T) {
	b := newBench(t)
	g := b.permit(func(g *approval.PermitGranted) { g.Datasets = []string{"later"} })
	b.Deliver("approval", approval.PermitRevoked{PermitID: g.PermitID, ProjectID: g.ProjectID, Reason: "misuse"})
	b.describe("later", []vocabulary.Variable{{Concept: "grade", Column: "g", Type: "category"}})
	if n := len(runtest.Sent[events.WorkspaceProvisioned](b.Bench)) + len(runtest.Sent[events.WorkspaceFrozen](b.Bench)); n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestAProjectWithASecondPermitWorksOnUnderIt(t *testing.T) {
	b := newBench(t)
	first := b.permit()
	second := b.permit(func(g *approval.PermitGranted) { g.ProjectID = first.ProjectID })
	key := b.key(first.ProjectID)
	b.Deliver("approval", approval.PermitRevoked{PermitID: first.PermitID, ProjectID: first.ProjectID, Reason: "renewed"})
	if o, _ := b.sealed(b.submit(second, "gbsg", recurrence)); o.PermitID != second.PermitID {
		t.Errorf("%+v", o)
	}
	if !bytes.Equal(key, b.key(first.ProjectID)) || len(key) != 32 {
		t.Error("the project has other pseudonyms than before")
	}
}

func TestTwoProjectsHaveOtherPseudonymsAndNeitherCountsByThem(t *testing.T) {
	b := newBench(t)
	first, second := b.permit(), b.permit()
	if bytes.Equal(b.key(first.ProjectID), b.key(second.ProjectID)) {
		t.Error("two projects have the same pseudonyms")
	}
	b.submit(first, "gbsg", vocabulary.Analysis{Kind: "count", By: []string{"person"}})
	if got := b.reason(); got != ReasonAnalysis {
		t.Errorf("a count by the pseudonym was refused for %q", got)
	}
	_, d := b.sealed(b.submit(second, "gbsg", vocabulary.Analysis{Kind: "count"}))
	if cells := d.Results[0].(documents.Count).Cells; len(cells) != 1 || cells[0].N != 686 {
		t.Errorf("%+v", cells)
	}
}

// key is the project's pseudonym key.
func (b *bench) key(project string) (key []byte) {
	b.t.Helper()
	b.View(func(tx *run.Tx) (err error) {
		key, _, err = keys.Get(tx.Tx, project)
		return err
	})
	return key
}
