package recordbatch

import (
	"encoding/binary"
	"fmt"
)

// lengths is how many bytes a header has at least: the lengths of its name and value.
const lengths = 2

// cut goes over the first of some records, which may have at most headers, and returns its number in its batch and what is
// behind it. Nothing is copied and no room made. Errors: ErrInvalid.
func cut(text []byte, headers int) (number int64, rest []byte, err error) {
	all := fields{rest: text}
	f := fields{rest: all.bytes(0, "a record")}
	if all.err != nil {
		return 0, nil, all.err
	}
	f.skip(1, "attributes")
	f.varint(binary.MaxVarintLen64, "time")
	number = f.varint(binary.MaxVarintLen32, "number")
	f.bytes(absent, "key")
	f.bytes(absent, "value")
	n := f.varint(binary.MaxVarintLen32, "number of headers")
	if n < 0 || n > int64(min(headers, len(f.rest)/lengths)) {
		f.fail("%d headers in %d bytes", n, len(f.rest))
	}
	for ; n > 0 && f.err == nil; n-- {
		f.bytes(0, "name of a header")
		f.bytes(absent, "value of a header")
	}
	if len(f.rest) > 0 {
		f.fail("%d bytes behind its last header", len(f.rest))
	}
	return number, all.rest, f.err
}

// absent is the length of what is not there.
const absent = -1

// fields are read one after the other. After one that is broken nothing more is read.
type fields struct {
	rest []byte
	err  error
}

func (f *fields) fail(format string, a ...any) {
	if f.err == nil {
		f.err = fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, a...))
	}
	f.rest = nil
}

// varint reads a number that is spelled in at most size bytes. Of five it has 32 bits.
func (f *fields) varint(size int, what string) int64 {
	v, n := binary.Varint(f.rest)
	if n <= 0 || n > size || size == binary.MaxVarintLen32 && v != int64(int32(v)) {
		f.fail("%s is no number", what)
		return 0
	}
	f.rest = f.rest[n:]
	return v
}

// bytes reads a length, not under the least, and as many bytes.
func (f *fields) bytes(least int64, what string) []byte {
	n := f.varint(binary.MaxVarintLen32, what)
	if n < least {
		f.fail("%s says to have %d bytes", what, n)
	}
	return f.skip(max(n, 0), what)
}

func (f *fields) skip(n int64, what string) []byte {
	if n > int64(len(f.rest)) {
		f.fail("%s says to have %d bytes, of %d that are left", what, n, len(f.rest))
		return nil
	}
	skipped := f.rest[:n]
	f.rest = f.rest[n:]
	return skipped
}
