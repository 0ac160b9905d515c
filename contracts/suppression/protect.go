package suppression

// Protect suppresses in a table in which all is told: numbers under the
// threshold first, zero among them, and then as many others as it takes until no
// suppressed number can be placed within an interval narrower than the
// threshold. It seeks little loss, not the least.
func (t *Table) Protect(threshold int) error {
	for _, n := range t.places() {
		if at := t.At(n.Row, n.Column); at.N < threshold {
			at.Told = false
		}
	}
	for {
		narrow, err := t.Narrow(threshold)
		if err != nil {
			return err
		}
		if len(narrow) == 0 {
			return t.forget()
		}
		if !t.hide(narrow) {
			t.hideAll()
			return t.forget()
		}
	}
}

// places lists cells, then margins, the total last.
func (t *Table) places() (all []Interval) {
	for i := range t.Rows {
		for j := range t.Columns {
			all = append(all, Interval{Row: i, Column: j})
		}
	}
	if t.OneWay {
		return append(all, Interval{Row: Margin, Column: Margin})
	}
	for i := range t.Rows {
		all = append(all, Interval{Row: i, Column: Margin})
	}
	for j := range t.Columns {
		all = append(all, Interval{Row: Margin, Column: j})
	}
	return append(all, Interval{Row: Margin, Column: Margin})
}

// hide suppresses one number more. A row or column with one suppressed cell
// tells it: there the smallest is taken that makes no second such line, if there
// is one. Else the intervals are narrow because numbers are small: then the
// smallest beside the first is taken, of cells before margins, the total last.
func (t *Table) hide(narrow []Interval) bool {
	for _, n := range narrow {
		for _, line := range []line{row(n.Row), column(n.Column)} {
			if t.suppressed(line) == 1 && line(n) && t.least(line, n.Row) {
				return true
			}
		}
	}
	first := narrow[0]
	cell := func(p Interval) bool { return p.Row != Margin && p.Column != Margin }
	total := func(p Interval) bool { return p.Row == Margin && p.Column == Margin }
	for _, line := range []line{row(first.Row), column(first.Column), cell, func(p Interval) bool { return !total(p) }, total} {
		if t.least(line, first.Row) {
			return true
		}
	}
	return false
}

type line func(Interval) bool

func row(i int) line { return func(p Interval) bool { return p.Row == i && p.Column != Margin } }

func column(j int) line { return func(p Interval) bool { return p.Column == j && p.Row != Margin } }

// least suppresses the smallest number of a line, those first whose other line
// has suppressed cells already.
func (t *Table) least(in line, ofRow int) bool {
	var found *Number
	alone := false
	for _, p := range t.places() {
		at := t.At(p.Row, p.Column)
		if !at.Told || !in(p) {
			continue
		}
		other := column(p.Column)
		if p.Row != ofRow {
			other = row(p.Row)
		}
		lonely := t.suppressed(other) == 0
		if found == nil || alone && !lonely || alone == lonely && at.N < found.N {
			found, alone = at, lonely
		}
	}
	if found != nil {
		found.Told = false
	}
	return found != nil
}

func (t *Table) suppressed(in line) (n int) {
	for _, p := range t.places() {
		if in(p) && !t.At(p.Row, p.Column).Told {
			n++
		}
	}
	return n
}

func (t *Table) hideAll() {
	for _, p := range t.places() {
		t.At(p.Row, p.Column).Told = false
	}
}

// forget takes away the numbers that are not told.
func (t *Table) forget() error {
	for _, p := range t.places() {
		if at := t.At(p.Row, p.Column); !at.Told {
			at.N = 0
		}
	}
	return nil
}
