package simulation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
)

// chance1 is the probability of a larger χ² with one degree of freedom.
func chance1(chi float64) float64 { return math.Erfc(math.Sqrt(chi / 2)) }

// sample is the complete people of a model, a row of terms for each.
type sample struct {
	of      outputs.Regression
	x       [][]float64
	y       []float64 // the outcome, or whether the event happened
	days    []float64
	stratum []string // those of one stratum have the same
	people  []row
}

// sampleOf takes the people of some parts who have all values.
func sampleOf(parts []part, of outputs.Regression, terms []string) (s sample) {
	s.of = of
	outcome := of.Outcome + of.Event
	for i, p := range parts {
	rows:
		for _, r := range p.people {
			y, known := r.number(outcome)
			x := make([]float64, len(terms))
			for k, term := range terms {
				v, there := r.term(term, p.site)
				if !there {
					continue rows
				}
				x[k] = v
			}
			if !known {
				continue
			}
			within := fmt.Sprint(i)
			if of.Stratum != "" {
				within += r.level(of.Stratum)
			}
			s.x, s.y, s.days, s.stratum, s.people = append(s.x, x), append(s.y, y), append(s.days, r.days), append(s.stratum, within), append(s.people, r)
		}
	}
	return s
}

// term is a person's value of a term of a model.
func (r row) term(term, site string) (float64, bool) {
	concept, level, category := strings.Cut(term, "=")
	switch {
	case term == outputs.Intercept:
		return 1, true
	case concept == analyses.Site:
		return map[bool]float64{true: 1}[level == site], true
	case category:
		return map[bool]float64{true: 1}[r.level(concept) == level], true
	}
	return r.number(concept)
}

// likelihood gives the slope of the log likelihood at some parameters, how it curves, and −2 times itself; of a linear
// regression the sum of squares.
func (s sample) likelihood(at []float64) (slope []float64, curve [][]float64, deviance float64) {
	slope, curve = make([]float64, len(at)), square(len(at))
	if s.of.Analysis == analyses.Cox {
		return s.partial(at)
	}
	for i, x := range s.x {
		eta := dot(x, at)
		residual, weight := s.y[i]-eta, 1.0
		if s.of.Analysis == analyses.LinearRegression {
			deviance += residual * residual
		} else {
			p := 1 / (1 + math.Exp(-eta))
			residual, weight = s.y[i]-p, p*(1-p)
			deviance -= 2 * (s.y[i]*math.Log(p) + (1-s.y[i])*math.Log(1-p))
		}
		for k := range at {
			slope[k] += residual * x[k]
			for l := range at {
				curve[k][l] += weight * x[k] * x[l]
			}
		}
	}
	return slope, curve, deviance
}

// partial is Cox's partial likelihood with Breslow's ties: of each event, against all of its stratum who were at risk.
func (s sample) partial(at []float64) (slope []float64, curve [][]float64, deviance float64) {
	slope, curve = make([]float64, len(at)), square(len(at))
	for i := range s.x {
		if s.y[i] == 0 {
			continue
		}
		total, first, second := 0.0, make([]float64, len(at)), square(len(at))
		for j, x := range s.x {
			if s.stratum[j] != s.stratum[i] || s.days[j] < s.days[i] {
				continue
			}
			risk := math.Exp(dot(x, at))
			total += risk
			for k := range at {
				first[k] += risk * x[k]
				for l := range at {
					second[k][l] += risk * x[k] * x[l]
				}
			}
		}
		deviance -= 2 * (dot(s.x[i], at) - math.Log(total))
		for k := range at {
			slope[k] += s.x[i][k] - first[k]/total
			for l := range at {
				curve[k][l] += second[k][l]/total - first[k]/total*first[l]/total
			}
		}
	}
	return slope, curve, deviance
}

// climb is Newton's method from zero: the parameters at which the likelihood is highest, their covariance, and −2 times
// the log likelihood there.
func (s sample) climb(terms int) (at []float64, covariance [][]float64, deviance float64) {
	at = make([]float64, terms)
	for range 50 {
		slope, curve, d := s.likelihood(at)
		covariance, deviance = inverse(curve), d
		far := 0.0
		for k := range at {
			step := dot(covariance[k], slope)
			at[k] += step
			far = max(far, math.Abs(step)/(1+math.Abs(at[k])))
		}
		if far < 1e-12 {
			break
		}
	}
	return at, covariance, deviance
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func square(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}

// inverse is Gauss's and Jordan's, with the largest pivot.
func inverse(of [][]float64) [][]float64 {
	n := len(of)
	m := make([][]float64, n)
	for i := range m {
		m[i] = append(slices.Clone(of[i]), make([]float64, n)...)
		m[i][n+i] = 1
	}
	for c := range n {
		p := c
		for i := c; i < n; i++ {
			if math.Abs(m[i][c]) > math.Abs(m[p][c]) {
				p = i
			}
		}
		m[c], m[p] = m[p], m[c]
		for i := range m {
			if factor := m[i][c] / m[c][c]; i != c {
				for k := range m[i] {
					m[i][k] -= factor * m[c][k]
				}
			}
		}
	}
	for i := range m {
		pivot := m[i][i]
		m[i] = m[i][n:]
		for k := range m[i] {
			m[i][k] /= pivot
		}
	}
	return m
}

func (o *oracle) model(r outputs.Model) {
	switch {
	case r.Analysis == analyses.RiskRatio:
		o.ratio(r)
	case r.Method == analyses.FixedEffect, r.Method == analyses.RandomEffects:
		o.averages(r)
	default:
		o.fitted(r)
	}
}

func termsOf(r outputs.Model) (terms []string) {
	for _, t := range r.Terms {
		terms = append(terms, t.Term)
	}
	return terms
}

// fitted is a model of all people put together.
func (o *oracle) fitted(r outputs.Model) {
	terms := termsOf(r)
	s := sampleOf(o.parts, r.Regression, terms)
	at, covariance, deviance := s.climb(len(terms))
	o.regression(r.Regression, s)
	o.near("deviance", r.Deviance, deviance)
	df, variance := len(s.y)-len(terms), 1.0
	switch r.Analysis {
	case analyses.LinearRegression:
		variance = deviance / float64(df)
	case analyses.Cox:
		df = int(sum(s.y)) - len(terms)
	}
	o.same("degrees of freedom", r.DF, df)
	for k, t := range r.Terms {
		o.estimate(t, at[k], math.Sqrt(variance*covariance[k][k]))
		p := math.Erfc(math.Abs(t.Statistic) / math.Sqrt2)
		if r.Analysis == analyses.LinearRegression {
			p = 2 * distuv.StudentsT{Sigma: 1, Nu: float64(df)}.Survival(math.Abs(t.Statistic))
		}
		o.near("p of "+t.Term, t.P, p)
	}
	if len(r.From) == 0 {
		o.dropped(r.Dropped, len(s.y))
	}
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

func (o *oracle) estimate(t outputs.Estimate, value, se float64) {
	o.near("the estimate of "+t.Term, t.Estimate, value)
	o.near("the standard error of "+t.Term, t.SE, se)
	o.near("the statistic of "+t.Term, t.Statistic, value/se)
}

// regression holds how many people a model is of.
func (o *oracle) regression(r outputs.Regression, s sample) {
	o.same("people", r.N, len(s.y))
	events := 0
	if r.Analysis != analyses.LinearRegression {
		events = int(sum(s.y))
	}
	o.same("events", r.Events, events)
	o.same("strata", r.Strata, len(slices.Compact(slices.Sorted(slices.Values(s.stratum)))))
	for _, l := range r.Levels {
		n := 0
		if l.Concept == analyses.Site {
			for _, p := range o.parts {
				if p.site == l.Level {
					n += len(p.people)
				}
			}
		} else {
			n = len(having(s.people, func(p row) bool { return p.level(l.Concept) == l.Level }))
		}
		o.same("people of a level", l.N, n)
	}
}

// averages are the sites' own models, term by term with weights 1/se² or, for random effects, 1/(se² + τ²).
func (o *oracle) averages(r outputs.Model) {
	terms := termsOf(r)
	var estimates, errors [][]float64
	df := 0
	for _, p := range o.parts {
		s := sampleOf([]part{p}, r.Regression, terms)
		at, covariance, deviance := s.climb(len(terms))
		variance := 1.0
		if r.Analysis == analyses.LinearRegression {
			variance = deviance / float64(len(s.y)-len(terms))
		}
		var se []float64
		for k := range at {
			se = append(se, math.Sqrt(variance*covariance[k][k]))
		}
		estimates, errors, df = append(estimates, at), append(errors, se), df+len(s.y)-len(terms)
	}
	o.regression(r.Regression, sampleOf(o.parts, r.Regression, terms))
	o.same("degrees of freedom", r.DF, df)
	o.near("deviance", r.Deviance, 0)
	for k, t := range r.Terms {
		var of, v []float64
		for i := range o.parts {
			of, v = append(of, estimates[i][k]), append(v, errors[i][k]*errors[i][k])
		}
		o.average(t, of, v, r.Method == analyses.RandomEffects)
	}
}

// average holds a weighted mean of estimates with variances, and how far they disagree; τ² is DerSimonian's and Laird's.
func (o *oracle) average(t outputs.Estimate, of, variances []float64, random bool) {
	weighted := func(tau float64) (mean, weight, squares float64) {
		for i, v := range variances {
			w := 1 / (v + tau)
			mean, weight, squares = mean+w*of[i], weight+w, squares+w*w
		}
		return mean / weight, weight, squares
	}
	middle, weight, squares := weighted(0)
	q, df := 0.0, len(of)-1
	for i, v := range variances {
		q += (of[i] - middle) * (of[i] - middle) / v
	}
	tau := 0.0
	if df > 0 {
		tau = max(0, (q-float64(df))/(weight-squares/weight))
	}
	if random {
		middle, weight, _ = weighted(tau)
	}
	o.estimate(t, middle, 1/math.Sqrt(weight))
	o.near("p of "+t.Term, t.P, math.Erfc(math.Abs(t.Statistic)/math.Sqrt2))
	if t.Heterogeneity == nil {
		o.unless(false, "%s: %s does not say how far the sites disagree", o.what, t.Term)
		return
	}
	o.scatter(q, df, *t.Heterogeneity)
	if random || t.Heterogeneity.TauSquared != 0 {
		o.near("τ² of "+t.Term, t.Heterogeneity.TauSquared, tau)
	}
}

// scatter holds how far sites disagree: Q with its degrees of freedom and probability, and I².
func (o *oracle) scatter(q float64, df int, told outputs.Disagreement) {
	p, share := 1.0, 0.0
	if df > 0 {
		p = distuv.ChiSquared{K: float64(df)}.Survival(q)
	}
	if q > 1e-9 {
		share = max(0, (q-float64(df))/q)
	}
	o.near("Q", told.Q, q)
	o.same("degrees of freedom of Q", told.DF, df)
	o.near("p of Q", told.P, p)
	o.near("I²", told.ISquared, share)
}

// modelPart is what a site adds in one round: slope and curve at the parameters that it was asked at.
func (o *oracle) modelPart(r outputs.ModelPart) {
	s := sampleOf(o.parts, r.Regression, r.Terms)
	slope, curve, deviance := s.likelihood(r.At)
	o.regression(r.Regression, s)
	o.dropped(r.Dropped, len(s.y))
	o.near("deviance", r.Deviance, deviance)
	for k := range r.Terms {
		o.near("the slope of "+r.Terms[k], r.Gradient[k], slope[k])
		for l := k; l < len(r.Terms); l++ {
			o.near("the curve of "+r.Terms[k]+" and "+r.Terms[l], r.Information[k*len(r.Terms)-k*(k-1)/2+l-k], curve[k][l])
		}
	}
}
