package suppression

import (
	"math/rand/v2"
	"testing"
)

// A table of 30 by 30 in which a third is small.
func BenchmarkProtect(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	cells := make([][]int, 30)
	for i := range cells {
		for range 30 {
			cells[i] = append(cells[i], random.IntN(30))
		}
	}
	for b.Loop() {
		table := full(cells)
		if err := table.Protect(10); err != nil {
			b.Fatal(err)
		}
	}
}
