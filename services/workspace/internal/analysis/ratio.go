package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Ratio asks by how much likelier an outcome is in the second arm than in the first, within strata, and which sums over
// the strata are wanted: see [outputs.RatioPart]. Tau is τ².
type Ratio struct {
	Outcome, Arm, Stratum string
	Method                string
	Round                 int
	Tau                   float64
}

// stratum counts people by arm, and those of them who had the outcome.
type stratum struct{ n, with [2]int }

// RiskRatio sums over the strata of one site's rows. Rows without an outcome, arm or stratum are dropped, and those of a
// stratum that holds one arm alone, which compares nothing. The evidence is of each arm: its people, how many of them had
// the outcome, and how many in the stratum with the most and with the second most.
func RiskRatio(ctx context.Context, table Table, q Ratio, threshold int) (outputs.RatioPart, outputs.ResultEvidence, error) {
	part, evidence, err := riskRatio(ctx, table, q, threshold)
	if err != nil {
		err = fmt.Errorf("risk ratio: %w", err)
	}
	return part, evidence, err
}

func riskRatio(ctx context.Context, table Table, q Ratio, threshold int) (part outputs.RatioPart, evidence outputs.ResultEvidence, err error) {
	if threshold < 1 || q.Round < 0 {
		return part, evidence, fmt.Errorf("%w: a threshold of 1 or more is needed, and no round is below zero", ErrRequest)
	}
	if !(q.Tau >= 0) || q.Tau > 0 && q.Round < 2 {
		return part, evidence, fmt.Errorf("%w: τ² is zero or more, and zero at first", ErrParameters)
	}
	arm, armed := table.column(q.Arm, Category)
	outcome, told := table.column(q.Outcome, Event)
	within, split := table.column(q.Stratum, Category)
	for _, err := range []error{armed, told, split} {
		if err != nil {
			return part, evidence, err
		}
	}
	kept := complete(table.Rows(), arm, outcome, within)
	levels, err := twoArms(arm, kept)
	if err != nil {
		return part, evidence, fmt.Errorf("%w: %s", err, q.Arm)
	}
	strata := make([]stratum, len(within.Levels))
	for i, row := range kept {
		if err := stopped(ctx, i); err != nil {
			return part, evidence, err
		}
		s, k := &strata[int(within.Values[row].Number)], slices.Index(levels, int(arm.Values[row].Number))
		s.n[k]++
		s.with[k] += int(outcome.Values[row].Number)
	}
	strata = slices.DeleteFunc(strata, func(s stratum) bool { return s.n[0] == 0 || s.n[1] == 0 })
	if len(strata) == 0 {
		return part, evidence, fmt.Errorf("%w: no stratum holds both arms", ErrNoInformation)
	}
	evidence = armsOf(strata)
	part = outputs.RatioPart{Method: q.Method, Round: q.Round, Sums: q.sums(strata), Regression: outputs.Regression{Analysis: analyses.RiskRatio,
		Outcome: q.Outcome, Stratum: q.Stratum, Strata: len(strata)}}
	for k, level := range levels {
		size := outputs.LevelSize{Concept: q.Arm, Level: arm.Levels[level], N: evidence.Groups[k].N, Reference: k == 0}
		part.N, part.Events, part.Levels = part.N+size.N, part.Events+int(evidence.Groups[k].Sum), append(part.Levels, size)
	}
	part.Dropped = table.droppedBeside(part.N, threshold)
	if part.Later() {
		part.At = []float64{q.Tau}
	}
	return part, evidence, nil
}

// twoArms finds the two levels that people have, in their order.
func twoArms(arm Column, kept []int) (levels []int, err error) {
	for _, row := range kept {
		if level := int(arm.Values[row].Number); !slices.Contains(levels, level) {
			levels = append(levels, level)
		}
	}
	if len(levels) != 2 {
		return nil, fmt.Errorf("%w: a risk ratio compares two arms", ErrNoInformation)
	}
	slices.Sort(levels)
	return levels, nil
}

func armsOf(strata []stratum) outputs.ResultEvidence {
	groups := make([]outputs.GroupEvidence, 2)
	for _, s := range strata {
		for k := range groups {
			g, with := &groups[k], float64(s.with[k])
			g.N, g.Sum = g.N+s.n[k], g.Sum+with
			g.Largest, g.Second = max(g.Largest, with), max(min(g.Largest, with), g.Second)
		}
	}
	return outputs.ResultEvidence{Groups: groups}
}

// sums adds up what the method needs of each stratum.
func (q Ratio) sums(strata []stratum) []float64 {
	if q.Method == analyses.MantelHaenszel {
		return mantelHaenszel(strata)
	}
	weight, weighted, squared, weights := 0.0, 0.0, 0.0, 0.0
	for _, s := range strata {
		y, v := s.logRatio()
		w := 1 / (v + q.Tau)
		weight, weighted, squared, weights = weight+w, weighted+w*y, squared+w*y*y, weights+w*w
	}
	all := plain([]float64{weight, weighted, squared, weights})
	switch {
	case q.Round > 1:
		return all[:2]
	case q.Method == analyses.RandomEffects:
		return all
	}
	return all[:3]
}

// logRatio is the logarithm of the risk ratio and its variance. Where a cell is empty each counts half a person more.
//
// Viechtbauer 2010, metafor escalc(measure = "RR", add = 1/2, to = "only0"): y = log(a/n ÷ c/m), v = 1/a − 1/n + 1/c − 1/m.
func (s stratum) logRatio() (y, v float64) {
	c, m, a, n := float64(s.with[0]), float64(s.n[0]), float64(s.with[1]), float64(s.n[1])
	if a == 0 || c == 0 || a == n || c == m {
		a, c, n, m = a+0.5, c+0.5, n+1, m+1
	}
	return math.Log(a / n * m / c), 1/a - 1/n + 1/c - 1/m
}

// mantelHaenszel gives numerator and denominator of the common risk ratio, and what the variance of its logarithm needs.
//
// Greenland and Robins 1985: R = Σ am/N, S = Σ cn/N, var log(R/S) = Σ (nm(a + c) − acN)/N² ÷ RS.
func mantelHaenszel(strata []stratum) []float64 {
	sums := make([]float64, 3)
	for _, s := range strata {
		c, m, a, n := float64(s.with[0]), float64(s.n[0]), float64(s.with[1]), float64(s.n[1])
		all := n + m
		sums[0] += a * m / all
		sums[1] += c * n / all
		sums[2] += (n*m*(a+c) - a*c*all) / (all * all)
	}
	return sums
}
