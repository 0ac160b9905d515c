package harness

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/segmentio/kafka-go"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
)

// tester is the user that may write to every topic of a site; a real site has none.
const tester = "tester"

// Forge writes records that no honest sender would: it stands below every check but those of the readers.
type Forge struct{ broker Broker }

// Forge makes one for a site's broker.
func (s *Site) Forge() Forge { return Forge{brokerAt(s.Name, s.Dir, tester)} }

// Write puts a record on its topic as it stands, on the partition that its key has by Kafka's own hash.
func (f Forge) Write(ctx context.Context, r envelope.Record) error {
	address, err := f.broker.Address()
	if err != nil {
		return err
	}
	transport, err := f.broker.transport()
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{Addr: address, Topic: r.Topic, Balancer: kafka.Murmur2Balancer{Consistent: true}, RequiredAcks: kafka.RequireAll,
		BatchSize: 1, BatchTimeout: time.Millisecond, Transport: transport}
	defer w.Close()
	m := kafka.Message{Key: r.Key, Value: r.Value}
	for _, h := range r.Headers {
		m.Headers = append(m.Headers, kafka.Header{Key: h.Key, Value: h.Value})
	}
	if err := w.WriteMessages(ctx, m); err != nil {
		return fmt.Errorf("write a forged record to %s: %w", r.Topic, err)
	}
	return nil
}

// TestKey is a key made for one run. A site believes it only if it was started with --allow-test-keys.
type TestKey struct {
	signing.Signer
	Public  signing.Key
	private ed25519.PrivateKey
}

// NewTestKey makes a key that signs as a source; without types it may sign nothing honestly, only forge.
func NewTestKey(source string, types ...string) (TestKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return TestKey{}, fmt.Errorf("make a test key: %w", err)
	}
	now := time.Now().UTC()
	return TestKey{Signer: signing.NewSigner(source, private), private: private,
		Public: signing.Key{ID: signing.KeyID(public), Source: source, Types: types, Public: public,
			NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), Test: true}}, nil
}

// NewID is a ULID of now.
func NewID() string { return ulid.MustNew(ulid.Now(), rand.Reader).String() }

// Copy is a record that shares nothing with the original.
func Copy(r envelope.Record) envelope.Record {
	c := envelope.Record{Topic: r.Topic, Key: slices.Clone(r.Key), Value: slices.Clone(r.Value)}
	for _, h := range r.Headers {
		c.Headers = append(c.Headers, envelope.Header{Key: h.Key, Value: slices.Clone(h.Value)})
	}
	return c
}

// WithHeader replaces a header's value, or adds the header.
func WithHeader(r envelope.Record, key, value string) envelope.Record {
	c := Copy(r)
	for i := range c.Headers {
		if c.Headers[i].Key == key {
			c.Headers[i].Value = []byte(value)
			return c
		}
	}
	c.Headers = append(c.Headers, envelope.Header{Key: key, Value: []byte(value)})
	return c
}

// ForgedSignature keeps a record's claim of who signed it, and puts a signature by another key in place of the true
// one.
func ForgedSignature(r envelope.Record, by TestKey) envelope.Record {
	return WithHeader(r, "ce_signature", signing.EncodeSignature(by.Sign(r.Value)))
}
