package app

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestAJobWhoseWorkspaceIsNeverProvisionedIsRefused(t *testing.T) {
	b := newBench(t)
	g := b.permit(func(g *approval.PermitGranted) { g.Datasets = append(g.Datasets, "never-described") })
	id := b.submit(g, "gbsg", recurrence)
	b.Advance(aMinute)
	if b.reason() != ReasonNoWorkspace || len(b.states(id)) != 0 {
		t.Errorf("refused for %s, states %v", b.reason(), b.states(id))
	}
}

func (b *bench) wantFailed(jobID, reason string) {
	b.t.Helper()
	if last := b.ended(jobID); last.State != "EXECUTOR_ERROR" || last.Reason != reason {
		b.t.Errorf("%+v, not for %s", last, reason)
	}
	if n := len(runtest.Sent[events.OutputSealed](b.Bench)); n != 0 {
		b.t.Errorf("%d outputs", n)
	}
}

func TestAnAnalysisThatCannotBeCarriedOutSealsNothing(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	err := b.Service.Update(t.Context(), func(tx *run.Tx) error { return keys.Put(tx.Tx, g.ProjectID, []byte("cut off")) })
	if err != nil {
		t.Fatal(err)
	}
	b.wantFailed(b.submit(g, "gbsg", recurrence), ReasonFailed)
	b.sealed(b.submit(b.permit(), "gbsg", recurrence))
}

func TestADictionaryThatContradictsItselfEndsTheJob(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	unsound := slices.Clone(trials["gbsg"])
	unsound[1].Levels = []vocabulary.Level{{Code: "0", Label: "none"}, {Code: "2", Label: "recurrence"}} // without its event value
	b.describe("gbsg", unsound)
	b.wantFailed(b.submit(g, "gbsg", recurrence), ReasonDictionary)
}

func TestAnOutputLargerThanADocumentMayBeIsNotSealed(t *testing.T) {
	var people strings.Builder
	people.WriteString("time,status,sex,inst\n")
	for id := range 80_000 { // each a cell with a name of 64 characters
		fmt.Fprintf(&people, "1,1,1,%064d\n", id)
	}
	path := filepath.Join(t.TempDir(), "lung.csv")
	if err := os.WriteFile(path, []byte(people.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	b := benchWith(t, map[string]string{"lung": path})
	g := b.permit()
	b.wantFailed(b.submit(g, "lung", vocabulary.Analysis{Kind: "count", By: []string{"institution"}}), ReasonOutputInvalid)
	b.sealed(b.submit(g, "lung", vocabulary.Analysis{Kind: "count"}))
}
