package app

import (
	"slices"
	"testing"

	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestAPersonOfThePermitEndsAWorkspaceForGood(t *testing.T) {
	b := newBench(t, keeping)
	g := b.permit()
	room := runtest.Last[events.WorkspaceProvisioned](b.Bench).WorkspaceID
	b.hold()
	running := b.submit(g, "gbsg", recurrence)
	b.held(1)
	b.Act(b.researcher, events.WorkspaceClose{WorkspaceID: room, Reason: "project-ended"})

	closed, gone := runtest.Last[events.WorkspaceClosed](b.Bench), runtest.Last[events.AccessTerminated](b.Bench)
	if closed.WorkspaceID != room || closed.Reason != "project-ended" || !closed.DeleteAt.Equal(b.Clock.Now().AddDate(0, 3, 0)) || !slices.Equal(gone.Persons, g.Persons) {
		t.Fatalf("%+v %+v", closed, gone)
	}
	if last := b.ended(running); last.State != "CANCELED" || last.Reason != ReasonWorkspaceClosed {
		t.Errorf("%+v", last)
	}
	if n := len(runtest.Sent[events.WorkspaceFrozen](b.Bench)); n != 0 {
		t.Error("frozen, though its permit holds")
	}
	for name, later := range map[string]func(){
		"a job":     func() { b.submit(g, "gbsg", recurrence) },
		"a closing": func() { b.Act(b.researcher, events.WorkspaceClose{WorkspaceID: room, Reason: "again"}) },
	} {
		before := len(runtest.Sent[events.ActRefused](b.Bench))
		if later(); len(runtest.Sent[events.ActRefused](b.Bench)) != before+1 || b.reason() != ReasonWorkspaceClosed {
			t.Errorf("%s: %s", name, b.reason())
		}
	}
	// The end of the permit is no second end, and gives the data no more time.
	b.revoke(g)
	if n := len(runtest.Sent[events.WorkspaceClosed](b.Bench)); n != 1 {
		t.Errorf("closed %d times", n)
	}
	b.Env.Failpoints.Release("workspace/running")
	if o, _ := b.sealed(b.submit(b.permit(), "gbsg", recurrence)); o.PermitID == g.PermitID {
		t.Error("another project was closed too")
	}
}

func TestOnlyWhoIsNamedInThePermitOrTheOperatorClosesAWorkspace(t *testing.T) {
	b := newBench(t)
	b.permit()
	room := runtest.Last[events.WorkspaceProvisioned](b.Bench).WorkspaceID
	for reason, c := range map[string]struct {
		by   runtest.Person
		room string
	}{
		ReasonPerson:       {b.Person("researcher"), room},
		people.RoleMissing: {b.Person("output-checker"), room},
		ReasonNoWorkspace:  {b.researcher, b.NewID()},
	} {
		b.Act(c.by, events.WorkspaceClose{WorkspaceID: c.room, Reason: "project-ended"})
		if got := b.reason(); got != reason {
			t.Errorf("refused for %s, expected %s", got, reason)
		}
	}
	b.Act(b.Person("operator"), events.WorkspaceClose{WorkspaceID: room, Reason: "site-moves"})
	if closed := runtest.Last[events.WorkspaceClosed](b.Bench); closed.Reason != "site-moves" {
		t.Errorf("%+v", closed)
	}
}
