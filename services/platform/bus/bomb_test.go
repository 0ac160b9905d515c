package bus_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go/compress"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

// bomb writes records of zeros, of size bytes in all, through a compressor.
func bomb(w io.WriteCloser, records, size int64) error {
	zeros := make([]byte, 1<<20)
	for i := range records {
		length := size / records
		head := binary.AppendVarint([]byte{0, 0}, i) // attributes and time; its place in the batch
		head = binary.AppendVarint(append(head, 1), length)
		head = append(binary.AppendVarint(nil, int64(len(head))+length+1), head...)
		if _, err := w.Write(head); err != nil {
			return err
		}
		for left := length; left > 0; left -= int64(len(zeros)) {
			if _, err := w.Write(zeros[:min(left, int64(len(zeros)))]); err != nil {
				return err
			}
		}
		if _, err := w.Write([]byte{0}); err != nil { // no headers
			return err
		}
	}
	return w.Close()
}

// produceRaw writes a batch as it is to the one partition of a topic, by a client that is not ours.
func produceRaw(t *testing.T, topic string, codec int16, records int32, packed []byte) {
	t.Helper()
	b := kmsg.RecordBatch{Magic: 2, Attributes: codec, LastOffsetDelta: records - 1, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1,
		PartitionLeaderEpoch: -1, NumRecords: records, Records: packed}
	const toLength, toAttributes = 12, 21 // Kafka's record batch, version 2: what the length and the checksum cover
	b.Length = int32(len(b.AppendTo(nil)) - toLength)
	b.CRC = int32(crc32.Checksum(b.AppendTo(nil)[toAttributes:], crc32.MakeTable(crc32.Castagnoli)))
	client := must(kgo.NewClient(kgo.SeedBrokers(testConfig.Brokers...)))
	defer client.Close()
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 10_000
	req.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, TopicID: topicID(t, client, topic), Partitions: []kmsg.ProduceRequestTopicPartition{{Records: b.AppendTo(nil)}}}}
	resp := must(req.RequestWith(t.Context(), client))
	if code := resp.Topics[0].Partitions[0].ErrorCode; code != 0 {
		t.Fatalf("the broker does not take the batch: error %d", code)
	}
}

func topicID(t *testing.T, client *kgo.Client, topic string) [16]byte {
	t.Helper()
	id := kmsg.NewPtrMetadataRequest()
	id.Topics = []kmsg.MetadataRequestTopic{{Topic: &topic}}
	return must(id.RequestWith(t.Context(), client)).Topics[0].TopicID
}

// Attack 7: a batch of some kilobytes that is a gigabyte outside of its compression is one record that is too large, and
// the next true record is read.
func TestABatchThatUnpacksToAGigabyteIsOneRecordThatIsTooLarge(t *testing.T) {
	if testConfig.TLS != nil {
		t.Skip("the attacker signs in to no broker; the embedded one shows it")
	}
	const gigabyte, most = 1 << 30, 256 << 20
	for name, records := range map[string]int32{"of one record": 1, "of three": 3} {
		t.Run(name, func(t *testing.T) {
			topic := newTopic(t, testConfig, 1)
			var packed bytes.Buffer
			if err := bomb(must(zstd.NewWriter(&packed)), int64(records), gigabyte); err != nil {
				t.Fatal(err)
			}
			if packed.Len() > 1_000_000 {
				t.Fatalf("%d bytes are no bomb", packed.Len())
			}
			produceRaw(t, topic, int16(compress.Zstd), records, packed.Bytes())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			publish(t, newPublisher(t, testConfig), envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte("true")})
			messages := must(newSubscriber(t, testConfig, bus.SubscriberConfig{}).Subscribe(t.Context(), topic))
			var seen []int64
			for {
				m := <-messages
				r, _ := bus.RecordOf(m)
				at, _ := bus.PositionOf(m.Context())
				seen = append(seen, at.Offset)
				m.Ack()
				if string(r.Value) == "true" {
					break
				}
				if len(r.Value) <= strict.MaxSize || len(r.Value) > 2*strict.MaxSize || r.Key != nil {
					t.Fatalf("a record of %d bytes", len(r.Value))
				}
			}
			runtime.ReadMemStats(&after)
			if len(seen) != 2 || seen[0] != 0 || seen[1] != int64(records) {
				t.Errorf("read at %v, expected the bomb at 0 and the true record at %d", seen, records)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > most {
				t.Errorf("%d bytes were allocated", n)
			}
		})
	}
}

func TestWhatACodecPacksIsUnpackedUpToTheBound(t *testing.T) {
	for _, codec := range compress.Codecs[compress.None+1:] {
		t.Run(codec.Name(), func(t *testing.T) {
			for size, whole := range map[int]bool{100: true, bus.MaxUnpacked: true, bus.MaxUnpacked + 1: false} {
				text := make([]byte, size)
				var packed bytes.Buffer
				w := codec.NewWriter(&packed)
				if _, err := w.Write(text); err != nil {
					t.Fatal(err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				r := codec.NewReader(&packed)
				got, err := io.ReadAll(r)
				if err != nil || bytes.Equal(got, text) != whole || !whole && len(got) > 2*strict.MaxSize {
					t.Errorf("%d bytes came as %d: %v", size, len(got), err)
				}
				r.Close()
			}
		})
	}
}

// A block of snappy says its size; no room is made for what it only says.
func TestABlockOfSnappyThatOnlySaysItsSizeIsNotMadeRoomFor(t *testing.T) {
	block := binary.AppendUvarint(nil, 1<<31)
	for name, packed := range map[string][]byte{
		"alone":        block,
		"among blocks": append(append([]byte("\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"), 0, 0, 0, byte(len(block))), block...),
	} {
		got, err := io.ReadAll(compress.Codecs[compress.Snappy].NewReader(bytes.NewReader(packed)))
		if err != nil || len(got) < strict.MaxSize || len(got) > 2*strict.MaxSize {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	cut := append([]byte("\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"), 0xff, 0xff, 0xff, 0xff, 1)
	if _, err := io.ReadAll(compress.Codecs[compress.Snappy].NewReader(bytes.NewReader(cut))); err == nil {
		t.Error("a block that ends before its length is taken")
	}
	if got, err := io.ReadAll(compress.Codecs[compress.Snappy].NewReader(bytes.NewReader(snappy.Encode(nil, []byte("text"))))); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
}
