package app

import (
	"bytes"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// archiving is a site that also keeps, for ten years, what was asked and released.
var archiving = runtest.Profile(runtest.DefaultProfile + "retention: {deleteAfter: 3m, archiveFor: 10y}\n")

func TestWhatWasAskedAndReleasedIsArchivedAsTheDataGo(t *testing.T) {
	b := newBench(t, archiving)
	g := b.permit()
	left := b.submit(g, "gbsg", recurrence)
	b.sealed(left)
	asked := b.submit(g, "lung", survival)
	released, _ := b.sealed(asked)
	b.sealed(b.submit(b.permit(), "rotterdam", recurrence))
	b.release(released)
	ended := b.Clock.Now()
	b.revoke(g)
	if n := len(runtest.Sent[events.EnvironmentArchived](b.Bench)); n != 0 {
		t.Fatal("archived before the data are deleted")
	}
	if err := b.Env.Failpoints.Arm(erased, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
	b.Advance(b.until(runtest.Last[events.WorkspaceClosed](b.Bench).DeleteAt))
	b.Until("the objects to be removed", func() bool { return b.Env.Failpoints.Hits(erased) == 1 })
	b.Restart()
	b.Env.Failpoints.Release(erased)
	told := runtest.Await[events.EnvironmentArchived](b.Bench, 1)[0]
	if d := runtest.Last[events.DataDeleted](b.Bench); told.WorkspaceID != d.WorkspaceID || told.ProjectID != g.ProjectID || !told.KeepUntil.Equal(ended.AddDate(10, 0, 0)) {
		t.Fatalf("%+v", told)
	}
	text, err := b.Env.Objects.GetClass(t.Context(), objects.Archived, told.ArchiveDigest)
	if err != nil || int64(len(text)) != told.Size {
		t.Fatalf("%d bytes of %d: %v", len(text), told.Size, err)
	}
	var a archive
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	if len(a.Jobs) != 2 || a.Jobs[0].ID != left || a.Jobs[1].ID != asked || !slices.EqualFunc(a.Jobs[1].Analyses, []vocabulary.Analysis{survival}, func(x, y vocabulary.Analysis) bool { return x.Kind == y.Kind && x.Stratum == y.Stratum }) ||
		len(a.Jobs[0].Tools) != 1 || a.Jobs[0].Output != "" || a.Jobs[1].Output != released.OutputID || a.Released[released.OutputID] != released.Claim.Digest || len(a.Released) != 1 {
		t.Errorf("%s", text)
	}
	if bytes.Contains(text, []byte(b.researcher.ID)) {
		t.Error("the archive names a person")
	}
}

func TestNoArchiveIsMadeWhereTheProfileAsksForNone(t *testing.T) {
	b := newBench(t, keeping)
	b.revoke(b.permit())
	b.Advance(b.until(runtest.Last[events.WorkspaceClosed](b.Bench).DeleteAt))
	runtest.Await[events.DataDeleted](b.Bench, 1)
	if n := len(runtest.Sent[events.EnvironmentArchived](b.Bench)); n != 0 {
		t.Errorf("%d archives", n)
	}
}
