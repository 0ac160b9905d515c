package analysis

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Weight is what each copy of a variant's allele adds to a score; Weight is decimal.
type Weight struct{ Variant, Allele, Weight string }

// Groups of an event, and of everybody.
const (
	eventNo, eventYes = "no", "yes"
	everyLevel        = "all"
)

// PolygenicScore sums the weights of each row and tells mean and spread by the levels of a category or an event, or of
// all if by is empty. Rows without a genotype at every variant are dropped. A variant that is not in the data is
// ErrVariant: a score without it would be another one.
func PolygenicScore(ctx context.Context, table Table, by string, weights []Weight, threshold int) (outputs.PolygenicScore, error) {
	out := outputs.PolygenicScore{By: by}
	if threshold < 1 || len(weights) == 0 {
		return out, fmt.Errorf("polygenic score: %w: there must be weights, and a threshold of 1 or more", ErrRequest)
	}
	g, err := genomeOf(table)
	if err != nil {
		return out, fmt.Errorf("polygenic score: %w", err)
	}
	levels, level, err := groupsBy(table, by)
	if err != nil {
		return out, fmt.Errorf("polygenic score: %w", err)
	}
	asked := make([]allele, len(weights))
	for i, w := range weights {
		number, err := strconv.ParseFloat(w.Weight, 64)
		if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
			return out, fmt.Errorf("polygenic score: %w: weight %d is no number", ErrRequest, i+1)
		}
		asked[i] = allele{w.Variant, w.Allele}
		out.Weights = append(out.Weights, outputs.EffectWeight{Variant: w.Variant, Allele: w.Allele, Weight: number + 0})
	}
	read, err := g.copies(ctx, asked)
	copies := make([][]Value, len(read))
	for i := range read {
		if err == nil {
			copies[i], err = g.rows(read[i])
		}
	}
	if err != nil {
		return out, fmt.Errorf("polygenic score: %w", err)
	}
	scores, kept := make([][]float64, len(levels)), 0
rows:
	for row := range table.Rows() {
		score := 0.0
		for i, values := range copies {
			if !values[row].Present {
				continue rows
			}
			score += out.Weights[i].Weight * values[row].Number
		}
		if at := level(row); at >= 0 {
			scores[at] = append(scores[at], score)
			kept++
		}
	}
	out.Dropped = table.droppedBeside(kept, threshold)
	for i, name := range levels {
		out.Groups = append(out.Groups, scoreGroup(name, scores[i]))
	}
	return out, nil
}

// groupsBy lists the levels, and says in which of them a row is; -1 in none.
func groupsBy(table Table, by string) (levels []string, level func(row int) int, err error) {
	if by == "" {
		return []string{everyLevel}, func(int) int { return 0 }, nil
	}
	levels, column := []string{eventNo, eventYes}, table.Columns[by]
	if column.Type == Event {
		column, err = table.column(by, Event)
	} else if column, err = table.column(by, Category); err == nil {
		levels = column.Levels
	}
	return levels, func(row int) int {
		if v := column.Values[row]; v.Present {
			return int(v.Number)
		}
		return -1
	}, err
}

func scoreGroup(level string, scores []float64) outputs.ScoreGroup {
	out := outputs.ScoreGroup{Level: level, N: len(scores)}
	if len(scores) == 0 {
		return out
	}
	sum, squares := 0.0, 0.0
	for _, s := range scores {
		sum += s
	}
	out.Mean = sum/float64(len(scores)) + 0
	for _, s := range scores {
		squares += (s - out.Mean) * (s - out.Mean)
	}
	if len(scores) > 1 {
		out.SD = math.Sqrt(squares / float64(len(scores)-1))
	}
	return out
}
