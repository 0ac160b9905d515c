package combine

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// count adds the tables of the sites, cell by cell. A number that one site does
// not tell is not told: the total less the other sites would tell it.
func count(_ vocabulary.Analysis, parts []part) (outputs.Result, error) {
	out := outputs.Count{}
	tables := make([][]outputs.Cell, len(parts))
	var dropped []outputs.Dropped
	for i, p := range parts {
		r, ok := p.result.(outputs.Count)
		if !ok {
			return nil, fmt.Errorf("%w: %s answered by a %s", ErrDifferent, p.site, p.result.Kind())
		}
		tables[i], dropped = r.Cells, append(dropped, r.Dropped)
		out.Combined = append(out.Combined, p.source(people(r.Cells)))
	}
	for _, by := range places(tables) {
		cell := outputs.Cell{By: by}
		for _, table := range tables {
			k := slices.IndexFunc(table, func(c outputs.Cell) bool { return slices.Equal(c.By, by) })
			if k < 0 || table[k].Suppressed {
				cell.Suppressed = true
				continue
			}
			cell.N += table[k].N
		}
		if cell.Suppressed {
			cell.N = 0
		}
		out.Cells = append(out.Cells, cell)
	}
	out.Dropped = droppedOf(dropped)
	return out, nil
}

// summary pools the groups of the sites; one that a site does not tell is not told. Percentiles do not add up: each site's
// are told as its own where that was asked for.
func summary(asked vocabulary.Analysis, parts []part) (outputs.Result, error) {
	out := outputs.Summary{Measure: asked.Measure}
	tables, groups := make([][]outputs.Cell, len(parts)), make([][]outputs.Summarised, len(parts))
	var dropped []outputs.Dropped
	for i, p := range parts {
		r, ok := p.result.(outputs.Summary)
		if !ok || r.Measure != asked.Measure {
			return nil, fmt.Errorf("%w: %s answered by a %s of another measure", ErrDifferent, p.site, p.result.Kind())
		}
		for _, g := range r.Groups {
			tables[i] = append(tables[i], outputs.Cell{By: g.By, N: g.N, Suppressed: g.Suppressed})
		}
		groups[i], dropped = r.Groups, append(dropped, r.Dropped)
		out.Combined = append(out.Combined, p.source(people(tables[i])))
	}
	for _, by := range places(tables) {
		all := make([]outputs.Summarised, len(groups))
		for i, of := range groups {
			k := slices.IndexFunc(of, func(g outputs.Summarised) bool { return slices.Equal(g.By, by) })
			if all[i].Suppressed = k < 0; k >= 0 {
				all[i] = of[k]
			}
		}
		group := outputs.Pool(all)
		group.By = by
		out.Groups = append(out.Groups, group)
	}
	for i, p := range parts {
		if analyses.Combining(asked) == analyses.PerSite {
			out.BySite = append(out.BySite, outputs.SiteSummary{Site: p.site, Groups: groups[i]})
		}
	}
	out.Dropped = droppedOf(dropped)
	return out, nil
}

// places lists what the tables are about, each once: those with most levels first.
func places(tables [][]outputs.Cell) (all [][]outputs.Level) {
	for depth := 2; depth >= 0; depth-- {
		for _, table := range tables {
			for _, cell := range table {
				known := func(by []outputs.Level) bool { return slices.Equal(by, cell.By) }
				if len(cell.By) == depth && !slices.ContainsFunc(all, known) {
					all = append(all, cell.By)
				}
			}
		}
	}
	return all
}

// people is how many a table tells of: its total, or what its cells come to.
func people(cells []outputs.Cell) (n int) {
	depth := 0
	for _, cell := range cells {
		if len(cell.By) == 0 && !cell.Suppressed {
			return cell.N
		}
		depth = max(depth, len(cell.By))
	}
	for _, cell := range cells {
		if len(cell.By) == depth {
			n += cell.N
		}
	}
	return n
}

// droppedOf adds up what the sites tell; if one does not, neither does the sum.
func droppedOf(all []outputs.Dropped) outputs.Dropped {
	sum := 0
	for _, d := range all {
		n, told := d.Rows()
		if !told {
			return outputs.Suppressed
		}
		sum += n
	}
	return outputs.Dropped(strconv.Itoa(sum))
}
