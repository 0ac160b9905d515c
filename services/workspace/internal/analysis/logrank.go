package analysis

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// sums gathers a log-rank test over times and strata.
type sums struct {
	observed   []int
	expected   []float64
	covariance *mat.SymDense // of O-E
	strata     int
}

// LogRank compares the arms' survival, within strata if stratum is not empty.
// Rows without a time, event, arm or stratum are dropped, arms in which nobody
// is are left out. Variances are hypergeometric:
// Σ d(n−d)/(n−1) · n₁/n · (1 − n₁/n).
func LogRank(ctx context.Context, table Table, q Survival, stratum string, threshold int) (outputs.LogRank, error) {
	c, err := newCohort(table, q, stratum, threshold)
	if err != nil {
		return outputs.LogRank{}, fmt.Errorf("log-rank: %w", err)
	}
	sizes := c.dropEmptyArms()
	if len(sizes) < 2 {
		return outputs.LogRank{}, fmt.Errorf("log-rank: %w: fewer than two arms of %s have a complete row", ErrNoInformation, q.Arm)
	}
	total := sums{observed: make([]int, len(sizes)), expected: make([]float64, len(sizes)), covariance: mat.NewSymDense(len(sizes), nil)}
	for _, people := range c.strata() {
		if err := total.add(ctx, people); err != nil {
			return outputs.LogRank{}, fmt.Errorf("log-rank: %w", err)
		}
	}
	chiSquare, err := total.chiSquare()
	if err != nil {
		return outputs.LogRank{}, fmt.Errorf("log-rank: %w", err)
	}
	df := len(sizes) - 1
	out := outputs.LogRank{Time: q.Time, Event: q.Event, Arm: q.Arm, Stratum: stratum, Strata: total.strata, Dropped: c.dropped,
		Groups: total.groups(c.levels, sizes), ChiSquare: chiSquare, DF: df,
		P: distuv.ChiSquared{K: float64(df)}.Survival(chiSquare)}
	if df == 1 {
		out.Variance = out.Groups[1].Variance
	}
	return out, nil
}

// dropEmptyArms renumbers the arms that have people and returns their sizes.
func (c *cohort) dropEmptyArms() []int {
	counts := make([]int, len(c.levels))
	for _, p := range c.people {
		counts[p.arm]++
	}
	number, levels, sizes := make([]int, len(counts)), []string{}, []int{}
	for arm, n := range counts {
		number[arm] = len(sizes)
		if n > 0 {
			levels, sizes = append(levels, c.levels[arm]), append(sizes, n)
		}
	}
	for i, p := range c.people {
		c.people[i].arm = number[p.arm]
	}
	c.levels = levels
	return sizes
}

// strata splits the people, keeping their order in time.
func (c *cohort) strata() [][]person {
	var order []int
	members := map[int][]person{}
	for _, p := range c.people {
		if _, seen := members[p.stratum]; !seen {
			order = append(order, p.stratum)
		}
		members[p.stratum] = append(members[p.stratum], p)
	}
	out := make([][]person, 0, len(order))
	for _, stratum := range order {
		out = append(out, members[stratum])
	}
	return out
}

// add sums one stratum, walking its times from first to last.
func (s *sums) add(ctx context.Context, people []person) error {
	s.strata++
	atRisk := make([]float64, len(s.observed))
	for _, p := range people {
		atRisk[p.arm]++
	}
	for i, round := 0, 0; i < len(people); round++ {
		if err := stopped(ctx, round); err != nil {
			return err
		}
		first, events := i, 0.0
		for ; i < len(people) && people[i].time == people[first].time; i++ {
			if people[i].event {
				events++
				s.observed[people[i].arm]++
			}
		}
		s.addTime(atRisk, float64(len(people)-first), events)
		for _, p := range people[first:i] {
			atRisk[p.arm]--
		}
	}
	return nil
}

// addTime adds the hypergeometric mean and covariance of one time.
func (s *sums) addTime(atRisk []float64, n, events float64) {
	if events == 0 {
		return
	}
	for g := range atRisk {
		s.expected[g] += events * atRisk[g] / n
		if n == 1 {
			continue
		}
		factor := events * (n - events) / (n - 1) * atRisk[g] / n
		for h := g; h < len(atRisk); h++ {
			same := 0.0
			if g == h {
				same = 1
			}
			s.covariance.SetSym(g, h, s.covariance.At(g, h)+factor*(same-atRisk[h]/n))
		}
	}
}

// singular is the reciprocal condition under which a covariance is rounding alone.
const singular = 1e-12

// chiSquare is (O−E)ᵀ V⁻¹ (O−E) over all groups but the first.
func (s *sums) chiSquare() (float64, error) {
	k := len(s.observed)
	difference := mat.NewVecDense(k-1, nil)
	for g := 1; g < k; g++ {
		difference.SetVec(g-1, float64(s.observed[g])-s.expected[g])
	}
	// Arms that were never at risk together leave the matrix singular, but for
	// rounding: a stratum that holds one arm alone does that.
	var factor mat.Cholesky
	if !factor.Factorize(s.covariance.SliceSym(1, k)) || factor.Cond() > 1/singular {
		return 0, fmt.Errorf("%w: no event happened while people of each arm were at risk", ErrNoInformation)
	}
	var weighted mat.VecDense
	if err := factor.SolveVecTo(&weighted, difference); err != nil {
		return 0, fmt.Errorf("%w: the arms cannot be told apart: %w", ErrNoInformation, err)
	}
	return mat.Dot(difference, &weighted), nil
}

func (s *sums) groups(levels []string, sizes []int) []outputs.Group {
	groups := make([]outputs.Group, len(sizes))
	for g, level := range levels {
		groups[g] = outputs.Group{Level: level, N: sizes[g], Observed: s.observed[g], Expected: s.expected[g],
			OMinusE: float64(s.observed[g]) - s.expected[g], Variance: s.covariance.At(g, g)}
	}
	return groups
}
