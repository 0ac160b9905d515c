package simulation

import (
	"sync"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

// seen is a record as it lies on a broker.
type seen struct {
	envelope.Record
	partition int
	offset    int64
	at        time.Time
	event     envelope.Event
	err       error // why it is no event
}

// tap reads all topics of all brokers.
type tap struct {
	mu   sync.Mutex
	all  []seen
	ends []func()
}

// follow reads topics of a broker until close.
func (p *tap) follow(t *testing.T, n *network, at *node, topics []string) {
	t.Helper()
	sub, err := bus.NewSubscriber(plain(bus.Config{Brokers: []string{at.addr()}}, n.line()), bus.SubscriberConfig{})
	if err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	for _, topic := range topics {
		messages, err := sub.Subscribe(t.Context(), topic)
		if err != nil {
			t.Fatal(err)
		}
		reading.Go(func() {
			for m := range messages {
				s := seen{}
				s.Record, _ = bus.RecordOf(m)
				at, _ := bus.PositionOf(m.Context())
				s.partition, s.offset, s.at = at.Partition, at.Offset, at.Time
				s.event, s.err = envelope.Read(s.Record)
				p.mu.Lock()
				p.all = append(p.all, s)
				p.mu.Unlock()
				m.Ack()
			}
		})
	}
	p.ends = append(p.ends, func() {
		if err := sub.Close(); err != nil {
			t.Error(err)
		}
		reading.Wait()
	})
}

func (p *tap) close() {
	for _, end := range p.ends {
		end()
	}
}

func (p *tap) records() []seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[:len(p.all):len(p.all)]
}

// fact is what somebody said.
type fact[T any] struct {
	seen
	is T
}

// facts lists what was said of a kind, each event once, in the order in which it was seen.
func facts[T envelope.Payload](all []seen) (out []fact[T]) {
	var zero T
	again := map[string]bool{}
	for _, s := range all {
		if s.err != nil || s.event.Type != zero.EventType() || again[s.Topic+s.event.Source+s.event.ID] {
			continue
		}
		if is, err := envelope.Decode[T](s.event); err == nil {
			again[s.Topic+s.event.Source+s.event.ID] = true
			out = append(out, fact[T]{s, is})
		}
	}
	return out
}
