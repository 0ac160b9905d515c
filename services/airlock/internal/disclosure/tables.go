package disclosure

import (
	"fmt"
	"maps"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/suppression"
)

// cells are the numbers of a table of people, with those suppressed; nothing of
// another kind of result.
func cells(result outputs.Result) []outputs.Cell {
	switch r := result.(type) {
	case outputs.Count:
		return r.Cells
	case outputs.Summary:
		var out []outputs.Cell
		for _, g := range r.Groups {
			out = append(out, outputs.Cell{By: g.By, N: g.N, Suppressed: g.Suppressed})
		}
		return out
	}
	return nil
}

func suppressed(all []outputs.Cell) bool {
	for _, cell := range all {
		if cell.Suppressed {
			return true
		}
	}
	return false
}

// derivable audits every table with suppressed cells, this one's and those of
// earlier releases, beside all that is told of the same people: by itself, by
// the margins that another release tells, by the same in other names, and by
// numbers of several of its cells together.
//
// disclosure_control: an interval narrower than the threshold is as good as the
// number.
func (f *findings) derivable(document Release, rules Rules) {
	all := append(rules.Earlier[:len(rules.Earlier):len(rules.Earlier)], document)
	var told []telling
	for _, release := range all {
		told = append(told, tellingOf(release))
	}
	for k, release := range all {
		for i, result := range release.Results {
			if !suppressed(cells(result)) {
				continue
			}
			where := "an earlier release"
			if k == len(all)-1 {
				where = fmt.Sprintf("result %d (%s)", i+1, result.Kind())
			}
			f.audit(release, cells(result), told, rules, where)
		}
	}
}

// telling is what a release tells of populations.
type telling struct {
	at      map[string]int // by version of the data and population
	numbers []number
}

func tellingOf(release Release) telling {
	out, frame := telling{at: map[string]int{}}, release.frame()
	for _, result := range release.Results {
		for _, p := range sizes(result) {
			of := frame.of(p.levels())
			out.at[release.Version+of.text()] = p.n
			out.numbers = append(out.numbers, number{release.Version, of, p.n})
		}
	}
	return out
}

// audit places each suppressed number between what all the others allow.
func (f *findings) audit(release Release, all []outputs.Cell, told []telling, rules Rules, where string) {
	levels, frame := suppression.LevelsOf(all), release.frame()
	if len(levels.Concepts()) == 0 {
		return // one number, and it is suppressed
	}
	place := map[[2]int]int{} // number of the cell
	for i, cell := range all {
		if row, column, ok := levels.At(cell.By); ok && cell.Suppressed {
			place[[2]int{row, column}] = i + 1
		}
	}
	// Numbers of other people, some of whom lack a value, make no one table: then the table stands beside each
	// release alone, and if that does not fit, by itself.
	tries := [][]telling{told}
	for _, one := range told {
		tries = append(tries, []telling{one})
	}
	tries = append(tries, nil)
	reported, fits := map[int]bool{}, false
	for k, beside := range tries {
		known := filled(release.Version, frame, levels, all, beside)
		follow := subtract(&known, release.Version, frame, levels, beside)
		narrow, err := known.Narrow(rules.Threshold)
		if err != nil {
			continue
		}
		fits = true
		for at, i := range place {
			told := known.At(at[0], at[1])
			placed := slices.ContainsFunc(narrow, func(n suppression.Interval) bool { return n.Row == at[0] && n.Column == at[1] })
			reported[i] = reported[i] || placed || follow[at] || told.Told && told.N < rules.Threshold
		}
		if k == 0 {
			break
		}
	}
	f.unless(fits, RuleInconsistent, where)
	for _, i := range slices.Sorted(maps.Keys(reported)) {
		f.unless(!reported[i], RuleDerivable, fmt.Sprintf("%s, cell %d", where, i))
	}
}

// filled is the table with what it tells itself and what others tell of it.
func filled(version string, frame frame, levels suppression.Levels, own []outputs.Cell, beside []telling) suppression.Table {
	table := levels.Table()
	for _, by := range levels.Places() {
		row, column, _ := levels.At(by)
		for _, told := range beside {
			if n, there := told.at[version+frame.of(by).text()]; there {
				*table.At(row, column) = suppression.Number{N: n, Told: true}
			}
		}
	}
	for _, cell := range own {
		if row, column, ok := levels.At(cell.By); ok && !cell.Suppressed {
			*table.At(row, column) = suppression.Number{N: cell.N, Told: true}
		}
	}
	return table
}
