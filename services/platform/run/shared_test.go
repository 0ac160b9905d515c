package run_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
	"github.com/fairway-tre/fairway/services/platform/store"
	"github.com/fairway-tre/fairway/services/platform/store/storetest"
)

var server storetest.Server

func TestMain(m *testing.M) { server.Main(m) }

const tallies store.Kind[int] = "tally"

// tally counts, in a document, the answers to each question, says each, and asks again after an hour. It keeps nothing
// in memory, so that any of its replicas can go on. An answer that is "other" waits until the tally of "open" is there.
func tally(s *run.Service) {
	run.Handle(s, func(tx *run.Tx, e envelope.Event, c workspace.CountAnswered) error {
		if _, open, err := tallies.Get(tx.Tx, "open"); err != nil || c.Reason == "wait" && !open {
			return errors.Join(err, run.AwaitFact("open", "never-opened"))
		}
		n, _, err := tallies.Get(tx.Tx, c.QuestionID)
		if err != nil {
			return err
		}
		if err := tallies.Put(tx.Tx, c.QuestionID, n+1); err != nil {
			return err
		}
		if err := tx.Alarm("again", e.Subject, tx.Now().Add(time.Hour), c); err != nil {
			return err
		}
		_, err = tx.Emit(e.Subject, catalog.QuestionAnswered(c))
		return err
	})
	run.HandleTimer(s, "again", func(tx *run.Tx, subject string, c workspace.CountAnswered) error {
		_, err := tx.Emit(subject, catalog.QuestionAsked{QuestionID: c.QuestionID, DatasetID: c.DatasetID})
		return err
	})
}

func on(dsn string) runtest.Option { return func(e *run.Env) { e.Database = dsn } }

// replicas are two processes' worth of one service.
func replicas(t *testing.T) (a, b *runtest.Bench) {
	t.Helper()
	dsn := server.Schema(t)
	return runtest.New(t, "catalog", tally, on(dsn)), runtest.New(t, "catalog", tally, on(dsn))
}

func TestReplicasThatBothGetEverythingInAnyOrderApplyItOnceAndInOrder(t *testing.T) {
	a, b := replicas(t)
	const each = 12
	questions := []string{a.NewID(), a.NewID(), a.NewID()}
	var records []envelope.Record
	for range each {
		for _, q := range questions {
			records = append(records, a.Sign("workspace", count(q)))
		}
	}
	var delivering sync.WaitGroup
	for i, replica := range []*runtest.Bench{a, b} {
		order := rand.New(rand.NewPCG(7, uint64(i))).Perm(len(records))
		delivering.Go(func() {
			for _, n := range order {
				at := bus.Position{Topic: records[n].Topic, Offset: int64(n)}
				if err := replica.Service.Feed(t.Context(), "", records[n], at); err != nil {
					t.Error(err)
				}
			}
		})
	}
	delivering.Wait()
	if got := reasons(b); len(got) != 0 {
		t.Errorf("dead letters %v", got)
	}
	last := map[string]uint64{}
	for _, e := range a.Outbox() {
		if e.Sequence != last[e.Subject]+1 {
			t.Errorf("%s: number %d after %d", e.Subject, e.Sequence, last[e.Subject])
		}
		last[e.Subject] = e.Sequence
	}
	b.View(func(tx *run.Tx) error {
		for _, q := range questions {
			if n, _, err := tallies.Get(tx.Tx, q); n != each || err != nil || last["question/"+q] != each {
				t.Errorf("%d applied, %d said of %d (%v)", n, last["question/"+q], each, err)
			}
		}
		return nil
	})
}

func TestOneOfTwoReplicasFiresATimer(t *testing.T) {
	a, b := replicas(t)
	a.Deliver("workspace", count(a.NewID()))
	a.Clock.Advance(time.Hour)
	b.Clock.Advance(time.Hour)
	var firing sync.WaitGroup
	for _, replica := range []*runtest.Bench{a, b} {
		firing.Go(func() {
			if err := replica.Service.Fire(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	firing.Wait()
	if n := len(runtest.Sent[catalog.QuestionAsked](a)); n != 1 {
		t.Fatalf("fired %d times", n)
	}
}

func TestAFactOfAReplicaThatEndedBeforeItWokeTheOthersIsFoundAtTheDeadline(t *testing.T) {
	a, b := replicas(t)
	waits := count(b.NewID())
	waits.Reason = "wait"
	b.Deliver("workspace", waits)
	err := a.Service.Update(t.Context(), func(tx *run.Tx) error { return tallies.Put(tx.Tx, "open", 1) }) // and no Wake
	if err != nil || answers(b) != 0 {
		t.Fatal(err, answers(b))
	}
	b.Advance(time.Hour)
	if got := reasons(b); answers(b) != 1 || len(got) != 0 {
		t.Fatalf("%d effects, dead letters %v", answers(b), got)
	}
}

func TestTheChassisOnPostgreSQL(t *testing.T) {
	b := runtest.New(t, "catalog", tally, on(server.Schema(t)))
	q := b.NewID()
	first, second := b.Sign("workspace", count(q)), b.Sign("workspace", count(q))
	forged := b.Sign("workspace", count(b.NewID()))
	forged.Value = slices.Clone(forged.Value)
	forged.Value[len(forged.Value)-3]++
	for _, r := range []envelope.Record{second, forged, first, first} {
		b.DeliverRecord(r)
	}
	b.Restart()
	b.DeliverRecord(second)
	if got := reasons(b); answers(b) != 2 || fmt.Sprint(got) != "["+envelope.CodeSignature+"]" {
		t.Fatalf("%d effects, dead letters %v", answers(b), got)
	}
}
