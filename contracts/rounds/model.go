package rounds

import (
	"math"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Student is the probability that Student's t with df degrees of freedom is
// farther from zero than |t|; it is handed in, since contracts compute with
// nothing but the standard library.
type Student func(t float64, df int) float64

// Model writes a fit down as the result of its question. The variance of
// linear-regression is the deviance over its degrees of freedom.
func Model(q outputs.Regression, terms []string, fit Fit, student Student) outputs.Model {
	k := len(terms)
	m := outputs.Model{Regression: q, Deviance: fit.Deviance, DF: DF(q, k)}
	variance := 1.0
	if q.Analysis == "linear-regression" && m.DF > 0 {
		variance = fit.Deviance / float64(m.DF)
	}
	for i, term := range terms {
		se := math.Sqrt(variance * fit.Covariance[Upper(k, i, i)])
		e := outputs.Estimate{Term: term, Estimate: outputs.Plain(fit.At[i]), SE: se, Statistic: outputs.Plain(fit.At[i] / se)}
		if e.P = Normal(e.Statistic); q.Analysis == "linear-regression" {
			e.P = student(e.Statistic, m.DF)
		}
		m.Terms = append(m.Terms, e)
	}
	return m
}

// Normal is the probability that a standard normal variable is farther from zero than |z|.
func Normal(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// DF are the residual degrees of freedom of a model of so many terms: people less
// terms; of cox, where only events inform, events less terms. Never below zero.
func DF(q outputs.Regression, terms int) int {
	if q.Analysis == "cox" {
		return max(0, q.Events-terms)
	}
	return max(0, q.N-terms)
}
