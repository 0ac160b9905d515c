package analysis

import (
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/suppression"
)

// Suppress adds the margins to a count that has none, and suppresses what is
// under the threshold and as much else as it takes that it cannot be derived.
func Suppress(count outputs.Count, threshold int) (outputs.Count, error) {
	levels := suppression.LevelsOf(count.Cells)
	table := levels.Table()
	for _, place := range levels.Places() {
		row, column, _ := levels.At(place)
		table.At(row, column).Told = true
	}
	for _, cell := range count.Cells {
		for _, sum := range levels.Sums(cell.By) {
			row, column, _ := levels.At(sum)
			table.At(row, column).N += cell.N
		}
	}
	if err := table.Protect(threshold); err != nil {
		return outputs.Count{}, fmt.Errorf("suppress small cells: %w", err)
	}
	out := outputs.Count{Dropped: count.Dropped}
	for _, by := range levels.Places() {
		row, column, _ := levels.At(by)
		n := table.At(row, column)
		out.Cells = append(out.Cells, outputs.Cell{By: slices.Clone(by), N: n.N, Suppressed: !n.Told})
	}
	return out, nil
}
