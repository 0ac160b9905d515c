package combine

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// logRank makes a log-rank test stratified by site, with how far the sites
// disagree and the answer without each of them. What two sites say adds up
// exactly because a stratified test sums O−E and V over its strata. Curves of the
// same question are carried along per site.
func logRank(_ vocabulary.Analysis, parts []part) (outputs.Result, error) {
	var out outputs.Combination
	for i, p := range parts {
		test, ok := p.result.(outputs.LogRank)
		if !ok {
			return nil, fmt.Errorf("%w: %s answered by a %s", ErrDifferent, p.site, p.result.Kind())
		}
		if i == 0 {
			if len(test.Groups) != 2 {
				return nil, fmt.Errorf("%w: %s compares %d", ErrUnsupported, test.Arm, len(test.Groups))
			}
			out = outputs.Combination{Method: outputs.MethodStratifiedBySite, Time: test.Time, Event: test.Event, Arm: test.Arm,
				Stratum: test.Stratum, Compared: test.Groups[1].Level, DF: 1,
				Groups: []outputs.Group{{Level: test.Groups[0].Level}, {Level: test.Groups[1].Level}}}
		}
		if err := addSite(&out, p, test); err != nil {
			return nil, fmt.Errorf("%s against %s: %w", p.site, parts[0].site, err)
		}
		out.Curves = append(out.Curves, curvesOf(p, out)...)
	}
	out.Variance = out.Groups[1].Variance
	out.ChiSquare = out.Groups[1].OMinusE * out.Groups[1].OMinusE / out.Variance
	out.P = pValue(out.ChiSquare, 1)
	out.Heterogeneity = heterogeneity(out)
	out.LeaveOut = leaveOut(out)
	return out, nil
}

// curvesOf are the curves of the same question that the site released beside its test.
func curvesOf(p part, question outputs.Combination) (out []outputs.SiteCurves) {
	for _, result := range p.document.Results {
		curves, ok := result.(outputs.KaplanMeier)
		if ok && curves.Time == question.Time && curves.Event == question.Event && curves.Arm == question.Arm {
			out = append(out, outputs.SiteCurves{Site: p.site, KaplanMeier: curves})
		}
	}
	return out
}

// addSite adds a site's groups to the sums, found by their level: two sites may
// code the arms in another order.
func addSite(out *outputs.Combination, s part, test outputs.LogRank) error {
	if test.Time != out.Time || test.Event != out.Event || test.Arm != out.Arm || test.Stratum != out.Stratum {
		return fmt.Errorf("%w: other time, event, arm or stratum", ErrDifferent)
	}
	if len(test.Groups) != len(out.Groups) {
		return fmt.Errorf("%w: another number of groups", ErrDifferent)
	}
	for g := range out.Groups {
		k := slices.IndexFunc(test.Groups, func(group outputs.Group) bool { return group.Level == out.Groups[g].Level })
		if k < 0 {
			return fmt.Errorf("%w: other levels of %s", ErrDifferent, out.Arm)
		}
		add(&out.Groups[g], test.Groups[k])
		if out.Groups[g].Level == out.Compared {
			out.Sites = append(out.Sites, siteResult(s, test.Groups[k], test.Variance))
		}
	}
	return nil
}

func add(sum *outputs.Group, group outputs.Group) {
	sum.N += group.N
	sum.Observed += group.Observed
	sum.Expected += group.Expected
	sum.OMinusE += group.OMinusE
	sum.Variance += group.Variance
}

func siteResult(s part, compared outputs.Group, variance float64) outputs.SiteResult {
	direction := outputs.AsExpected
	if compared.OMinusE > 0 {
		direction = outputs.MoreEvents
	}
	if compared.OMinusE < 0 {
		direction = outputs.FewerEvents
	}
	return outputs.SiteResult{Site: s.site, OutputDigest: s.digest, OMinusE: compared.OMinusE, Variance: variance,
		ChiSquare: compared.OMinusE * compared.OMinusE / variance, Direction: direction}
}

// heterogeneity is Q = Σ χ²(site) − χ² with sites − 1 degrees of freedom, and
// I² = max(0, (Q − df)/Q).
func heterogeneity(c outputs.Combination) outputs.Heterogeneity {
	h := outputs.Heterogeneity{DF: len(c.Sites) - 1, P: 1, Agree: true}
	sum := 0.0
	for _, s := range c.Sites {
		sum += s.ChiSquare
		h.Agree = h.Agree && s.Direction == c.Sites[0].Direction
	}
	if h.DF == 0 {
		return h
	}
	// Never negative but for rounding (Cauchy-Schwarz).
	h.Q = max(0, sum-c.ChiSquare)
	h.P = pValue(h.Q, h.DF)
	if h.Q > 0 {
		h.ISquared = max(0, (h.Q-float64(h.DF))/h.Q)
	}
	return h
}

// leaveOut sums the other sites anew rather than subtracting, which would leave
// rounding behind; with one site there is nothing to leave out.
func leaveOut(c outputs.Combination) []outputs.LeftOut {
	var out []outputs.LeftOut
	if len(c.Sites) == 1 {
		return out
	}
	for i, left := range c.Sites {
		difference, variance := 0.0, 0.0
		for k, s := range c.Sites {
			if k != i {
				difference, variance = difference+s.OMinusE, variance+s.Variance
			}
		}
		chiSquare := difference * difference / variance
		out = append(out, outputs.LeftOut{Site: left.Site, ChiSquare: chiSquare, P: pValue(chiSquare, 1)})
	}
	return out
}

func pValue(chiSquare float64, df int) float64 {
	return distuv.ChiSquared{K: float64(df)}.Survival(chiSquare)
}
