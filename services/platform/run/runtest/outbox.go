package runtest

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// patience is how long Await waits for a worker before it gives a test up.
const patience = 20 * time.Second

// Outbox lists everything the service has said so far, over all links, in order. Each event was opened as its readers
// open it, so what none of them would accept fails the test.
func (b *Bench) Outbox() []envelope.Event {
	b.t.Helper()
	var rows []store.Outgoing
	b.View(func(tx *run.Tx) error {
		for _, link := range []string{"", "federation", "portal"} {
			some, err := tx.Outbox(link, math.MaxInt32)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		return nil
	})
	slices.SortFunc(rows, func(x, y store.Outgoing) int { return cmp.Compare(x.ID, y.ID) })
	events := make([]envelope.Event, len(rows))
	for i, row := range rows {
		open := envelope.Open
		if _, inbox := topics.InboxOwner(row.Record.Topic); inbox {
			open = envelope.OpenBorder
		}
		e, err := open(row.Record, b.Env.Trust, b.Clock.Now())
		if err != nil {
			b.t.Fatalf("the service said what nobody accepts: %s: %v", e.Type, err)
		}
		events[i] = e
	}
	return events
}

// Sent lists what the service has said of one type.
func Sent[T envelope.Payload](b *Bench) []T {
	b.t.Helper()
	var zero T
	var found []T
	for _, e := range b.Outbox() {
		if e.Type != zero.EventType() {
			continue
		}
		p, err := envelope.Decode[T](e)
		if err != nil {
			b.t.Fatal(err)
		}
		found = append(found, p)
	}
	return found
}

// Last is what the service has said last of one type; that it has said none fails the test.
func Last[T envelope.Payload](b *Bench) T {
	b.t.Helper()
	found := Sent[T](b)
	if len(found) == 0 {
		var zero T
		b.t.Fatalf("the service has not said %s; it has said %v", zero.EventType(), b.types())
	}
	return found[len(found)-1]
}

// Await waits until the service, by a worker, has said n of one type, and returns all of them.
func Await[T envelope.Payload](b *Bench, n int) []T {
	b.t.Helper()
	until(b.t, func() bool { return len(Sent[T](b)) >= n }, func() {
		var zero T
		b.t.Fatalf("waited for %d of %s; the service has said %v", n, zero.EventType(), b.types())
	})
	return Sent[T](b)
}

// Until waits for a condition that a worker brings about.
func (b *Bench) Until(what string, condition func() bool) {
	b.t.Helper()
	until(b.t, condition, func() { b.t.Fatalf("waited for %s; the service has said %v", what, b.types()) })
}

func until(t testing.TB, condition func() bool, failed func()) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			failed()
		case <-tick.C:
		}
	}
}

func (b *Bench) types() (types []string) {
	for _, e := range b.Outbox() {
		types = append(types, e.Type)
	}
	return types
}
