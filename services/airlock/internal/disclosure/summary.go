package disclosure

import (
	"fmt"

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
	f.dominance(r.Groups, evidence, where)
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
		for _, p := range g.Percentiles {
			below := int(float64(g.N-1) * float64(p.Percent) / 100)
			f.unless(below+1 >= rules.Threshold && g.N-min(below+1, g.N-1) >= rules.Threshold, RulePercentile, at)
		}
	}
}

// dominance holds the groups of a site's own rows against the evidence beside them.
func (f *findings) dominance(groups []outputs.Summarised, evidence *outputs.ResultEvidence, where string) {
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
	}
}
