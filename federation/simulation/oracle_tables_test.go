package simulation

import (
	"math"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

// level is the level of a category that a person has.
func (r row) level(concept string) string {
	switch concept {
	case "treatment":
		return r.treatment
	case "clinic":
		return r.clinic
	case "trial":
		return trialName(r.trial)
	case "ended":
		return map[bool]string{false: "no", true: "yes"}[r.ended]
	}
	panic("no category: " + concept)
}

// number is the value of a number or event; false where it is missing.
func (r row) number(concept string) (float64, bool) {
	switch concept {
	case "follow-up":
		return r.days, true
	case "age":
		return r.age, true
	case "weight":
		return r.weight, r.weighed
	case "ended":
		return map[bool]float64{true: 1}[r.ended], true
	}
	panic("no number: " + concept)
}

func (r row) in(cell []outputs.Level) bool {
	return !slices.ContainsFunc(cell, func(l outputs.Level) bool { return r.level(l.Concept) != l.Level })
}

// having are the people of whom something holds.
func having(all []row, holds func(row) bool) []row {
	return slices.DeleteFunc(slices.Clone(all), func(r row) bool { return !holds(r) })
}

func (o *oracle) count(r outputs.Count) {
	all := o.everybody()
	o.dropped(r.Dropped, len(all))
	for _, c := range r.Cells {
		n := len(having(all, func(p row) bool { return p.in(c.By) }))
		o.unless(c.Suppressed || abs(c.N-n) <= o.rounding, "%s: cell %v is told as %d, the rows give %d", o.what, c.By, c.N, n)
	}
}

// numbers are the values that people have.
func numbers(all []row, concept string) (values []float64) {
	for _, r := range all {
		if v, known := r.number(concept); known {
			values = append(values, v)
		}
	}
	return values
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// spread is the standard deviation about the mean, n − 1.
func spread(values []float64) float64 {
	m, squares := mean(values), 0.0
	for _, v := range values {
		squares += (v - m) * (v - m)
	}
	return math.Sqrt(squares / float64(len(values)-1))
}

func (o *oracle) summary(r outputs.Summary) {
	all := o.everybody()
	o.dropped(r.Dropped, len(numbers(all, r.Measure)))
	for _, g := range r.Groups {
		if g.Suppressed {
			continue
		}
		values := numbers(having(all, func(p row) bool { return p.in(g.By) }), r.Measure)
		o.same("the size of a group", g.N, len(values))
		o.near("a mean", g.Mean, mean(values))
		o.near("a standard deviation", g.SD, spread(values))
		slices.Sort(values)
		for _, p := range g.Percentiles {
			at := float64(len(values)-1) * float64(p.Percent) / 100
			below, above := values[int(at)], values[min(int(at)+1, len(values)-1)]
			o.near("a percentile", p.Value, below+(at-math.Floor(at))*(above-below))
		}
	}
}
