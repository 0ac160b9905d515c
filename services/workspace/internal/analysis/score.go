package analysis

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
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
// ErrVariant: a score without it would be another one. The evidence is of the groups, for the site's own checkers.
func PolygenicScore(ctx context.Context, table Table, by string, weights []Weight, threshold int) (outputs.PolygenicScore, outputs.ResultEvidence, error) {
	out, evidence, err := polygenicScore(ctx, table, by, weights, threshold)
	if err != nil {
		err = fmt.Errorf("polygenic score: %w", err)
	}
	return out, evidence, err
}

func polygenicScore(ctx context.Context, table Table, by string, weights []Weight, threshold int) (out outputs.PolygenicScore, evidence outputs.ResultEvidence, err error) {
	out.By = by
	if threshold < 1 || len(weights) == 0 {
		return out, evidence, fmt.Errorf("%w: there must be weights, and a threshold of 1 or more", ErrRequest)
	}
	g, err := genomeOf(table)
	if err != nil {
		return out, evidence, err
	}
	levels, level, err := groupsBy(table, by)
	if err != nil {
		return out, evidence, err
	}
	if out.Weights, err = numbered(weights); err != nil {
		return out, evidence, err
	}
	copies, err := g.weighed(ctx, out.Weights)
	if err != nil {
		return out, evidence, err
	}
	members, kept := make([]scored, len(levels)), 0
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
			members[at].add(score, copies, row)
			kept++
		}
	}
	out.Dropped = table.droppedBeside(kept, threshold)
	for i, name := range levels {
		out.Groups = append(out.Groups, scoreGroup(name, members[i].scores))
		evidence.Groups = append(evidence.Groups, members[i].evidence())
	}
	return out, evidence, nil
}

// numbered are the weights as numbers.
func numbered(weights []Weight) (out []outputs.EffectWeight, err error) {
	for i, w := range weights {
		number, err := strconv.ParseFloat(w.Weight, 64)
		if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
			return nil, fmt.Errorf("%w: weight %d is no number", ErrRequest, i+1)
		}
		out = append(out, outputs.EffectWeight{Variant: w.Variant, Allele: w.Allele, Weight: number + 0})
	}
	return out, nil
}

// weighed reads the copies of each weight's allele that each row has.
func (g genome) weighed(ctx context.Context, weights []outputs.EffectWeight) (copies [][]Value, err error) {
	asked := make([]allele, len(weights))
	for i, w := range weights {
		asked[i] = allele{w.Variant, w.Allele}
	}
	read, err := g.copies(ctx, asked)
	copies = make([][]Value, len(read))
	for i := range read {
		if err == nil {
			copies[i], err = g.rows(read[i])
		}
	}
	return copies, err
}

// scored are the people of a group: their scores, and of each variant how many have no, one and two copies.
type scored struct {
	scores []float64
	copies []genotypes.Counts
}

func (s *scored) add(score float64, copies [][]Value, row int) {
	if s.copies == nil {
		s.copies = make([]genotypes.Counts, len(copies))
	}
	s.scores = append(s.scores, score)
	for i, values := range copies {
		s.copies[i][int(values[row].Number)]++
	}
}

// evidence tells of how few people the mean of the scores tells: whoever chooses the weights makes of it the copies of
// each allele.
func (s *scored) evidence() outputs.GroupEvidence {
	e := evidenceOf(slices.Sorted(slices.Values(s.scores)))
	for _, c := range s.copies {
		e.Fewest = min(e.Fewest, carriers(c))
	}
	return e
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
