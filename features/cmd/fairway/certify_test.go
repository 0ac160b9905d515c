package main

import (
	"path/filepath"
	"testing"
)

// TestACertificationThatShowsNothingEndsWithThree: that is no fault of what is judged.
func TestACertificationThatShowsNothingEndsWithThree(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a site for ten seconds; runs without -short")
	}
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "connection.yaml")
	write(t, file, "role: airlock\ncommand: ['false']\nbudgets: {start: 1s, answer: 1s}\n")
	refuses(t, 3, []string{"nothing failed, and not everything was shown to pass"}, "certify", "--connection", file, "--only", "SC-AIR-001", "--out", filepath.Join(dir, "out"),
		"--work", filepath.Join(dir, "work"))
}

func TestAConnectionThatIsWrongIsNamedByLineAndField(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "connection.yaml")
	write(t, file, "role: airlock\nbuiltIn: yes please\n")
	refuses(t, 2, []string{file, "line 2: builtIn: expected true or false"}, "certify", "--connection", file)
}
