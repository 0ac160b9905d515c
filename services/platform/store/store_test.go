package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

type stopped struct{ now time.Time }

func (s *stopped) Now() time.Time                       { return s.now }
func (s *stopped) After(time.Duration) <-chan time.Time { return make(chan time.Time) }

func open(t *testing.T, dir string, c *stopped) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // closed twice by some tests
	return s
}

func at() *stopped { return &stopped{time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)} }

type note struct{ Text string }

const notes Kind[note] = "note"

// everything writes to each part of the store once.
func everything(tx *Tx) error {
	_, audited := tx.Audit(Entry{Action: "applied", Cause: "c"})
	_, counted := tx.Next("t", "/s", "note/1")
	_, quarantined := tx.Quarantine(Quarantined{Topic: "t", Digest: "d", Reason: "r"})
	return errors.Join(audited, counted, quarantined,
		notes.Put(tx, "1", note{"hello"}),
		tx.MarkApplied("/s", "e1", "d"),
		tx.MarkSeen("x.events.v1", "/s", "note/1", 1),
		tx.Send("", envelope.Record{Topic: "t", Key: []byte("k"), Value: []byte("v")}),
		tx.Park(Parked{Source: "/s", EventID: "e2", Awaits: "note/2", Deadline: tx.Now().Add(time.Minute), Reason: "r"}),
		tx.SetTimer(Timer{Name: "n", Subject: "note/1", Due: tx.Now().Add(time.Second), Data: []byte("null")}))
}

// counts tells how much of everything is there.
func counts(t *testing.T, s *Store) (n [9]int) {
	t.Helper()
	for i, table := range []string{"aggregate", "inbox", "seen", "counter", "waiting", "outbox", "timer", "audit", "quarantine"} {
		if err := s.db.QueryRow("select count(*) from " + table).Scan(&n[i]); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func TestAllOfATransactionIsThereOrNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, at())
	boom := errors.New("boom")
	err := s.Update(context.Background(), func(tx *Tx) error { return errors.Join(everything(tx), boom) })
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if got := counts(t, s); got != [9]int{} {
		t.Fatalf("after a failed transaction: %v", got)
	}
	if err := s.Update(context.Background(), everything); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := counts(t, open(t, dir, at())); got != [9]int{1, 1, 1, 1, 1, 1, 1, 1, 1} {
		t.Fatalf("after a committed transaction and a restart: %v", got)
	}
}

func TestAFailedAttemptLeavesNothingAndTheRestStays(t *testing.T) {
	s := open(t, t.TempDir(), at())
	ran := 0
	err := s.Update(context.Background(), func(tx *Tx) error {
		tx.After(func() { ran++ })
		attempt := tx.Attempt(func() error {
			tx.After(func() { ran += 100 })
			return errors.Join(everything(tx), errors.New("no"))
		})
		if attempt == nil {
			t.Error("the attempt's error was lost")
		}
		return notes.Put(tx, "2", note{"stays"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := counts(t, s); got != [9]int{1} || ran != 1 {
		t.Fatalf("got %v, %d", got, ran)
	}
}

func TestSequenceNumbersHaveNoGaps(t *testing.T) {
	s := open(t, t.TempDir(), at())
	for want := uint64(1); want <= 3; want++ {
		err := s.Update(context.Background(), func(tx *Tx) error {
			got, err := tx.Next("t", "/s", "a")
			if got != want {
				t.Errorf("got %d, want %d", got, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		fail := s.Update(context.Background(), func(tx *Tx) error { _, err := tx.Next("t", "/s", "a"); return errors.Join(err, errors.New("undo")) })
		if fail == nil {
			t.Fatal("the error was lost")
		}
	}
}

func TestAnEventThatWaitsKeepsItsFirstDeadline(t *testing.T) {
	c := at()
	s := open(t, t.TempDir(), c)
	park := func(awaits string) {
		err := s.Update(context.Background(), func(tx *Tx) error {
			return tx.Park(Parked{Source: "/s", EventID: "e", Awaits: awaits, Deadline: tx.Now().Add(time.Minute), Reason: "r"})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	park("a")
	c.now = c.now.Add(59 * time.Second)
	park("b")
	c.now = c.now.Add(2 * time.Second)
	err := s.View(context.Background(), func(tx *Tx) error {
		overdue, err := tx.Overdue()
		if len(overdue) != 1 || overdue[0].Awaits != "b" {
			t.Errorf("got %+v", overdue)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheQuarantineIsUnreadableWithoutItsKey(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, at())
	secret := "canary-7f3a"
	err := s.Update(context.Background(), func(tx *Tx) error {
		_, err := tx.Quarantine(Quarantined{Topic: "t", Partition: 1, Offset: 2, Record: envelope.Record{Value: []byte(secret)}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(context.Background(), func(tx *Tx) error {
		r, found, err := tx.FromQuarantine("t", 1, 2)
		if !found || string(r.Value) != secret {
			t.Errorf("got %v %q", found, r.Value)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "state.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if contains(raw, secret) {
			t.Errorf("%s holds the record in the clear", f)
		}
	}
}

func contains(raw []byte, s string) bool {
	for i := 0; i+len(s) <= len(raw); i++ {
		if string(raw[i:i+len(s)]) == s {
			return true
		}
	}
	return false
}

func TestADamagedKeyIsToldPlainly(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "quarantine.key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), dir, at()); err == nil {
		t.Fatal("a damaged key was accepted")
	}
}
