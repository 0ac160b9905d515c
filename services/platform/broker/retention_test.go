package broker_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/twmb/franz-go/pkg/kfake"
)

// A partition all of whose records are old goes on counting where it was, however the broker ends: else whoever had read
// some of it would wait for an offset that is long in the future.
func TestOldRecordsGoAndOffsetsGoOn(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var net kfake.VirtualNetwork
		cfg := broker.Config{Dir: dir, Port: 9000, Listen: net.Listen, MaxSession: 48 * time.Hour,
			Topics: []broker.Topic{{Name: "brief", Partitions: 1}, {Name: "kept", Partitions: 1, Retention: -1}}}
		calm := bus.Config{Brokers: []string{"127.0.0.1:9000"}, Dial: net.DialContext, Calm: 12 * time.Hour}
		say := func(topic string, values ...string) {
			p := must(bus.NewPublisher(calm))
			defer p.Close()
			for _, v := range values {
				if err := p.PublishRecords(t.Context(), envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte(v)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		// until tells what lies on a topic and at which offsets, up to a value
		until := func(topic, last string) (got []string, from int64) {
			sub := must(bus.NewSubscriber(calm, bus.SubscriberConfig{}))
			defer sub.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			from = -1
			for m := range must(sub.Subscribe(ctx, topic)) {
				at, _ := bus.PositionOf(m.Context())
				if from < 0 {
					from = at.Offset
				}
				got = append(got, string(m.Payload))
				m.Ack()
				if got[len(got)-1] == last {
					break
				}
			}
			return got, from
		}
		b := must(broker.Start(cfg))
		say("brief", "a", "b", "c")
		say("kept", "a", "b", "c")
		time.Sleep(6 * 24 * time.Hour)
		if got, _ := until("brief", "c"); len(got) != 3 {
			t.Errorf("after six days there is %q", got)
		}
		time.Sleep(3 * 24 * time.Hour)
		for range 3 { // the second start is from what the first one wrote
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			b = must(broker.Start(cfg))
		}
		say("brief", "d")
		if got, from := until("brief", "d"); len(got) != 2 || from != 2 {
			t.Errorf("after nine days and restarts there is %q from offset %d, want the newest, c, at offset 2, and d", got, from)
		}
		if got, from := until("kept", "c"); len(got) != 3 || from != 0 {
			t.Errorf("of what is kept there is %q from offset %d", got, from)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
