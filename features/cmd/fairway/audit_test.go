package main

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/federation/site"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// loggedSite is the folder of a site whose airlock has written and signed n leaves.
func loggedSite(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "molgenis")
	if _, err := site.Init(dir, site.InitOptions{Profile: "molgenis"}); err != nil {
		t.Fatal(err)
	}
	env, err := setup.Load(t.Context(), dir, "airlock", setup.Options{Broker: "127.0.0.1:9"})
	if err != nil {
		t.Fatal(err)
	}
	defer env.Objects.Close() //nolint:errcheck // a test's
	s, err := run.New(t.Context(), env, "airlock")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's
	for range n {
		err := s.Update(t.Context(), func(tx *run.Tx) error { _, err := tx.Audit(store.Entry{Action: "applied"}); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// call runs the program and returns its status and what it printed.
func call(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	c := root()
	c.SetOut(&out)
	c.SetErr(&out)
	c.SetArgs(args)
	if err := c.ExecuteContext(t.Context()); err != nil {
		return exitCode(err), out.String() + err.Error()
	}
	return 0, out.String()
}

func expect(t *testing.T, status int, want string, args ...string) {
	t.Helper()
	if got, out := call(t, args...); got != status || !strings.Contains(out, want) {
		t.Errorf("fairway %s: status %d, not %d with %q:\n%s", strings.Join(args, " "), got, status, want, out)
	}
}

func TestAnAuditLogIsVerifiedExportedAndProved(t *testing.T) {
	dir, out := loggedSite(t, 9), t.TempDir()
	expect(t, 0, "the checkpoint of 9 leaves holds", "audit", "verify", dir)
	export := filepath.Join(out, "export")
	expect(t, 0, "9 of 9 leaves", "audit", "export", dir, "--service", "airlock", "--out", export)
	key := filepath.Join(export, "key")
	expect(t, 0, "the checkpoint of 9 leaves holds", "audit", "verify", export, "--key", key)
	proof := filepath.Join(out, "3.tlog-proof")
	expect(t, 0, "", "audit", "prove", dir, "--service", "airlock", "--index", "3", "--out", proof)
	expect(t, 0, "leaf 3 is in the log", "audit", "verify", proof, "--leaf", proof+".leaf", "--key", key)
	expect(t, 3, "the proof does not hold", "audit", "verify", proof, "--leaf", key, "--key", key)
	expect(t, 1, "the log has leaves 0 to 8", "audit", "prove", dir, "--service", "airlock", "--index", "9", "--out", proof)
	expect(t, 2, "--leaf", "audit", "verify", proof)
	expect(t, 2, "no such file", "audit", "verify", filepath.Join(out, "nothing"))
	expect(t, 1, `"warehouse" is no service`, "audit", "verify", dir, "--service", "warehouse")
	growth := filepath.Join(out, "growth")
	expect(t, 0, "", "audit", "prove", dir, "--service", "airlock", "--from", "4", "--out", growth)
	if text, err := os.ReadFile(growth); err != nil || !bytes.HasPrefix(text, []byte("old 4\n")) {
		t.Errorf("%q, %v", text, err)
	}
}

func TestEveryBadLeafOfALogIsToldWithItsOwnStatus(t *testing.T) {
	dir := loggedSite(t, 9)
	kept := filepath.Join(t.TempDir(), "kept")
	checkpoint := filepath.Join(dir, "airlock", "state", run.CheckpointFile)
	text, err := os.ReadFile(checkpoint)
	if err != nil || os.WriteFile(kept, text, 0o600) != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "airlock", "state", "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{`update audit set leaf = 'x' where idx in (2, 7)`, `delete from audit where idx = 5`} {
		if _, err := db.Exec(change); err != nil {
			t.Fatal(err)
		}
	}
	db.Close() //nolint:errcheck // a test's
	_, out := call(t, "audit", "verify", dir)
	for _, want := range []string{"leaf 2: altered", "leaf 5: missing", "leaf 7: altered", "does not hold"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not told:\n%s", want, out)
		}
	}
	expect(t, 3, "leaf 2: altered", "audit", "verify", dir)
	expect(t, 3, "leaf 5 of 9 is missing", "audit", "export", dir, "--service", "airlock", "--out", filepath.Join(t.TempDir(), "e"))
	if err := os.Remove(checkpoint); err != nil {
		t.Fatal(err)
	}
	expect(t, 3, "does not hold", "audit", "verify", dir, "--checkpoint", kept)
}

func TestALogSetBackWithItsCheckpointIsToldByOneThatWasKept(t *testing.T) {
	dir := loggedSite(t, 4)
	state := filepath.Join(dir, "airlock", "state")
	backup := t.TempDir()
	if err := os.CopyFS(filepath.Join(backup, "state"), os.DirFS(state)); err != nil {
		t.Fatal(err)
	}
	env, err := setup.Load(t.Context(), dir, "airlock", setup.Options{Broker: "127.0.0.1:9"})
	if err != nil {
		t.Fatal(err)
	}
	defer env.Objects.Close() //nolint:errcheck // a test's
	s, err := run.New(t.Context(), env, "airlock")
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx *run.Tx) error { _, err := tx.Audit(store.Entry{Action: "applied"}); return err })
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Checkpoint(t.Context())
	kept := filepath.Join(backup, "kept")
	if err != nil || os.WriteFile(kept, signed, 0o600) != nil || s.Close() != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(state); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(state, os.DirFS(filepath.Join(backup, "state"))); err != nil {
		t.Fatal(err)
	}
	expect(t, 0, "the checkpoint of 4 leaves holds", "audit", "verify", dir, "--service", "airlock")
	expect(t, 3, "leaf 4: missing", "audit", "verify", dir, "--service", "airlock", "--checkpoint", kept)
}

func TestTheDatabasesPasswordIsInNoHelp(t *testing.T) {
	t.Setenv(harness.DatabaseVariable, "postgres://a:canary-7f3a@h/d")
	_, out := call(t, "site", "init", "--help")
	if !slices.Contains(strings.Fields(out), "--database") || strings.Contains(out, "canary") {
		t.Error(out)
	}
}
