package harness

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/fairway-tre/fairway/contracts/topics"
)

// Hop sends bare records over a site's broker and reads them back, with kafka-go alone and nothing of ours: what the
// same journey costs at least, over the same broker, TLS and users.
type Hop struct {
	client *kafka.Client
	reader *kafka.Reader
	topic  string
	value  []byte
}

// NewHop opens a writer and a reader on a topic that is quiet in an orderly run. size is that of the records.
func (s *Site) NewHop(ctx context.Context, size int) (*Hop, error) {
	to, from := brokerAt(s.Name, s.Dir, tester), brokerAt(s.Name, s.Dir, topics.Observer)
	address, err := to.Address()
	if err != nil {
		return nil, err
	}
	sending, err := to.transport()
	if err != nil {
		return nil, err
	}
	receiving, err := from.transport()
	if err != nil {
		return nil, err
	}
	h := &Hop{topic: s.Name + ".catalog.dead.v1", value: bytes.Repeat([]byte("x"), size)}
	h.client = &kafka.Client{Addr: address, Transport: sending, Timeout: 10 * time.Second}
	h.reader = kafka.NewReader(kafka.ReaderConfig{Brokers: []string{address.String()}, Topic: h.topic, Partition: 0, MinBytes: 1,
		MaxBytes: 1 << 20, MaxWait: time.Second, ReadBackoffMin: time.Millisecond,
		Dialer: &kafka.Dialer{TLS: receiving.TLS, SASLMechanism: receiving.SASL, Timeout: dialTimeout}})
	if err := h.reader.SetOffset(kafka.LastOffset); err != nil {
		return nil, fmt.Errorf("open a bare reader on %s: %w", h.topic, err)
	}
	return h, h.warm(ctx)
}

// warm sends until the reader, which begins at the end of the topic at a moment of its own, has seen one.
func (h *Hop) warm(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if err := h.send(ctx); err != nil {
				failed <- err
				return
			}
			pause(ctx, 20*time.Millisecond)
		}
	}()
	if _, err := h.reader.ReadMessage(ctx); err != nil {
		return fmt.Errorf("read a bare record from %s: %w", h.topic, err)
	}
	cancel()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (h *Hop) send(ctx context.Context) error {
	r, err := h.client.Produce(ctx, &kafka.ProduceRequest{Topic: h.topic, Partition: 0, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(kafka.Record{Value: kafka.NewBytes(h.value)})})
	if err == nil {
		err = r.Error
	}
	return err
}

// Once sends one record, acknowledged by the broker, and reads one.
func (h *Hop) Once(ctx context.Context) error {
	if err := h.send(ctx); err != nil {
		return fmt.Errorf("send a bare record to %s: %w", h.topic, err)
	}
	if _, err := h.reader.ReadMessage(ctx); err != nil {
		return fmt.Errorf("read a bare record from %s: %w", h.topic, err)
	}
	return nil
}

// Close releases both connections.
func (h *Hop) Close() error { return h.reader.Close() }
