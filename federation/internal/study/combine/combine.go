// Package combine makes one answer of the outputs that sites released: a
// log-rank test stratified by site, how far the sites disagree, and the answer
// without each of them. It sees no rows. What two sites say adds up exactly
// because a stratified test sums O−E and V over its strata.
package combine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// One sentinel per way in which outputs cannot be combined.
var (
	ErrInput       = errors.New("the input is not one released output of each site")
	ErrNothing     = errors.New("no log-rank test to combine")
	ErrDifferent   = errors.New("the sites answered different questions")
	ErrUnsupported = errors.New("only tests of two groups can be combined")
)

// Input is what a site released: the bytes as they were approved.
type Input struct {
	Site   string
	Output []byte
}

// site is an input read.
type site struct {
	name   string
	digest string
	tests  []outputs.LogRank
	curves []outputs.KaplanMeier
}

// Combine gives one combination for each log-rank test in the documents, in
// their order; sites are taken in the order of their names, so the bytes do not
// depend on who answered first. Every document must hold the same tests (time,
// event, arm, stratum) with the same two levels. Curves of the same question are
// carried along per site; counts are not combined. Study becomes the document's
// dataset.
func Combine(study string, inputs []Input) (outputs.Document, error) {
	sites, err := readAll(inputs)
	if err != nil {
		return outputs.Document{}, fmt.Errorf("combine study %s: %w", study, err)
	}
	document := outputs.Document{Schema: outputs.Schema, Dataset: study}
	for i := range sites[0].tests {
		combination, err := combineTest(sites, i)
		if err != nil {
			return outputs.Document{}, fmt.Errorf("combine study %s: test %d: %w", study, i+1, err)
		}
		document.Results = append(document.Results, combination)
	}
	if _, err := outputs.Encode(document); err != nil {
		return outputs.Document{}, fmt.Errorf("combine study %s: %w", study, err)
	}
	return document, nil
}

func readAll(inputs []Input) ([]site, error) {
	if len(inputs) == 0 {
		return nil, fmt.Errorf("%w: no site returned any", ErrInput)
	}
	var sites []site
	for _, input := range inputs {
		s, err := readSite(input)
		if err != nil {
			return nil, fmt.Errorf("output of %s: %w", input.Site, err)
		}
		sites = append(sites, s)
	}
	slices.SortFunc(sites, func(a, b site) int { return strings.Compare(a.name, b.name) })
	for i, s := range sites {
		if i > 0 && s.name == sites[i-1].name {
			return nil, fmt.Errorf("%w: %s is there twice", ErrInput, s.name)
		}
		if len(s.tests) == 0 {
			return nil, fmt.Errorf("output of %s: %w", s.name, ErrNothing)
		}
		if len(s.tests) != len(sites[0].tests) {
			return nil, fmt.Errorf("%w: %s and %s hold different numbers of log-rank tests", ErrDifferent, sites[0].name, s.name)
		}
	}
	return sites, nil
}

func readSite(input Input) (site, error) {
	document, canonical, err := outputs.Canonical(input.Output)
	if err != nil {
		return site{}, fmt.Errorf("%w: %w", ErrInput, err)
	}
	if !canonical {
		return site{}, fmt.Errorf("%w: the bytes are not the canonical text", ErrInput)
	}
	s := site{name: input.Site, digest: outputs.Digest(input.Output)}
	for _, result := range document.Results {
		switch r := result.(type) {
		case outputs.LogRank:
			s.tests = append(s.tests, r)
		case outputs.KaplanMeier:
			s.curves = append(s.curves, r)
		}
	}
	return s, nil
}

// combineTest combines the i-th test of each site.
func combineTest(sites []site, i int) (outputs.Combination, error) {
	first := sites[0].tests[i]
	if len(first.Groups) != 2 {
		return outputs.Combination{}, fmt.Errorf("%w: %s compares %d", ErrUnsupported, first.Arm, len(first.Groups))
	}
	out := outputs.Combination{Method: outputs.MethodStratifiedBySite, Time: first.Time, Event: first.Event, Arm: first.Arm,
		Stratum: first.Stratum, Compared: first.Groups[1].Level, DF: 1,
		Groups: []outputs.Group{{Level: first.Groups[0].Level}, {Level: first.Groups[1].Level}}}
	for _, s := range sites {
		if err := addSite(&out, s, s.tests[i]); err != nil {
			return outputs.Combination{}, fmt.Errorf("%s against %s: %w", s.name, sites[0].name, err)
		}
		for _, curves := range s.curves {
			if curves.Time == out.Time && curves.Event == out.Event && curves.Arm == out.Arm {
				out.Curves = append(out.Curves, outputs.SiteCurves{Site: s.name, KaplanMeier: curves})
			}
		}
	}
	out.Variance = out.Groups[1].Variance
	out.ChiSquare = out.Groups[1].OMinusE * out.Groups[1].OMinusE / out.Variance
	out.P = pValue(out.ChiSquare, 1)
	out.Heterogeneity = heterogeneity(out)
	out.LeaveOut = leaveOut(out)
	return out, nil
}

// addSite adds a site's groups to the sums, found by their level: two sites may
// code the arms in another order.
func addSite(out *outputs.Combination, s site, test outputs.LogRank) error {
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

func siteResult(s site, compared outputs.Group, variance float64) outputs.SiteResult {
	direction := outputs.AsExpected
	if compared.OMinusE > 0 {
		direction = outputs.MoreEvents
	}
	if compared.OMinusE < 0 {
		direction = outputs.FewerEvents
	}
	return outputs.SiteResult{Site: s.name, OutputDigest: s.digest, OMinusE: compared.OMinusE, Variance: variance,
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
