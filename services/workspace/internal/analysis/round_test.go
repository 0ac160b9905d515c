package analysis

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

func TestCountsAreRoundedAndMarginsLeftOut(t *testing.T) {
	at := func(levels ...string) (by []outputs.Level) {
		for i, l := range levels {
			by = append(by, outputs.Level{Concept: string(rune('a' + i)), Level: l})
		}
		return by
	}
	exact := outputs.Count{Dropped: "23", Cells: []outputs.Cell{{N: 61}, {By: at("x"), N: 61}, {By: at("x", "y"), N: 8}, {By: at("x", "z"), N: 53},
		{By: at("x", "w"), Suppressed: true}}}
	got := Round(exact, 8, 5)
	want := []int{10, 55, 0}
	if len(got.Cells) != 3 || got.Dropped != "25" || !got.Cells[2].Suppressed || exact.Cells[0].N != 61 || exact.Cells[2].N != 8 {
		t.Fatalf("got %+v of %+v", got, exact)
	}
	for i, cell := range got.Cells {
		if cell.N != want[i] {
			t.Errorf("cell %d: %d, not %d", i+1, cell.N, want[i])
		}
	}
	if total := Round(outputs.Count{Dropped: "0", Cells: []outputs.Cell{{N: 62}}}, 8, 5); len(total.Cells) != 1 || total.Cells[0].N != 60 {
		t.Fatalf("the total alone: %+v", total)
	}
	for n, want := range map[int]int{0: 0, 2: 0, 3: 5, 7: 5, 8: 10, 12: 10, 13: 15} {
		if got := nearest(n, 5); got != want {
			t.Errorf("%d to %d, not %d", n, got, want)
		}
	}
}
