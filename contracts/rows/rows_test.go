package rows_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/rows"
)

// endless is a text without end.
type endless string

func (e endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		n += copy(p[n:], e)
	}
	return n, nil
}

func TestARowWithoutEndIsNotReadToIt(t *testing.T) {
	for name, text := range map[string]io.Reader{
		"a header":                  endless("a"),
		"a header of any columns":   endless("a,"),
		"a quote over many lines":   io.MultiReader(strings.NewReader("a,b\n1,\""), endless("x\n")),
		"a row after many good":     io.MultiReader(strings.NewReader("a,b\n"+strings.Repeat("1,2\n", 1<<19)), endless("3")),
		"a quote that is ended far": io.MultiReader(strings.NewReader("a\n\""+strings.Repeat("x", rows.MaxBytes+1<<13)+"\"\n"), endless("x\n")),
	} {
		r, read := rows.NewReader(text), 0
		var err error
		for ; err == nil && read < 1<<20; read++ {
			_, err = r.Read()
		}
		if !errors.Is(err, rows.ErrLong) {
			t.Errorf("%s: after %d rows %v", name, read, err)
		}
	}
}

func TestATableIsReadToItsEnd(t *testing.T) {
	long := strings.Repeat("x", rows.MaxBytes-16)
	r := rows.NewReader(strings.NewReader("\ufeff\"a\",b\n" + strings.Repeat(long+",2\n", 3)))
	for i, want := range [][]string{{"a", "b"}, {long, "2"}, {long, "2"}, {long, "2"}} {
		if row, err := r.Read(); err != nil || !slices.Equal(row, want) {
			t.Fatalf("row %d: %v", i+1, err)
		}
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last: %v", err)
	}
}
