package bus

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
)

// offsets collects what a generation has done until it is committed. Commits are bound to the generation: the broker
// refuses them once the partitions may belong to another member, so a committed offset never moves backwards.
type offsets struct {
	topic string
	send  func(map[string]map[int]int64) error
	some  chan struct{} // there is something to commit

	mu   sync.Mutex
	next map[int]int64
}

func newOffsets(topic string, gen *kafka.Generation) *offsets {
	return &offsets{topic: topic, send: gen.CommitOffsets, some: make(chan struct{}, 1), next: map[int]int64{}}
}

// mark records that everything of the partition before next is done.
func (o *offsets) mark(partition int, next int64) {
	o.mu.Lock()
	o.next[partition] = max(next, o.next[partition])
	o.mu.Unlock()
	select {
	case o.some <- struct{}{}:
	default:
	}
}

func (o *offsets) commit() error {
	o.mu.Lock()
	next := o.next
	o.next = map[int]int64{}
	o.mu.Unlock()
	if len(next) == 0 {
		return nil
	}
	err := o.send(map[string]map[int]int64{o.topic: next})
	if err != nil {
		for partition, n := range next {
			o.mark(partition, n)
		}
	}
	return err
}

// progress knows how far each partition is that this subscriber reads, for Lag and Ready.
type progress struct {
	mu   sync.Mutex
	next map[string]map[int]*standing
}

// standing is how far one partition is: the next offset, and since when (Unix nanoseconds, 0: not at all) a record is
// with the handler, or there is one that the handler has not got.
type standing struct{ next, held, behind atomic.Int64 }

func (s *standing) holds() { s.held.CompareAndSwap(0, time.Now().UnixNano()) }

func (s *standing) acked(next int64) {
	s.next.Store(next)
	s.held.Store(0)
	s.behind.Store(0)
}

func newProgress() *progress { return &progress{next: map[string]map[int]*standing{}} }

// follow returns where to keep how far a partition is, until drop.
func (p *progress) follow(topic string, partition int, offset int64) *standing {
	at := new(standing)
	at.next.Store(offset)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next[topic] == nil {
		p.next[topic] = map[int]*standing{}
	}
	p.next[topic][partition] = at
	return at
}

func (p *progress) drop(topic string, partition int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.next[topic], partition)
}

// of lists the partitions of a topic that are read now.
func (p *progress) of(topic string) map[int]*standing {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.next[topic])
}

func (p *progress) snapshot() map[string]map[int]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[string]map[int]int64, len(p.next))
	for topic, parts := range p.next {
		if len(parts) == 0 {
			continue
		}
		out[topic] = make(map[int]int64, len(parts))
		for id, at := range parts {
			out[topic][id] = at.next.Load()
		}
	}
	return out
}

// Lag asks the broker and returns, per subscribed topic, how many records lie between the ones acked here and the end
// of the partitions that this member reads; the sum over all members is the group's lag. A paused partition counts.
func (s *Subscriber) Lag(ctx context.Context) (map[string]int64, error) {
	at := s.progress.snapshot()
	if len(at) == 0 {
		return map[string]int64{}, nil
	}
	req := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{}}
	for topic, parts := range at {
		for id := range parts {
			req.Topics[topic] = append(req.Topics[topic], kafka.FirstOffsetOf(id), kafka.LastOffsetOf(id))
		}
	}
	resp, err := s.client.ListOffsets(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("lag of group %s: %w", s.sub.Group, s.cfg.explain(err, "describe", "topics"))
	}
	lag := make(map[string]int64, len(at))
	for topic, parts := range resp.Topics {
		for _, p := range parts {
			if p.Error != nil {
				return nil, fmt.Errorf("lag of group %s: %w", s.sub.Group, s.cfg.explain(p.Error, "describe", "topic "+topic))
			}
			lag[topic] += max(0, p.LastOffset-max(at[topic][p.Partition], p.FirstOffset))
		}
	}
	return lag, nil
}
