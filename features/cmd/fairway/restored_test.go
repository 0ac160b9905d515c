package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A backup is older than what the gateway has acknowledged on the federation's broker, which is not set back with it.
func TestASiteThatIsRestoredFromABackupHearsAgainWhatTheFederationSaidSince(t *testing.T) {
	heavy(t)
	t.Parallel()
	federation, site := federated(t)
	works(t, "site", "init", "--dir", filepath.Join(filepath.Dir(site), "denbi"), "--profile", "denbi", "--federation", federation)
	broker := start(t, "federation", "broker", "--dir", federation)
	runs(t, site)
	backup := site + "-backup"
	if out, err := exec.Command("cp", "-a", site, backup).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	hears := func() *process {
		t.Helper()
		p := startSite(t, site)
		p.awaits(site, "gateway", "hears of the suspension", func(h healthReport) bool {
			return h.ready() && strings.Contains(works(t, "events", "tail", "--dir", site, "--service", "federation", "--type", "participant.suspended"), "participant/denbi")
		})
		p.stop()
		return p
	}
	works(t, "federation", "suspend", "denbi", "--dir", federation, "--reason", "incident")
	const older = "the database is older than what it had acknowledged"
	if first := hears(); strings.Contains(first.err.String(), older) {
		t.Errorf("nothing was restored yet:\n%s", first.err.String())
	}
	if err := os.RemoveAll(site); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(backup, site); err != nil {
		t.Fatal(err)
	}
	if again := hears(); !strings.Contains(again.err.String(), older) {
		t.Errorf("that it was is not told:\n%s", again.err.String())
	}
	broker.stop()
}
