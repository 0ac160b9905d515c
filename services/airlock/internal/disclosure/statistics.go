package disclosure

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// precision is how much two doubles tell, the expected events and the variance,
// in bits.
const precision = 2 * 53

// orders is how many bits tell in which order people of these groups had the
// event or left without: log2 of N!/Π(Oᵢ!(Nᵢ−Oᵢ)!). Of a stratified test it is
// the most that there can be.
func orders(groups []outputs.Group) float64 {
	total, nats := 0, 0.0
	for _, g := range groups {
		total += g.N
		nats -= logFactorial(g.Observed) + logFactorial(g.N-g.Observed)
	}
	return (nats + logFactorial(total)) / math.Ln2
}

func logFactorial(n int) float64 {
	value, _ := math.Lgamma(float64(n) + 1)
	return value
}

// tail is P(X > x) of a chi-square variable.
func tail(x float64, df int) float64 {
	return distuv.ChiSquared{K: float64(df)}.Survival(x)
}

// follows verifies a p-value, however small: its digits are as free as others.
func follows(p, chiSquare float64, df int) bool {
	return math.Abs(p-tail(chiSquare, df)) <= 1e-9*tail(chiSquare, df)
}

// compares verifies what a combination says of its sites beside each other:
// each one's test, Q = Σ χ²(site) − χ², I² = max(0, (Q − df)/Q), and the answer
// without each.
func compares(r outputs.Combination) bool {
	sum, agree, size := 0.0, true, 0.0
	for _, s := range r.Sites {
		sum, size = sum+s.ChiSquare, size+math.Abs(s.ChiSquare)
		agree = agree && s.Direction == r.Sites[0].Direction
		if !near(s.OMinusE*s.OMinusE/s.Variance, s.ChiSquare, s.ChiSquare) || s.Direction != direction(s.OMinusE) {
			return false
		}
	}
	h := r.Heterogeneity
	share, probable := 0.0, h.P == 1
	if h.DF > 0 {
		probable = follows(h.P, h.Q, h.DF)
	}
	if h.Q > 0 {
		share = max(0, (h.Q-float64(h.DF))/h.Q)
	}
	return near(h.Q, max(0, sum-r.ChiSquare), size) && probable && near(h.ISquared, share, 1) && h.Agree == agree && without(r)
}

func direction(difference float64) string {
	switch {
	case difference > 0:
		return outputs.MoreEvents
	case difference < 0:
		return outputs.FewerEvents
	}
	return outputs.AsExpected
}

// without verifies the answers that leave one site out.
func without(r outputs.Combination) bool {
	if len(r.Sites) == 1 {
		return len(r.LeaveOut) == 0
	}
	if len(r.LeaveOut) != len(r.Sites) {
		return false
	}
	for i, left := range r.LeaveOut {
		difference, variance := 0.0, 0.0
		for k, s := range r.Sites {
			if k != i {
				difference, variance = difference+s.OMinusE, variance+s.Variance
			}
		}
		chiSquare := difference * difference / variance
		if left.Site != r.Sites[i].Site || !near(left.ChiSquare, chiSquare, chiSquare) || !follows(left.P, left.ChiSquare, 1) {
			return false
		}
	}
	return true
}
