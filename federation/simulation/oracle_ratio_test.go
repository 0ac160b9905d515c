package simulation

import (
	"math"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
)

// trial is a stratum of a risk ratio: a of n treated and c of m others to whom it happened.
type trial struct{ a, n, c, m float64 }

func (o *oracle) trials(r outputs.Regression) (all []trial) {
	for _, p := range o.parts {
		for _, within := range strata(p.people, r.Stratum) {
			of := func(level string, ended bool) float64 {
				return float64(len(having(within, func(p row) bool { return p.level(r.Levels[0].Concept) == level && (p.ended || !ended) })))
			}
			t := trial{of(r.Levels[1].Level, true), of(r.Levels[1].Level, false), of(r.Levels[0].Level, true), of(r.Levels[0].Level, false)}
			if t.n > 0 && t.m > 0 { // else there is nothing to compare
				all = append(all, t)
			}
		}
	}
	return all
}

// logRatios are the logarithms of the ratios, and their variances. A trial with an empty cell counts half a person more in
// each of its four.
func logRatios(all []trial) (ratios, variances []float64) {
	for _, t := range all {
		if t.a == 0 || t.c == 0 || t.a == t.n || t.c == t.m {
			t = trial{t.a + 0.5, t.n + 1, t.c + 0.5, t.m + 1}
		}
		ratios = append(ratios, math.Log((t.a/t.n)/(t.c/t.m)))
		variances = append(variances, 1/t.a-1/t.n+1/t.c-1/t.m)
	}
	return ratios, variances
}

// mantelHaenszel are the sums of Greenland and Robins (1985): the ratio is the first over the second, the variance of its
// logarithm the third over both.
func mantelHaenszel(all []trial) (r, s, p float64) {
	for _, t := range all {
		N := t.n + t.m
		r += t.a * t.m / N
		s += t.c * t.n / N
		p += (t.n*t.m*(t.a+t.c) - t.a*t.c*N) / (N * N)
	}
	return r, s, p
}

// ratio is the risk ratio of all strata of all sites.
func (o *oracle) ratio(r outputs.Model) {
	all := o.trials(r.Regression)
	o.sizes(r.Regression, all)
	o.same("degrees of freedom", r.DF, r.N-1)
	o.near("deviance", r.Deviance, 0)
	t := r.Terms[0]
	if r.Method == analyses.MantelHaenszel {
		a, b, p := mantelHaenszel(all)
		o.estimate(t, math.Log(a/b), math.Sqrt(p/(a*b)))
		o.near("p", t.P, math.Erfc(math.Abs(t.Statistic)/math.Sqrt2))
		return
	}
	ratios, variances := logRatios(all)
	o.average(t, ratios, variances, r.Method == analyses.RandomEffects)
}

func (o *oracle) sizes(r outputs.Regression, all []trial) {
	var a, n, c, m float64
	for _, t := range all {
		a, n, c, m = a+t.a, n+t.n, c+t.c, m+t.m
	}
	o.same("people", r.N, int(n+m))
	o.same("events", r.Events, int(a+c))
	o.same("strata", r.Strata, len(all))
	o.same("people of an arm", r.Levels[0].N, int(m))
	o.same("people of an arm", r.Levels[1].N, int(n))
}

// ratioPart is the sums of one site.
func (o *oracle) ratioPart(r outputs.RatioPart) {
	all := o.trials(r.Regression)
	o.sizes(r.Regression, all)
	o.dropped(r.Dropped, r.N)
	tau := 0.0
	if r.Later() {
		tau = r.At[0]
	}
	var sums [4]float64
	if r.Method == analyses.MantelHaenszel {
		sums[0], sums[1], sums[2] = mantelHaenszel(all)
	} else {
		ratios, variances := logRatios(all)
		for i, y := range ratios {
			w := 1 / (variances[i] + tau)
			sums[0], sums[1], sums[2], sums[3] = sums[0]+w, sums[1]+w*y, sums[2]+w*y*y, sums[3]+w*w
		}
	}
	for i, v := range r.Sums {
		o.near("a sum", v, sums[i])
	}
}
