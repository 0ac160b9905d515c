package disclosure

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// sums verifies that a count or a summary over sites says no more than the
// sites' released outputs, cell by cell: a number that one site suppressed is
// suppressed, or the total less the others would tell it.
func (f *findings) sums(result outputs.Result, rules Rules, where string) {
	sources := outputs.Sources(result)
	if len(sources) == 0 {
		return
	}
	if cells(result) == nil {
		return // kinds that are combined in other ways have rules of their own
	}
	summary, _ := result.(outputs.Summary)
	var inputs []outputs.Result
	for i, s := range sources {
		at := fmt.Sprintf("%s, site %d", where, i+1)
		if rules.Released == nil || rules.Input == nil || !rules.Released(s.OutputDigest) {
			f.add(RuleInputNotReleased, at)
			return
		}
		document, err := rules.Input(s.OutputDigest)
		if err != nil {
			f.add(RuleInputNotReleased, at)
			return
		}
		inputs = append(inputs, alike(document, result))
		if i < len(summary.BySite) {
			f.unless(toldBy(document, summary.Measure, summary.BySite[i].Groups), RuleCombinationUnknown, at)
		}
	}
	for i, cell := range cells(result) {
		sum, all := 0, true
		var groups []outputs.Summarised
		for _, input := range inputs {
			of := cells(input)
			k := slices.IndexFunc(of, func(c outputs.Cell) bool { return slices.Equal(c.By, cell.By) })
			all = all && k >= 0 && !of[k].Suppressed
			if k < 0 {
				continue
			}
			sum += of[k].N
			if s, summarised := input.(outputs.Summary); summarised {
				groups = append(groups, s.Groups[k])
			}
		}
		at := fmt.Sprintf("%s, cell %d", where, i+1)
		f.unless(cell.Suppressed || all && sum == cell.N, RuleCombinationUnknown, at)
		if s, summarised := result.(outputs.Summary); summarised && !cell.Suppressed && all {
			g, pooled := s.Groups[i], outputs.Pool(groups)
			f.unless(near(g.Mean, pooled.Mean, pooled.Mean) && near(g.SD, pooled.SD, pooled.SD) && slices.Equal(g.Percentiles, pooled.Percentiles), RuleCombinationUnknown, at)
		}
	}
}

// toldBy tells whether a site's document has a summary with just these groups.
func toldBy(document outputs.Document, measure string, groups []outputs.Summarised) bool {
	return slices.ContainsFunc(document.Results, func(r outputs.Result) bool {
		s, summarised := r.(outputs.Summary)
		return summarised && s.Measure == measure && reflect.DeepEqual(s.Groups, groups)
	})
}

// alike finds the input's result that a combination was made of: of its kind,
// with the most cells that it has too.
func alike(document outputs.Document, result outputs.Result) (found outputs.Result) {
	most := -1
	for _, r := range document.Results {
		if r.Kind() != result.Kind() || measure(r) != measure(result) {
			continue
		}
		common := 0
		for _, c := range cells(r) {
			if slices.ContainsFunc(cells(result), func(d outputs.Cell) bool { return slices.Equal(c.By, d.By) }) {
				common++
			}
		}
		if common > most {
			most, found = common, r
		}
	}
	return found
}

func measure(r outputs.Result) string {
	if s, ok := r.(outputs.Summary); ok {
		return s.Measure
	}
	return ""
}
