package bus_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/fairway-tre/fairway/contracts/bench"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/segmentio/kafka-go"
)

const (
	benchPartitions = 4
	benchBatch      = 200
	benchBytes      = 1024
	benchRecords    = 48_000
	benchSingles    = 200
	benchRounds     = 17
	benchGoal       = 0.75
)

// link carries records of one topic from a producer to a consumer in the same process; received gets a value for each.
type link struct {
	send     func(recs []envelope.Record, partition int) error
	received chan struct{}
	close    func()
}

// ours is the bus: publisher and group subscriber, every message acked.
func ours(topic string) link {
	p := must(bus.NewPublisher(testConfig))
	s := must(bus.NewSubscriber(testConfig, bus.SubscriberConfig{Group: topic + ".ours", SessionTimeout: sessionTimeout()}))
	messages := must(s.Subscribe(context.Background(), topic))
	l := link{received: make(chan struct{}, benchRecords)}
	l.send = func(recs []envelope.Record, _ int) error { return p.PublishRecords(context.Background(), recs...) }
	l.close = func() { p.Close(); s.Close() }
	go func() {
		for m := range messages {
			l.take(m)
		}
	}()
	return l
}

func (l link) take(m *message.Message) {
	if _, ok := bus.RecordOf(m); !ok {
		panic("a message without its record")
	}
	m.Ack()
	l.received <- struct{}{}
}

// peer is kafka-go as it comes: Client.Produce with the same batches, acks and compression, and a group Reader that
// commits at the same interval.
func peer(topic string) link {
	client, dialer, transport := must3(bus.Bare(testConfig))
	r := kafka.NewReader(kafka.ReaderConfig{
		Brokers: testConfig.Brokers, GroupID: topic + ".peer", Topic: topic, Dialer: dialer, StartOffset: kafka.FirstOffset,
		MinBytes: 1, MaxBytes: 4 << 20, MaxWait: 500 * time.Millisecond, CommitInterval: 100 * time.Millisecond,
		HeartbeatInterval: 500 * time.Millisecond, SessionTimeout: sessionTimeout(),
	})
	l := link{received: make(chan struct{}, benchRecords)}
	l.send = func(recs []envelope.Record, partition int) error {
		krecs := make([]kafka.Record, len(recs))
		for i, rec := range recs {
			krecs[i] = kafka.Record{Key: kafka.NewBytes(rec.Key), Value: kafka.NewBytes(rec.Value)}
		}
		resp, err := client.Produce(context.Background(), &kafka.ProduceRequest{
			Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll, Compression: kafka.Zstd, Records: kafka.NewRecordReader(krecs...),
		})
		if err != nil {
			return err
		}
		return resp.Error
	}
	l.close = func() { r.Close(); transport.CloseIdleConnections() }
	go func() {
		for {
			m, err := r.FetchMessage(context.Background())
			if err != nil {
				return
			}
			if r.CommitMessages(context.Background(), m) != nil {
				return
			}
			l.received <- struct{}{}
		}
	}()
	return l
}

func must3[A, B, C any](a A, b B, c C, err error) (A, B, C) {
	if err != nil {
		panic(err)
	}
	return a, b, c
}

// benchKeys has, for each partition, a key that goes there.
func benchKeys() [][]byte {
	keys, ids := make([][]byte, benchPartitions), []int{0, 1, 2, 3}
	for i, found := 0, 0; found < benchPartitions; i++ {
		key := []byte(strconv.Itoa(i))
		if p := (kafka.Murmur2Balancer{}).Balance(kafka.Message{Key: key}, ids...); keys[p] == nil {
			keys[p] = key
			found++
		}
	}
	return keys
}

// text is random letters and spaces, which compress about as well as JSON of random ids.
func text() []byte {
	const letters = "abcdefghijklmnopqrstuvwxyz     "
	b := make([]byte, benchBytes)
	for i := range b {
		b[i] = letters[rand.IntN(len(letters))]
	}
	return b
}

func batchFor(topic string, key []byte, n int) []envelope.Record {
	recs := make([]envelope.Record, n)
	for i := range recs {
		recs[i] = envelope.Record{Topic: topic, Key: key, Value: text()}
	}
	return recs
}

// warm returns once records pass through every partition.
func warm(tb testing.TB, l link, topic string) {
	for p, key := range benchKeys() {
		if err := l.send(batchFor(topic, key, 1), p); err != nil {
			tb.Fatal(err)
		}
		<-l.received
	}
}

// throughput sends n records from one goroutine per partition and returns records per second until the last came.
func throughput(tb testing.TB, l link, topic string, n int) float64 {
	batches := map[int][]envelope.Record{}
	for p, key := range benchKeys() {
		batches[p] = batchFor(topic, key, benchBatch)
	}
	start := time.Now()
	var senders sync.WaitGroup
	for p := range batches {
		senders.Go(func() {
			for range n / benchPartitions / benchBatch {
				if err := l.send(batches[p], p); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	for range n / benchPartitions / benchBatch * benchBatch * benchPartitions {
		<-l.received
	}
	rate := float64(n) / time.Since(start).Seconds()
	senders.Wait()
	return rate
}

// latency returns the median milliseconds from before the send of a single record until it came.
func latency(tb testing.TB, l link, topic string, n int) float64 {
	took := make([]float64, 0, n)
	recs := batchFor(topic, benchKeys()[0], 1)
	for range n {
		start := time.Now()
		if err := l.send(recs, 0); err != nil {
			tb.Fatal(err)
		}
		<-l.received
		took = append(took, float64(time.Since(start).Microseconds())/1000)
	}
	return bench.At(took, 0.5)
}

// TestBench compares the bus with bare kafka-go, in turn.
func TestBench(t *testing.T) {
	bench.Only(t)
	var medians [2][]float64
	measure := func(side int, open func(string) link) func() float64 {
		return func() float64 {
			// a topic of its own: a group that starts afresh would read what came before
			topic := newTopic(t, testConfig, benchPartitions)
			l := open(topic)
			defer l.close()
			warm(t, l, topic)
			rate := throughput(t, l, topic, benchRecords)
			medians[side] = append(medians[side], latency(t, l, topic, benchSingles))
			return rate
		}
	}
	rates, peers := bench.Turns(benchRounds, measure(0, ours), measure(1, peer))
	bench.Write(t, bench.Compare("bus-throughput", "records/s", bench.Higher, benchGoal, rates, peers),
		bench.Compare("bus-p50", "ms", bench.Lower, 1/benchGoal, medians[0], medians[1]))
}
