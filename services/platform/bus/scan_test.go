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
