package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/segmentio/kafka-go"
)

const (
	firstRetry = 5 * time.Millisecond
	maxRetry   = 250 * time.Millisecond
)

// batch is the records of one call for one partition, in the order of the call.
type batch struct {
	topic     string
	partition int
	recs      []envelope.Record
}

// assign groups records by partition.
func (p *Publisher) assign(ctx context.Context, recs []envelope.Record) ([]*batch, error) {
	if len(recs) > 0 && together(recs) {
		ids, err := p.findPartitions(ctx, recs[0].Topic)
		if err != nil {
			return nil, err
		}
		return []*batch{{recs[0].Topic, p.partitions.choose(recs[0].Key, ids), recs}}, nil
	}
	type place struct {
		topic     string
		partition int
	}
	var (
		batches []*batch
		at      = map[place]*batch{}
		ids     = map[string][]int{}
	)
	for _, r := range recs {
		if ids[r.Topic] == nil {
			found, err := p.findPartitions(ctx, r.Topic)
			if err != nil {
				return nil, err
			}
			ids[r.Topic] = found
		}
		pl := place{r.Topic, p.partitions.choose(r.Key, ids[r.Topic])}
		b := at[pl]
		if b == nil {
			b = &batch{topic: pl.topic, partition: pl.partition}
			at[pl], batches = b, append(batches, b)
		}
		b.recs = append(b.recs, r)
	}
	return batches, nil
}

// together reports whether all records go to the partition of the first.
func together(recs []envelope.Record) bool {
	first := &recs[0]
	for i := range recs[1:] {
		if r := &recs[i+1]; r.Topic != first.Topic || r.Key == nil || !bytes.Equal(r.Key, first.Key) {
			return false
		}
	}
	return len(recs) == 1 || first.Key != nil
}

func (p *Publisher) findPartitions(ctx context.Context, topic string) (ids []int, err error) {
	err = p.cfg.retry(ctx, func() error {
		ids, err = p.partitions.of(ctx, topic)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("publish: %w", p.cfg.explain(err, "write", "topic "+topic))
	}
	return ids, nil
}

func (p *Publisher) sendAll(ctx context.Context, batches []*batch) error {
	if len(batches) == 1 {
		return p.send(ctx, batches[0])
	}
	errs := make([]error, len(batches))
	var wg sync.WaitGroup
	for i, b := range batches {
		wg.Go(func() { errs[i] = p.send(ctx, b) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// send writes a batch in pieces that fit one request; the next piece goes out only when the one before is acknowledged.
func (p *Publisher) send(ctx context.Context, b *batch) error {
	for start := 0; start < len(b.recs); {
		end, n := start, 0
		for ; end < len(b.recs); end++ {
			more := size(&b.recs[end])
			if end > start && n+more > MaxRecordBytes {
				break
			}
			n += more
		}
		err := p.cfg.retry(ctx, func() error { return p.produce(ctx, b, b.recs[start:end]) })
		if err != nil {
			err = p.cfg.explain(err, "write", "topic "+b.topic)
			return fmt.Errorf("publish %d records to topic %s, partition %d: %w: %w", len(b.recs)-start, b.topic, b.partition, ErrNotAcknowledged, err)
		}
		start = end
	}
	return nil
}

// content is a key or a value as kafka-go reads it. Those of a request are allocated together.
type content struct{ bytes.Reader }

func (*content) Close() error { return nil }

// of returns no content for no bytes: an absent value is another one than an empty value.
func (c *content) of(b []byte) kafka.Bytes {
	if b == nil {
		return nil
	}
	c.Reset(b)
	return c
}

func (p *Publisher) produce(ctx context.Context, b *batch, recs []envelope.Record) error {
	krecs, contents := make([]kafka.Record, len(recs)), make([][2]content, len(recs))
	now := time.Now()
	for i := range recs {
		r, c := &recs[i], &contents[i]
		krecs[i] = kafka.Record{Time: now, Key: c[0].of(r.Key), Value: c[1].of(r.Value)}
		if len(r.Headers) > 0 {
			krecs[i].Headers = make([]kafka.Header, len(r.Headers))
		}
		for j, h := range r.Headers {
			krecs[i].Headers[j] = kafka.Header(h)
		}
	}
	resp, err := p.client.Produce(ctx, &kafka.ProduceRequest{
		Topic: b.topic, Partition: b.partition, RequiredAcks: kafka.RequireAll, Compression: kafka.Zstd,
		Records: kafka.NewRecordReader(krecs...),
	})
	if err != nil {
		return err
	}
	return resp.Error
}

// retry repeats what may succeed later until ctx ends, and returns the last error together with the reason to stop.
func (c Config) retry(ctx context.Context, do func() error) error {
	for wait := firstRetry; ; wait = min(2*wait, maxRetry) {
		err := do()
		if err == nil || hopeless(err) {
			return err
		}
		c.wire.renew()
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return fmt.Errorf("%w (gave up: %w)", err, context.Cause(ctx))
		case <-t.C:
		}
	}
}
