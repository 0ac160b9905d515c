// Package suppression tells what a table with suppressed numbers still tells:
// for each number that is not told, the interval in which everybody can place
// it who knows the others. Whoever suppresses and whoever verifies that use it.
//
// A table of counts with its margins is a circulation in a network: from the
// total to the rows, by the cells to the columns, and back. What a number can be
// at least and at most is a maximum flow (Gusfield 1988, "A graph theoretic
// approach to statistical data security"), so the bounds are exact and whole.
package suppression

import "errors"

// ErrInconsistent says that no table has these numbers.
var ErrInconsistent = errors.New("no table has these numbers")

// Number is a count that is told, or not.
type Number struct {
	N    int
	Told bool
}

// Table is a two-way table with margins. One of one way has one column, and a
// total but no other margins.
type Table struct {
	Cells   [][]Number // by row, then column
	Rows    []Number   // margins
	Columns []Number
	Total   Number
	OneWay  bool
}

// New is a table in which nothing is told.
func New(rows, columns int) Table {
	t := Table{Rows: make([]Number, rows), Columns: make([]Number, columns), Cells: make([][]Number, rows)}
	for i := range t.Cells {
		t.Cells[i] = make([]Number, columns)
	}
	return t
}

// Margin in the place of a row or column stands for their sum.
const Margin = -1

// At is the number in a place.
func (t *Table) At(row, column int) *Number {
	switch {
	case row == Margin && column == Margin:
		return &t.Total
	case column == Margin:
		return &t.Rows[row]
	case row == Margin:
		return &t.Columns[column]
	}
	return &t.Cells[row][column]
}

// Interval is where a number that is not told must lie, both ends included.
type Interval struct {
	Row, Column int
	Low, High   int
}

// Narrow lists the numbers not told whose interval is narrower than width, that
// is High − Low < width, row by row and the margins last.
func (t *Table) Narrow(width int) ([]Interval, error) {
	net, places := t.network()
	if !net.feasible() {
		return nil, ErrInconsistent
	}
	var out []Interval
	for i, place := range places {
		if low, high := net.bounds(i, width); high-low < width {
			out = append(out, Interval{Row: place[0], Column: place[1], Low: low, High: high})
		}
	}
	return out, nil
}

// network has an arc for each number that is not told; those that are told
// only say how much flows in and out of each node.
func (t *Table) network() (*network, [][2]int) {
	rows, columns := len(t.Rows), len(t.Columns)
	source, sink := 0, 1+rows+columns
	net := &network{excess: make([]int, sink+1)}
	var places [][2]int
	put := func(row, column, from, to int) {
		if n := t.At(row, column); n.Told {
			net.excess[to] += n.N
			net.excess[from] -= n.N
			return
		}
		net.arc(from, to)
		places = append(places, [2]int{row, column})
	}
	for _, p := range t.places() {
		from, to := 1+p.Row, 1+rows+p.Column
		if p.Row == Margin || t.OneWay {
			to = sink
		}
		if p.Column == Margin || t.OneWay {
			from = source
		}
		switch {
		case p.Row == Margin && p.Column == Margin:
			from, to = sink, source
		case p.Row == Margin:
			from = 1 + rows + p.Column
		case p.Column == Margin:
			to = 1 + p.Row
		}
		put(p.Row, p.Column, from, to)
	}
	return net, places
}
