package bus

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/segmentio/kafka-go"
)

// A handler that cannot do its work, as on a full disk, is not asked ten times a second for as long as that lasts.
func TestANackedRecordComesAgainEverMoreRarelyAndSoonAfterTheNextOneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sub, err := SubscriberConfig{}.check()
		if err != nil {
			t.Fatal(err)
		}
		s := &subscription{Subscriber: &Subscriber{sub: sub}, out: make(chan *message.Message)}
		var pauses []time.Duration
		go func() {
			for range 2 {
				last := time.Now()
				for range 8 {
					m := <-s.out
					pauses, last = append(pauses, time.Since(last).Round(time.Millisecond)), time.Now()
					m.Nack()
				}
				(<-s.out).Ack()
			}
		}()
		for range 2 {
			if !s.deliver(t.Context(), t.Context(), kafka.Message{}) {
				t.Fatal("not delivered")
			}
		}
		const ms = time.Millisecond
		want := []time.Duration{0, 100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 5000 * ms}
		if !slices.Equal(pauses, slices.Concat(want, want)) {
			t.Errorf("came again after %v", pauses)
		}
	})
}
