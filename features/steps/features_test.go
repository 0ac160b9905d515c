package steps_test

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/harness/harnesstest"
	"github.com/fairway-tre/fairway/features/steps"
)

func play(t *testing.T, tags string, paths ...string) {
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
	for _, i := range run.Invariants {
		if i.Checked == 0 {
			t.Errorf("the invariant %q had nothing to judge", i.Name)
		}
	}
	tellsOfNobody(t, run)
}

func TestTheStudiesMeetTheKnownAnswersAndWhatMustBeRefusedIs(t *testing.T) {
	play(t, "", "drivers", "conformance/refusals.feature", "conformance/attacks.feature")
}

func TestEachServiceAndEachSiteMayBeKilledOnceDuringTheStudyInBothForms(t *testing.T) {
	if testing.Short() {
		t.Skip("kills and restarts processes for a minute; runs without -short")
	}
	play(t, "@recovery", "drivers", "conformance/recovery.feature")
}
