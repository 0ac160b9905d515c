package disclosure

import (
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/suppression"
)

// summary judges a summary of a site's own rows by the evidence of its
// workspace, and one of several sites by what they released.
func (f *findings) summary(r outputs.Summary, evidence *outputs.ResultEvidence, rules Rules, where string) {
	f.dropped(r.Dropped, rules, where)
	f.summarised(r.Groups, rules, where)
	for s, site := range r.BySite {
		f.summarised(site.Groups, rules, fmt.Sprintf("%s, site %d", where, s+1))
	}
	if len(r.Combined) > 0 {
		return
	}
	f.dominance(r.Groups, evidence, rules, where)
}

func (f *findings) summarised(groups []outputs.Summarised, rules Rules, where string) {
	for i, g := range groups {
		at := fmt.Sprintf("%s, group %d", where, i+1)
		if g.Suppressed {
			continue
		}
		f.unless(g.N >= rules.Threshold, RuleGroup, at)
		// ACRO: MinimumDoF of a standard deviation, count - 1 per cell.
		f.unless(g.N-1 >= suppression.MinimumDoF, RuleFreedom, at)
		f.unless(spaced(g.N, percents(g), rules.Threshold), RulePercentile, at)
	}
}

// dominance holds the groups of a site's own rows against the evidence beside them.
func (f *findings) dominance(groups []outputs.Summarised, evidence *outputs.ResultEvidence, rules Rules, where string) {
	if evidence == nil || len(evidence.Groups) != len(groups) {
		f.add(RuleEvidence, where)
		return
	}
	for i, g := range groups {
		e := evidence.Groups[i]
		if g.Suppressed {
			continue
		}
		at := fmt.Sprintf("%s, group %d", where, i+1)
		f.unless(e.N == g.N && near(e.Sum, g.Mean*float64(g.N), e.Sum), RuleInconsistent, at)
		// ACRO: NK and PPercent; not defined where somebody is below zero.
		f.unless(!suppression.Dominated(e.N, e.Sum, e.Largest, e.Second, e.Negatives), RuleDominance, at)
		f.unless(e.Negatives == 0, RuleNegatives, at)
		f.unless(e.Fewest >= rules.Threshold, RuleValues, at)
	}
}

func percents(g outputs.Summarised) (all []int) {
	for _, p := range g.Percentiles {
		all = append(all, p.Percent)
	}
	return all
}

// spaced tells whether at least threshold of n people lie below the first of some
// rising percentiles, between each two and above the last: together they are a
// table of the people by the values between them. Ranks are those of type 7.
func spaced(n int, percents []int, threshold int) bool {
	before := -1
	for _, percent := range percents {
		below := int(float64(n-1) * float64(percent) / 100)
		if below-before < threshold || n-min(below+1, n-1) < threshold {
			return false
		}
		before = below
	}
	return true
}

// quantiles holds the percentiles of one measure of the same people beside each
// other, those of the document and of earlier ones.
func (f *findings) quantiles(document Release, rules Rules) {
	told := map[string][]int{}
	all := append(rules.Earlier[:len(rules.Earlier):len(rules.Earlier)], document)
	for i, release := range all {
		frame := release.frame()
		for _, result := range release.Results {
			summary, ok := result.(outputs.Summary)
			if !ok {
				continue
			}
			for _, g := range summary.Groups {
				key := fmt.Sprintf("%s %s %d %s", release.Version, frame.key(summary.Measure), g.N, frame.of(g.By).text())
				told[key] = slices.Compact(slices.Sorted(slices.Values(append(told[key], percents(g)...))))
				f.unless(i < len(all)-1 || spaced(g.N, told[key], rules.Threshold), RulePercentile, "the document")
			}
		}
	}
}
