package bus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/segmentio/kafka-go/compress"

	"github.com/fairway-tre/fairway/contracts/strict"
)

// maxUnpacked bounds a compressed batch as it is outside of its compression. Ours have MaxRecordBytes, other clients a
// few times that.
const maxUnpacked = 16 << 20

// errBomb says that a batch is larger outside of its compression than one may be.
var errBomb = errors.New("the batch unpacks to more than a batch may have")

// kafka-go unpacks a whole batch before anybody sees a record of it, by the codecs of this table and by no other.
var _ = boundCodecs()

func boundCodecs() struct{} {
	for i, c := range compress.Codecs {
		if c != nil {
			compress.Codecs[i] = bounded{c}
		}
	}
	return struct{}{}
}

// bounded is a codec of kafka-go that unpacks no more than maxUnpacked. In the place of a batch that is larger it gives
// one record that is larger than any event, so that the batch is refused as such and its partition goes on.
type bounded struct{ compress.Codec }

// NewReader implements compress.Codec.
func (b bounded) NewReader(r io.Reader) io.ReadCloser { return &unpacked{codec: b.Codec, from: r} }

// unpacked is a batch outside of its compression. It is unpacked when it is first read.
type unpacked struct {
	codec compress.Codec
	from  io.Reader
	text  *bytes.Buffer
}

// counted counts what was read.
type counted struct {
	from io.Reader
	n    int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.text == nil {
		u.text = buffers.Get().(*bytes.Buffer)
		u.text.Reset()
		packed := &counted{from: u.from}
		err := unpack(u.codec, packed, u.text)
		if errors.Is(err, errBomb) {
			u.text.Reset()
			_, err = io.Copy(io.Discard, packed)
			u.text.Write(tooLarge(packed.n))
		}
		if err != nil {
			return 0, err
		}
	}
	return u.text.Read(p)
}

// Close implements io.Closer.
func (u *unpacked) Close() error {
	if u.text != nil {
		buffers.Put(u.text)
		u.text = nil
	}
	return nil
}

// unpack writes the batch to to. Errors: errBomb.
func unpack(c compress.Codec, from io.Reader, to *bytes.Buffer) error {
	switch compress.Compression(c.Code()) {
	case compress.Snappy:
		return unsnap(from, to)
	case compress.Zstd:
		// The window is memory that a frame asks for: that of the highest levels in use is 8 MiB.
		d, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxUnpacked), zstd.WithDecoderMaxMemory(maxUnpacked))
		if err != nil {
			return err
		}
		defer d.Close()
		err = copyBounded(d, to)
		if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
			return errBomb
		}
		return err
	}
	r := c.NewReader(from)
	defer r.Close() //nolint:errcheck // all that was wanted has been read
	return copyBounded(r, to)
}

func copyBounded(from io.Reader, to *bytes.Buffer) error {
	n, err := to.ReadFrom(io.LimitReader(from, maxUnpacked+1))
	if n > maxUnpacked {
		return errBomb
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
	if to.Len()+size > maxUnpacked {
		return errBomb
	}
	text, err := snappy.Decode(nil, block)
	to.Write(text)
	return err
}

// tooLarge is one record, without key and headers, whose value is larger than that of any event. It says to be as long as
// the packed batch: by that kafka-go tells that no more records of the batch are to come, and goes on behind it.
func tooLarge(packed int64) []byte {
	const noKey, noHeaders = -1, 0
	length := binary.AppendVarint(nil, packed-binary.MaxVarintLen32)
	for len(length) < binary.MaxVarintLen32 { // spelled in five bytes, which count too
		length[len(length)-1] |= 0x80
		length = append(length, 0)
	}
	record := append(length, 0, 0, 0) // attributes; differences of time and offset to those of the batch
	record = binary.AppendVarint(record, noKey)
	record = binary.AppendVarint(record, strict.MaxSize+1)
	record = append(record, make([]byte, strict.MaxSize+1)...)
	return binary.AppendVarint(record, noHeaders)
}
