package combine

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// place is what two sites mean by the same variant: that of the genome, and its id.
type place struct {
	chromosome string
	position   int
	id         string
}

// turn says what to do with a site's numbers of a variant.
type turn int

const (
	asTold turn = iota
	flipped
	mismatched
)

// turnOf compares the alleles of a site's variant with those of the first site.
//
// Alleles are compared by their letters. Where the pair reads the same on both strands (A/T, C/G), letters cannot show
// that a site reports the other strand; such variants are combined as told, and their number is told. A pair that would
// fit only on the other strand (A/G and T/C) is left out like any other that does not fit: which strand a site reports is
// for its data manager to mend, not for a host to guess.
func turnOf(first outputs.Variants, i int, other outputs.Variants, k int) turn {
	switch {
	case other.Effect[k] == first.Effect[i] && other.Other[k] == first.Other[i]:
		return asTold
	case other.Effect[k] == first.Other[i] && other.Other[k] == first.Effect[i]:
		return flipped
	}
	return mismatched
}

// line is one variant of a combination: its place in each site's columns, and whether that site's numbers are turned.
type line struct {
	at      []int
	flipped []bool
}

// align finds the variants that all sites told, in the order of the first site, whose effect alleles are taken.
func align(sites []outputs.Variants) ([]line, outputs.Variants, *outputs.Alignment) {
	told := &outputs.Alignment{}
	index := indexed(sites, told)
	first := sites[0]
	out := outputs.Variants{Chromosome: []string{}, Position: []int{}, ID: []string{}, Effect: []string{}, Other: []string{}}
	lines := []line{}
variants:
	for i := range first.Len() {
		l := line{at: make([]int, len(sites)), flipped: make([]bool, len(sites))}
		for s, variants := range sites {
			k, there := index[s][placeOf(first, i)]
			if !there {
				continue variants
			}
			switch l.at[s] = k; turnOf(first, i, variants, k) {
			case flipped:
				l.flipped[s] = true
			case mismatched:
				told.Mismatched++
				continue variants
			}
		}
		if slices.Contains(l.flipped, true) {
			told.Flipped++
		}
		if first.Ambiguous(i) {
			told.Ambiguous++
		}
		lines = append(lines, l)
		out.Add(first.Chromosome[i], first.Position[i], first.ID[i], first.Effect[i], first.Other[i])
	}
	return lines, out, told
}

func placeOf(v outputs.Variants, i int) place { return place{v.Chromosome[i], v.Position[i], v.ID[i]} }

// indexed finds each site's variants by their place, and counts those that not all told. Of two lines of a site with one
// place and id nobody can tell which is meant: such a variant is left out, as one whose alleles do not fit.
func indexed(sites []outputs.Variants, told *outputs.Alignment) []map[place]int {
	index, by, twice := make([]map[place]int, len(sites)), map[place]int{}, map[place]bool{}
	for s, variants := range sites {
		index[s] = make(map[place]int, variants.Len())
		for i := range variants.Len() {
			at := placeOf(variants, i)
			if _, again := index[s][at]; again {
				twice[at] = true
				continue
			}
			index[s][at] = i
			by[at]++
		}
	}
	for at := range twice {
		for s := range index {
			delete(index[s], at)
		}
		delete(by, at)
		told.Mismatched++
	}
	for _, n := range by {
		if n < len(sites) {
			told.Partial++
		}
	}
	return index
}
