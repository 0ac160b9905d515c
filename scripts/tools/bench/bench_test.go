package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"

	measure "github.com/fairway-tre/fairway/contracts/bench"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

const (
	partitions = 4
	batch      = 200
	bytes      = 1024
	records    = 40_000
	singles    = 200
	rounds     = 5

	throughputGoal = 4.0 // times as fast
	latencyGoal    = 1.0 // and a single record takes no longer
)

// link carries messages of one topic from a publisher to a subscriber, both of watermill's interfaces.
type link struct {
	publisher  message.Publisher
	subscriber message.Subscriber
	make       func(key string, value []byte) *message.Message
	texts      [][]byte // made beforehand: to make them costs more than to send them
	received   chan struct{}
}

// TestBench measures the bus and watermill-kafka on one embedded broker, in turn: every record acknowledged by all
// in-sync replicas, zstd, keys, a consumer group that acks each message.
func TestBench(t *testing.T) {
	measure.Only(t)
	b, err := broker.Start(broker.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // measured by now
	var medians [2][]float64
	topics := 0
	side := func(i int, open func(*testing.T, string, string) *link) func() float64 {
		return func() float64 {
			topics++
			topic := fmt.Sprintf("bench-%d", topics)
			create(t, b.Addr(), topic)
			l := open(t, b.Addr(), topic)
			defer l.close(t)
			for range batch {
				l.texts = append(l.texts, text())
			}
			l.listen(t, topic)
			l.send(t, topic, 0, 1)
			l.await(t, 1)
			rate := l.throughput(t, topic)
			medians[i] = append(medians[i], l.latency(t, topic))
			return rate
		}
	}
	rates, peers := measure.Turns(rounds, side(0, ours), side(1, peer))
	measure.Write(t, measure.Compare("bus-sarama-throughput", "records/s", measure.Higher, throughputGoal, rates, peers),
		measure.Compare("bus-sarama-p50", "ms", measure.Lower, latencyGoal, medians[0], medians[1]))
}

func create(t *testing.T, addr, topic string) {
	t.Helper()
	admin, err := bus.NewAdmin(bus.Config{Brokers: []string{addr}})
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close() //nolint:errcheck // a test's
	if err := admin.EnsureTopics(context.Background(), []bus.Topic{{Name: topic, Partitions: partitions}}); err != nil {
		t.Fatal(err)
	}
}

func ours(t *testing.T, addr, topic string) *link {
	t.Helper()
	cfg := bus.Config{Brokers: []string{addr}}
	p, err := bus.NewPublisher(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := bus.NewSubscriber(cfg, bus.SubscriberConfig{Group: topic + ".ours"})
	if err != nil {
		t.Fatal(err)
	}
	return &link{publisher: p, subscriber: s, received: make(chan struct{}, records),
		make: func(key string, value []byte) *message.Message {
			return bus.NewMessage(envelope.Record{Topic: topic, Key: []byte(key), Value: value})
		}}
}

// peer is watermill-kafka as its constructors make it, with the promises of the bus: all acknowledgements, zstd, keys.
func peer(t *testing.T, addr, topic string) *link {
	t.Helper()
	keyed := kafka.NewWithPartitioningMarshaler(func(_ string, m *message.Message) (string, error) { return m.Metadata.Get("key"), nil })
	sending := kafka.DefaultSaramaSyncPublisherConfig()
	sending.Producer.RequiredAcks, sending.Producer.Compression = sarama.WaitForAll, sarama.CompressionZSTD
	sending.Version = sarama.V2_1_0_0
	p, err := kafka.NewPublisher(kafka.PublisherConfig{Brokers: []string{addr}, Marshaler: keyed, OverwriteSaramaConfig: sending}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	receiving := kafka.DefaultSaramaSubscriberConfig()
	receiving.Version, receiving.Consumer.Offsets.Initial = sarama.V2_1_0_0, sarama.OffsetOldest
	s, err := kafka.NewSubscriber(kafka.SubscriberConfig{Brokers: []string{addr}, Unmarshaler: keyed, ConsumerGroup: topic + ".peer",
		OverwriteSaramaConfig: receiving}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	return &link{publisher: p, subscriber: s, received: make(chan struct{}, records),
		make: func(key string, value []byte) *message.Message {
			m := message.NewMessage(watermill.NewUUID(), value)
			m.Metadata.Set("key", key)
			return m
		}}
}

func (l *link) listen(t *testing.T, topic string) {
	t.Helper()
	messages, err := l.subscriber.Subscribe(context.Background(), topic)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for m := range messages {
			m.Ack()
			l.received <- struct{}{}
		}
	}()
}

func (l *link) send(t *testing.T, topic string, key, n int) {
	t.Helper()
	if err := l.publisher.Publish(topic, l.messages(key, n)...); err != nil {
		t.Error(err)
	}
}

func (l *link) messages(key, n int) []*message.Message {
	all := make([]*message.Message, n)
	for i := range all {
		all[i] = l.make(fmt.Sprint("key ", key), l.texts[i])
	}
	return all
}

func (l *link) await(t *testing.T, n int) {
	t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for i := range n {
		select {
		case <-l.received:
		case <-late.C:
			t.Fatalf("%d of %d records came by %T", i, n, l.subscriber)
		}
	}
}

// throughput sends from one goroutine per partition and returns records per second until the last came.
func (l *link) throughput(t *testing.T, topic string) float64 {
	t.Helper()
	began := time.Now()
	var senders sync.WaitGroup
	for key := range partitions {
		senders.Go(func() {
			for range records / partitions / batch {
				l.send(t, topic, key, batch)
			}
		})
	}
	l.await(t, records)
	rate := records / time.Since(began).Seconds()
	senders.Wait()
	return rate
}

// latency is the median in milliseconds from before the sending of a single record until it came.
func (l *link) latency(t *testing.T, topic string) float64 {
	t.Helper()
	var took []float64
	for range singles {
		began := time.Now()
		l.send(t, topic, 0, 1)
		l.await(t, 1)
		took = append(took, float64(time.Since(began).Microseconds())/1000)
	}
	return measure.At(took, 0.5)
}

func (l *link) close(t *testing.T) {
	t.Helper()
	for _, c := range []interface{ Close() error }{l.publisher, l.subscriber} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// text is random letters and spaces, which compress about as well as JSON of random ids.
func text() []byte {
	const letters = "abcdefghijklmnopqrstuvwxyz     "
	b := make([]byte, bytes)
	for i := range b {
		b[i] = letters[rand.IntN(len(letters))]
	}
	return b
}
