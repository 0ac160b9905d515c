package report

import (
	"fmt"
	"html/template"
	"math"
)

// axis is the scale of a forest plot: of ratios, which are drawn by their logarithms, or of differences.
type axis struct {
	ratio          bool
	rule           bool // at no difference
	fewer, more    string
	left, low, per float64 // pixels, value at the left, pixels for one
}

func ratios(fewer, more string) axis { return axis{ratio: true, rule: true, fewer: fewer, more: more} }

const (
	forestWidth, forestRow = 380.0, 58.0
	forestLeft             = 16.0
	forestRight            = forestWidth - 16
	tickRoom               = 34.0
)

// draw draws an interval a row, a diamond for what is combined.
func (a axis) draw(id, title, desc string, rows []estimate) template.HTML {
	a.span(rows)
	bottom := float64(len(rows)) * forestRow
	c := newCanvas(id, "plot", forestWidth, bottom+52, title, desc)
	last := math.Inf(-1)
	for _, t := range a.ticks() {
		at := a.x(t)
		if at < forestLeft || at > forestRight || at-last < tickRoom {
			continue
		}
		last = at
		across(c, len(rows), at, "grid")
		c.text(at, bottom+22, "small", "middle", short(t))
	}
	if a.rule {
		none := a.x(0)
		if a.ratio {
			none = a.x(1)
		}
		across(c, len(rows), none, "axis")
		c.text(none-10, bottom+42, "small", "end", "← "+a.fewer)
		c.text(none+10, bottom+42, "small", "start", a.more+" →")
	}
	for i, e := range rows {
		e.draw(c, a.x, float64(i)*forestRow)
	}
	return c.done()
}

// span fits the axis to all intervals, and to no difference, which stands away from both ends.
func (a *axis) span(rows []estimate) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, e := range rows {
		low, high = math.Min(low, a.scaled(e.Low)), math.Max(high, a.scaled(e.High))
	}
	if a.rule {
		least := math.Max(math.Max(-low, high)/3, 1e-9)
		low, high = math.Min(low, -least), math.Max(high, least)
	}
	if high <= low {
		low, high = low-1, high+1
	}
	a.left, a.low, a.per = forestLeft, low, (forestRight-forestLeft)/(high-low)
}

func (a axis) scaled(v float64) float64 {
	if a.ratio {
		return math.Log(v)
	}
	return v
}

func (a axis) x(v float64) float64 { return a.left + (a.scaled(v)-a.low)*a.per }

func (a axis) ticks() []float64 {
	high := a.low + (forestRight-forestLeft)/a.per
	if a.ratio {
		return []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100}
	}
	step := math.Pow(10, math.Floor(math.Log10((high-a.low)/2)))
	var out []float64
	for k := math.Ceil(a.low / step); k*step <= high; k++ {
		out = append(out, k*step)
	}
	return out
}

// across draws a vertical line through every row's interval and past none of its words.
func across(c *canvas, rows int, at float64, class string) {
	for i := range rows {
		y := float64(i) * forestRow
		c.line(at, y+28, at, y+52, class)
	}
}

func (e estimate) draw(c *canvas, x func(float64) float64, y float64) {
	mid := y + 40
	c.begin("g")
	c.words("title", fmt.Sprintf("%s: %s (%s to %s)", e.Label, short(e.Ratio), short(e.Low), short(e.High)))
	c.text(forestLeft, y+20, "label", "start", cut(e.Label, 30))
	c.text(forestRight, y+20, "label", "end", fmt.Sprintf("%s (%s to %s)", decimals(e.Ratio), decimals(e.Low), decimals(e.High)))
	if e.Combined {
		c.mark("path", "d", "M"+num(x(e.Low))+" "+num(mid)+"L"+num(x(e.Ratio))+" "+num(mid-8)+"L"+num(x(e.High))+" "+num(mid)+"L"+num(x(e.Ratio))+" "+num(mid+8)+"z", "class", "diamond")
	} else {
		c.line(x(e.Low), mid, x(e.High), mid, "interval")
		c.box(x(e.Ratio)-6, mid-6, 12, 12, "estimate")
	}
	c.end()
}
