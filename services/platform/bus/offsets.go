package bus

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

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

// progress knows how far each partition is that this subscriber reads, for Lag.
type progress struct {
	mu   sync.Mutex
	next map[string]map[int]*atomic.Int64
}

func newProgress() *progress { return &progress{next: map[string]map[int]*atomic.Int64{}} }

// follow returns where to keep the next offset of a partition, until drop.
func (p *progress) follow(topic string, partition int, offset int64) *atomic.Int64 {
	next := new(atomic.Int64)
	next.Store(offset)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next[topic] == nil {
		p.next[topic] = map[int]*atomic.Int64{}
	}
	p.next[topic][partition] = next
	return next
}

func (p *progress) drop(topic string, partition int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.next[topic], partition)
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
		for id, n := range parts {
			out[topic][id] = n.Load()
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
