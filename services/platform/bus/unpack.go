package bus

import (
	"bytes"
	"encoding/binary"
	"io"
	"sync"

	"github.com/segmentio/kafka-go/compress"

	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/services/platform/recordbatch"
)

// maxHeaders bounds the headers of one record, for which kafka-go makes room before it reads them: many more than an event may
// have, which then is refused as itself.
const maxHeaders = 1 << 14

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

// bounded is a codec of kafka-go that unpacks no more than recordbatch.MaxUnpacked, and only records that have what they say. In
// the place of a batch that is larger or broken it gives one record that is larger than any event, so that the batch is
// refused as such and its partition goes on.
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
		if err := u.unpack(); err != nil {
			return 0, err
		}
	}
	return u.text.Read(p)
}

func (u *unpacked) unpack() error {
	packed := &counted{from: u.from}
	broken := recordbatch.Unpack(compress.Compression(u.codec.Code()), packed, u.text)
	if broken == nil {
		broken = recordbatch.Whole(u.text.Bytes(), maxHeaders)
	}
	if broken == nil {
		return nil
	}
	u.text.Reset()
	if _, err := io.Copy(io.Discard, packed); err != nil {
		return err
	}
	if l, ok := u.from.(*io.LimitedReader); ok && l.N > 0 { // the connection ended, the batch itself may be as it should
		return broken
	}
	u.text.Write(tooLarge(packed.n))
	return nil
}

// Close implements io.Closer.
func (u *unpacked) Close() error {
	if u.text != nil {
		buffers.Put(u.text)
		u.text = nil
	}
	return nil
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
