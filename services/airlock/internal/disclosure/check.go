package disclosure

import (
	"fmt"
	"math"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Check judges a document by a profile's rules. It is a pure function of both.
func Check(document outputs.Document, rules Rules) Report {
	if rules.Threshold >= 1 {
		rules = rules.of(document.Results...)
	}
	report := check(document, rules)
	report.Threshold = rules.Threshold
	return report
}

func check(document outputs.Document, rules Rules) Report {
	var found findings
	if rules.Threshold < 1 {
		found.add(RuleThresholdUnset, "profile")
		return found.report()
	}
	if _, err := outputs.Encode(document); err != nil {
		found.add(RuleMalformed, "document")
		return found.report()
	}
	release := Release{document, rules.Origin}
	// What was asked for tells which numbers of two releases are of the same people.
	if release.Prepared && len(release.Prepare) == 0 {
		found.add(RuleEvidence, "document")
		return found.report()
	}
	for i, result := range document.Results {
		where := fmt.Sprintf("result %d (%s)", i+1, result.Kind())
		rules := rules.of(result)
		switch r := result.(type) {
		case outputs.Count:
			found.count(r, rules, where)
		case outputs.LogRank:
			found.logRank(r, rules, where)
		case outputs.KaplanMeier:
			found.kaplanMeier(r, rules, where)
		case outputs.Combination:
			found.combination(r, rules, where)
		case outputs.Summary:
			found.summary(r, rules.evidence(i), rules, where)
		case outputs.Model:
			found.model(r, rules, where)
		case outputs.ModelPart:
			found.modelPart(r, rules, where)
		case outputs.RatioPart:
			found.ratioPart(r, rules.evidence(i), rules, where)
		case outputs.AlleleFrequency:
			found.alleleFrequency(r, rules, where)
		case outputs.Association:
			found.association(r, rules, where)
		case outputs.PolygenicScore:
			found.polygenicScore(r, rules.evidence(i), rules, where)
		default:
			// Default deny: what no rule looks at is not shown to be safe.
			found.add(RuleKindUnknown, where)
		}
		found.sums(result, rules, where)
	}
	found.differences(release, rules)
	found.solved(release, rules)
	found.derivable(release, rules)
	found.rests(release, rules)
	found.strata(release, rules)
	found.quantiles(release, rules)
	found.variants(release, rules)
	return found.report()
}

func (f *findings) count(r outputs.Count, rules Rules, where string) {
	f.dropped(r.Dropped, rules, where)
	f.rounded(r, rules, where)
	for i, cell := range r.Cells {
		at := fmt.Sprintf("%s, cell %d", where, i+1)
		switch {
		case cell.Suppressed: // what the others tell of it is audited apart
		// ACRO: MinimumThreshold, count < threshold; equal passes. PresenceOfZero fails where zeros are disclosive: under the
		// same name, for who reads why would else learn whether there is nobody or somebody.
		case cell.N < rules.Threshold:
			f.add(RuleCell, at)
		}
	}
}

func (f *findings) dropped(dropped outputs.Dropped, rules Rules, where string) {
	n, told := dropped.Rows()
	f.unless(!told || n == 0 || n >= rules.Threshold, RuleDropped, where)
}

func (f *findings) groups(groups []outputs.Group, rules Rules, where string) {
	balance, events := 0.0, 0.0
	for i, g := range groups {
		at := fmt.Sprintf("%s, group %d", where, i+1)
		f.unless(g.N >= rules.Threshold, RuleGroup, at)
		f.unless(g.Observed >= rules.events(), RuleEvents, at)
		f.unless(g.N-g.Observed >= rules.Threshold, RuleEventFree, at)
		f.unless(near(float64(g.Observed)-g.Expected, g.OMinusE, g.Expected), RuleInconsistent, at)
		balance, events = balance+g.OMinusE, events+float64(g.Observed)
	}
	// Observed and expected have the same sum over the groups.
	f.unless(near(balance, 0, events), RuleInconsistent, where)
}

func (f *findings) logRank(r outputs.LogRank, rules Rules, where string) {
	f.dropped(r.Dropped, rules, where)
	f.groups(r.Groups, rules, where)
	f.unless(r.DF == len(r.Groups)-1 && (r.Stratum != "" || r.Strata == 1), RuleInconsistent, where)
	f.unless(follows(r.P, r.ChiSquare, r.DF), RuleInconsistent, where)
	if len(r.Groups) == 2 {
		f.test(r.Groups, r.Variance, r.ChiSquare, where)
	}
	f.unless(orders(r.Groups) > precision, RuleOrder, where)
}

// test verifies chi-square = (O−E)²/V of a two-group test.
func (f *findings) test(groups []outputs.Group, variance, chiSquare float64, where string) {
	for _, g := range groups {
		f.unless(near(g.Variance, variance, variance), RuleInconsistent, where)
		f.unless(near(g.OMinusE*g.OMinusE/variance, chiSquare, chiSquare), RuleInconsistent, where)
	}
}

func (f *findings) kaplanMeier(r outputs.KaplanMeier, rules Rules, where string) {
	f.dropped(r.Dropped, rules, where)
	for i, g := range r.Groups {
		at := fmt.Sprintf("%s, group %d", where, i+1)
		f.unless(g.N >= rules.Threshold, RuleGroup, at)
		f.unless(len(g.Steps) > 0, RuleCurveEmpty, at)
		remaining, survival := g.N, 1.0
		for k, s := range g.Steps {
			step := fmt.Sprintf("%s, step %d", at, k+1)
			// Decision 24: at least threshold events lie since the last
			// published step and at least threshold people remain at risk.
			f.unless(s.Events >= rules.Threshold, RuleStepEvents, step)
			f.unless(s.AtRisk >= rules.Threshold, RuleStepAtRisk, step)
			f.unless(s.Events+s.AtRisk <= remaining, RuleInconsistent, step)
			f.unless(min(s.Events, s.AtRisk) >= r.Threshold, RuleInconsistent, step)
			f.unless(explained(survival, s, remaining), RuleInconsistent, step)
			remaining, survival = s.AtRisk, s.Survival
		}
	}
}

// explained tells whether a step's height can come of its events. The curve
// falls least if everybody who left without the event did so after the last of
// them, and most if they did so before the first.
func explained(before float64, s outputs.Step, atRisk int) bool {
	if s.Events == 0 || s.Events > atRisk {
		return false
	}
	least := before * float64(atRisk-s.Events) / float64(atRisk)
	most := before * float64(s.AtRisk) / float64(s.AtRisk+s.Events)
	return s.Survival >= most-1e-9 && s.Survival <= least+1e-9
}

func (f *findings) combination(r outputs.Combination, rules Rules, where string) {
	f.groups(r.Groups, rules, where)
	f.test(r.Groups, r.Variance, r.ChiSquare, where)
	f.unless(r.DF == 1 && follows(r.P, r.ChiSquare, r.DF), RuleInconsistent, where)
	f.unless(compares(r), RuleInconsistent, where)
	difference, variance := 0.0, 0.0
	for i, site := range r.Sites {
		at := fmt.Sprintf("%s, site %d", where, i+1)
		// Decision 26: the combination is itself an output, made of what the
		// sites' airlocks let go.
		f.unless(rules.Released != nil && rules.Released(site.OutputDigest), RuleInputNotReleased, at)
		difference, variance = difference+site.OMinusE, variance+site.Variance
	}
	additive := near(variance, r.Variance, variance)
	for _, g := range r.Groups {
		if g.Level == r.Compared {
			additive = additive && near(difference, g.OMinusE, math.Sqrt(variance)+g.Expected)
		}
	}
	f.unless(additive, RuleCombinationUnknown, where)
	for i, curves := range r.Curves {
		f.kaplanMeier(curves.KaplanMeier, rules, fmt.Sprintf("%s, curves %d", where, i+1))
	}
}

// near allows for rounding in sums of doubles of the given size.
func near(a, b, size float64) bool {
	return math.Abs(a-b) <= 1e-9*max(1, math.Abs(size))
}
