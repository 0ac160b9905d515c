package analysis

import (
	"context"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Count counts people, over all or by one or two categories. Every combination
// of levels has its cell, also where nobody is in it. It suppresses no cell:
// the airlock judges the true table. Threshold only hides a small number of
// dropped rows.
func Count(ctx context.Context, table Table, by []string, threshold int) (outputs.Count, error) {
	if len(by) > 2 || threshold < 1 || (len(by) == 2 && by[0] == by[1]) {
		return outputs.Count{}, fmt.Errorf("%w: count takes at most two different concepts and a threshold of 1 or more", ErrRequest)
	}
	var columns []Column
	for _, concept := range by {
		column, err := table.column(concept, Category)
		if err != nil {
			return outputs.Count{}, fmt.Errorf("count: %w", err)
		}
		columns = append(columns, column)
	}
	kept := complete(table.Rows(), columns...)
	cells := emptyCells(by, columns)
	for i, row := range kept {
		if err := stopped(ctx, i); err != nil {
			return outputs.Count{}, fmt.Errorf("count: %w", err)
		}
		cell := 0
		for _, column := range columns {
			cell = cell*len(column.Levels) + int(column.Values[row].Number)
		}
		cells[cell].N++
	}
	return outputs.Count{Cells: cells, Dropped: table.droppedBeside(len(kept), threshold)}, nil
}

// emptyCells lists all combinations of levels, the last concept fastest.
func emptyCells(by []string, columns []Column) []outputs.Cell {
	cells := []outputs.Cell{{By: []outputs.Level{}}}
	for i, column := range columns {
		var next []outputs.Cell
		for _, cell := range cells {
			for _, level := range column.Levels {
				levels := append(append([]outputs.Level{}, cell.By...), outputs.Level{Concept: by[i], Level: level})
				next = append(next, outputs.Cell{By: levels})
			}
		}
		cells = next
	}
	return cells
}
