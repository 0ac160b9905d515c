package run_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func auditKey(t testing.TB) run.AuditKey {
	t.Helper()
	seed := sha256.Sum256([]byte("audit"))
	private := ed25519.NewKeyFromSeed(seed[:])
	origin := audit.Origin("molgenis", "catalog")
	signer, err := audit.NewSigner(origin, private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := audit.VerifierKey(origin, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := audit.NewVerifier(text)
	if err != nil {
		t.Fatal(err)
	}
	return run.AuditKey{Signer: signer, Verifier: verifier}
}

func withAudit(t testing.TB) runtest.Option {
	key := auditKey(t)
	return func(e *run.Env) { e.Audit = key }
}

// signed makes the service sign, and reads what it published.
func signed(t *testing.T, b *runtest.Bench) audit.Checkpoint {
	t.Helper()
	if _, err := b.Service.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(checkpointOf(b))
	if err != nil {
		t.Fatal(err)
	}
	c, err := audit.OpenCheckpoint(text, b.Env.Audit.Verifier)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func checkpointOf(b *runtest.Bench) string {
	return filepath.Join(b.Env.Dir, "state", run.CheckpointFile)
}

func TestEveryEffectAndRefusalIsInTheNextCheckpointWhichGoesOnFromTheLast(t *testing.T) {
	b := runtest.New(t, "catalog", tally, withAudit(t))
	before := signed(t, b)
	for n := range 9 {
		b.Deliver("workspace", count(b.NewID()))
		if n == 5 {
			b.Restart()
		}
		now := signed(t, b)
		if now.Size != before.Size+1 || now.Origin != "molgenis/catalog" {
			t.Fatalf("%+v after %+v", now, before)
		}
		b.View(func(tx *run.Tx) error {
			path, err := audit.ProveConsistency(before.Size, now.Size, tx.AuditNodes())
			if err != nil {
				return err
			}
			return audit.CheckConsistency(path, before.Size, before.Root, now.Size, now.Root)
		})
		before = now
	}
	if again := signed(t, b); again != before {
		t.Fatalf("signed anew without a leaf: %+v", again)
	}
}

func TestNothingIsSignedOverALogThatSomebodyChanged(t *testing.T) {
	for name, c := range map[string]struct {
		change  string
		restart bool
	}{
		"a leaf altered, found at the start":        {`update audit set leaf = 'x' where idx = 2`, true},
		"a leaf deleted, found at the start":        {`delete from audit where idx = 2`, true},
		"the end cut off":                           {`delete from audit where idx >= 4`, false},
		"begun anew with other leaves of one shape": {`update audit set nodes = zeroblob(length(nodes))`, false},
		"the end cut off, found at the start":       {`delete from audit where idx >= 4`, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := runtest.New(t, "catalog", tally, withAudit(t))
			for range 6 {
				b.Deliver("workspace", count(b.NewID()))
			}
			good := signed(t, b)
			db, err := sql.Open("sqlite", filepath.Join(b.Env.Dir, "state", "state.db"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(c.change); err != nil {
				t.Fatal(err)
			}
			db.Close() //nolint:errcheck // a test's
			if c.restart {
				b.Restart()
			}
			if _, err := b.Service.Checkpoint(t.Context()); !errors.Is(err, run.ErrLogChanged) {
				t.Fatalf("signed: %v", err)
			}
			text, err := os.ReadFile(checkpointOf(b))
			if err != nil {
				t.Fatal(err)
			}
			if last, err := audit.OpenCheckpoint(text, b.Env.Audit.Verifier); err != nil || last != good {
				t.Fatalf("the last good checkpoint is gone: %+v, %v", last, err)
			}
		})
	}
}

func TestAForgedCheckpointFileIsNotGoneOnFrom(t *testing.T) {
	b := runtest.New(t, "catalog", tally, withAudit(t))
	b.Deliver("workspace", count(b.NewID()))
	signed(t, b)
	if err := os.WriteFile(checkpointOf(b), []byte("molgenis/catalog\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.Restart()
	if _, err := b.Service.Checkpoint(t.Context()); !errors.Is(err, audit.ErrCheckpoint) {
		t.Fatal(err)
	}
}

func TestMarksArePrunedADayAfterTheyMayBeAndAnOldEventStillTakesNoEffect(t *testing.T) {
	b := runtest.New(t, "catalog", tally)
	old := b.Sign("workspace", count(b.NewID()))
	b.DeliverRecord(old)
	const day = 24 * time.Hour
	for range 37 {
		b.Advance(day)
	}
	b.DeliverRecord(old)
	if answers(b) != 1 || len(reasons(b)) != 0 {
		t.Fatalf("within the time: %d effects, %v", answers(b), reasons(b))
	}
	for range 2 {
		b.Advance(day)
	}
	b.DeliverRecord(old)
	if got := reasons(b); answers(b) != 1 || len(got) != 1 {
		t.Fatalf("after it: %d effects, dead letters %v", answers(b), got)
	}
}
