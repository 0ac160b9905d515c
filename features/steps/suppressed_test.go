package steps

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// square is a table of two by two with its margins; 0 stands for a number that is not told.
func square(aa, ab, ba, bb int) outputs.Count {
	x := func(concept, level string) outputs.Level { return outputs.Level{Concept: concept, Level: level} }
	at := func(n int, by ...outputs.Level) outputs.Cell { return outputs.Cell{By: by, N: n, Suppressed: n == 0} }
	return outputs.Count{Cells: []outputs.Cell{
		at(aa, x("limit", "no"), x("sex", "f")), at(ab, x("limit", "no"), x("sex", "m")),
		at(ba, x("limit", "yes"), x("sex", "f")), at(bb, x("limit", "yes"), x("sex", "m")),
		at(60, x("limit", "no")), at(23, x("limit", "yes")), at(50, x("sex", "f")), at(33, x("sex", "m")), at(83)}}
}

func TestASmallNumberAloneIsRecoveredFromTheMargins(t *testing.T) {
	if err := open(square(30, 30, 20, 0), 5); err == nil {
		t.Error("the one number that is not told follows from its row")
	}
	if err := open(square(30, 0, 20, 0), 5); err == nil {
		t.Error("the two numbers that are not told follow from their rows")
	}
	if err := open(square(0, 0, 0, 0), 5); err != nil {
		t.Errorf("beside complementary suppression: %v", err)
	}
	if err := open(square(0, 0, 0, 0), 50); err == nil {
		t.Error("no number here can lie within an interval of fifty people")
	}
}
