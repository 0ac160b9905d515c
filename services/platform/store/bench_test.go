package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/bench"
	"github.com/fairway-tre/fairway/contracts/envelope"
)

const (
	benchRounds     = 41
	benchEffects    = 75
	benchLeaves     = 64 // of one commit
	benchBatches    = 20
	benchEffectGoal = 0.4
	benchAuditGoal  = 0.7
)

// TestBench measures, in turn with the peer, an effect with all that belongs to it against the bare SQL transaction of
// its document on the same driver, and an audit append of many leaves against appending them to a file; each commit and
// each append is durable.
func TestBench(t *testing.T) {
	bench.Only(t)
	var rows []bench.Row
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		driver := "sqlite"
		if s.Shared() {
			driver = "postgres"
		}
		bare := bareDatabase(t, s)
		ours, peer := bench.Turns(benchRounds,
			rate(t, benchEffects, 1, func(n int) error { return s.Update(context.Background(), effect(n)) }),
			rate(t, benchEffects, 1, func(n int) error { return bareEffect(bare, n) }))
		rows = append(rows, bench.Compare("effect-"+driver, "effects/s", bench.Higher, benchEffectGoal, ours, peer))
		ours, peer = bench.Turns(benchRounds,
			rate(t, benchBatches, benchLeaves, func(int) error { return s.Update(context.Background(), manyLeaves) }),
			rate(t, benchBatches, benchLeaves, appender(t)))
		rows = append(rows, bench.Compare("audit-"+driver, "leaves/s", bench.Higher, benchAuditGoal, ours, peer))
	})
	bench.Write(t, rows...)
}

// rate does something a number of times and tells how often in a second, each counting as many.
func rate(t *testing.T, times, each int, do func(n int) error) func() float64 {
	n := 0
	return func() float64 {
		began := time.Now()
		for range times {
			n++
			if err := do(n); err != nil {
				t.Fatal(err)
			}
		}
		return float64(times*each) / time.Since(began).Seconds()
	}
}

// effect is what one event makes a service write.
func effect(n int) func(*Tx) error {
	return func(tx *Tx) error {
		id := fmt.Sprint("event ", n)
		if before, err := tx.Applied("/sites/molgenis/catalog", id); err != nil || before != "" {
			return fmt.Errorf("applied before: %q, %v", before, err)
		}
		return tx.Attempt(func() error {
			doc, _, err := notes.Get(tx, "shared")
			if err != nil {
				return err
			}
			doc.Text = id
			if err := notes.Put(tx, "shared", doc); err != nil {
				return err
			}
			if err := tx.MarkApplied("/sites/molgenis/catalog", id, "sha256:digest"); err != nil {
				return err
			}
			if err := tx.MarkSeen("molgenis.catalog.events.v1", "/sites/molgenis/catalog", "note/shared", uint64(n)); err != nil {
				return err
			}
			if _, err := tx.Next("molgenis.airlock.events.v1", "/sites/molgenis/airlock", "note/shared"); err != nil {
				return err
			}
			if err := tx.Send("", envelope.Record{Topic: "molgenis.airlock.events.v1", Key: []byte("note/shared"), Value: make([]byte, 1024)}); err != nil {
				return err
			}
			_, err = tx.Audit(Entry{Action: "applied", Cause: id, Type: "fairway.catalog.note.written.v1"})
			return err
		})
	}
}

func manyLeaves(tx *Tx) error {
	for i := range benchLeaves {
		if _, err := tx.Audit(benchLeaf(i)); err != nil {
			return err
		}
	}
	return nil
}

func benchLeaf(i int) Entry {
	return Entry{Action: "applied", Cause: fmt.Sprint(i), Type: "fairway.catalog.note.written.v1", Digest: "sha256:" + fmt.Sprintf("%064d", i)}
}

// bareDatabase is a database of the same kind and durability with the one table of documents.
func bareDatabase(t *testing.T, s *Store) *sql.DB {
	t.Helper()
	db := s.db
	if !s.Shared() {
		var err error
		db, err = openFile(filepath.Join(t.TempDir(), "bare.db"), url.Values{"_txlock": {"immediate"}, "_pragma": {"journal_mode(WAL)", "synchronous(FULL)"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() }) //nolint:errcheck // a test's
	}
	kind := map[bool]string{true: "bytea", false: "blob"}[s.Shared()]
	if _, err := db.Exec(`create table bare (id text primary key, version integer, doc ` + kind + `)`); err != nil {
		t.Fatal(err)
	}
	return db
}

func bareEffect(db *sql.DB, n int) error {
	t, err := db.Begin()
	if err != nil {
		return err
	}
	defer t.Rollback() //nolint:errcheck // after a commit there is nothing left
	if _, err := t.Exec(`insert into bare (id, version, doc) values ($1, 1, $2)
		on conflict (id) do update set version = bare.version + 1, doc = excluded.doc`, "shared", fmt.Appendf(nil, `{"Text":"event %d"}`, n)); err != nil {
		return err
	}
	return t.Commit()
}

// appender appends a batch of leaves to a file, durably, as they are encoded.
func appender(t *testing.T) func(int) error {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "leaves"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() }) //nolint:errcheck // a test's
	return func(int) error {
		var batch []byte
		for i := range benchLeaves {
			leaf, err := json.Marshal(benchLeaf(i))
			if err != nil {
				return err
			}
			batch = append(batch, leaf...)
		}
		if _, err := f.Write(batch); err != nil {
			return err
		}
		return f.Sync()
	}
}
