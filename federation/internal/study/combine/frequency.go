package combine

import (
	"fmt"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// alleleFrequency adds up the copies of each allele over the sites. Variants that a site masked are not told of all
// sites together either: the sum less the others would be that site's.
func alleleFrequency(asked vocabulary.Analysis, parts []part) (outputs.Result, error) {
	sites, variants := make([]outputs.AlleleFrequency, len(parts)), make([]outputs.Variants, len(parts))
	var dropped []outputs.Dropped
	out := outputs.AlleleFrequency{Count: []int{}, Number: []int{}}
	for s, p := range parts {
		r, ok := p.result.(outputs.AlleleFrequency)
		if !ok {
			return nil, fmt.Errorf("%w: %s answered by a %s", ErrDifferent, p.site, p.result.Kind())
		}
		sites[s], variants[s] = r, r.Variants
		out.People, out.Threshold = out.People+r.People, max(out.Threshold, r.Threshold)
		out.Combined, dropped = append(out.Combined, p.source(r.People)), append(dropped, r.Dropped)
	}
	out.Dropped = droppedOf(dropped)
	lines, aligned, told := align(variants)
	out.Variants, out.Alignment = aligned, told
	bySite := make([]outputs.SiteAlleles, len(parts))
	for s, p := range parts {
		bySite[s] = outputs.SiteAlleles{Site: p.site, Count: []int{}, Number: []int{}}
	}
	for _, l := range lines {
		count, number := 0, 0
		for s, r := range sites {
			c, n := r.Count[l.at[s]], r.Number[l.at[s]]
			if l.flipped[s] {
				c = n - c
			}
			count, number = count+c, number+n
			bySite[s].Count, bySite[s].Number = append(bySite[s].Count, c), append(bySite[s].Number, n)
		}
		out.Count, out.Number = append(out.Count, count), append(out.Number, number)
	}
	if analyses.Combining(asked) == analyses.PerSite {
		out.BySite = bySite
	}
	return out, nil
}
