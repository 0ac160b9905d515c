package analysis

import (
	"context"
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Matching counts the people who have all the levels, in one row if they have
// several. Who has no value for a
// concept does not match. The number is the true one: whoever tells it decides
// what may be told.
func Matching(ctx context.Context, table Table, all []outputs.Level) (int, error) {
	columns, wanted := make([]Column, len(all)), make([]float64, len(all))
	for i, level := range all {
		column, err := table.column(level.Concept, Category)
		if err != nil {
			return 0, fmt.Errorf("count matching rows: %w", err)
		}
		at := slices.Index(column.Levels, level.Level)
		if at < 0 {
			return 0, fmt.Errorf("count matching rows: %w: %s has no such level", ErrRequest, level.Concept)
		}
		columns[i], wanted[i] = column, float64(at)
	}
	persons, several := table.Columns[analyses.Person]
	seen := make([]bool, len(persons.Levels))
	matching := 0
rows:
	for row := range table.Rows() {
		if err := stopped(ctx, row); err != nil {
			return 0, fmt.Errorf("count matching rows: %w", err)
		}
		for i, column := range columns {
			if v := column.Values[row]; !v.Present || v.Number != wanted[i] {
				continue rows
			}
		}
		if several && persons.Values[row].Present {
			person := int(persons.Values[row].Number)
			if seen[person] {
				continue
			}
			seen[person] = true
		}
		matching++
	}
	return matching, nil
}
