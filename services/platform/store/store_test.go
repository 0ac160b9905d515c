package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/store/storetest"
)

type stopped struct{ now time.Time }

func (s *stopped) Now() time.Time                       { return s.now }
func (s *stopped) After(time.Duration) <-chan time.Time { return make(chan time.Time) }

var server storetest.Server

func TestMain(m *testing.M) { server.Main(m) }

// opener opens the same database at each call, with or without the others having been closed.
type opener func(t *testing.T, c clock.Clock) *Store

// onEach runs a test on each driver, with an empty database.
func onEach(t *testing.T, test func(t *testing.T, open opener)) {
	t.Run("sqlite", func(t *testing.T) { test(t, inFile(t.TempDir())) })
	t.Run("postgres", func(t *testing.T) { test(t, inSchema(server.Schema(t), t.TempDir())) })
}

func inFile(dir string) opener {
	return func(t *testing.T, c clock.Clock) *Store {
		s, err := Open(context.Background(), dir, c)
		return opened(t, s, err)
	}
}

func inSchema(dsn, dir string) opener {
	return func(t *testing.T, c clock.Clock) *Store {
		s, err := OpenPostgres(context.Background(), dsn, dir, c)
		return opened(t, s, err)
	}
}

func opened(t *testing.T, s *Store, err error) *Store {
	t.Helper()
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

func update(t *testing.T, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestAllOfATransactionIsThereOrNothing(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		boom := errors.New("boom")
		err := s.Update(context.Background(), func(tx *Tx) error { return errors.Join(everything(tx), boom) })
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if got := counts(t, s); got != [9]int{} {
			t.Fatalf("after a failed transaction: %v", got)
		}
		update(t, s, everything)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := counts(t, open(t, at())); got != [9]int{1, 1, 1, 1, 1, 1, 1, 1, 1} {
			t.Fatalf("after a committed transaction and a restart: %v", got)
		}
	})
}

func TestAPanicCommitsNothingAndHoldsNothingUp(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was lost")
				}
			}()
			update(t, s, func(tx *Tx) error { panic(everything(tx)) })
		}()
		update(t, s, func(tx *Tx) error { return notes.Put(tx, "2", note{"after it"}) })
		if got := counts(t, s); got != [9]int{1} {
			t.Fatal(got)
		}
	})
}

func TestAFailedAttemptLeavesNothingAndTheRestStays(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		ran := 0
		update(t, s, func(tx *Tx) error {
			if _, err := tx.Audit(Entry{Action: "applied"}); err != nil {
				return err
			}
			tx.After(func() { ran++ })
			attempt := tx.Attempt(func() error {
				tx.After(func() { ran += 100 })
				return errors.Join(everything(tx), errors.New("no"))
			})
			if attempt == nil {
				t.Error("the attempt's error was lost")
			}
			if n, err := tx.NextLeaf(); n != 1 {
				t.Errorf("next leaf %d, %v", n, err)
			}
			return notes.Put(tx, "1", note{"stays"})
		})
		if got := counts(t, s); got != [9]int{1, 7: 1} || ran != 1 {
			t.Fatalf("got %v, %d", got, ran)
		}
	})
}

func TestADocumentIsReadAsItWasWritten(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		update(t, s, func(tx *Tx) error {
			return errors.Join(notes.Put(tx, "b", note{"ü"}), notes.Put(tx, "B", note{"2"}), notes.Put(tx, "a", note{"3"}),
				notes.Delete(tx, "a"), notes.Delete(tx, "none"))
		})
		update(t, s, func(tx *Tx) error {
			got, found, err := notes.Get(tx, "b")
			if !found || got.Text != "ü" {
				t.Errorf("got %v %v", got, found)
			}
			return errors.Join(err, notes.Put(tx, "b", note{"4"}), notes.Put(tx, "b", note{"5"}))
		})
		view(t, s, func(tx *Tx) error {
			var all string
			err := notes.Each(tx, func(id string, n note) error { all += id + n.Text + " "; return nil })
			if all != "B2 b5 " {
				t.Errorf("got %q", all)
			}
			return err
		})
	})
}

// A writer that takes no turn stands for one of another make, or one that was stopped and believes it is alone.
func TestAStaleWriterIsToldAndRunsAgain(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		update(t, s, func(tx *Tx) error { return notes.Put(tx, "n", note{"1"}) })
		for name, write := range map[string]func(*Tx) error{
			"put over": func(tx *Tx) error { return notes.Put(tx, "n", note{"mine"}) },
			"delete":   func(tx *Tx) error { return notes.Delete(tx, "n") },
			"put anew": func(tx *Tx) error { return notes.Put(tx, "new "+t.Name(), note{"mine"}) },
			"put by each": func(tx *Tx) error {
				return notes.Each(tx, func(id string, n note) error { return notes.Put(tx, id, n) })
			},
		} {
			runs := 0
			update(t, s, func(tx *Tx) error {
				runs++
				if err := readAll(tx, "n", "new "+t.Name()); err != nil || runs > 1 {
					return errors.Join(err, write(tx))
				}
				if _, err := tx.exec("interfere", `update aggregate set version = version + 1`); err != nil {
					return err
				}
				if _, err := tx.exec("interfere", `insert into aggregate (kind, id, version, doc) values ('note', $1, 1, $2)
					on conflict (kind, id) do nothing`, "new "+t.Name(), []byte(`{"Text":"theirs"}`)); err != nil {
					return err
				}
				err := write(tx)
				if name == "put by each" { // which read after the interference
					err = errors.Join(err, ErrConflict)
				}
				return err // the others are told at once, or by the commit
			})
			if runs != 2 {
				t.Errorf("%s: ran %d times", name, runs)
			}
			update(t, s, func(tx *Tx) error { return notes.Put(tx, "n", note{"1"}) })
		}
		err := s.Update(context.Background(), func(*Tx) error { return ErrConflict })
		if !errors.Is(err, ErrConflict) {
			t.Errorf("an endless conflict: %v", err)
		}
	})
}

func readAll(tx *Tx, ids ...string) (err error) {
	for _, id := range ids {
		_, _, failed := notes.Get(tx, id)
		err = errors.Join(err, failed)
	}
	return err
}

func TestSequenceNumbersHaveNoGaps(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		for want := uint64(1); want <= 3; want++ {
			update(t, s, func(tx *Tx) error {
				got, err := tx.Next("t", "/s", "a")
				if got != want {
					t.Errorf("got %d, want %d", got, want)
				}
				return err
			})
			fail := s.Update(context.Background(), func(tx *Tx) error { _, err := tx.Next("t", "/s", "a"); return errors.Join(err, errors.New("undo")) })
			if fail == nil {
				t.Fatal("the error was lost")
			}
		}
	})
}

func TestWhatWasSeenNeverGoesBack(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		update(t, open(t, at()), func(tx *Tx) error {
			const topic = "molgenis.airlock.events.v1"
			err := errors.Join(tx.MarkSeen(topic, "/s", "a", 3), tx.MarkSeen(topic, "/s", "a", 2))
			n, failed := tx.Seen(topic, "/s", "a")
			yes, failed1 := tx.SeenFact("/s", "a", 3)
			no, failed2 := tx.SeenFact("/s", "a", 4)
			if n != 3 || !yes || no {
				t.Errorf("%d %v %v", n, yes, no)
			}
			return errors.Join(err, failed, failed1, failed2)
		})
	})
}

func TestHowFarAPartitionWasReadIsKeptAndIsNoFact(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		const topic = "federation.molgenis.inbox.v1"
		update(t, open(t, at()), func(tx *Tx) error {
			err := errors.Join(tx.MarkRead(topic, 1, 7), tx.MarkRead(topic, 1, 5))
			first, failed := tx.ReadUpTo(topic, 0)
			second, failed1 := tx.ReadUpTo(topic, 1)
			if first != 0 || second != 7 {
				t.Errorf("%d %d", first, second)
			}
			return errors.Join(err, failed, failed1)
		})
	})
}

func TestAnEventThatWaitsKeepsItsFirstDeadline(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		c := at()
		s := open(t, c)
		park := func(awaits string) {
			update(t, s, func(tx *Tx) error {
				return tx.Park(Parked{Source: "/s", EventID: "e", Awaits: awaits, Deadline: tx.Now().Add(time.Minute), Reason: "r"})
			})
		}
		park("a")
		c.now = c.now.Add(59 * time.Second)
		park("b")
		c.now = c.now.Add(2 * time.Second)
		view(t, s, func(tx *Tx) error {
			overdue, err := tx.Overdue()
			if len(overdue) != 1 || overdue[0].Awaits != "b" {
				t.Errorf("got %+v", overdue)
			}
			some, failed := tx.Waiting("a", "b", "c")
			all, failed1 := tx.Waiting("")
			if none, err := tx.Waiting("a", "c"); len(some) != 1 || len(all) != 1 || len(none) != 0 || err != nil {
				t.Errorf("waiting: %v %v %v %v", some, all, none, err)
			}
			return errors.Join(err, failed, failed1)
		})
	})
}

func TestATimerIsTakenOnceAndTheNextIsKnown(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		c := at()
		s := open(t, c)
		timer := Timer{Name: "n", Subject: "x", Due: c.now.Add(time.Minute), Data: []byte("1")}
		update(t, s, func(tx *Tx) error {
			later := timer
			later.Due = later.Due.Add(time.Hour)
			return errors.Join(tx.StartTimer(timer), tx.StartTimer(later))
		})
		view(t, s, func(tx *Tx) error {
			due, ok, err := tx.NextDue()
			if !ok || !due.Equal(timer.Due) {
				t.Errorf("next: %v %v", due, ok)
			}
			return err
		})
		c.now = timer.Due
		update(t, s, func(tx *Tx) error {
			due, err := tx.DueTimers()
			if err != nil || len(due) != 1 || string(due[0].Data) != "1" {
				t.Fatalf("due: %+v, %v", due, err)
			}
			first, err := tx.TakeTimer(due[0])
			second, failed := tx.TakeTimer(due[0])
			if !first || second {
				t.Errorf("taken %v, %v", first, second)
			}
			_, ok, none := tx.NextDue()
			if ok {
				t.Error("there is a next still")
			}
			return errors.Join(err, failed, none)
		})
	})
}

func send(text string) func(*Tx) error {
	return func(tx *Tx) error {
		return tx.Send("", envelope.Record{Topic: "t", Key: []byte("k"), Value: []byte(text)})
	}
}

func TestTheRelayRemovesExactlyWhatWasPublished(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		for _, text := range []string{"1", "2", "3"} {
			update(t, s, send(text))
		}
		boom := errors.New("no broker")
		if _, err := s.Relay(context.Background(), "", 9, func([]Outgoing) error { return boom }); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		var got string
		publish := func(rows []Outgoing) error {
			for _, r := range rows {
				got += string(r.Record.Value)
			}
			got += " "
			return s.Update(context.Background(), send("later")) // commits while rows are on their way
		}
		for _, want := range []int{2, 2} {
			if n, err := s.Relay(context.Background(), "", 2, publish); err != nil || n != want {
				t.Fatal(n, err)
			}
		}
		if n, err := s.Relay(context.Background(), "other", 9, publish); err != nil || n != 0 || got != "12 3later " {
			t.Fatal(n, err, got)
		}
		if err := s.Forget(context.Background(), ""); err != nil {
			t.Fatal(err)
		}
		view(t, s, func(tx *Tx) error {
			n, err := tx.Unsent()
			_, any, failed := tx.OldestUnsent()
			if n != 1 || !any {
				t.Errorf("%d unsent, %v", n, any)
			}
			return errors.Join(err, failed)
		})
	})
}

func TestWhatIsOldIsPrunedAndWhatCrossedABorderStays(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		c := at()
		s := open(t, c)
		rules := Retention{Site: "molgenis", Internal: 37 * 24 * time.Hour, Quarantined: 90 * 24 * time.Hour}
		update(t, s, func(tx *Tx) error {
			_, err := tx.Quarantine(Quarantined{Topic: "t"})
			return errors.Join(err, tx.MarkApplied("/sites/molgenis/catalog", "old", "d"), tx.MarkApplied("/sites/denbi/gateway", "border", "d"),
				tx.MarkApplied("/sites/molgenis-2/gateway", "a neighbour", "d"), tx.MarkSeen("t", "/sites/molgenis/catalog", "x", 1))
		})
		prune := func() (p Pruned) {
			update(t, s, func(tx *Tx) (err error) { p, err = tx.Prune(rules); return err })
			return p
		}
		c.now = c.now.AddDate(0, 0, 37)
		if p := prune(); p != (Pruned{}) {
			t.Errorf("on the last day: %+v", p)
		}
		c.now = c.now.Add(time.Second)
		if p := prune(); p != (Pruned{Marks: 1}) {
			t.Errorf("after it: %+v", p)
		}
		c.now = c.now.AddDate(5, 0, 0)
		if p := prune(); p != (Pruned{Quarantined: 1}) {
			t.Errorf("after years: %+v", p)
		}
		if got := counts(t, s); got != [9]int{1: 2, 2: 1} {
			t.Errorf("left: %v", got)
		}
	})
}

func TestTheQuarantineIsUnreadableWithoutItsKey(t *testing.T) {
	onEach(t, func(t *testing.T, open opener) {
		s := open(t, at())
		secret := "canary-7f3a"
		update(t, s, func(tx *Tx) error {
			_, err := tx.Quarantine(Quarantined{Topic: "t", Partition: 1, Offset: 2, Record: envelope.Record{Value: []byte(secret)}})
			return err
		})
		view(t, s, func(tx *Tx) error {
			r, found, err := tx.FromQuarantine("t", 1, 2)
			if !found || string(r.Value) != secret {
				t.Errorf("got %v %q", found, r.Value)
			}
			return err
		})
		var sealed []byte
		if err := s.db.QueryRow(`select sealed from quarantine`).Scan(&sealed); err != nil || bytes.Contains(sealed, []byte(secret)) {
			t.Errorf("%q, %v", sealed, err)
		}
	})
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

func TestTheFileHoldsNoRefusedRecordInTheClear(t *testing.T) {
	dir, secret := t.TempDir(), []byte("canary-7f3a")
	s := inFile(dir)(t, at())
	update(t, s, func(tx *Tx) error {
		_, err := tx.Quarantine(Quarantined{Topic: "t", Record: envelope.Record{Value: secret}})
		return err
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "state.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, f := range files {
		if raw, err := os.ReadFile(f); err != nil || bytes.Contains(raw, secret) {
			t.Errorf("%s holds the record in the clear (%v)", f, err)
		}
	}
}
