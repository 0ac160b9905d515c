package report

import (
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
)

// tablePart is a table of counts as rows and columns, and its picture. A table of one concept has one column.
type tablePart struct {
	Table
	Plot        template.HTML
	Columns     []string
	Rows        []tableRow
	People      int // in all cells told, margins aside
	Suppressed  int
	Row, Column string // the concepts
}

type tableRow struct {
	Level string
	Cells []*Cell // nil where there is none
}

// margin names the row or column of a cell with fewer levels.
const margin = "all"

func drawTable(id string, t Table) tablePart {
	t = upright(t)
	part := tablePart{Table: t}
	if len(t.Concepts) > 0 {
		part.Row = t.Concepts[0]
	}
	if len(t.Concepts) > 1 {
		part.Column = t.Concepts[1]
	}
	for i := range t.Cells {
		part.place(&t.Cells[i])
	}
	part.Plot = part.bars(id)
	return part
}

// upright puts the concept with more levels into the rows.
func upright(t Table) Table {
	if len(t.Concepts) != 2 || t.levels(0) >= t.levels(1) {
		return t
	}
	turned := Table{Concepts: []string{t.Concepts[1], t.Concepts[0]}}
	for _, c := range t.Cells {
		if c.Levels = slices.Clone(c.Levels); len(c.Levels) == 2 {
			c.Levels[0], c.Levels[1] = c.Levels[1], c.Levels[0]
		}
		turned.Cells = append(turned.Cells, c)
	}
	return turned
}

func (t Table) levels(k int) int {
	seen := map[string]bool{}
	for _, c := range t.Cells {
		if k < len(c.Levels) && c.Levels[k] != "" {
			seen[c.Levels[k]] = true
		}
	}
	return len(seen)
}

func (t *tablePart) place(c *Cell) {
	level := func(k int) string {
		if k >= len(t.Concepts) || k >= len(c.Levels) || c.Levels[k] == "" {
			return margin
		}
		return c.Levels[k]
	}
	row, column := level(0), level(1)
	if !slices.Contains(t.Columns, column) {
		t.Columns = append(t.Columns, column)
	}
	i := slices.IndexFunc(t.Rows, func(r tableRow) bool { return r.Level == row })
	if i < 0 {
		i, t.Rows = len(t.Rows), append(t.Rows, tableRow{Level: row})
	}
	k := slices.Index(t.Columns, column)
	for len(t.Rows[i].Cells) <= k {
		t.Rows[i].Cells = append(t.Rows[i].Cells, nil)
	}
	t.Rows[i].Cells[k] = c
	switch {
	case c.Suppressed:
		t.Suppressed++
	case t.whole(c):
		t.People += c.N
	}
}

// whole tells of a cell that is no margin.
func (t *tablePart) whole(c *Cell) bool {
	return len(c.Levels) == len(t.Concepts) && !slices.Contains(c.Levels, "")
}

const (
	barLeft, barHeight, barRow, hidden = 96.0, 22.0, 34.0, 22.0
	fills                              = 6 // distinct ones in the style sheet
)

// bars draws each row as a bar of its columns; a suppressed cell is a hatched box of one width, which tells nothing.
func (t *tablePart) bars(id string) template.HTML {
	rows := slices.DeleteFunc(slices.Clone(t.Rows), func(r tableRow) bool { return r.Level == margin && len(t.Concepts) > 0 })
	most, boxes := 0, 0
	for _, r := range rows {
		n, h := 0, 0
		for _, c := range r.Cells {
			switch {
			case c == nil || !t.whole(c):
			case c.Suppressed:
				h++
			default:
				n += c.N
			}
		}
		most, boxes = max(most, n), max(boxes, h)
	}
	head := 4.0
	if t.Column != "" {
		head += 20 * float64(t.legend(nil))
	}
	c := newCanvas(id, "plot", forestWidth, head+float64(len(rows))*barRow+6, "Counts by "+strings.Join(t.Concepts, " and "),
		"A bar for each row of the table, as long as its people; suppressed cells are hatched boxes of one width. The table holds the same.")
	per := (forestWidth - barLeft - 46 - float64(boxes)*hidden) / math.Max(1, float64(most))
	if t.Column != "" {
		t.legend(c)
	}
	for i, r := range rows {
		t.bar(c, r, head+float64(i)*barRow, per)
	}
	return c.done()
}

// legend names the columns, and tells how many lines that took; without a canvas it only counts them.
func (t *tablePart) legend(c *canvas) (lines int) {
	x := forestWidth
	for k, column := range t.Columns {
		if column == margin {
			continue
		}
		words := cut(t.Column+" = "+column, 24)
		width := 30 + letter*float64(len([]rune(words)))
		if x+width > forestWidth {
			x, lines = 4, lines+1
		}
		if c != nil {
			y := 20*float64(lines) - 14
			c.box(x, y, 12, 12, "bar bar"+strconv.Itoa(k%fills))
			c.text(x+17, y+10, "small", "start", words)
		}
		x += width
	}
	return lines
}

func (t *tablePart) bar(c *canvas, r tableRow, y, per float64) {
	c.text(barLeft-8, y+15, "small", "end", cut(r.Level, 14))
	x, sum, covered := barLeft, 0, false
	for k, cell := range r.Cells {
		switch {
		case cell == nil || !t.whole(cell):
		case cell.Suppressed:
			c.begin("g")
			c.words("title", r.Level+", "+t.Columns[k]+": suppressed")
			c.mark("path", "d", hatch(x, y, hidden, barHeight), "class", "hatch")
			c.mark("rect", "x", num(x), "y", num(y), "width", num(hidden), "height", num(barHeight), "class", "hidden")
			c.end()
			x, covered = x+hidden, true
		default:
			width := float64(cell.N) * per
			c.begin("g")
			c.words("title", r.Level+", "+t.Columns[k]+": "+strconv.Itoa(cell.N))
			c.mark("rect", "x", num(x), "y", num(y), "width", num(width), "height", num(barHeight), "class", "bar bar"+strconv.Itoa(k%fills))
			c.end()
			x, sum = x+width, sum+cell.N
		}
	}
	words := grouped(sum)
	if covered {
		words += " told"
	}
	c.text(x+6, y+15, "small", "start", words)
}

// hatch is the lines of a box that hides a number.
func hatch(x, y, w, h float64) string {
	var path strings.Builder
	for d := 5.0; d < w+h; d += 6 {
		x1, y1 := x+math.Min(d, w), y+math.Max(0, d-w)
		x2, y2 := x+math.Max(0, d-h), y+math.Min(d, h)
		path.WriteString("M" + num(x1) + " " + num(y1) + "L" + num(x2) + " " + num(y2))
	}
	return path.String()
}
