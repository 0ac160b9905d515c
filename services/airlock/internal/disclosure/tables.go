package disclosure

import (
	"fmt"

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
// the margins that another release tells, and by the same in other names.
//
// disclosure_control: an interval narrower than the threshold is as good as the
// number.
func (f *findings) derivable(document Release, rules Rules) {
	all := append(rules.Earlier[:len(rules.Earlier):len(rules.Earlier)], document)
	told := map[string]int{} // what is told of a population in a version of the data
	for _, release := range all {
		frame := release.frame()
		for _, result := range release.Results {
			for _, p := range sizes(result) {
				if p.event == "" {
					told[release.Version+frame.of(p.levels()).text()] = p.n
				}
			}
		}
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

// audit places each suppressed number between what all the others allow.
func (f *findings) audit(release Release, all []outputs.Cell, told map[string]int, rules Rules, where string) {
	levels, frame := suppression.LevelsOf(all), release.frame()
	if len(levels.Concepts()) == 0 {
		return // one number, and it is suppressed
	}
	own, known := levels.Table(), levels.Table()
	place := map[[2]int]int{} // number of the cell
	for i, cell := range all {
		if row, column, ok := levels.At(cell.By); ok && !cell.Suppressed {
			*own.At(row, column) = suppression.Number{N: cell.N, Told: true}
		} else if ok {
			place[[2]int{row, column}] = i + 1
		}
	}
	for _, by := range levels.Places() {
		row, column, _ := levels.At(by)
		*known.At(row, column) = *own.At(row, column)
		if n, there := told[release.Version+frame.of(by).text()]; there && !known.At(row, column).Told {
			*known.At(row, column) = suppression.Number{N: n, Told: true}
		}
	}
	// Numbers of other people, some of whom lack a value, make no one table.
	narrow, err := known.Narrow(rules.Threshold)
	if err != nil {
		narrow, err = own.Narrow(rules.Threshold)
	}
	if err != nil {
		f.add(RuleInconsistent, where)
		return
	}
	for _, n := range narrow {
		if i, isOne := place[[2]int{n.Row, n.Column}]; isOne {
			f.add(RuleDerivable, fmt.Sprintf("%s, cell %d", where, i))
		}
	}
	for at, i := range place {
		if known.At(at[0], at[1]).Told && known.At(at[0], at[1]).N < rules.Threshold {
			f.add(RuleDerivable, fmt.Sprintf("%s, cell %d", where, i))
		}
	}
}
