// Package harnesstest is for tests that play scenarios.
package harnesstest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Program is the path of the program that is every process of a run: FAIRWAY_BIN, or the one of this tree, built for the
// test.
func Program(t testing.TB) string {
	t.Helper()
	if given := os.Getenv("FAIRWAY_BIN"); given != "" {
		return given
	}
	built := filepath.Join(t.TempDir(), "fairway")
	if out, err := exec.Command("go", "build", "-o", built, "github.com/fairway-tre/fairway/features/cmd/fairway").CombinedOutput(); err != nil {
		t.Fatalf("build the program that is to be played: %v\n%s", err, out)
	}
	return built
}
