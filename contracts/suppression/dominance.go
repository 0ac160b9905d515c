package suppression

import "slices"

// The parameters of ACRO 1.0.1: a sum is dominated if the largest two make 90 %
// of it, or if the others make less than 10 % of the largest.
const (
	dominantShare = 0.90 // (n,k) rule, n = 2
	restShare     = 0.10 // p% rule
)

// Dominated tells whether few people make a sum of n: whoever gave the second
// largest part could place the largest. Of a measure that is below zero for some
// and above for others the rules say nothing, and it counts as not dominated.
//
// ACRO 1.0.1: NK, Σ of the largest n / Σ >= k; PPercent, (Σ − 1st − 2nd)/1st < p.
func Dominated(n int, sum, largest, second float64, negatives int) bool {
	if n == 0 || negatives > 0 || largest <= 0 {
		return false
	}
	return (largest+second)/sum >= dominantShare || (sum-largest-second)/largest < restShare
}

// Placed is of how many people a number, a mean and a standard deviation tell the
// value, at the least: these three count who has which of three values; of more
// values they tell of those who have another than most, whose sum the mean is.
// Where all have one value it is nobody: then everybody's is told. Values are
// sorted.
//
// ACRO 1.0.1: MinimumThreshold, of the table that the three numbers spell out, and
// AllSameValues, which it has but no analysis refers to.
func Placed(values []float64) int {
	var having []int // people, by value
	for i, v := range values {
		if i == 0 || v != values[i-1] {
			having = append(having, 0)
		}
		having[len(having)-1]++
	}
	switch len(having) {
	case 0, 1:
		return 0
	case 2, 3:
		return slices.Min(having)
	}
	return len(values) - slices.Max(having)
}

// MinimumDoF is the fewest degrees of freedom of a standard deviation that may be
// told (ACRO 1.0.1, safe_dof_threshold).
const MinimumDoF = 10
