package analysis

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// meeting tells of each row whether it meets all conditions: 1 or 0, and nothing
// if a value is missing and the others are met.
func (t Table) meeting(where []vocabulary.Condition) ([]Value, error) {
	out := make([]Value, t.Rows())
	for i := range out {
		out[i] = Value{Number: 1, Present: true}
	}
	for _, c := range where {
		of, meets, err := t.condition(c)
		if err != nil {
			return nil, err
		}
		for i, v := range of.Values {
			switch {
			case v.Present && !meets(v.Number):
				out[i] = Value{Present: true}
			case !v.Present && out[i].Number == 1:
				out[i] = Value{Number: 1}
			}
		}
	}
	for i, v := range out {
		if !v.Present {
			out[i] = Value{}
		}
	}
	return out, nil
}

func (t Table) condition(c vocabulary.Condition) (Column, func(float64) bool, error) {
	if len(c.Levels) == 0 {
		of, err := t.column(c.Concept, Number)
		limit, _ := strconv.ParseFloat(c.Value, 64) // checked when it was asked
		return of, comparing[c.Op](limit), err
	}
	of, err := t.column(c.Concept, Category)
	if err != nil {
		return of, nil, err
	}
	asked := make([]bool, len(of.Levels))
	for _, level := range c.Levels {
		at := slices.Index(of.Levels, level)
		if at < 0 {
			return of, nil, fmt.Errorf("%w: %s has no level of one of the names asked for", ErrRequest, c.Concept)
		}
		asked[at] = true
	}
	return of, func(level float64) bool { return asked[int(level)] == (c.Op == analyses.In) }, nil
}

var comparing = map[string]func(limit float64) func(float64) bool{
	analyses.LT: func(limit float64) func(float64) bool { return func(v float64) bool { return v < limit } },
	analyses.LE: func(limit float64) func(float64) bool { return func(v float64) bool { return v <= limit } },
	analyses.GT: func(limit float64) func(float64) bool { return func(v float64) bool { return v > limit } },
	analyses.GE: func(limit float64) func(float64) bool { return func(v float64) bool { return v >= limit } },
}
