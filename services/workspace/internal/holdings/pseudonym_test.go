package holdings

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
)

func TestAProjectSeesPseudonymsWhereTheDictionaryBindsAnIdentifier(t *testing.T) {
	h := opened(t, "d.csv", []byte("pid,age\n7,50\n8,60\n7,70\n,80\n"))
	d := Dictionary{{Concept: Identifier, Column: "pid", Type: Integer}, {Concept: "age", Column: "age", Type: Integer}}
	a, b := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	table, err := h.LoadFor(context.Background(), a, "d", d, []string{Identifier, "age"})
	if err != nil {
		t.Fatal(err)
	}
	column := table.Columns[Identifier]
	if !slices.IsSorted(column.Levels) || len(column.Levels) != 2 {
		t.Fatalf("levels %v", column.Levels)
	}
	for row, id := range []string{"7", "8", "7"} {
		if got := column.Levels[int(column.Values[row].Number)]; got != Pseudonym(a, id) {
			t.Errorf("row %d has another pseudonym", row)
		}
	}
	if column.Values[3].Present {
		t.Error("who has no identifier has a pseudonym")
	}
	other, err := h.LoadFor(context.Background(), b, "d", d, []string{Identifier})
	if err != nil || slices.ContainsFunc(other.Columns[Identifier].Levels, func(p string) bool { return slices.Contains(column.Levels, p) }) {
		t.Errorf("two projects have a pseudonym in common: %v", err)
	}
	if _, err := h.LoadFor(context.Background(), nil, "d", d, []string{"age"}); !errors.Is(err, ErrKey) {
		t.Errorf("loaded without a key: %v", err)
	}
}
