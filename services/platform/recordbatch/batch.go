// Package recordbatch holds record batches of Kafka, version 2, that others wrote, to what they say of themselves, before anybody
// makes room for it. The format is that of https://kafka.apache.org/documentation/#recordbatch.
package recordbatch

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"sync"

	"github.com/segmentio/kafka-go/compress"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrCorrupt says that the bytes of a batch are not those that were sent, or are none of version 2: they may come right when
// they are sent again.
var ErrCorrupt = errors.New("corrupt record batch")

// ErrInvalid says that a batch or one of its records is not what it says of itself.
var ErrInvalid = errors.New("invalid record batch")

const (
	magic     = 2
	toLength  = 12   // the bytes before those that the length counts
	toChecked = 21   // the bytes before those that the checksum covers
	codecBits = 0x07 // those of the attributes that name the compression
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Check holds a batch that a producer wrote to what Apache Kafka asks of it: length, version and checksum; as many records as
// it says, numbered from 0 on, each of them whole, also within a compression. It returns how many bytes it had to unpack.
// Errors: ErrCorrupt, ErrInvalid.
func Check(raw []byte) (unpacked int, err error) {
	var b kmsg.RecordBatch
	if b.ReadFrom(raw) != nil || int64(b.Length) != int64(len(raw)-toLength) || b.Magic != magic {
		return 0, fmt.Errorf("%w: %d bytes are no batch of version %d and its length", ErrCorrupt, len(raw), magic)
	}
	if crc32.Checksum(raw[toChecked:], castagnoli) != uint32(b.CRC) {
		return 0, fmt.Errorf("%w: its checksum is that of other bytes", ErrCorrupt)
	}
	// Apache Kafka, LogValidator.validateBatch: "v2 and above messages always have a non-null count"
	if b.NumRecords <= 0 || b.LastOffsetDelta != b.NumRecords-1 {
		return 0, fmt.Errorf("%w: it says to have %d records up to number %d", ErrInvalid, b.NumRecords, b.LastOffsetDelta)
	}
	codec := compress.Compression(b.Attributes & codecBits)
	if codec == compress.None {
		return 0, numbered(b.Records, int64(b.NumRecords))
	}
	text := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(text)
	text.Reset()
	if err := Unpack(codec, bytes.NewReader(b.Records), text); err != nil {
		return text.Len(), fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return text.Len(), numbered(text.Bytes(), int64(b.NumRecords))
}

// numbered holds records to be as many as are said, numbered from 0 on.
func numbered(text []byte, count int64) error {
	next := int64(0)
	for len(text) > 0 {
		number, rest, err := cut(text, math.MaxInt)
		if err != nil {
			return err
		}
		if number != next {
			return fmt.Errorf("%w: record %d says to be number %d", ErrInvalid, next, number)
		}
		next++
		text = rest
	}
	if next != count {
		return fmt.Errorf("%w: it says to have %d records and has %d", ErrInvalid, count, next)
	}
	return nil
}

// Whole holds records, outside of their compression, to their own lengths, and to a most of headers that each may have.
// Errors: ErrInvalid.
func Whole(text []byte, headers int) error {
	for len(text) > 0 {
		_, rest, err := cut(text, headers)
		if err != nil {
			return err
		}
		text = rest
	}
	return nil
}
