package bus_test

import (
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

// javaMurmur2 are hashes that Apache Kafka's own unit test expects of its client (UtilsTest.testMurmur2).
var javaMurmur2 = map[string]int32{
	"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536, "a-little-bit-longer-string": -1486304829,
	"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107,
}

func TestKeyGoesToThePartitionThatJavaClientsChoose(t *testing.T) {
	t.Parallel()
	const partitions = 7
	topic := newTopic(t, testConfig, partitions)
	p := newPublisher(t, testConfig)
	for key := range javaMurmur2 {
		publish(t, p, envelope.Record{Topic: topic, Key: []byte(key)})
	}
	messages := must(newSubscriber(t, testConfig, bus.SubscriberConfig{}).Subscribe(t.Context(), topic))
	for range javaMurmur2 {
		m := <-messages
		r, _ := bus.RecordOf(m)
		pos, _ := bus.PositionOf(m.Context())
		if want := int(javaMurmur2[string(r.Key)]&0x7fffffff) % partitions; pos.Partition != want {
			t.Errorf("key %q is in partition %d, want %d", r.Key, pos.Partition, want)
		}
		m.Ack()
	}
}

func TestOrderPerKeyHoldsOverTopicsPiecesAndNacks(t *testing.T) {
	t.Parallel()
	const keys, perKey = 5, 300
	topics := []string{newTopic(t, testConfig, 3), newTopic(t, testConfig, 2)}
	var recs []envelope.Record
	for n := range perKey {
		for key := range keys {
			for _, topic := range topics { // 4 KiB each, so that a partition needs several requests
				value := binary.BigEndian.AppendUint64(make([]byte, 0, 4096), uint64(n))
				recs = append(recs, envelope.Record{Topic: topic, Key: fmt.Append(nil, key), Value: value[:4096]})
			}
		}
	}
	publish(t, newPublisher(t, testConfig), recs...)
	for _, topic := range topics {
		sub := newSubscriber(t, testConfig, bus.SubscriberConfig{Group: topic, NackResendSleep: 1, SessionTimeout: sessionTimeout()})
		messages := must(sub.Subscribe(t.Context(), topic))
		var (
			mu   sync.Mutex
			next = map[string]uint64{}
			work sync.WaitGroup
		)
		for range 3 { // handlers side by side, as watermill's router has them
			work.Go(func() {
				for m := range messages {
					r, _ := bus.RecordOf(m)
					n := binary.BigEndian.Uint64(m.Payload)
					mu.Lock()
					if n != next[string(r.Key)] {
						t.Errorf("%s: key %s: got %d, want %d", topic, r.Key, n, next[string(r.Key)])
					}
					again := n%50 == 49
					if again && next["nacked "+string(r.Key)] != n {
						next["nacked "+string(r.Key)] = n
						mu.Unlock()
						m.Nack()
						continue
					}
					next[string(r.Key)] = n + 1
					mu.Unlock()
					m.Ack()
				}
			})
		}
		eventually(t, "all records came", func() bool {
			mu.Lock()
			defer mu.Unlock()
			total := uint64(0)
			for key := range keys {
				total += next[fmt.Sprint(key)]
			}
			return total == keys*perKey
		})
		sub.Close()
		work.Wait()
	}
}
