package disclosure

import (
	"math"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/suppression"
)

// fewestStrata is of how many strata a sum is at least, and the difference of two sums.
const fewestStrata = 3

// ratioPart judges sums over strata, of which any may have small cells: that none of them is told, and that what is told
// of all together is of enough people in each arm.
func (f *findings) ratioPart(r outputs.RatioPart, evidence *outputs.ResultEvidence, rules Rules, where string) {
	f.regression(r.Regression, nil, rounds.DF(r.Regression, 1), rules, where)
	f.dropped(r.Dropped, rules, where)
	f.unless(r.Strata >= fewestStrata, RuleFewStrata, where)
	f.unless(r.Round <= rounds.Most, RuleParameters, where)
	f.unless(explains(r), RuleInconsistent, where)
	if evidence == nil || len(evidence.Groups) != 2 {
		f.add(RuleEvidence, where)
		return
	}
	events := 0
	for k, g := range evidence.Groups {
		with := int(g.Sum)
		f.unless(g.N == r.Levels[k].N, RuleInconsistent, where)
		f.unless(with >= rules.events(), RuleEvents, where)
		f.unless(g.N-with >= rules.Threshold, RuleEventFree, where)
		f.unless(!suppression.Dominated(r.Strata, g.Sum, g.Largest, g.Second, g.Negatives), RuleStrataDominate, where)
		events += with
	}
	f.unless(events == r.Events, RuleInconsistent, where)
	f.unless(tables(r.Strata, evidence.Groups) > float64(53*len(r.Sums)), RuleOrder, where)
}

// explains verifies what sums of weights must meet, whatever they are of (Cauchy and Schwarz).
func explains(r outputs.RatioPart) bool {
	atMost := func(a, b float64) bool { return a <= b*(1+1e-9) }
	if r.Method == "mantel-haenszel" {
		return r.Sums[0] > 0 || r.Sums[1] > 0 || r.Events == 0
	}
	weight, weighted := r.Sums[0], r.Sums[1]
	ok := weight > 0
	if len(r.Sums) > 2 {
		ok = ok && atMost(weighted*weighted, weight*r.Sums[2])
	}
	if len(r.Sums) > 3 {
		ok = ok && atMost(weight*weight, float64(r.Strata)*r.Sums[3]) && atMost(r.Sums[3], weight*weight)
	}
	return ok
}

// tables is how many bits tell which people of each arm, with and without the outcome, are in which of so many strata,
// as numbers: log2 of the ways to part each of the four totals, C(total + strata − 1, strata − 1).
func tables(strata int, arms []outputs.GroupEvidence) float64 {
	nats := 0.0
	for _, g := range arms {
		for _, total := range []int{int(g.Sum), g.N - int(g.Sum)} {
			nats += logFactorial(total+strata-1) - logFactorial(strata-1) - logFactorial(total)
		}
	}
	return nats / math.Ln2
}

// pot is all that was told of the ratios of one outcome in one pair of arms, over whatever strata, and which counts name
// those strata.
type pot struct {
	outcome, arm string
	parts        []outputs.RatioPart
	counts       map[string]bool
	touched      bool // by the document that is judged
}

// strata holds all that is told of strata beside each other, in the document and before: whose sums differ by few strata
// tells of those, and who tells as many numbers as the strata have lets them be solved for.
func (f *findings) strata(document Release, rules Rules) {
	var pots []*pot
	all := append(rules.Earlier[:len(rules.Earlier):len(rules.Earlier)], document)
	for i, release := range all {
		for _, result := range release.Results {
			if part, ok := result.(outputs.RatioPart); ok {
				p := potOf(&pots, part)
				p.parts, p.touched = append(p.parts, part), p.touched || i == len(all)-1
			}
		}
	}
	for _, p := range pots {
		for i, release := range all {
			for _, count := range tells(release, func(int, outputs.Result) string { return "" }) {
				if p.names(count.population) {
					p.counts[release.Version+count.population.text()] = true
					p.touched = p.touched || i == len(all)-1
				}
			}
		}
		f.unless(!p.touched || !differ(p.parts), RuleFewStrata, "the document")
		f.unless(!p.touched || !solvable(p.parts, len(p.counts)), RuleSolvable, "the document")
	}
}

func potOf(pots *[]*pot, part outputs.RatioPart) *pot {
	for _, p := range *pots {
		if p.outcome == part.Outcome && p.arm == part.Levels[0].Concept {
			return p
		}
	}
	p := &pot{outcome: part.Outcome, arm: part.Levels[0].Concept, counts: map[string]bool{}}
	*pots = append(*pots, p)
	return p
}

// names tells whether a population is chosen by the strata of the pot's sums.
func (p *pot) names(q population) bool {
	for _, part := range p.parts {
		if _, named := q[part.Stratum]; named {
			return true
		}
	}
	return false
}

// differ finds sums of other people whose strata are nearly the same in number.
func differ(of []outputs.RatioPart) bool {
	for i, a := range of {
		for _, b := range of[:i] {
			apart := max(a.Strata, b.Strata) - min(a.Strata, b.Strata)
			if a.N != b.N && apart > 0 && apart < fewestStrata {
				return true
			}
		}
	}
	return false
}

// solvable counts different numbers: the same told twice tells nothing new. Of the ratios a stratum has two, y and v; of
// its cells it has four. Counts that name a stratum are of its cells.
func solvable(of []outputs.RatioPart, counts int) bool {
	ratios, all, strata, margins := map[float64]bool{}, map[float64]bool{}, 0, map[int]bool{}
	for _, p := range of {
		strata = max(strata, p.Strata)
		margins[p.N], margins[p.Levels[0].N], margins[p.Events] = true, true, true
		for _, v := range p.Sums {
			all[v] = true
			if p.Method != "mantel-haenszel" {
				ratios[v] = true
			}
		}
	}
	return len(ratios) >= 2*strata || len(all)+len(margins)+counts >= 4*strata
}
