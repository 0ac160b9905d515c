package steps_test

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/harness/harnesstest"
	"github.com/fairway-tre/fairway/features/report"
	"github.com/fairway-tre/fairway/features/steps"
)

func play(t *testing.T, tags string, paths ...string) report.Run {
	t.Helper()
	var out bytes.Buffer
	run, result, err := steps.Play(context.Background(), steps.Options{
		Options: harness.Options{FS: os.DirFS(".."), Paths: paths, Tags: tags, Out: &out},
		Config:  harness.Config{Binary: harnesstest.Program(t), Dir: t.TempDir()}, Data: "../data"})
	if err != nil {
		t.Fatal(err)
	}
	if !result.Met() {
		t.Errorf("%s\n%q", out.String(), result.Problems)
	}
	tellsOfNobody(t, run)
	return run
}

func TestTheStudiesMeetTheKnownAnswersAndWhatMustBeRefusedIs(t *testing.T) {
	run := play(t, "", "drivers", "conformance/refusals.feature", "conformance/attacks.feature")
	for _, i := range run.Invariants {
		if i.Checked == 0 {
			t.Errorf("the invariant %q had nothing to judge", i.Name)
		}
	}
}

func TestEachServiceAndEachSiteMayBeKilledOnceDuringTheStudyInBothForms(t *testing.T) {
	if testing.Short() {
		t.Skip("kills and restarts processes for a minute; runs without -short")
	}
	play(t, "@recovery", "drivers", "conformance/recovery.feature")
}
