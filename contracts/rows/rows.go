// Package rows reads a table in CSV that somebody else wrote, row by row, so that neither a quote that is never closed nor a
// small file that unpacks to any number of bytes takes the memory of whoever reads it.
package rows

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// MaxBytes is how long a row may be as it is written, and a little more, since some of it may have been read ahead.
const MaxBytes = 1 << 20

// ErrLong says that a row is longer than MaxBytes.
var ErrLong = fmt.Errorf("a row is longer than the %d bytes of any that is read: a quote may be opened and never closed", MaxBytes)

// Reader is csv.Reader but for a row that is too long, which ends the reading. A byte order mark, with which some programs
// begin a file, is passed over.
type Reader struct {
	*csv.Reader
	source *bounded
}

// NewReader reads the rows of a text in UTF-8.
func NewReader(text io.Reader) *Reader {
	source := &bounded{Reader: withoutMark(text)}
	return &Reader{csv.NewReader(source), source}
}

// Read is csv.Reader.Read. Errors: ErrLong, beside those.
func (r *Reader) Read() ([]string, error) {
	r.source.left = MaxBytes
	row, err := r.Reader.Read()
	if errors.Is(err, ErrLong) {
		return nil, ErrLong
	}
	return row, err
}

// bounded gives so many bytes, and then ErrLong.
type bounded struct {
	io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrLong
	}
	n, err := b.Reader.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func withoutMark(text io.Reader) io.Reader {
	buffered := bufio.NewReader(text)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		buffered.Discard(3) //nolint:errcheck // they were there
	}
	return buffered
}
