package analysis

import (
	"context"
	"math"
	"slices"

	"github.com/fairway-tre/fairway/contracts/rounds"
)

func (d *design) likelihood() likelihood {
	switch d.told.Analysis {
	case "cox":
		return d.cox()
	case "logistic-regression":
		return d.logistic
	}
	return d.linear
}

func (d *design) sum(at []float64) rounds.Sum {
	k := len(d.terms)
	return rounds.Sum{At: at, Gradient: make([]float64, k), Information: make([]float64, k*(k+1)/2)}
}

// addTo adds one person: residual × x, and weight × x x'.
func addTo(s *rounds.Sum, x []float64, residual, weight float64) {
	at := 0
	for i, v := range x {
		s.Gradient[i] += residual * v
		for _, w := range x[i:] {
			s.Information[at] += weight * v * w
			at++
		}
	}
}

// linear is the sum of squares of y − Xβ, its gradient X'(y − Xβ) and X'X.
func (d *design) linear(ctx context.Context, at []float64) (rounds.Sum, error) {
	s := d.sum(at)
	for i, eta := range d.predictors(at) {
		if err := stopped(ctx, i); err != nil {
			return s, err
		}
		residual := d.y[i] - eta
		addTo(&s, d.x[i], residual, 1)
		s.Deviance += residual * residual
	}
	return s, nil
}

// logistic is −2 Σ (yη − log(1 + e^η)), gradient Σ (y − p)x and information Σ p(1 − p)xx'.
func (d *design) logistic(ctx context.Context, at []float64) (rounds.Sum, error) {
	s := d.sum(at)
	for i, eta := range d.predictors(at) {
		if err := stopped(ctx, i); err != nil {
			return s, err
		}
		// e^−|η| never overflows.
		small := math.Exp(-math.Abs(eta))
		p := 1 / (1 + small)
		if eta < 0 {
			p = small / (1 + small)
		}
		addTo(&s, d.x[i], d.y[i]-p, small/((1+small)*(1+small)))
		s.Deviance -= 2 * (d.y[i]*eta - max(eta, 0) - math.Log1p(small))
	}
	return s, nil
}

// cox sorts people within their strata from the last time to the first, and takes
// the covariates from their means: neither changes the partial likelihood, and
// both keep its sums exact.
func (d *design) cox() likelihood {
	k := len(d.terms)
	mean, order := make([]float64, k), make([]int, len(d.x))
	for i, row := range d.x {
		order[i] = i
		for t, v := range row {
			mean[t] += v / float64(len(d.x))
		}
	}
	centred := make([][]float64, len(d.x))
	for i, row := range d.x {
		centred[i] = make([]float64, k)
		for t, v := range row {
			centred[i][t] = v - mean[t]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case d.stratum[a] != d.stratum[b]:
			return d.stratum[a] - d.stratum[b]
		case d.times[a] > d.times[b]:
			return -1
		case d.times[a] < d.times[b]:
			return 1
		}
		return 0
	})
	return func(ctx context.Context, at []float64) (rounds.Sum, error) {
		return d.breslow(ctx, at, centred, order)
	}
}

// breslow is the partial likelihood with Breslow's ties: at each time with d
// events, Ση − d log Σ e^η over those at risk.
func (d *design) breslow(ctx context.Context, at []float64, x [][]float64, order []int) (rounds.Sum, error) {
	s := d.sum(at)
	eta, top := make([]float64, len(x)), math.Inf(-1)
	for i, row := range x {
		for t, v := range row {
			eta[i] += at[t] * v
		}
		top = max(top, eta[i])
	}
	r := d.sum(at) // Σ e^η x and Σ e^η xx' of those at risk
	total := 0.0
	for i, step := 0, 0; i < len(order); step++ {
		if err := stopped(ctx, step); err != nil {
			return s, err
		}
		first := order[i]
		if i > 0 && d.stratum[order[i-1]] != d.stratum[first] {
			r, total = d.sum(at), 0
		}
		events, begin := 0.0, i
		for ; i < len(order) && d.stratum[order[i]] == d.stratum[first] && d.times[order[i]] == d.times[first]; i++ {
			risk := math.Exp(eta[order[i]] - top)
			total += risk
			addTo(&r, x[order[i]], risk, risk)
		}
		for _, person := range order[begin:i] {
			if d.y[person] == 1 {
				events++
				s.Deviance -= 2 * (eta[person] - top)
				for t, v := range x[person] {
					s.Gradient[t] += v
				}
			}
		}
		if events > 0 {
			takeRisk(&s, r, total, events)
		}
	}
	return s, nil
}

func takeRisk(s *rounds.Sum, r rounds.Sum, total, events float64) {
	s.Deviance += 2 * events * math.Log(total)
	at := 0
	for t, v := range r.Gradient {
		s.Gradient[t] -= events * v / total
		for _, w := range r.Gradient[t:] {
			s.Information[at] += events * (r.Information[at]/total - v/total*w/total)
			at++
		}
	}
}
