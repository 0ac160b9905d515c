package bus_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go/compress"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/recordbatch"
	"github.com/fairway-tre/fairway/services/platform/recordbatch/recordbatchtest"
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

// careless is a broker that takes whatever it is given.
func careless(t *testing.T) bus.Config {
	t.Helper()
	c := must(kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second)))
	t.Cleanup(c.Close)
	return bus.Config{Brokers: c.ListenAddrs()}
}

// produceRaw writes a batch as it is to the one partition of a topic, by a client that is not ours.
func produceRaw(t *testing.T, cfg bus.Config, topic string, codec int16, records int32, packed []byte) {
	t.Helper()
	client := must(kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...)))
	defer client.Close()
	if code := must(recordbatchtest.Produce(t.Context(), client, topic, recordbatchtest.Seal(codec, records, packed))); code != 0 {
		t.Fatalf("the broker does not take the batch: error %d", code)
	}
}

// Attack 7: a batch of some kilobytes that is a gigabyte outside of its compression is one record that is too large, and
// the next true record is read.
func TestABatchThatUnpacksToAGigabyteIsOneRecordThatIsTooLarge(t *testing.T) {
	cfg := careless(t)
	const gigabyte, most = 1 << 30, 256 << 20
	for name, records := range map[string]int32{"of one record": 1, "of three": 3} {
		t.Run(name, func(t *testing.T) {
			topic := newTopic(t, cfg, 1)
			var packed bytes.Buffer
			if err := bomb(must(zstd.NewWriter(&packed)), int64(records), gigabyte); err != nil {
				t.Fatal(err)
			}
			if packed.Len() > 1_000_000 {
				t.Fatalf("%d bytes are no bomb", packed.Len())
			}
			produceRaw(t, cfg, topic, int16(compress.Zstd), records, packed.Bytes())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			publish(t, newPublisher(t, cfg), envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte("true")})
			messages := must(newSubscriber(t, cfg, bus.SubscriberConfig{}).Subscribe(t.Context(), topic))
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
			const head = 13 // bytes of a record beside its value
			for size, whole := range map[int]bool{recordbatch.MaxUnpacked: true, recordbatch.MaxUnpacked + 1: false} {
				text := recordbatchtest.Record(0, int64(size-head), 0, make([]byte, size-head), nil)
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
}

// What no codec can have written, or records that have not what they say, is one record too, else its partition would stand
// still for ever; but bytes that only did not come are no fault of their batch, which is read when it is fetched again.
func TestABrokenBatchIsOneRecordThatIsTooLargeUnlessItDidNotCome(t *testing.T) {
	greedy := recordbatchtest.Record(0, 1, 1<<30, []byte("v"), nil)
	blocks := "\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
	for name, packed := range map[string][]byte{
		"a block that ends before its length": append([]byte(blocks), 0xff, 0xff, 0xff, 0xff, 1),
		"no block":                            []byte("none"),
		"more headers than bytes":             snappy.Encode(nil, greedy),
		"more headers than there is room for": snappy.Encode(nil, recordbatchtest.Record(0, 1, 1<<20, []byte("v"), make([]byte, 2<<20))),
	} {
		codec := compress.Codecs[compress.Snappy]
		got, err := io.ReadAll(codec.NewReader(&io.LimitedReader{R: bytes.NewReader(packed), N: int64(len(packed))}))
		if err != nil || len(got) < strict.MaxSize || len(got) > 2*strict.MaxSize {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if got, err := io.ReadAll(codec.NewReader(&io.LimitedReader{R: bytes.NewReader(packed[:len(packed)-1]), N: int64(len(packed))})); err == nil {
			t.Errorf("%s, and not all of it: %d bytes", name, len(got))
		}
	}
	whole := snappy.Encode(nil, recordbatchtest.Record(0, 1, 2, []byte("v"), make([]byte, 4)))
	if got, err := io.ReadAll(compress.Codecs[compress.Snappy].NewReader(bytes.NewReader(whole))); err != nil || len(got) > 100 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
