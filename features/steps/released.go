package steps

import (
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/features/report"
)

// draw adds to a study of the report what a released result shows, a line for each kind of result.
func draw(s *report.Study, r outputs.Result) {
	switch r := r.(type) {
	case outputs.Combination:
		s.Curves, s.Effects = append(s.Curves, curves(r)...), append(s.Effects, effects(r)...)
	case outputs.Count:
		s.Tables = append(s.Tables, countsOf(r))
	case outputs.Summary:
		s.Means = append(s.Means, meansOf(r))
	case outputs.PolygenicScore:
		s.Means = append(s.Means, scoresOf(r))
	case outputs.Model:
		s.Fits = append(s.Fits, fitOf(r))
	case outputs.Association:
		s.Scans = append(s.Scans, scanOf(r))
	case outputs.AlleleFrequency:
		s.Frequencies = append(s.Frequencies, frequenciesOf(r))
	}
}

func countsOf(r outputs.Count) report.Table {
	var t report.Table
	for _, c := range r.Cells {
		cell := report.Cell{N: c.N, Suppressed: c.Suppressed, Levels: make([]string, len(t.Concepts))}
		for _, l := range c.By {
			k := slices.Index(t.Concepts, l.Concept)
			if k < 0 {
				k, t.Concepts, cell.Levels = len(t.Concepts), append(t.Concepts, l.Concept), append(cell.Levels, "")
			}
			cell.Levels[k] = l.Level
		}
		t.Cells = append(t.Cells, cell)
	}
	return t
}

func levelsOf(by []outputs.Level) string {
	var said []string
	for _, l := range by {
		said = append(said, l.Concept+" = "+l.Level)
	}
	if len(said) == 0 {
		return "all"
	}
	return strings.Join(said, ", ")
}

func meansOf(r outputs.Summary) report.Means {
	m := report.Means{Measure: r.Measure}
	add := func(site string, groups []outputs.Summarised) {
		for _, g := range groups {
			told := report.Mean{Group: levelsOf(g.By), Site: site, N: g.N, Mean: g.Mean, SD: g.SD, Suppressed: g.Suppressed}
			for _, p := range g.Percentiles {
				told.Percentiles = append(told.Percentiles, report.Percentile{Percent: p.Percent, Value: p.Value})
			}
			m.Groups = append(m.Groups, told)
		}
	}
	for _, s := range r.BySite {
		add(s.Site, s.Groups)
	}
	add("", r.Groups)
	return m
}

func scoresOf(r outputs.PolygenicScore) report.Means {
	m := report.Means{Measure: "polygenic score"}
	add := func(site string, groups []outputs.ScoreGroup) {
		for _, g := range groups {
			name := g.Level
			if r.By != "" {
				name = r.By + " = " + g.Level
			}
			m.Groups = append(m.Groups, report.Mean{Group: name, Site: site, N: g.N, Mean: g.Mean, SD: g.SD})
		}
	}
	for _, s := range r.Sites {
		add(s.Site, s.Groups)
	}
	add("", r.Groups)
	return m
}

func fitOf(r outputs.Model) report.Fit {
	f := report.Fit{People: r.N, Rounds: r.Rounds, Title: r.Outcome, Measure: "difference"}
	switch r.Analysis {
	case "cox":
		f.Title, f.Measure = r.Event, "log hazard ratio"
	case "logistic-regression":
		f.Measure = "log odds ratio"
	case outputs.RiskRatio:
		f.Measure = "log risk ratio"
	}
	if r.Method != "" {
		f.Title += ", " + r.Method
	}
	for _, e := range r.Terms {
		f.Terms = append(f.Terms, report.Term{Name: e.Term, Estimate: e.Estimate, SE: e.SE, P: e.P})
	}
	return f
}

func scanOf(r outputs.Association) report.Scan {
	s := report.Scan{Outcome: r.Outcome, Cases: r.Cases, Controls: r.Controls, Masked: r.Masked, Lambda: r.Lambda, Flipped: flipped(r.Alignment), LeftOut: leftOut(r.Alignment),
		Chromosome: r.Variants.Chromosome, Position: r.Variants.Position, ID: r.Variants.ID, P: r.P}
	if len(r.P) == 0 {
		return s
	}
	best := 0
	for i, p := range r.P {
		if p < r.P[best] {
			best = i
		}
	}
	s.Strongest = report.Fit{Title: r.Variants.ID[best] + ", one more " + r.Variants.Effect[best], Measure: "log odds ratio", People: r.N[best]}
	for _, site := range r.BySite {
		s.Strongest.Terms = append(s.Strongest.Terms, report.Term{Name: site.Site, Estimate: site.Beta[best], SE: site.SE[best], P: site.P[best]})
	}
	s.Strongest.Terms = append(s.Strongest.Terms, report.Term{Name: "combined", Estimate: r.Beta[best], SE: r.SE[best], P: r.P[best], Combined: true})
	return s
}

func leftOut(a *outputs.Alignment) int {
	if a == nil {
		return 0
	}
	return a.Partial + a.Mismatched
}

func frequenciesOf(r outputs.AlleleFrequency) report.Frequencies {
	f := report.Frequencies{Masked: r.Masked, Flipped: flipped(r.Alignment), LeftOut: leftOut(r.Alignment), ID: r.Variants.ID}
	for _, s := range r.BySite {
		f.Sites = append(f.Sites, s.Site)
	}
	for i := range r.Variants.ID {
		var shares []float64
		for _, s := range r.BySite {
			share := 0.0
			if s.Number[i] > 0 {
				share = float64(s.Count[i]) / float64(s.Number[i])
			}
			shares = append(shares, share)
		}
		f.Shares = append(f.Shares, shares)
	}
	return f
}

func curves(c outputs.Combination) []report.Curve {
	var all []report.Curve
	for _, site := range c.Curves {
		for _, g := range site.Groups {
			curve := report.Curve{Site: site.Site, Arm: g.Level, Time: site.Time, People: g.N}
			for _, step := range g.Steps {
				curve.Steps = append(curve.Steps, report.CurveStep{Time: step.Time, Survival: step.Survival, AtRisk: step.AtRisk, Events: step.Events})
			}
			all = append(all, curve)
		}
	}
	return all
}

func effects(c outputs.Combination) []report.Effect {
	var all []report.Effect
	for _, site := range c.Sites {
		all = append(all, report.Effect{Site: site.Site, Arm: c.Compared, OE: site.OMinusE, Variance: site.Variance})
	}
	return all
}
