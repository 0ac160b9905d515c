package genotypes

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
)

// Opener opens a file from its beginning; a source opens its files anew for each scan.
type Opener func() (io.ReadCloser, error)

// Gzipped opens what lies in a gzip file (bgzip makes such files too).
func Gzipped(open Opener) Opener {
	return func() (io.ReadCloser, error) {
		file, err := open()
		if err != nil {
			return nil, err
		}
		unzipped, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<16))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%w: it is named .gz and is no gzip file: %w", ErrRead, err), file.Close())
		}
		return struct {
			io.Reader
			io.Closer
		}{unzipped, file}, nil
	}
}

// lines hands out a text file line by line, without their ends.
type lines struct {
	kind    string
	r       *bufio.Reader
	longest int
	long    []byte // a line that is longer than the reader's buffer
	number  int64
}

func newLines(kind string, r io.Reader, longest int) *lines {
	return &lines{kind: kind, r: bufio.NewReaderSize(r, 1<<16), longest: longest}
}

// next is the next line, good until the one after; false at the end.
func (l *lines) next(ctx context.Context) ([]byte, bool, error) {
	if l.number%256 == 0 && ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	l.number++
	line, err := l.r.ReadSlice('\n')
	for l.long = l.long[:0]; errors.Is(err, bufio.ErrBufferFull); line, err = l.r.ReadSlice('\n') {
		if l.long = append(l.long, line...); len(l.long) > l.longest {
			return nil, false, l.fault("the line is longer than any that is read")
		}
	}
	if len(l.long) > 0 {
		l.long = append(l.long, line...)
		line = l.long
	}
	switch {
	case err == nil && len(line) > l.longest:
		return nil, false, l.fault("the line is longer than any that is read")
	case err == nil:
		return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), true, nil
	case errors.Is(err, io.EOF) && len(line) == 0:
		return nil, false, nil
	case errors.Is(err, io.EOF):
		return nil, false, l.fault("the last line has no end; the file is truncated")
	}
	return nil, false, unreadable(l.kind, "line", l.number, err)
}

func (l *lines) fault(rule string) error { return fault(l.kind, "line", l.number, rule) }

// position reads a whole number of at most nine digits.
func position(text []byte) (int, bool) {
	if len(text) == 0 || len(text) > 9 {
		return 0, false
	}
	n := 0
	for _, b := range text {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = 10*n + int(b-'0')
	}
	return n, true
}

// name reports whether a chromosome or an id can be told in a result: the letters that a concept may have.
func name(text []byte) bool {
	for _, b := range text {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', bytes.IndexByte([]byte("_.:/+<>=-"), b) >= 0:
		default:
			return false
		}
	}
	return len(text) > 0 && len(text) <= 96
}
