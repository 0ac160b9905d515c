package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

// Scan reads topics from the records of a time on, the zero time being the beginning, and calls fn with each, one call
// at a time; records of one partition come in their order. It returns when it has read what was there when it began, or,
// when it is to follow, when ctx ends. It belongs to no group and leaves no mark on the broker.
func Scan(ctx context.Context, cfg Config, topics []string, since time.Time, follow bool, fn func(Position, envelope.Record) error) error {
	s, err := newScan(cfg, fn)
	if err != nil {
		return err
	}
	defer s.cfg.wire.CloseIdleConnections()
	s.since, s.follow = since, follow
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reading sync.WaitGroup
	for _, topic := range topics {
		spans, err := s.spans(ctx, topic)
		if err != nil {
			cancel(err)
			break
		}
		for partition, sp := range spans {
			reading.Go(func() {
				if err := s.read(ctx, topic, partition, sp); err != nil {
					cancel(err)
				}
			})
		}
	}
	reading.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// ScanPartition reads one partition of a topic from an offset on, or from its oldest record where that one is gone, and calls
// fn with each record in order. It returns when it has read what was there when it began, with the offset after that, or
// with the first error of fn; otherwise as Scan.
func ScanPartition(ctx context.Context, cfg Config, topic string, partition int, from int64, fn func(Position, envelope.Record) error) (next int64, err error) {
	s, err := newScan(cfg, fn)
	if err != nil {
		return 0, err
	}
	defer s.cfg.wire.CloseIdleConnections()
	spans, err := s.spans(ctx, topic)
	if err != nil {
		return 0, err
	}
	sp := spans[partition]
	sp.first = max(sp.first, from)
	if err := s.read(ctx, topic, partition, sp); err != nil {
		return 0, err
	}
	return sp.end, ctx.Err()
}

// scan is one call of Scan or ScanPartition.
type scan struct {
	cfg    Config
	client *kafka.Client
	since  time.Time
	follow bool

	mu sync.Mutex
	fn func(Position, envelope.Record) error
}

func newScan(cfg Config, fn func(Position, envelope.Record) error) (*scan, error) {
	cfg.wire = nil // its connections end with it
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	return &scan{cfg: cfg, client: cfg.client(), fn: fn}, nil
}

// span is what lies in a partition, or is to be read of it: from first up to, but not including, end.
type span struct{ first, end int64 }

func (s *scan) spans(ctx context.Context, topic string) (map[int]span, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	var spans map[int]span
	err := s.cfg.retry(ctx, func() (err error) { spans, err = s.ask(ctx, topic); return err })
	if err != nil {
		return nil, fmt.Errorf("read: %w", s.cfg.explain(err, "read", "topic "+topic))
	}
	return spans, nil
}

func (s *scan) ask(ctx context.Context, topic string) (map[int]span, error) {
	ids, err := newPartitionCache(s.cfg).of(ctx, topic)
	if err != nil {
		return nil, err
	}
	return spansOf(ctx, s.client, topic, ids)
}

// spansOf is what lies in partitions of a topic.
func spansOf(ctx context.Context, client *kafka.Client, topic string, ids []int) (map[int]span, error) {
	var requests []kafka.OffsetRequest
	for _, id := range ids {
		requests = append(requests, kafka.FirstOffsetOf(id), kafka.LastOffsetOf(id))
	}
	resp, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: requests}})
	if err != nil {
		return nil, err
	}
	spans := map[int]span{}
	for _, p := range resp.Topics[topic] {
		if p.Error != nil {
			return nil, p.Error
		}
		spans[p.Partition] = span{p.FirstOffset, p.LastOffset}
	}
	return spans, nil
}

func (s *scan) read(ctx context.Context, topic string, partition int, sp span) error {
	if !s.follow && sp.first >= sp.end {
		return nil
	}
	cuts := newConnections()
	dialer, err := s.cfg.dialer(cuts)
	if err != nil {
		return err
	}
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: s.cfg.Brokers, Topic: topic, Partition: partition, Dialer: dialer,
		MinBytes: 1, MaxBytes: maxFetchBytes, MaxWait: time.Second, QueueCapacity: queueCapacity,
		ReadBackoffMin: minReadBackoff, ReadBackoffMax: maxReadBackoff, ReadLagInterval: -1})
	defer r.Close()
	defer cuts.cut()
	if err := s.start(ctx, r, topic, sp); err != nil {
		return err
	}
	if !s.follow && (r.Offset() >= sp.end || r.Offset() < 0) {
		return nil
	}
	for {
		km, err := r.ReadMessage(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read topic %s: %w", topic, s.cfg.explain(err, "read", "topic "+topic))
		}
		if err := s.hand(km); err != nil {
			return err
		}
		if !s.follow && km.Offset+1 >= sp.end {
			return nil
		}
	}
}

func (s *scan) start(ctx context.Context, r *kafka.Reader, topic string, sp span) error {
	if s.since.IsZero() {
		return r.SetOffset(sp.first)
	}
	if err := r.SetOffsetAt(ctx, s.since); err != nil {
		return fmt.Errorf("find %s in topic %s: %w", s.since.Format(time.RFC3339), topic, s.cfg.explain(err, "read", "topic "+topic))
	}
	return nil
}

func (s *scan) hand(km kafka.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fn(Position{km.Topic, km.Partition, km.Offset, km.Time}, recordOf(km))
}
