package simulation

import (
	"maps"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// strata splits the people of a part by a category; without one they are one stratum.
func strata(all []row, by string) (split [][]row) {
	if by == "" {
		return [][]row{all}
	}
	levels := map[string]bool{}
	for _, r := range all {
		levels[r.level(by)] = true
	}
	for _, level := range slices.Sorted(maps.Keys(levels)) {
		split = append(split, having(all, func(r row) bool { return r.level(by) == level }))
	}
	return split
}

// moments are the times at which anybody's event happened, each once.
func moments(all []row) map[float64]bool {
	at := map[float64]bool{}
	for _, r := range all {
		if r.ended {
			at[r.days] = true
		}
	}
	return at
}

// armOf is one arm of a log-rank test over strata: Expected and Variance are sums over strata and moments of the mean and
// variance of how many of the events are of the arm, were they drawn from those at risk.
func armOf(split [][]row, by, level string) (g outputs.Group) {
	g.Level = level
	for _, all := range split {
		ours := having(all, func(r row) bool { return r.level(by) == level })
		g.N += len(ours)
		g.Observed += len(having(ours, func(r row) bool { return r.ended }))
		for t := range moments(all) {
			later := func(r row) bool { return r.days >= t }
			n, n1 := float64(len(having(all, later))), float64(len(having(ours, later)))
			d := float64(len(having(all, func(r row) bool { return r.ended && r.days == t })))
			g.Expected += d * n1 / n
			if n > 1 {
				g.Variance += d * (n - d) / (n - 1) * n1 / n * (1 - n1/n)
			}
		}
	}
	g.OMinusE = float64(g.Observed) - g.Expected
	return g
}

func (o *oracle) group(split [][]row, by string, told outputs.Group) {
	g := armOf(split, by, told.Level)
	o.same("the size of an arm", told.N, g.N)
	o.same("observed", told.Observed, g.Observed)
	o.near("expected", told.Expected, g.Expected)
	o.near("observed less expected", told.OMinusE, g.OMinusE)
	o.near("a variance", told.Variance, g.Variance)
}

func (o *oracle) logRank(r outputs.LogRank) {
	split := strata(o.parts[0].people, r.Stratum)
	o.dropped(r.Dropped, len(o.parts[0].people))
	o.same("strata", r.Strata, len(split))
	for _, g := range r.Groups {
		o.group(split, r.Arm, g)
	}
	second := armOf(split, r.Arm, r.Groups[1].Level)
	o.near("the variance", r.Variance, second.Variance)
	o.near("chi square", r.ChiSquare, second.OMinusE*second.OMinusE/second.Variance)
	o.same("degrees of freedom", r.DF, len(r.Groups)-1)
	o.near("p", r.P, chance1(r.ChiSquare))
}

// combination is the test stratified by site, and what each site adds to it.
func (o *oracle) combination(r outputs.Combination) {
	var all [][]row
	q := 0.0
	for i, p := range o.parts {
		own := strata(p.people, r.Stratum)
		all = append(all, own...)
		site := armOf(own, r.Arm, r.Compared)
		o.near("observed less expected of a site", r.Sites[i].OMinusE, site.OMinusE)
		o.near("the variance of a site", r.Sites[i].Variance, site.Variance)
		o.near("chi square of a site", r.Sites[i].ChiSquare, site.OMinusE*site.OMinusE/site.Variance)
		q += site.OMinusE * site.OMinusE / site.Variance
	}
	for _, g := range r.Groups {
		o.group(all, r.Arm, g)
	}
	total := armOf(all, r.Arm, r.Compared)
	chi := total.OMinusE * total.OMinusE / total.Variance
	o.near("the variance", r.Variance, total.Variance)
	o.near("chi square", r.ChiSquare, chi)
	o.near("p", r.P, chance1(chi))
	o.same("degrees of freedom", r.DF, 1)
	o.scatter(max(0, q-chi), len(o.parts)-1, outputs.Disagreement{Q: r.Heterogeneity.Q, DF: r.Heterogeneity.DF, P: r.Heterogeneity.P, ISquared: r.Heterogeneity.ISquared})
	for i, l := range r.LeaveOut {
		var others [][]row
		for k, p := range o.parts {
			if k != i {
				others = append(others, strata(p.people, r.Stratum)...)
			}
		}
		rest := armOf(others, r.Arm, r.Compared)
		o.near("chi square without a site", l.ChiSquare, rest.OMinusE*rest.OMinusE/rest.Variance)
		o.near("p without a site", l.P, chance1(l.ChiSquare))
	}
	for i, c := range r.Curves {
		o.kaplanMeier(o.parts[i].people, c.KaplanMeier)
	}
}

// kaplanMeier holds each published point: the product, over the moments up to it, of the share of those at risk to whom
// nothing happened.
func (o *oracle) kaplanMeier(people []row, r outputs.KaplanMeier) {
	n, known := r.Dropped.Rows()
	o.unless(!known || n == 0, "%s: %d rows are told to be dropped from a curve, of which nothing is missing", o.what, n)
	for _, g := range r.Groups {
		all := having(people, func(p row) bool { return p.level(r.Arm) == g.Level })
		o.same("the size of an arm", g.N, len(all))
		before := -1.0
		for _, s := range g.Steps {
			survival := 1.0
			for t := range moments(all) {
				if t <= s.Time {
					n := len(having(all, func(p row) bool { return p.days >= t }))
					d := len(having(all, func(p row) bool { return p.ended && p.days == t }))
					survival *= 1 - float64(d)/float64(n)
				}
			}
			o.unless(moments(all)[s.Time], "%s: nothing happened to anybody at %v", o.what, s.Time)
			o.near("survival", s.Survival, survival)
			o.same("at risk", s.AtRisk, len(having(all, func(p row) bool { return p.days > s.Time })))
			o.same("events since the point before", s.Events, len(having(all, func(p row) bool { return p.ended && p.days > before && p.days <= s.Time })))
			before = s.Time
		}
	}
}
