package recordbatch_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/fairway-tre/fairway/services/platform/recordbatch"
	"github.com/fairway-tre/fairway/services/platform/recordbatch/recordbatchtest"
)

var record = recordbatchtest.Record

// packed is records inside of a compression.
func packed(t testing.TB, codec compress.Compression, records []byte) []byte {
	t.Helper()
	if codec == compress.None {
		return records
	}
	var out bytes.Buffer
	w := codec.Codec().NewWriter(&out)
	if _, err := w.Write(records); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// malformed are records that are not what they say, with their number in the head of the batch.
var malformed = map[string]struct {
	count   int32
	records []byte
}{
	"as many headers as can be said":        {1, record(0, 1, math.MaxInt32, []byte("v"), nil)},
	"more headers than a number has":        {1, record(0, 1, math.MaxInt64, []byte("v"), nil)},
	"fewer headers than none":               {1, record(0, 1, -1, []byte("v"), nil)},
	"a header more than its bytes can hold": {1, record(0, 1, 3, []byte("v"), make([]byte, 5))},
	"fewer headers than there are":          {1, record(0, 1, 1, []byte("v"), make([]byte, 4))},
	"a header without a name":               {1, record(0, 1, 1, []byte("v"), []byte{1, 0})},
	"a header's name beyond the record":     {1, record(0, 1, 1, []byte("v"), []byte{20, 'n', 0})},
	"a header's value beyond the record":    {1, record(0, 1, 1, []byte("v"), []byte{2, 'n', 20})},
	"a value beyond the record":             {1, record(0, math.MaxInt32, 0, []byte("v"), nil)},
	"a value of fewer bytes than absent":    {1, record(0, -2, 0, nil, nil)},
	"a record beyond the batch":             {1, record(0, 1, 0, []byte("v"), nil)[:6]},
	"a record of fewer bytes than none":     {1, []byte{1, 0, 0, 0, 1, 1, 0}},
	"a length in more bytes than a number":  {1, append([]byte{0x8c, 0x80, 0x80, 0x80, 0x80, 0}, make([]byte, 6)...)},
	"an empty record":                       {1, []byte{0}},
	"more records than there are":           {2, record(0, 1, 0, []byte("v"), nil)},
	"fewer records than there are":          {1, append(record(0, 1, 0, []byte("v"), nil), record(1, 1, 0, []byte("v"), nil)...)},
	"as many records as can be said":        {math.MaxInt32, nil},
	"no records":                            {0, nil},
	"fewer records than none":               {-5, record(0, 1, 0, []byte("v"), nil)},
	"a number far ahead":                    {1, record(1<<30, 1, 0, []byte("v"), nil)},
	"a number before the batch":             {1, record(-1, 1, 0, []byte("v"), nil)},
}

func TestABatchWhoseRecordsAreNotWhatTheySayIsInvalid(t *testing.T) {
	for name, m := range malformed {
		for _, codec := range []compress.Compression{compress.None, compress.Zstd} {
			raw := recordbatchtest.Seal(int16(codec), m.count, packed(t, codec, m.records))
			if _, err := recordbatch.Check(raw); !errors.Is(err, recordbatch.ErrInvalid) {
				t.Errorf("%s, %s: %v", name, codec, err)
			}
		}
	}
	for _, codec := range []compress.Compression{compress.Gzip, compress.Snappy, compress.Lz4, compress.Zstd, 7} {
		if _, err := recordbatch.Check(recordbatchtest.Seal(int16(codec), 1, []byte("none"))); !errors.Is(err, recordbatch.ErrInvalid) {
			t.Errorf("bytes that %s did not write: %v", codec, err)
		}
	}
}

func TestABatchThatCameOtherwiseThanSentIsCorrupt(t *testing.T) {
	whole := recordbatchtest.Seal(0, 1, record(0, 1, 0, []byte("v"), nil))
	const length, magic, checksum = 11, 16, 20
	for name, at := range map[string]int{"length": length, "version": magic, "checksum": checksum, "records": len(whole) - 1} {
		raw := bytes.Clone(whole)
		raw[at] ^= 1
		if _, err := recordbatch.Check(raw); !errors.Is(err, recordbatch.ErrCorrupt) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	for n := range whole {
		if _, err := recordbatch.Check(whole[:n]); !errors.Is(err, recordbatch.ErrCorrupt) {
			t.Errorf("%d bytes of %d: %v", n, len(whole), err)
		}
	}
}

func TestABatchIsUnpackedUpToTheBound(t *testing.T) {
	const head = 13 // bytes of the record beside its value
	for _, codec := range compress.Codecs[compress.None+1:] {
		for size, taken := range map[int]bool{recordbatch.MaxUnpacked: true, recordbatch.MaxUnpacked + 1: false} {
			value := make([]byte, size-head)
			records := record(0, int64(len(value)), 0, value, nil)
			if len(records) != size {
				t.Fatalf("a record of %d bytes", len(records))
			}
			c := compress.Compression(codec.Code())
			n, err := recordbatch.Check(recordbatchtest.Seal(int16(c), 1, packed(t, c, records)))
			if (err == nil) != taken || errors.Is(err, recordbatch.ErrBomb) == taken || n > recordbatch.MaxUnpacked+1 || taken && n != size {
				t.Errorf("%s of %d bytes: %d were unpacked, %v", c, size, n, err)
			}
		}
	}
}

func TestABatchAsKafkaGoWritesItIsTaken(t *testing.T) {
	for codec := compress.None; codec <= compress.Zstd; codec++ {
		records := protocol.NewRecordReader(
			protocol.Record{Key: protocol.NewBytes([]byte("k")), Value: protocol.NewBytes(bytes.Repeat([]byte("v"), 1<<15)), Headers: []protocol.Header{{Key: "ce_id", Value: []byte("1")}, {Key: "", Value: nil}}},
			protocol.Record{}, protocol.Record{Key: protocol.NewBytes(nil), Value: protocol.NewBytes([]byte{})})
		var out bytes.Buffer
		set := protocol.RecordSet{Version: 2, Attributes: protocol.Attributes(codec), Records: records}
		if _, err := set.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		const toBatch = 4 // its size
		if _, err := recordbatch.Check(out.Bytes()[toBatch:]); err != nil {
			t.Errorf("%s: %v", codec, err)
		}
	}
}

// A reader makes room for headers before it reads them: what is left of a record is no bound where two bytes are one.
func TestRecordsHaveNoMoreHeadersThanAReaderMakesRoomFor(t *testing.T) {
	const most = 10
	for n, whole := range map[int64]bool{most: true, most + 1: false} {
		records := append(record(5, -1, 0, nil, nil), record(9, -1, n, nil, make([]byte, 2*n))...)
		if err := recordbatch.Whole(records, most); (err == nil) != whole {
			t.Errorf("%d headers: %v", n, err)
		}
	}
}

// FuzzCheck: what is taken is read by others as what it says to be.
func FuzzCheck(f *testing.F) {
	for _, m := range malformed {
		f.Add(m.count, uint8(0), m.records)
		f.Add(m.count, uint8(compress.Zstd), packed(f, compress.Zstd, m.records))
	}
	two := append(record(0, 1, 1, []byte("v"), []byte{2, 'n', 2, 'v'}), record(1, -1, 0, nil, nil)...)
	for codec := compress.None; codec <= compress.Zstd; codec++ {
		f.Add(int32(2), uint8(codec), packed(f, codec, two))
	}
	f.Fuzz(func(t *testing.T, count int32, codec uint8, records []byte) {
		raw := recordbatchtest.Seal(int16(codec&7), count, records)
		_, err := recordbatch.Check(raw)
		if err != nil {
			if !errors.Is(err, recordbatch.ErrInvalid) {
				t.Fatalf("a batch with its own length and checksum: %v", err)
			}
			return
		}
		var set protocol.RecordSet
		if _, err := set.ReadFrom(bytes.NewReader(append(binary.BigEndian.AppendUint32(nil, uint32(len(raw))), raw...))); err != nil {
			t.Fatalf("taken, and read by nobody: %v", err)
		}
		for i := range int64(count) {
			r, err := set.Records.ReadRecord()
			if err != nil || r.Offset != i {
				t.Fatalf("record %d of %d: %v", i, count, err)
			}
		}
		if r, err := set.Records.ReadRecord(); err == nil {
			t.Fatalf("a record %d of %d", r.Offset, count)
		}
	})
}
