package report

import (
	"html/template"
	"math"
	"strconv"
)

// survival is the plot of one site's arms in one study, and what stands under it.
type survival struct {
	Site      string
	Threshold int
	Plot      template.HTML
	Time      string
	Ticks     []string
	Arms      []armAtRisk
}

type armAtRisk struct {
	Curve  Curve
	Swatch string
	AtRisk []string // at each tick
}

// Plot area within the image.
const (
	plotWidth, plotHeight = 380.0, 270.0
	plotLeft, plotTop     = 44.0, 34.0
	plotRight, plotBottom = plotWidth - 14, plotHeight - 42
	arms                  = 4 // distinct strokes in the style sheet
	legendLine, timeMin   = 26.0, 1.0
)

func (p *page) survivals(s Study) []survival {
	var out []survival
	index := map[string]int{}
	for _, curve := range s.Curves {
		if _, seen := index[curve.Site]; !seen {
			index[curve.Site] = len(out)
			out = append(out, survival{Site: curve.Site, Threshold: p.site(curve.Site).Threshold, Time: curve.Time})
		}
		i := index[curve.Site]
		out[i].Arms = append(out[i].Arms, armAtRisk{Curve: curve, Swatch: "arm" + strconv.Itoa(len(out[i].Arms)%arms)})
	}
	for i := range out {
		out[i].draw("km-"+strconv.Itoa(p.studyIndex(s.ID))+"-"+strconv.Itoa(i), p.SiteName(out[i].Site))
	}
	return out
}

func (v *survival) draw(id, name string) {
	longest := timeMin
	for _, a := range v.Arms {
		for _, step := range a.Curve.Steps {
			if finite(step.Time) {
				longest = math.Max(longest, step.Time)
			}
		}
	}
	ticks := roundTicks(longest)
	x := func(t float64) float64 { return plotLeft + t/longest*(plotRight-plotLeft) }
	c := newCanvas(id, "plot", plotWidth, plotHeight, "Kaplan-Meier curves at "+name,
		"Share of people without the event over time, one line for each arm, drawn from the steps that left the site.")
	for i := 0; i <= 4; i++ {
		y := height(float64(i) / 4)
		c.line(plotLeft, y, plotRight, y, "grid")
		c.text(plotLeft-8, y+4, "small", "end", strconv.Itoa(i*25)+"%")
	}
	for _, t := range ticks {
		c.line(x(t), plotBottom, x(t), plotBottom+4, "axis")
		c.text(x(t), plotBottom+18, "small", "middle", short(t))
		v.Ticks = append(v.Ticks, short(t))
	}
	c.line(plotLeft, plotBottom, plotRight, plotBottom, "axis")
	c.text((plotLeft+plotRight)/2, plotHeight-6, "small", "middle", v.Time)
	for i := range v.Arms {
		step := (plotRight - plotLeft) / math.Max(2, float64(len(v.Arms)))
		v.Arms[i].draw(c, x, plotLeft+float64(i)*step, step, ticks)
	}
	v.Plot = c.done()
}

// draw draws the steps and, shaded, where the whole curve must lie: between two
// published steps it falls from the first height to the second at times that
// stayed at the site.
func (a *armAtRisk) draw(c *canvas, x func(float64) float64, left, room float64, ticks []float64) {
	line, band := "M"+num(plotLeft)+" "+num(height(1)), ""
	t, s := 0.0, 1.0
	for _, step := range a.Curve.Steps {
		if !finite(step.Time) || !finite(step.Survival) {
			continue
		}
		line += "H" + num(x(step.Time)) + "V" + num(height(step.Survival))
		band += "M" + num(x(t)) + " " + num(height(s)) + "H" + num(x(step.Time)) + "V" + num(height(step.Survival)) + "H" + num(x(t)) + "z"
		t, s = step.Time, step.Survival
	}
	c.begin("g", "class", a.Swatch)
	c.words("title", a.Curve.Arm)
	if band != "" {
		c.mark("path", "d", band, "class", "band")
		c.mark("path", "d", line, "class", "curve")
		c.mark("circle", "cx", num(x(t)), "cy", num(height(s)), "r", "3", "class", "stop")
	}
	c.line(left, 14, left+legendLine, 14, "curve")
	c.text(left+legendLine+6, 18, "small", "start", cut(a.Curve.Arm, int((room-legendLine-6)/letter)))
	c.end()
	for _, tick := range ticks {
		a.AtRisk = append(a.AtRisk, a.Curve.atRisk(tick))
	}
}

// atRisk is the number at the last published step up to the time given.
func (c Curve) atRisk(t float64) string {
	n, known := c.People, c.People > 0
	for _, step := range c.Steps {
		if step.Time <= t {
			n, known = step.AtRisk, true
		}
	}
	if !known {
		return "–"
	}
	return strconv.Itoa(n)
}

func height(s float64) float64 { return plotBottom - s*(plotBottom-plotTop) }

// roundTicks returns from four to seven round numbers from 0 to most.
func roundTicks(most float64) []float64 {
	step := math.Pow(10, math.Floor(math.Log10(most/4)))
	for _, factor := range []float64{5, 2} {
		if most/(step*factor) >= 3 {
			step *= factor
			break
		}
	}
	var out []float64
	for i := 0.0; i*step <= most; i++ {
		out = append(out, i*step)
	}
	return out
}
