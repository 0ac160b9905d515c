package recordbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go/compress"
)

// MaxUnpacked bounds a compressed batch as it is outside of its compression. Ours have bus.MaxRecordBytes, other clients a
// few times that.
const MaxUnpacked = 16 << 20

// ErrBomb says that a batch is larger outside of its compression than MaxUnpacked.
var ErrBomb = errors.New("the batch unpacks to more than a batch may have")

// Unpack writes records to to, up to MaxUnpacked bytes of them. No room is made for what a block or a frame only says of
// itself. Errors: ErrBomb, ErrInvalid for an unknown compression, and what the codec says of bytes that are none of its own.
func Unpack(c compress.Compression, from io.Reader, to *bytes.Buffer) error {
	switch c {
	case compress.Snappy:
		return unsnap(from, to)
	case compress.Zstd:
		return unzip(from, to)
	case compress.Gzip:
		return unpackBy(&compress.GzipCodec, from, to)
	case compress.Lz4:
		return unpackBy(&compress.Lz4Codec, from, to)
	}
	return fmt.Errorf("%w: unknown compression %d", ErrInvalid, c)
}

// zstandard is shared by all: it keeps nothing of a batch. The window is memory that a frame asks for: that of the highest levels
// in use is 8 MiB.
var zstandard = func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxWindow(MaxUnpacked), zstd.WithDecoderMaxMemory(MaxUnpacked))
	if err != nil {
		panic(err) // only options can be wrong
	}
	return d
}()

// unzip reads the batch first: so its records lie where they are to be, and need no window beside.
func unzip(from io.Reader, to *bytes.Buffer) error {
	packed := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(packed)
	packed.Reset()
	if _, err := packed.ReadFrom(from); err != nil {
		return err
	}
	text, err := zstandard.DecodeAll(packed.Bytes(), to.AvailableBuffer())
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return ErrBomb
	}
	to.Write(text)
	return err
}

func unpackBy(c compress.Codec, from io.Reader, to *bytes.Buffer) error {
	r := c.NewReader(from)
	defer r.Close() //nolint:errcheck // all that was wanted has been read
	return copyBounded(r, to)
}

func copyBounded(from io.Reader, to *bytes.Buffer) error {
	n, err := to.ReadFrom(io.LimitReader(from, MaxUnpacked+1))
	if n > MaxUnpacked {
		return ErrBomb
	}
	return err
}

// xerial begins a batch that is cut into blocks of snappy, each after its length; without it there is one block.
const (
	xerial       = "\x82SNAPPY\x00"
	xerialHeader = len(xerial) + 8
)

// unsnap asks each block for its size before it makes room for it.
func unsnap(from io.Reader, to *bytes.Buffer) error {
	packed, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(packed, []byte(xerial)) || len(packed) < xerialHeader {
		return unsnapBlock(packed, to)
	}
	for packed = packed[xerialHeader:]; len(packed) > 0; {
		if len(packed) < 4 {
			return io.ErrUnexpectedEOF
		}
		size := binary.BigEndian.Uint32(packed)
		if packed = packed[4:]; int64(size) > int64(len(packed)) {
			return io.ErrUnexpectedEOF
		}
		if err := unsnapBlock(packed[:size], to); err != nil {
			return err
		}
		packed = packed[size:]
	}
	return nil
}

func unsnapBlock(block []byte, to *bytes.Buffer) error {
	size, err := snappy.DecodedLen(block)
	if err != nil {
		return err
	}
	if to.Len()+size > MaxUnpacked {
		return ErrBomb
	}
	text, err := snappy.Decode(nil, block)
	to.Write(text)
	return err
}
