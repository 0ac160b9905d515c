package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func amended(g approval.PermitGranted, change func(*approval.PermitAmended)) approval.PermitAmended {
	a := approval.PermitAmended{PermitID: g.PermitID, ProjectID: g.ProjectID, Revision: 2, Persons: g.Persons, Datasets: g.Datasets,
		Concepts: g.Concepts, Analyses: g.Analyses, ExpiresAt: g.ExpiresAt}
	change(&a)
	return a
}

func TestAWorkspaceFollowsItsPermitToMoreDataAndOtherPeople(t *testing.T) {
	b := newBench(t)
	b.describe("later", []vocabulary.Variable{{Concept: "stage", Column: "s", Type: "number"}})
	g := b.permit()
	other := "molgenis:" + b.NewID()
	b.Deliver("approval", amended(g, func(a *approval.PermitAmended) {
		a.Persons, a.Datasets, a.Concepts = []string{other}, []string{"gbsg", "later"}, append(slices.Clone(a.Concepts), "stage")
	}))
	all := runtest.Sent[events.WorkspaceProvisioned](b.Bench)
	if len(all) != 2 || all[1].WorkspaceID != all[0].WorkspaceID || !slices.Equal(all[1].DatasetIDs, []string{"gbsg", "later"}) ||
		!slices.Contains(all[1].Concepts, "stage") {
		t.Fatalf("%+v", all)
	}
	if got := runtest.Last[events.AccessGranted](b.Bench); got.Person != other {
		t.Errorf("access for %s", got.Person)
	}
	if gone := runtest.Last[events.AccessTerminated](b.Bench); !slices.Equal(gone.Persons, g.Persons) {
		t.Errorf("access ended for %v", gone.Persons)
	}
	b.submit(g, "gbsg", recurrence)
	if r := runtest.Last[events.ActRefused](b.Bench); r.Reason != ReasonPerson {
		t.Errorf("refused for %s", r.Reason)
	}
}

func TestAJobOnADatasetThatWasRefusedIsRefusedByName(t *testing.T) {
	b := newBench(t)
	g := b.permit(func(g *approval.PermitGranted) { g.Datasets = []string{"other"} })
	b.describe("other", []vocabulary.Variable{{Concept: "recurrence", Column: "r", Type: "number"}})
	b.submit(g, "gbsg", recurrence)
	if r := runtest.Last[events.ActRefused](b.Bench); r.Reason != ReasonBeyond || !strings.Contains(r.Detail, "dataset gbsg") {
		t.Fatalf("%+v", r)
	}
}

func TestARenewedPermitHoldsBeyondItsFirstEnd(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	b.Deliver("approval", approval.PermitRenewed{PermitID: g.PermitID, ProjectID: g.ProjectID, ExpiresAt: g.ExpiresAt.AddDate(0, 6, 0)})
	b.Advance(g.ExpiresAt.Sub(b.Clock.Now()))
	b.researcher = b.SignIn(b.researcher)
	b.Deliver("approval", amended(g, func(a *approval.PermitAmended) { a.ExpiresAt = g.ExpiresAt.AddDate(0, 6, 0) }))
	if o, _ := b.sealed(b.submit(g, "gbsg", recurrence)); o.PermitID != g.PermitID {
		t.Errorf("%+v", o)
	}
}

func TestWhoIsNoResearcherAnyMoreOrSuspendedLosesAccessAndRunningJobsAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		leave, back func(*bench, string)
		reason      string
	}{
		"no researcher": {func(b *bench, id string) {
			b.Deliver("identity", identity.RoleRevoked{PersonID: id, Role: "researcher"})
		},
			func(b *bench, id string) {
				b.Deliver("identity", identity.RoleGranted{PersonID: id, Role: "researcher"})
			}, "role-missing"},
		"suspended": {func(b *bench, id string) {
			b.Deliver("identity", identity.PersonSuspended{PersonID: id, Reason: "misuse"})
		},
			func(b *bench, id string) {
				b.Deliver("identity", identity.PersonReinstated{PersonID: id, Reason: "cleared"})
			}, "person-suspended"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			p, g := b.researcher, b.permit()
			b.hold()
			id := b.submit(g, "gbsg", recurrence)
			b.held(1)
			c.leave(b, p.ID)
			if s := b.ended(id); s.State != "CANCELED" || s.Reason != c.reason {
				t.Fatalf("the job is %+v", s)
			}
			if gone := runtest.Last[events.AccessTerminated](b.Bench); !slices.Equal(gone.Persons, []string{p.ID}) || gone.Reason != c.reason {
				t.Fatalf("access ended %+v", gone)
			}
			before := len(runtest.Sent[events.AccessGranted](b.Bench))
			c.back(b, p.ID)
			if n := len(runtest.Sent[events.AccessGranted](b.Bench)); n != before+1 {
				t.Fatalf("access was given back %d times", n-before)
			}
		})
	}
}

func TestNothingIsComputedFromADatasetThatWasWithdrawn(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	b.hold()
	id := b.submit(g, "gbsg", recurrence)
	b.held(1)
	b.Deliver("catalog", catalog.DatasetWithdrawn{DatasetID: "gbsg", Reason: "consent-withdrawn"})
	if s := b.ended(id); s.State != "CANCELED" || s.Reason != ReasonDatasetWithdrawn {
		t.Fatalf("the job is %+v", s)
	}
	b.submit(g, "gbsg", recurrence)
	if r := runtest.Last[events.ActRefused](b.Bench); r.Reason != ReasonDatasetUnknown {
		t.Fatalf("refused for %s", r.Reason)
	}
	b.Env.Failpoints.Release("workspace/running")
	b.sealed(b.submit(g, "lung", survival))
}
