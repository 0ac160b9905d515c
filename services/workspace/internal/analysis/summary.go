package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/suppression"
)

// Summary tells of a measure over all people, or by one or two categories. A
// group is suppressed that is under the threshold, that few people dominate, or
// whose numbers tell the values of few people; a percentile is left out with fewer
// than threshold people on one side of it, or between it and the one before. The
// evidence is of all groups, for the site's own checkers.
func Summary(ctx context.Context, table Table, measure string, by []string, percentiles []int64, threshold int) (outputs.Summary, outputs.ResultEvidence, error) {
	out, evidence := outputs.Summary{Measure: measure}, outputs.ResultEvidence{Groups: []outputs.GroupEvidence{}}
	cells, members, dropped, err := grouping(ctx, table, measure, by, threshold)
	if err != nil {
		return out, evidence, fmt.Errorf("summary: %w", err)
	}
	out.Dropped = dropped
	percents := slices.Compact(slices.Sorted(slices.Values(percentiles)))
	for i, cell := range cells {
		group := outputs.Summarised{By: cell.By, Percentiles: []outputs.Percentile{}}
		e := evidenceOf(members[i])
		evidence.Groups = append(evidence.Groups, e)
		if group.Suppressed = e.N < threshold || e.N-1 < suppression.MinimumDoF ||
			e.Fewest < threshold || suppression.Dominated(e.N, e.Sum, e.Largest, e.Second, e.Negatives); !group.Suppressed {
			group.N = e.N
			group.Mean, group.SD = stat.MeanStdDev(members[i], nil)
			group.Percentiles = percentilesOf(members[i], percents, threshold)
		}
		out.Groups = append(out.Groups, group)
	}
	return out, evidence, nil
}

// grouping lists the values of each group of complete rows.
func grouping(ctx context.Context, table Table, measure string, by []string, threshold int) (cells []outputs.Cell, members [][]float64, dropped outputs.Dropped, err error) {
	if len(by) > 2 || threshold < 1 || (len(by) == 2 && by[0] == by[1]) {
		return nil, nil, "", fmt.Errorf("%w: at most two different concepts and a threshold of 1 or more", ErrRequest)
	}
	values, err := table.column(measure, Number)
	if err != nil {
		return nil, nil, "", err
	}
	columns := []Column{}
	for _, concept := range by {
		column, err := table.column(concept, Category)
		if err != nil {
			return nil, nil, "", err
		}
		columns = append(columns, column)
	}
	kept := complete(table.Rows(), append(slices.Clone(columns), values)...)
	cells = emptyCells(by, columns)
	members = make([][]float64, len(cells))
	for i, row := range kept {
		if err := stopped(ctx, i); err != nil {
			return nil, nil, "", err
		}
		at := 0
		for _, column := range columns {
			at = at*len(column.Levels) + int(column.Values[row].Number)
		}
		members[at] = append(members[at], values.Values[row].Number)
	}
	for _, all := range members {
		slices.Sort(all)
	}
	return cells, members, table.droppedBeside(len(kept), threshold), nil
}

// evidenceOf is of sorted values.
func evidenceOf(values []float64) outputs.GroupEvidence {
	e := outputs.GroupEvidence{N: len(values), Fewest: suppression.Placed(values)}
	for _, v := range values {
		e.Sum += v
		if v < 0 {
			e.Negatives++
		}
	}
	if e.N > 0 {
		e.Largest = values[e.N-1]
	}
	if e.N > 1 {
		e.Second = values[e.N-2]
	}
	return e
}

// percentilesOf interpolates between neighbours (Hyndman and Fan 1996, type 7),
// where there are threshold people on both sides, and after the one before.
func percentilesOf(values []float64, percents []int64, threshold int) []outputs.Percentile {
	out, before := []outputs.Percentile{}, -1
	for _, percent := range percents {
		at := float64(len(values)-1) * float64(percent) / 100
		below := int(math.Floor(at))
		above := min(below+1, len(values)-1)
		if below-before < threshold || len(values)-above < threshold {
			continue
		}
		before = below
		value := values[below] + (at-float64(below))*(values[above]-values[below])
		out = append(out, outputs.Percentile{Percent: int(percent), Value: value})
	}
	return out
}
