// Package finding is how the checks of contracts report: the place, the rule that is broken, and what to do.
package finding

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Finding is one broken rule.
type Finding struct {
	File    string `json:"file"`              // path below the folder that was checked
	Line    int    `json:"line,omitzero"`     // counts from 1; 0 where the file is gone or the whole of it is meant
	Pointer string `json:"pointer,omitempty"` // JSON pointer into the file
	Rule    string `json:"rule"`
	Problem string `json:"problem"`
	Do      string `json:"do"`
}

// String is two lines: place, rule and problem; then what to do.
func (f Finding) String() string {
	place := f.File
	if f.Line > 0 {
		place += fmt.Sprintf(":%d", f.Line)
	}
	if f.Pointer != "" {
		place += " " + f.Pointer
	}
	return fmt.Sprintf("%s: %s: %s\n    do: %s", place, f.Rule, f.Problem, f.Do)
}

// Sort orders findings by file, line, pointer and rule, and drops repeats.
func Sort(all []Finding) []Finding {
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Pointer, b.Pointer),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Problem, b.Problem))
	})
	return slices.Compact(all)
}

// Line is the line of a JSON text at which the value of a pointer begins, or that of the nearest value around it which
// is there. It is 0 for a text that is not JSON.
func Line(text []byte, pointer string) int {
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	best, line := -1, 0
	for {
		_, err := dec.ReadToken()
		if err != nil {
			return line
		}
		at := string(dec.StackPointer())
		if len(at) > best && (at == pointer || at == "" || strings.HasPrefix(pointer, at+"/")) {
			best, line = len(at), 1+bytes.Count(text[:dec.InputOffset()], []byte("\n"))
		}
		if at == pointer {
			return line
		}
	}
}
