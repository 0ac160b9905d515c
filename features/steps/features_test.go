package steps_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/steps"
)

// binary is the program that is judged: FAIRWAY_BIN, or the one of this tree.
func binary(t *testing.T) string {
	t.Helper()
	if given := os.Getenv("FAIRWAY_BIN"); given != "" {
		return given
	}
	built := filepath.Join(t.TempDir(), "fairway")
	if out, err := exec.Command("go", "build", "-o", built, "../cmd/fairway").CombinedOutput(); err != nil {
		t.Fatalf("build the program to be judged: %v\n%s", err, out)
	}
	return built
}

func play(t *testing.T, tags string, paths ...string) {
	t.Helper()
	var out bytes.Buffer
	run, result, err := steps.Play(context.Background(), steps.Options{
		Options: harness.Options{FS: os.DirFS(".."), Paths: paths, Tags: tags, Out: &out},
		Config:  harness.Config{Binary: binary(t), Dir: t.TempDir()}, Data: "../data"})
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
}

func TestTheStudiesMeetTheKnownAnswersAndWhatMustBeRefusedIs(t *testing.T) {
	play(t, "", "drivers", "conformance/refusals.feature")
}

func TestEachServiceAndEachSiteMayBeKilledOnceDuringTheStudyInBothForms(t *testing.T) {
	if testing.Short() {
		t.Skip("kills and restarts processes for a minute; runs without -short")
	}
	play(t, "@recovery", "drivers", "conformance/recovery.feature")
}
