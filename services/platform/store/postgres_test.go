package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/store/storetest"
)

// replicas opens one schema from two processes' worth of stores.
func replicas(t *testing.T) (dsn string, a, b *Store) {
	t.Helper()
	dsn = server.Schema(t)
	open := inSchema(dsn, t.TempDir())
	return dsn, open(t, at()), open(t, at())
}

func TestReplicasOfAServiceWriteOneHistory(t *testing.T) {
	_, a, b := replicas(t)
	const each = 60
	var writing sync.WaitGroup
	for i, s := range []*Store{a, b, a, b} {
		writing.Go(func() {
			for n := range each {
				err := s.Update(context.Background(), func(tx *Tx) error {
					doc, _, err := notes.Get(tx, "shared")
					if err != nil {
						return err
					}
					number, err := tx.Next("t", "/s", "shared")
					if err != nil {
						return err
					}
					doc.Text += "x"
					_, audited := tx.Audit(Entry{Action: "applied", Cause: fmt.Sprint(i, n)})
					return errors.Join(audited, notes.Put(tx, "shared", doc), send(fmt.Sprint(number))(tx))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	view(t, a, func(tx *Tx) error {
		doc, _, err := notes.Get(tx, "shared")
		leaves, failed := tx.NextLeaf()
		rows, failed1 := tx.Outbox("", 9999)
		if len(doc.Text) != 4*each || leaves != 4*each || len(rows) != 4*each {
			t.Errorf("%d writes, %d leaves, %d rows of %d", len(doc.Text), leaves, len(rows), 4*each)
		}
		for i, r := range rows { // of one subject, the order of numbers is that of rows
			if string(r.Record.Value) != fmt.Sprint(i+1) {
				t.Fatalf("row %d carries number %s", i, r.Record.Value)
			}
		}
		return errors.Join(err, failed, failed1)
	})
}

func TestAWriterThatTookNoTurnIsFencedOff(t *testing.T) {
	dsn, a, _ := replicas(t)
	update(t, a, func(tx *Tx) error { return notes.Put(tx, "n", note{"1"}) })
	runs := 0
	update(t, a, func(tx *Tx) error {
		runs++
		got, _, err := notes.Get(tx, "n")
		if err != nil {
			return err
		}
		if runs == 1 {
			storetest.Exec(t, dsn, `update aggregate set version = version + 1, doc = '{"Text":"theirs"}'`)
		}
		return notes.Put(tx, "n", note{got.Text + " and mine"})
	})
	view(t, a, func(tx *Tx) error {
		got, _, err := notes.Get(tx, "n")
		if runs != 2 || got.Text != "theirs and mine" {
			t.Errorf("after %d runs: %q", runs, got.Text)
		}
		return err
	})
}

func TestAReplicaThatStandsStillHoldsTheOthersUpForASetTimeOnly(t *testing.T) {
	dsn := server.Schema(t)
	dir := t.TempDir()
	b := inSchema(dsn, dir)(t, at())
	still := inSchema(dsn+"&idle_in_transaction_session_timeout=300ms", dir)(t, at())
	err := still.Update(context.Background(), func(tx *Tx) error {
		if err := notes.Put(tx, "n", note{"of one that stood still"}); err != nil {
			return err
		}
		update(t, b, func(tx *Tx) error { return notes.Put(tx, "n", note{"of the other"}) }) // waits for its turn
		return nil
	})
	if err == nil {
		t.Fatal("the one that stood still could commit")
	}
	view(t, still, func(tx *Tx) error { // and goes on afterwards
		got, _, err := notes.Get(tx, "n")
		if got.Text != "of the other" {
			t.Errorf("got %q", got.Text)
		}
		return err
	})
}

func TestWhatNobodyWaitsForMakesNoRoundTrip(t *testing.T) {
	s := inSchema(server.Schema(t), t.TempDir())(t, at())
	update(t, s, func(tx *Tx) error {
		trips := tx.on.(*pipeline).trips
		_, audited := tx.Audit(Entry{Action: "applied"})
		err := errors.Join(audited, tx.Attempt(func() error {
			return errors.Join(notes.Put(tx, "n", note{"1"}), tx.MarkApplied("/s", "e1", "d"), tx.MarkSeen("t", "/s", "n", 1), send("x")(tx))
		}))
		undone := tx.Attempt(func() error { return errors.Join(notes.Put(tx, "n", note{"undone"}), errors.New("undo")) })
		if made := tx.on.(*pipeline).trips - trips; made != 0 || undone == nil {
			t.Errorf("%d round trips, %v", made, undone)
		}
		got, _, failed := notes.Get(tx, "n")
		if got.Text != "1" {
			t.Errorf("the transaction sees %q of what it wrote", got.Text)
		}
		return errors.Join(err, failed)
	})
}

func TestWhatFailsAfterAllWasSaidFailsTheUpdate(t *testing.T) {
	s := inSchema(server.Schema(t), t.TempDir())(t, at())
	twice := func(tx *Tx) error {
		return errors.Join(send("never")(tx), tx.MarkApplied("/s", "e1", "d"), tx.MarkApplied("/s", "e1", "d"))
	}
	if err := s.Update(context.Background(), twice); err == nil || !strings.Contains(err.Error(), "mark the inbox") {
		t.Errorf("one event twice in the inbox: %v", err)
	}
	swallowed := func(tx *Tx) error {
		err := errors.Join(twice(tx), send("neither")(tx))
		_, asked := tx.Unsent()
		if asked == nil {
			t.Error("the transaction answers after it failed")
		}
		return err
	}
	if err := s.Update(context.Background(), swallowed); err == nil {
		t.Error("a transaction whose failure was passed over committed")
	}
	view(t, s, func(tx *Tx) error {
		n, err := tx.Unsent()
		if n != 0 {
			t.Errorf("%d rows of updates that failed", n)
		}
		return err
	})
}

func TestReplicasRelayInTurnsAndInOrder(t *testing.T) {
	_, a, b := replicas(t)
	const all = 200
	for n := range all {
		update(t, a, send(fmt.Sprintf("%03d", n)))
	}
	var mu sync.Mutex
	var published []string
	var relaying sync.WaitGroup
	for _, s := range []*Store{a, b} {
		relaying.Go(func() {
			for {
				n, err := s.Relay(context.Background(), "", 7, func(rows []Outgoing) error {
					mu.Lock()
					defer mu.Unlock()
					for _, r := range rows {
						published = append(published, string(r.Record.Value))
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if n == 0 || err != nil {
					return
				}
			}
		})
	}
	relaying.Wait()
	if len(published) != all || !slices.IsSorted(published) {
		t.Fatalf("%d published: %v", len(published), published)
	}
}

func TestReplicasMayStartTogether(t *testing.T) {
	dsn, dir := server.Schema(t), t.TempDir()
	var starting sync.WaitGroup
	for range 3 {
		starting.Go(func() {
			s, err := OpenPostgres(context.Background(), dsn, dir, at())
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Update(context.Background(), func(tx *Tx) error { _, err := tx.Audit(Entry{}); return err }); err != nil {
				t.Error(err)
			}
			s.Close() //nolint:errcheck // nothing is open
		})
	}
	starting.Wait()
}

func TestAServiceReachesItsOwnSchemaAlone(t *testing.T) {
	admin := server.Admin(t)
	one, other := "fairway_test_"+t.Name()[4:8]+"_one", "fairway_test_"+t.Name()[4:8]+"_other"
	one, other = strings.ToLower(one), strings.ToLower(other)
	t.Cleanup(func() {
		storetest.Exec(t, admin, fmt.Sprintf("drop schema if exists %[1]s cascade; drop role if exists %[1]s; drop schema if exists %[2]s cascade; drop role if exists %[2]s", one, other))
	})
	var dsns []string
	for _, name := range []string{one, other} {
		dsn, err := Provision(context.Background(), admin, name)
		if err != nil {
			t.Fatal(err)
		}
		dsns = append(dsns, dsn)
		update(t, inSchema(dsn, t.TempDir())(t, at()), everything)
	}
	if _, err := Provision(context.Background(), admin, one); !errors.Is(err, ErrSchemaTaken) {
		t.Errorf("a schema that is there: %v", err)
	}
	trespasser := strings.Replace(dsns[0], "search_path="+one, "search_path="+other, 1)
	if _, err := OpenPostgres(context.Background(), trespasser, t.TempDir(), at()); err == nil {
		t.Error("a service opened another one's schema")
	}
}

func TestAConnectionStringThatCannotServeIsRefusedWithoutItsPassword(t *testing.T) {
	for name, dsn := range map[string]string{
		"no schema": "postgres://u:canary-7f3a@127.0.0.1:1/d",
		"nonsense":  "postgres://u:canary-7f3a@127.0.0.1:port/d?search_path=s",
	} {
		_, err := OpenPostgres(context.Background(), dsn, t.TempDir(), at())
		if !errors.Is(err, ErrDSN) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := OpenPostgres(context.Background(), "postgres://u:canary-7f3a@127.0.0.1:1/d?search_path=s", t.TempDir(), at())
	if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "127.0.0.1:1/d") {
		t.Errorf("nobody there: %v", err)
	}
	if _, err := Provision(context.Background(), (&url.URL{Scheme: "mysql", Host: "h"}).String(), "s"); !errors.Is(err, ErrDSN) {
		t.Errorf("another database: %v", err)
	}
}
