package suppression

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// Levels says which place of a table is about which levels: of the first concept
// the rows, of the second the columns.
type Levels struct {
	concepts []string
	levels   [2][]string
}

// LevelsOf finds the concepts and levels of cells, margins among them, in the
// order in which they come.
func LevelsOf(cells []outputs.Cell) Levels {
	var l Levels
	for _, cell := range cells {
		if len(cell.By) <= len(l.concepts) {
			continue
		}
		l.concepts = nil
		for _, by := range cell.By {
			l.concepts = append(l.concepts, by.Concept)
		}
	}
	for _, cell := range cells {
		for _, by := range cell.By {
			l.add(by)
		}
	}
	return l
}

func (l *Levels) add(by outputs.Level) {
	if i := slices.Index(l.concepts, by.Concept); i >= 0 && !slices.Contains(l.levels[i], by.Level) {
		l.levels[i] = append(l.levels[i], by.Level)
	}
}

// Concepts are those of rows and columns.
func (l Levels) Concepts() []string { return l.concepts }

// Table is one of these levels in which nothing is told.
func (l Levels) Table() Table {
	if len(l.concepts) == 2 {
		return New(len(l.levels[0]), len(l.levels[1]))
	}
	t := New(len(l.levels[0]), min(1, len(l.levels[0])))
	t.OneWay = true
	return t
}

// At is the place that levels are about; false if the table has none.
func (l Levels) At(by []outputs.Level) (row, column int, ok bool) {
	place := [2]int{Margin, Margin}
	for _, one := range by {
		i := slices.Index(l.concepts, one.Concept)
		if i < 0 {
			return 0, 0, false
		}
		if place[i] = slices.Index(l.levels[i], one.Level); place[i] < 0 {
			return 0, 0, false
		}
	}
	if len(l.concepts) == 1 && len(by) == 1 {
		place[1] = 0
	}
	return place[0], place[1], true
}

// Places lists what a table tells: its cells, the last concept fastest, then
// margins, and the total last.
func (l Levels) Places() [][]outputs.Level {
	var cells, margins [][]outputs.Level
	for i, concept := range l.concepts {
		for _, level := range l.levels[i] {
			one := outputs.Level{Concept: concept, Level: level}
			margins = append(margins, []outputs.Level{one})
			if i > 0 {
				continue
			}
			for _, other := range l.levels[1] {
				cells = append(cells, []outputs.Level{one, {Concept: l.concepts[1], Level: other}})
			}
		}
	}
	return append(append(cells, margins...), []outputs.Level{})
}

// Sums lists the levels whose numbers a cell is part of, itself first.
func (l Levels) Sums(by []outputs.Level) [][]outputs.Level {
	out := [][]outputs.Level{by}
	if len(by) == 2 {
		out = append(out, by[:1], by[1:])
	}
	if len(by) > 0 {
		out = append(out, nil)
	}
	return out
}
