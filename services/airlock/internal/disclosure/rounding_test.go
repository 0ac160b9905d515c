package disclosure

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

func TestASitesOwnCountsAreHeldAgainstItsRounding(t *testing.T) {
	count := func(dropped outputs.Dropped, n ...int) outputs.Count {
		c := outputs.Count{Dropped: dropped}
		for i, n := range n {
			c.Cells = append(c.Cells, outputs.Cell{By: []outputs.Level{{Concept: "a", Level: string(rune('x' + i))}}, N: n})
		}
		return c
	}
	for name, c := range map[string]struct {
		count outputs.Count
		holds bool
	}{
		"rounded":            {count("0", 10, 35), true},
		"one cell exact":     {count("0", 10, 36), false},
		"exact dropped rows": {count("23", 10, 35), false},
		"rounded dropped":    {count("25", 10, 35), true},
		"untold dropped":     {count(outputs.Suppressed, 10, 35), true},
	} {
		report := Check(document(c.count), Rules{Threshold: 8, Rounding: 5})
		found := false
		for _, f := range report.Findings {
			found = found || f.Rule == RuleRounded && f.Outcome == Fail
		}
		if found == c.holds {
			t.Errorf("%s: %+v", name, report)
		}
		if exact := Check(document(c.count), Rules{Threshold: 8}); exact.Outcome != Pass {
			t.Errorf("%s, where nothing is rounded: %+v", name, exact)
		}
	}
}
