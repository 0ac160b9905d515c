package plan

import (
	"cmp"
	"fmt"
	"slices"
)

// happening counts, for each event of the plan's dictionaries, by where it stands, to how many it happened in each dataset:
// a value that is misspelt would else mean that it happened to nobody.
type happening map[string][]*occurrence

// occurrence is an event in a dataset.
type occurrence struct {
	dataset, site, file string
	Variable
	index, times int // of the file's column, and in how many rows
}

type occurrences []*occurrence

// of begins to count the events of a dataset that are columns of its file.
func (h happening) of(s *Site, d *Dataset, header []string) (all occurrences) {
	for _, v := range d.Dictionary {
		if i := slices.Index(header, v.Column); v.Type == "event" && i >= 0 {
			one := &occurrence{d.ID, s.Name, d.File, v, i, 0}
			h[v.at], all = append(h[v.at], one), append(all, one)
		}
	}
	return all
}

func (all occurrences) count(row []string) {
	for _, one := range all {
		if row[one.index] == one.Event {
			one.times++
		}
	}
}

// tell refuses a value that means an event and stands in no row of any dataset, and calls told with a dataset of which no
// row has it while others have it.
func (h happening) tell(c *checking, told func(string)) {
	for at, all := range h {
		if !slices.ContainsFunc(all, func(o *occurrence) bool { return o.times > 0 }) {
			first := all[0]
			c.wrong(at+".event", "%s: no row has this value in the column %s, so that %s would have happened to nobody", first.file, first.Column, first.Concept)
		}
	}
	var none []*occurrence
	for _, all := range h {
		none = append(none, slices.DeleteFunc(slices.Clone(all), func(o *occurrence) bool { return o.times > 0 })...)
	}
	slices.SortFunc(none, func(a, b *occurrence) int {
		return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.dataset, b.dataset), cmp.Compare(a.Concept, b.Concept))
	})
	for _, o := range none {
		told(fmt.Sprintf("%s happened to nobody in %s of %s", o.Concept, o.dataset, o.site))
	}
}
