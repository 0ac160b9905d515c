package analysis

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Round gives a count whose numbers are the nearest multiples of base, halves up. Margins are left out: the sum of exact
// cells beside rounded ones would tell what the rounding hides.
//
// OpenSAFELY: counts of at most 7 are redacted, the rest are rounded to the nearest 5.
func Round(count outputs.Count, threshold, base int) outputs.Count {
	finest := 0
	for _, cell := range count.Cells {
		finest = max(finest, len(cell.By))
	}
	count.Cells = slices.DeleteFunc(slices.Clone(count.Cells), func(c outputs.Cell) bool { return len(c.By) < finest })
	for i := range count.Cells {
		count.Cells[i].N = nearest(count.Cells[i].N, base)
	}
	if n, told := count.Dropped.Rows(); told {
		count.Dropped = outputs.DroppedRows(nearest(n, base), threshold)
	}
	return count
}

func nearest(n, base int) int { return (n + base/2) / base * base }
