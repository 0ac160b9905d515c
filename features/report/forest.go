package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
)

// estimate is a hazard ratio by the one-step approximation (Peto): log HR is
// (O−E)/V, with standard error 1/√V. It is the first Newton step of a Cox model
// from no effect, so it errs where the effect is large or the arms differ much
// in size.
type estimate struct {
	Label            string
	OE, Variance     float64
	LogRatio         float64
	Ratio, Low, High float64 // 95% interval
	Combined         bool
}

// z95 is the 97.5% point of the normal distribution.
const z95 = 1.959963984540054

func estimateOf(label string, oe, variance float64, combined bool) (estimate, bool) {
	if !finite(oe) || !finite(variance) || variance <= 0 {
		return estimate{Label: label, OE: oe, Variance: variance}, false
	}
	l, half := oe/variance, z95/math.Sqrt(variance)
	e := estimate{label, oe, variance, l, math.Exp(l), math.Exp(l - half), math.Exp(l + half), combined}
	// So little information allows any ratio, and no axis holds it.
	return e, e.Low > 0 && finite(e.High)
}

// heterogeneity is Cochran's Q over the sites: Σ (O−E)²/V − (Σ O−E)²/ΣV, on one
// degree of freedom fewer than there are sites.
type heterogeneity struct {
	Q, P, I2 float64
	DF       int
}

func heterogeneityOf(all []estimate) heterogeneity {
	var q, oe, v float64
	for _, e := range all {
		q += e.OE * e.OE / e.Variance
		oe += e.OE
		v += e.Variance
	}
	q = math.Max(0, q-oe*oe/v)
	h := heterogeneity{Q: q, DF: len(all) - 1}
	h.P = chiSquareTail(q, h.DF)
	if q > 0 {
		h.I2 = math.Max(0, (q-float64(h.DF))/q)
	}
	return h
}

// chiSquareTail is P(X > x) for a chi-square variable with df degrees of freedom,
// by the finite sums that hold for even and for odd df (Abramowitz and Stegun
// 26.4.4 and 26.4.5).
func chiSquareTail(x float64, df int) float64 {
	half, term, sum, first := x/2, 0.0, 0.0, 0
	if df%2 == 0 {
		term, first = math.Exp(-half), 2
	} else {
		sum, term, first = math.Erfc(math.Sqrt(half)), math.Exp(-half)*math.Sqrt(2*x/math.Pi), 3
	}
	for k := first; k <= df; k += 2 {
		sum += term
		term *= x / float64(k)
	}
	return sum
}

// forest is the plot of one study's effects and what is to be said of it.
type forest struct {
	Plot      template.HTML
	Arm       string
	Estimates []estimate
	Without   []string // sites whose numbers allow no estimate
	Disagree  bool
	Said      string
}

func (p *page) forest(s Study) *forest {
	if len(s.Effects) == 0 {
		return nil
	}
	f := &forest{Arm: s.Effects[0].Arm}
	var oe, v float64
	for _, e := range s.Effects {
		est, ok := estimateOf(p.SiteName(e.Site), e.OE, e.Variance, false)
		if !ok || e.Arm != f.Arm {
			f.Without = append(f.Without, p.SiteName(e.Site))
			continue
		}
		f.Estimates = append(f.Estimates, est)
		oe, v = oe+e.OE, v+e.Variance
	}
	if len(f.Estimates) > 1 {
		f.compare()
		both, _ := estimateOf("Combined, stratified by site", oe, v, true)
		f.Estimates = append(f.Estimates, both)
	}
	if len(f.Estimates) > 0 {
		f.Plot = ratios("fewer events", "more events").draw("forest-"+strconv.Itoa(p.studyIndex(s.ID)), "Forest plot",
			"Hazard ratio with 95% interval at each site; 1 means no difference.", f.Estimates)
	}
	return f
}

func (f *forest) compare() {
	h := heterogeneityOf(f.Estimates)
	f.Disagree = h.P < 0.05
	numbers := fmt.Sprintf("Q = %s, degrees of freedom %d, p %s, I² = %.0f%%", short(h.Q), h.DF, chance(h.P), 100*h.I2)
	if f.Disagree {
		f.Said = "The cohorts disagree: " + numbers + ". The combined number averages effects that are not alike, and may be near no difference because they cancel; read the sites one by one."
		return
	}
	f.Said = "No disagreement between the cohorts was found: " + numbers + ". Of few cohorts this test finds large differences only."
}

func chance(p float64) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return "= " + strconv.FormatFloat(p, 'f', 4, 64)
}
