package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/fairway-tre/fairway/contracts/audit"
)

func say(t *testing.T, s *Store, n int) {
	t.Helper()
	for i := range n {
		update(t, s, func(tx *Tx) error { _, err := tx.Audit(Entry{Action: "applied", Cause: fmt.Sprint(i)}); return err })
	}
}

func checkpoint(t *testing.T, s *Store) (c audit.Checkpoint) {
	t.Helper()
	view(t, s, func(tx *Tx) (err error) {
		if c.Size, err = tx.NextLeaf(); err == nil {
			c.Root, err = audit.Root(c.Size, tx.AuditNodes())
		}
		return err
	})
	return c
}

func examine(t *testing.T, s *Store, checkpoints ...audit.Checkpoint) audit.Report {
	t.Helper()
	a := audit.NewAuditor(checkpoints...)
	view(t, s, func(tx *Tx) error { return tx.Leaves(0, func(l audit.Leaf) error { a.Leaf(l); return nil }) })
	return a.Report()
}

func TestTheAuditLogIsATreeThatOnlyGrows(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		last := checkpoint(t, s)
		for n := range int64(40) {
			say(t, s, 1)
			undone := s.Update(context.Background(), func(tx *Tx) error { _, err := tx.Audit(Entry{}); return errors.Join(err, errors.New("undo")) })
			if undone == nil {
				t.Fatal("the error was lost")
			}
			now := checkpoint(t, s)
			if now.Size != n+1 {
				t.Fatalf("size %d after %d", now.Size, n+1)
			}
			view(t, s, func(tx *Tx) error {
				path, err := audit.ProveConsistency(last.Size, now.Size, tx.AuditNodes())
				if err != nil {
					return err
				}
				return audit.CheckConsistency(path, last.Size, last.Root, now.Size, now.Root)
			})
			last = now
		}
		s.Close() //nolint:errcheck // opened again
		if r := examine(t, open(t, at()), last); !r.Clean() || r.Leaves != 40 {
			t.Fatal(r)
		}
	})
}

func TestTheLogGoesOnFromWhateverAnotherProcessWrote(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		a, b := open(t, at()), open(t, at())
		written := 0
		for _, n := range []int{1, 2, 5, catchUp - 2, catchUp - 1, catchUp, catchUp + 9} {
			say(t, a, 2)
			say(t, b, n)
			written += 2 + n
		}
		say(t, a, 1)
		if r := examine(t, a, checkpoint(t, a)); !r.Clean() || r.Leaves != int64(written+1) {
			t.Fatal(r)
		}
	})
}

func TestWhoChangesTheDatabaseIsFoundByItsLeaf(t *testing.T) {
	one := func(what string, index int64) []audit.Fault {
		return []audit.Fault{{First: index, Last: index, What: what}}
	}
	for name, c := range map[string]struct {
		change string
		want   []audit.Fault
	}{
		"altered": {`update audit set leaf = (select leaf from audit where idx = 2) where idx = 5`, one(audit.Altered, 5)},
		"deleted": {`delete from audit where idx = 5`, one(audit.Missing, 5)},
		"cut off": {`delete from audit where idx >= 11`, []audit.Fault{{First: 11, Last: 12, What: audit.Missing}}},
		"exchanged with its hash": {`update audit set (leaf, nodes) = (select leaf, nodes from audit where idx = 8) where idx = 4`,
			[]audit.Fault{{First: 4, Last: 4, What: audit.Misplaced}, {First: 4, Last: 5, What: audit.Rewritten}}},
		"reordered": {`update audit set idx = case idx when 4 then 98 else 94 end where idx in (4, 8);
			update audit set idx = case idx when 98 then 8 else 4 end where idx in (98, 94)`,
			[]audit.Fault{{First: 4, Last: 4, What: audit.Misplaced}, {First: 4, Last: 5, What: audit.Rewritten},
				{First: 8, Last: 8, What: audit.Misplaced}, {First: 8, Last: 9, What: audit.Rewritten}}},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, open opener) {
				s := open(t, at())
				say(t, s, 13)
				signed := checkpoint(t, s)
				if _, err := s.db.Exec(c.change); err != nil {
					t.Fatal(err)
				}
				if r := examine(t, s, signed); r.Clean() || !slices.Equal(r.Faults, c.want) || r.Verdicts[0].Holds {
					t.Fatalf("got  %v\nwant %v", r, c.want)
				}
			})
		})
	}
}

// before makes a database as the release before the Merkle tree left it, with n leaves.
func before(t *testing.T, dir string, n int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, sqliteFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test's
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(context.Background(), 2); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		leaf, err := audit.Encode(audit.Entry{Index: int64(i), Action: "applied"})
		if err != nil {
			t.Fatal(err)
		}
		hash := audit.LeafHash(leaf)
		if _, err := db.Exec(`insert into audit (idx, leaf, hash) values ($1, $2, $3)`, i, leaf, hash[:]); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADatabaseOfTheReleaseBeforeGetsItsTree(t *testing.T) {
	for _, n := range []int{0, 1, 2, 77} {
		dir := t.TempDir()
		before(t, dir, n)
		s := inFile(dir)(t, at())
		say(t, s, 3)
		if r := examine(t, s, checkpoint(t, s)); !r.Clean() || r.Leaves != int64(n+3) {
			t.Errorf("%d leaves: %v", n, r)
		}
	}
}

func TestALeafThatWasAlteredBeforeTheTreeIsFoundAfterwards(t *testing.T) {
	dir := t.TempDir()
	before(t, dir, 9)
	db, err := sql.Open("sqlite", filepath.Join(dir, sqliteFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`update audit set leaf = 'x' where idx = 6`); err != nil {
		t.Fatal(err)
	}
	db.Close() //nolint:errcheck // a test's
	s := inFile(dir)(t, at())
	if r := examine(t, s); !slices.Equal(r.Faults, []audit.Fault{{First: 6, Last: 6, What: audit.Altered}}) {
		t.Fatal(r)
	}
}

func TestManyLeavesOfOneTransactionAreOneLog(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		many := func(tx *Tx, n int) error {
			for range n {
				if _, err := tx.Audit(Entry{Action: "applied"}); err != nil {
					return err
				}
			}
			return nil
		}
		update(t, s, func(tx *Tx) error {
			if err := many(tx, 70); err != nil {
				return err
			}
			undone := tx.Attempt(func() error { return errors.Join(many(tx, 90), errors.New("undo")) })
			if undone == nil {
				return errors.New("the failure of the attempt was lost")
			}
			if err := tx.Attempt(func() error { return many(tx, 9) }); err != nil {
				return err
			}
			seen := 0
			if err := tx.Leaves(0, func(audit.Leaf) error { seen++; return nil }); err != nil || seen != 79 {
				return fmt.Errorf("the transaction sees %d of its own 79 leaves: %w", seen, err)
			}
			return many(tx, 22)
		})
		if r := examine(t, s, checkpoint(t, s)); !r.Clean() || r.Leaves != 101 {
			t.Fatal(r)
		}
	})
}
