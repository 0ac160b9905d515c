package bus_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

func TestAScanReadsWhatIsThereOnceAndEnds(t *testing.T) {
	t.Parallel()
	full, empty := newTopic(t, testConfig, 3), newTopic(t, testConfig, 1)
	publish(t, newPublisher(t, testConfig), numbered(full, 50)...)
	for range 2 {
		n := 0
		err := bus.Scan(t.Context(), testConfig, []string{full, empty}, time.Time{}, false, func(bus.Position, envelope.Record) error { n++; return nil })
		if err != nil || n != 50 {
			t.Fatalf("%d read, %v", n, err)
		}
	}
	n := 0
	if err := bus.Scan(t.Context(), testConfig, []string{full}, time.Now().Add(time.Hour), false, func(bus.Position, envelope.Record) error { n++; return nil }); err != nil || n != 0 {
		t.Fatalf("since a time to come: %d read, %v", n, err)
	}
}

func TestAScanOfAPartitionReadsFromAnOffsetToThePresentEnd(t *testing.T) {
	t.Parallel()
	topic := newTopic(t, testConfig, 1)
	publish(t, newPublisher(t, testConfig), numbered(topic, 20)...)
	enough := errors.New("enough")
	for _, c := range []struct {
		from, stop int64 // stop: the reader has enough of it
		read       int
		next       int64
		err        error
	}{{0, -1, 20, 20, nil}, {15, -1, 5, 20, nil}, {20, -1, 0, 20, nil}, {99, -1, 0, 20, nil}, {5, 7, 3, 0, enough}} {
		n := 0
		next, err := bus.ScanPartition(t.Context(), testConfig, topic, 0, c.from, func(at bus.Position, _ envelope.Record) error {
			if at.Offset != c.from+int64(n) {
				t.Errorf("offset %d is number %d from %d on", at.Offset, n, c.from)
			}
			if n++; at.Offset == c.stop {
				return enough
			}
			return nil
		})
		if n != c.read || next != c.next || !errors.Is(err, c.err) {
			t.Errorf("from %d: %d read, next %d, %v", c.from, n, next, err)
		}
	}
}

func TestAScanThatFollowsEndsWithItsContextOrItsReader(t *testing.T) {
	t.Parallel()
	topic := newTopic(t, testConfig, 2)
	p := newPublisher(t, testConfig)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	done := make(chan error, 1)
	first := make(chan struct{})
	go func() {
		done <- bus.Scan(ctx, testConfig, []string{topic}, time.Time{}, true, func(bus.Position, envelope.Record) error {
			if n++; n == 1 {
				close(first)
			}
			if n == 20 {
				cancel()
			}
			return nil
		})
	}()
	publish(t, p, numbered(topic, 1)...)
	<-first
	publish(t, p, numbered(topic, 19)...)
	if err := <-done; err != nil || n != 20 {
		t.Fatalf("%d read, %v", n, err)
	}
	enough := errors.New("enough")
	err := bus.Scan(t.Context(), testConfig, []string{topic}, time.Time{}, true, func(bus.Position, envelope.Record) error { return enough })
	if !errors.Is(err, enough) {
		t.Fatalf("got %v", err)
	}
}
