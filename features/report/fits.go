package report

import (
	"html/template"
	"math"
	"slices"
	"strconv"
)

// fitPart is the estimates of a model or of sites, and their picture.
type fitPart struct {
	Fit
	Ratio   string // what exp of an estimate is: "odds ratio"; empty of a difference
	Plot    template.HTML
	Without []string // terms that no picture holds
}

// intercept is a term that compares nothing, and is not drawn.
const intercept = "(intercept)"

func drawFit(id string, f Fit) fitPart {
	part := fitPart{Fit: f, Ratio: map[string]string{"log odds ratio": "odds ratio", "log hazard ratio": "hazard ratio", "log risk ratio": "risk ratio"}[f.Measure]}
	var rows []estimate
	for _, t := range f.Terms {
		e, ok := t.interval(part.Ratio != "")
		switch {
		case t.Name == intercept:
		case !ok:
			part.Without = append(part.Without, t.Name)
		default:
			rows = append(rows, e)
		}
	}
	if len(rows) == 0 {
		return part
	}
	scale := axis{rule: true, fewer: "less", more: "more"}
	what := "Difference"
	if part.Ratio != "" {
		scale, what = ratios("lower", "higher"), part.Ratio
	}
	part.Plot = scale.draw(id, "Estimates of "+f.Title, what+" with 95% interval for each term; the rule is no difference. The table below holds the same.", rows)
	return part
}

func (t Term) interval(ratio bool) (estimate, bool) {
	if !finite(t.Estimate) || !finite(t.SE) || t.SE < 0 {
		return estimate{}, false
	}
	e := estimate{Label: t.Name, Ratio: t.Estimate, Low: t.Estimate - z95*t.SE, High: t.Estimate + z95*t.SE, Combined: t.Combined}
	if ratio {
		e.Ratio, e.Low, e.High = math.Exp(e.Ratio), math.Exp(e.Low), math.Exp(e.High)
	}
	return e, !ratio || e.Low > 0 && finite(e.High)
}

// meansPart is the means of groups, and their picture.
type meansPart struct {
	Means
	Plot       template.HTML
	Suppressed int
	Percents   []int // of which some group tells the percentile, rising
}

// Numbers is how many numbers the table has for a group.
func (m meansPart) Numbers() int { return 3 + len(m.Percents) }

// At is the percentile of a group as text; a dash if it was not told.
func (m Mean) At(percent int) string {
	i := slices.IndexFunc(m.Percentiles, func(p Percentile) bool { return p.Percent == percent })
	if i < 0 {
		return "–"
	}
	return full(m.Percentiles[i].Value)
}

func (p *page) drawMeans(id string, m Means) meansPart {
	part := meansPart{Means: m}
	var rows []estimate
	for _, g := range m.Groups {
		for _, told := range g.Percentiles {
			if !slices.Contains(part.Percents, told.Percent) {
				part.Percents = append(part.Percents, told.Percent)
			}
		}
		if g.Suppressed || g.N < 1 || !finite(g.Mean) || !finite(g.SD) {
			part.Suppressed++
			continue
		}
		label := g.Group
		if g.Site != "" {
			label += ", " + p.SiteName(g.Site)
		}
		half := z95 * g.SD / math.Sqrt(float64(g.N))
		rows = append(rows, estimate{Label: label, Ratio: g.Mean, Low: g.Mean - half, High: g.Mean + half})
	}
	slices.Sort(part.Percents)
	if len(rows) > 0 {
		part.Plot = axis{}.draw(id, "Means of "+m.Measure, "Mean of each group with its 95% interval. The table below holds the same.", rows)
	}
	return part
}

// draw draws all that the study has beside survival.
func (s *studyPart) draw(p *page) {
	id := func(kind string, i int) string {
		return kind + "-" + strconv.Itoa(p.studyIndex(s.ID)) + "-" + strconv.Itoa(i)
	}
	for i, x := range s.Study.Scans {
		s.Scans = append(s.Scans, p.drawScan(id("scan", i), x))
	}
	for i, x := range s.Study.Fits {
		s.Fits = append(s.Fits, drawFit(id("fit", i), x))
	}
	for i, x := range s.Study.Means {
		s.Means = append(s.Means, p.drawMeans(id("means", i), x))
	}
	for i, x := range s.Study.Tables {
		s.Tables = append(s.Tables, drawTable(id("table", i), x))
	}
	for i, x := range s.Frequencies {
		if len(x.Sites) > 1 {
			s.Scatters = append(s.Scatters, p.drawFrequencies(id("frequencies", i), x))
		}
	}
}
