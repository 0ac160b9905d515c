package suppression

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// full is a table in which all is told.
func full(cells [][]int) Table {
	t := New(len(cells), len(cells[0]))
	for i, row := range cells {
		for j, n := range row {
			t.Cells[i][j] = Number{n, true}
			t.Rows[i] = Number{t.Rows[i].N + n, true}
			t.Columns[j] = Number{t.Columns[j].N + n, true}
			t.Total = Number{t.Total.N + n, true}
		}
	}
	return t
}

func oneWay(cells ...int) Table {
	var rows [][]int
	for _, n := range cells {
		rows = append(rows, []int{n})
	}
	t := full(rows)
	t.OneWay = true
	return t
}

func hide(t Table, places ...[2]int) Table {
	for _, p := range places {
		*t.At(p[0], p[1]) = Number{}
	}
	return t
}

func TestWhatMarginsTellOfSuppressedCells(t *testing.T) {
	cells := [][]int{{20, 3, 40}, {30, 25, 50}, {60, 70, 4}}
	for name, c := range map[string]struct {
		table Table
		want  []Interval
	}{
		"nothing is suppressed":    {full(cells), nil},
		"one cell is derivable":    {hide(full(cells), [2]int{0, 1}), []Interval{{0, 1, 3, 3}}},
		"two in a row are not":     {hide(full(cells), [2]int{0, 1}, [2]int{0, 0}, [2]int{1, 1}, [2]int{1, 0}), nil},
		"two in a row and no more": {hide(full(cells), [2]int{0, 1}, [2]int{0, 0}), []Interval{{0, 0, 20, 20}, {0, 1, 3, 3}}},
		"a rectangle of small ones is placed": {hide(full([][]int{{3, 2, 40}, {1, 2, 50}, {60, 70, 80}}), [2]int{0, 0}, [2]int{0, 1}, [2]int{1, 0}, [2]int{1, 1}),
			[]Interval{{0, 0, 1, 4}, {0, 1, 1, 4}, {1, 0, 0, 3}, {1, 1, 0, 3}}},
		"its row's margin is hidden too": {hide(full(cells), [2]int{0, 1}, [2]int{0, Margin}), []Interval{{0, 1, 3, 3}, {0, Margin, 63, 63}}},
		"one way":                        {hide(oneWay(4, 50, 60), [2]int{0, 0}), []Interval{{0, 0, 4, 4}}},
		"one way, two suppressed":        {hide(oneWay(4, 50, 60), [2]int{0, 0}, [2]int{1, 0}), nil},
		"one way, the total too":         {hide(oneWay(4, 50, 60), [2]int{0, 0}, [2]int{Margin, Margin}), nil},
	} {
		got, err := c.table.Narrow(10)
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %v %v, want %v", name, got, err, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", name, got[i], c.want[i])
			}
		}
	}
}

func TestNumbersOfNoTableAreFound(t *testing.T) {
	one := full([][]int{{20, 30}, {40, 50}})
	one.Rows[0].N++
	two := hide(full([][]int{{20, 30}, {40, 50}}), [2]int{0, 0}, [2]int{0, 1})
	two.Rows[0].N = 10
	for _, table := range []Table{one, two} {
		if _, err := table.Narrow(10); !errors.Is(err, ErrInconsistent) {
			t.Errorf("got %v", err)
		}
	}
}

// The bounds are checked against all tables that there could be.
func TestBoundsAreThoseOfAllTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 4)
		cells := [][]int{{n.Draw(t, "a"), n.Draw(t, "b"), n.Draw(t, "c")}, {n.Draw(t, "d"), n.Draw(t, "e"), n.Draw(t, "f")}}
		table := full(cells)
		for i := range 2 {
			for j := range 3 {
				table.Cells[i][j].Told = rapid.Bool().Draw(t, "told")
			}
		}
		low, high := everyTable(table)
		got, err := table.Narrow(1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range got {
			if g.Low != low[g.Row][g.Column] || g.High != high[g.Row][g.Column] {
				t.Fatalf("%v, want %d to %d", g, low[g.Row][g.Column], high[g.Row][g.Column])
			}
		}
	})
}

// everyTable tries all numbers in the place of those that are not told.
func everyTable(table Table) (low, high [2][3]int) {
	for i := range low {
		for j := range low[i] {
			low[i][j] = 1 << 20
		}
	}
	var try func(at int, cells [2][3]int)
	try = func(at int, cells [2][3]int) {
		if at == 6 {
			for i := range 2 {
				if cells[i][0]+cells[i][1]+cells[i][2] != table.Rows[i].N {
					return
				}
			}
			for j := range 3 {
				if cells[0][j]+cells[1][j] != table.Columns[j].N {
					return
				}
			}
			for i := range 2 {
				for j := range 3 {
					low[i][j], high[i][j] = min(low[i][j], cells[i][j]), max(high[i][j], cells[i][j])
				}
			}
			return
		}
		i, j := at/3, at%3
		if c := table.Cells[i][j]; c.Told {
			cells[i][j] = c.N
			try(at+1, cells)
			return
		}
		for n := range 9 {
			cells[i][j] = n
			try(at+1, cells)
		}
	}
	try(0, [2][3]int{})
	return low, high
}

func TestAProtectedTableTellsNoSmallNumberAndPlacesNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, columns := rapid.IntRange(1, 6).Draw(t, "rows"), rapid.IntRange(1, 6).Draw(t, "columns")
		cells := make([][]int, rows)
		for i := range cells {
			cells[i] = rapid.SliceOfN(rapid.IntRange(0, 40), columns, columns).Draw(t, "cells")
		}
		table := full(cells)
		if err := table.Protect(10); err != nil {
			t.Fatal(err)
		}
		for _, p := range table.places() {
			if n := table.At(p.Row, p.Column); n.Told && n.N < 10 || !n.Told && n.N != 0 {
				t.Fatalf("%v at %v", n, p)
			}
		}
		narrow, err := table.Narrow(10)
		if err != nil || len(narrow) > 0 {
			t.Fatalf("%v %v of %v", narrow, err, cells)
		}
	})
}

func TestAsLittleAsNeededIsSuppressed(t *testing.T) {
	table := full([][]int{{20, 3, 40}, {30, 25, 50}, {60, 70, 80}})
	if err := table.Protect(10); err != nil {
		t.Fatal(err)
	}
	hidden := table.suppressed(func(Interval) bool { return true })
	if table.Cells[0][1].Told || hidden != 4 || !table.Total.Told {
		t.Errorf("%d suppressed: %+v", hidden, table)
	}
}

func TestAOneWayTableIsProtectedByOneMore(t *testing.T) {
	table := oneWay(4, 50, 60, 12)
	if err := table.Protect(10); err != nil {
		t.Fatal(err)
	}
	if table.Cells[0][0].Told || table.Cells[3][0].Told || !table.Cells[1][0].Told || !table.Cells[2][0].Told || !table.Total.Told {
		t.Errorf("%+v", table)
	}
}

func TestDominanceIsThatOfACRO(t *testing.T) {
	for name, c := range map[string]struct {
		n             int
		sum, one, two float64
		negatives     int
		want          bool
	}{
		"even":                  {20, 200, 10, 10, 0, false},
		"two make 90 percent":   {20, 100, 50, 40, 0, true},
		"a little less":         {20, 100.1, 50, 40, 0, false},
		"the rest is under 10%": {20, 100, 89, 3, 0, true},
		"somebody is negative":  {20, 100, 80, 20, 1, false},
		"all zero":              {20, 0, 0, 0, 0, false},
		"nobody":                {0, 0, 0, 0, 0, false},
	} {
		if got := Dominated(c.n, c.sum, c.one, c.two, c.negatives); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
