package broker_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"math"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/recordbatch"
	"github.com/fairway-tre/fairway/services/platform/recordbatch/recordbatchtest"
)

// stranger is a client that is not ours.
func stranger(t *testing.T, b *broker.Broker, trust *tls.Config, user, password string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c := must(kgo.NewClient(append(opts, kgo.SeedBrokers(b.Addr()), kgo.DialTLSConfig(trust),
		kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha512Mechanism()))...))
	t.Cleanup(c.Close)
	return c
}

func zipped(t *testing.T, from io.Reader) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := must(zstd.NewWriter(&packed))
	must(io.Copy(w, from))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// Attack 7: who may write to a topic cannot write what breaks its readers, and they go on.
func TestAMalformedBatchIsRefusedAndItsTopicGoesOn(t *testing.T) {
	cfg, trust := site(t)
	b := must(broker.Start(cfg))
	defer b.Close()
	const none, zstandard, most = 0, 4, 128 << 20
	record := recordbatchtest.Record
	greedy, good := record(0, 1, math.MaxInt32, []byte("v"), nil), record(0, 1, 0, []byte("v"), nil)
	corrupt := recordbatchtest.Seal(none, 1, good)
	corrupt[len(corrupt)-1] ^= 1
	writer := stranger(t, b, trust, "alice", "alice-password")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, c := range map[string]struct {
		raw  []byte
		want *kerr.Error
	}{
		"more headers than bytes":          {recordbatchtest.Seal(none, 1, greedy), kerr.InvalidRecord},
		"the same inside of a compression": {recordbatchtest.Seal(zstandard, 1, zipped(t, bytes.NewReader(greedy))), kerr.InvalidRecord},
		"fewer headers than none":          {recordbatchtest.Seal(none, 1, record(0, 1, -1, []byte("v"), nil)), kerr.InvalidRecord},
		"a value beyond the batch":         {recordbatchtest.Seal(none, 1, record(0, 1<<20, 0, []byte("v"), nil)), kerr.InvalidRecord},
		"more records than there are":      {recordbatchtest.Seal(none, math.MaxInt32, good), kerr.InvalidRecord},
		"fewer records than none":          {recordbatchtest.Seal(none, -5, good), kerr.InvalidRecord},
		"a number that lets readers skip":  {recordbatchtest.Seal(none, 1, record(1<<30, 1, 0, []byte("v"), nil)), kerr.InvalidRecord},
		"zeros inside of a compression":    {recordbatchtest.Seal(zstandard, 1, zipped(t, io.LimitReader(zeros{}, 1<<28))), kerr.InvalidRecord},
		"bytes that no codec wrote":        {recordbatchtest.Seal(zstandard, 1, []byte("none")), kerr.InvalidRecord},
		"another checksum":                 {corrupt, kerr.CorruptMessage},
		"half of a batch":                  {corrupt[:len(corrupt)/2], kerr.CorruptMessage},
	} {
		if code := must(recordbatchtest.Produce(t.Context(), writer, "a.events", c.raw)); code != c.want.Code {
			t.Errorf("%s: %v, expected %v", name, kerr.ErrorForCode(code), c.want)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > most {
		t.Errorf("%d bytes were allocated", n)
	}
	reader := stranger(t, b, trust, "bob", "bob-password")
	if code := must(recordbatchtest.Produce(t.Context(), reader, "a.events", recordbatchtest.Seal(none, 1, greedy))); code != kerr.TopicAuthorizationFailed.Code {
		t.Errorf("who may not write at all is told %v", kerr.ErrorForCode(code))
	}
	if code := must(recordbatchtest.Produce(t.Context(), writer, "a.events", recordbatchtest.Seal(none, 1, good))); code != 0 {
		t.Errorf("what is as it says is refused: %v", kerr.ErrorForCode(code))
	}
	if got := receive(t, client(b, trust, "bob", "bob-password"), "bob.reads", "a.events"); got != "v" {
		t.Errorf("the first to be read is %q", got)
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Many batches in one request are unpacked no further than a few of the largest: nobody else is served meanwhile.
func TestARequestIsUnpackedUpToABoundOfItsOwn(t *testing.T) {
	cfg, trust := site(t)
	b := must(broker.Start(cfg))
	defer b.Close()
	value := int64(recordbatch.MaxUnpacked - 100)
	large := recordbatchtest.Seal(4, 1, zipped(t, bytes.NewReader(recordbatchtest.Record(0, value, 0, make([]byte, value), nil))))
	writer := stranger(t, b, trust, "alice", "alice-password")
	for n, want := range map[int]int16{4: 0, 5: kerr.InvalidRecord.Code} {
		raws := make([][]byte, n)
		for i := range raws {
			raws[i] = large
		}
		if code := must(recordbatchtest.Produce(t.Context(), writer, "a.events", raws...)); code != want {
			t.Errorf("%d batches: %v", n, kerr.ErrorForCode(code))
		}
	}
}

func TestWhatOtherClientsWriteIsTaken(t *testing.T) {
	cfg, trust := site(t)
	b := must(broker.Start(cfg))
	defer b.Close()
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		writer := stranger(t, b, trust, "alice", "alice-password", kgo.ProducerBatchCompression(codec), kgo.DefaultProduceTopic("a.events"), kgo.DisableIdempotentWrite())
		long := bytes.Repeat([]byte("once more "), 1<<15)
		records := []*kgo.Record{{}, {Value: []byte{}}, {Key: []byte("k"), Value: long, Headers: []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "", Value: nil}}}}
		if err := writer.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
