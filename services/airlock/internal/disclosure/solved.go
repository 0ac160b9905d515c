package disclosure

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// Limits of what is solved: where there is more, numbers are compared two by two only.
const (
	mostPieces  = 256
	mostNumbers = 256
)

// solved finds what follows of several numbers together and of no two of them: of
// three regions, taken two by two, the people of each. Numbers are equations over
// the pieces into which their conditions cut the people; what they tell of one
// piece, or of all pieces that share some values, is solved for. Each number is
// held against those of the same concepts, or of fewer.
//
// ABS: the threshold holds for differences between tables too.
func (f *findings) solved(document Release, rules Rules) {
	now, before := tellingOf(document).numbers, []number{}
	for _, earlier := range rules.Earlier {
		if earlier.Version == document.Version {
			before = append(before, tellingOf(earlier).numbers...)
		}
	}
	asked := map[string][]string{}
	for _, e := range slices.Concat(now, before) {
		concepts := slices.Sorted(maps.Keys(e.population))
		asked[strings.Join(concepts, "\x00")] = concepts
	}
	for _, concepts := range asked {
		if tellsFew(concepts, about(concepts, before), about(concepts, now), rules.Threshold) {
			f.add(RuleTogether, "the document")
			return
		}
	}
}

// about are the numbers of populations that are of no other concepts.
func about(concepts []string, all []number) (some []number) {
	for _, e := range all {
		if e.population.of(concepts) {
			some = append(some, e)
		}
	}
	return some
}

func (p population) of(concepts []string) bool {
	for concept := range p {
		if !slices.Contains(concepts, concept) {
			return false
		}
	}
	return true
}

// tellsFew tells whether numbers beside those before solve for fewer people than
// the threshold, for whom those before alone do not.
func tellsFew(concepts []string, before, now []number, threshold int) bool {
	if len(concepts) == 0 || len(now) == 0 || len(before)+len(now) > mostNumbers {
		return false
	}
	pieces, total := make([][]condition, len(concepts)), 1
	for i, concept := range concepts {
		var ok bool
		if pieces[i], ok = piecesOf(concept, slices.Concat(before, now)); !ok {
			return false
		}
		if total *= len(pieces[i]); total > mostPieces {
			return false
		}
	}
	row := func(p population) []uint64 { return coefficients(concepts, pieces, p, total) }
	earlier, all := system{}, system{}
	for _, e := range before {
		earlier.add(row(e.population), e.n)
		all.add(row(e.population), e.n)
	}
	for _, e := range now {
		all.add(row(e.population), e.n)
	}
	for _, p := range targets(concepts, pieces) {
		if n, follows := all.solve(row(p)); follows && 0 < n && n < threshold {
			if _, known := earlier.solve(row(p)); !known {
				return true
			}
		}
	}
	return false
}

// piecesOf are the values of a concept that no condition tells apart, as conditions.
func piecesOf(concept string, all []number) (pieces []condition, ok bool) {
	names, cuts, numeric, levels := []string{}, []bound{}, false, false
	for _, e := range all {
		c, there := e.population[concept]
		if !there {
			continue
		}
		if len(c.perhaps) > 0 {
			return nil, false
		}
		numeric, levels = numeric || c.numeric, levels || !c.numeric
		names = union(names, c.levels)
		for _, s := range c.spans {
			cuts = append(cuts, s.low, bound{s.high.at, !s.high.open})
		}
	}
	if !numeric {
		for _, name := range names {
			pieces = append(pieces, of(name))
		}
		return append(pieces, allBut(names...)), true
	}
	// A range ends where the next one begins: a closed end is where one begins that is open.
	slices.SortFunc(cuts, begins)
	from := everything().low
	for _, cut := range append(slices.Compact(cuts), bound{math.Inf(1), true}) {
		if s := (span{from, bound{cut.at, !cut.open}}); !s.empty() {
			pieces = append(pieces, condition{numeric: true, spans: []span{s}})
		}
		from = cut
	}
	return pieces, !levels
}

// coefficients says for each combination of pieces, the last concept fastest, whether
// its people are of a population.
func coefficients(concepts []string, pieces [][]condition, p population, total int) []uint64 {
	out := make([]uint64, total)
	for at := range out {
		in, rest := true, at
		for i := len(concepts) - 1; i >= 0; i-- {
			c, limited := p[concepts[i]]
			in = in && (!limited || pieces[i][rest%len(pieces[i])].within(c))
			rest /= len(pieces[i])
		}
		if in {
			out[at] = 1
		}
	}
	return out
}

// targets are the combinations of one piece, or all, of each concept.
func targets(concepts []string, pieces [][]condition) []population {
	all := []population{{}}
	for i, concept := range concepts {
		for _, p := range slices.Clone(all) {
			for _, piece := range pieces[i] {
				all = append(all, p.and(population{concept: piece}))
			}
		}
	}
	return all
}
