package disclosure

import (
	"fmt"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// rounded holds a site's own counts against its rounding. A combination is made of what other sites have released, each
// by its own rules.
func (f *findings) rounded(r outputs.Count, rules Rules, where string) {
	if rules.Rounding == 0 || len(r.Combined) > 0 {
		return
	}
	for i, cell := range r.Cells {
		f.unless(cell.N%rules.Rounding == 0, RuleRounded, fmt.Sprintf("%s, cell %d", where, i+1))
	}
	if n, told := r.Dropped.Rows(); told {
		f.unless(n%rules.Rounding == 0, RuleRounded, where+", dropped rows")
	}
}
