package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/segmentio/kafka-go"
)

// MaxRecordBytes bounds key, value and headers of one record: with its framing it still fits Apache Kafka's default
// message.max.bytes of 1,048,588 when nothing can be compressed.
const MaxRecordBytes = 1_000_000

// closeGrace is how long Close lets calls finish before it ends them.
const closeGrace = time.Second

// Publisher sends records to the partition of their key (Murmur2, as Java clients do) and returns when all in-sync
// replicas have them. Safe for concurrent use.
type Publisher struct {
	cfg        Config
	client     *kafka.Client
	partitions *partitionCache
	ctx        context.Context
	cancel     context.CancelFunc

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup
}

var _ message.Publisher = (*Publisher)(nil)

// NewPublisher does not connect; the first publish does.
func NewPublisher(cfg Config) (*Publisher, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Publisher{cfg: cfg, client: cfg.client(), partitions: newPartitionCache(cfg), ctx: ctx, cancel: cancel}, nil
}

// Publish implements message.Publisher with the promises of PublishRecords. Messages from NewMessage are sent as their
// record; others get the message's metadata as headers and no key, so that they spread over the partitions.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	recs := make([]envelope.Record, len(messages))
	for i, m := range messages {
		var err error
		if recs[i], err = outgoing(topic, m); err != nil {
			return err
		}
	}
	return p.PublishRecords(context.Background(), recs...)
}

// PublishRecords sends records, of any topics, and returns nil once every one is acknowledged by all in-sync replicas.
// Records of one topic and key keep the order of the call. Temporary failures and unknown topics are retried until
// Config.Timeout; a retry can write a record twice. After an error some may have been written, never a later one of a
// partition without the earlier ones: publish the same call again.
func (p *Publisher) PublishRecords(ctx context.Context, recs ...envelope.Record) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer p.calls.Done()
	for i := range recs {
		if err := checkSize(&recs[i]); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	batches, err := p.assign(ctx, recs)
	if err == nil {
		err = p.sendAll(ctx, batches)
	}
	if err != nil && p.ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return err
}

func (p *Publisher) enter() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("publish: %w", ErrClosed)
	}
	p.calls.Add(1)
	return nil
}

// Close lets calls in progress finish for a second, then ends them with ErrClosed. It may be called more than once.
func (p *Publisher) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	done := make(chan struct{})
	go func() {
		p.calls.Wait()
		close(done)
	}()
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case <-done:
	case <-grace.C:
	}
	p.cancel()
	<-done
	p.cfg.wire.CloseIdleConnections()
	return nil
}

func checkSize(r *envelope.Record) error {
	if n := size(r); n > MaxRecordBytes {
		return fmt.Errorf("record of %d bytes for topic %s is over the limit of %d: send a claim check or several parts: %w", n, r.Topic, MaxRecordBytes, ErrTooLarge)
	}
	if r.Topic == "" {
		return errors.New("publish: a record names no topic")
	}
	return nil
}

// size counts what a record needs inside a batch, lengths included.
func size(r *envelope.Record) int {
	const perRecord, perHeader = 32, 10
	n := perRecord + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += perHeader + len(h.Key) + len(h.Value)
	}
	return n
}
