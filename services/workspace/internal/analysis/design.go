package analysis

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
)

// design is the complete rows of a regression with a column for each term.
type design struct {
	told    outputs.Regression
	terms   []string
	x       [][]float64 // by person, then term
	y       []float64   // outcome, or 1 where the event happened
	times   []float64   // of cox
	stratum []int       // of cox
	dropped outputs.Dropped
	concept []string // of each term; empty for the intercept
}

// newDesign takes the rows that have all values. Levels that nobody has lose their
// term if used is asked for.
func newDesign(table Table, q Regression, threshold int, used bool) (*design, error) {
	if threshold < 1 || len(q.Covariates) == 0 {
		return nil, fmt.Errorf("%w: a model has covariates, and the threshold is 1 or more", ErrRequest)
	}
	needed, err := q.columns(table)
	if err != nil {
		return nil, err
	}
	kept := complete(table.Rows(), needed...)
	d := &design{dropped: table.droppedBeside(len(kept), threshold), x: make([][]float64, len(kept)),
		told: outputs.Regression{Analysis: q.Kind, Outcome: q.Outcome, Time: q.Time, Event: q.Event, Stratum: q.Stratum, N: len(kept),
			Strata: 1, Levels: []outputs.LevelSize{}}}
	if len(kept) == 0 {
		return nil, fmt.Errorf("%w: no complete row", ErrNoInformation)
	}
	if err := d.outcome(q, kept, needed); err != nil {
		return nil, err
	}
	if q.Kind != "cox" {
		d.add(outputs.Intercept, "", func(int) float64 { return 1 })
	}
	for i, concept := range q.Covariates {
		if err := d.covariate(concept, q.References[concept], needed[i], kept, used, threshold); err != nil {
			return nil, err
		}
	}
	if len(d.terms) == 0 || len(d.terms) > outputs.MaxTerms {
		return nil, fmt.Errorf("%w: a model has 1 to %d terms", ErrRequest, outputs.MaxTerms)
	}
	return d, nil
}

// columns finds the covariates, and behind them the outcome or time, event and stratum.
func (q Regression) columns(table Table) (needed []Column, err error) {
	for _, concept := range q.Covariates {
		column, err := table.column(concept, table.Columns[concept].Type)
		if err != nil {
			return nil, err
		}
		needed = append(needed, column)
	}
	want := []struct {
		concept string
		of      Type
	}{{q.Outcome, Event}}
	switch q.Kind {
	case "linear-regression":
		want[0].of = Number
	case "cox":
		want[0].concept, want[0].of = q.Time, Number
		want = append(want, struct {
			concept string
			of      Type
		}{q.Event, Event})
		if q.Stratum != "" {
			want = append(want, struct {
				concept string
				of      Type
			}{q.Stratum, Category})
		}
	}
	for _, w := range want {
		column, err := table.column(w.concept, w.of)
		if err != nil {
			return nil, err
		}
		needed = append(needed, column)
	}
	return needed, nil
}

func (d *design) outcome(q Regression, kept []int, needed []Column) error {
	k := len(q.Covariates)
	values := func(c Column) []float64 {
		out := make([]float64, len(kept))
		for i, row := range kept {
			out[i] = c.Values[row].Number
		}
		return out
	}
	d.y = values(needed[k])
	if q.Kind == "cox" {
		d.times, d.y = d.y, values(needed[k+1])
		if slices.ContainsFunc(d.times, func(t float64) bool { return !(t >= 0) }) {
			return fmt.Errorf("%w: %s holds a time below zero", ErrRequest, q.Time)
		}
		d.stratum = make([]int, len(kept))
		if q.Stratum != "" {
			seen := map[int]bool{}
			for i, row := range kept {
				d.stratum[i] = int(needed[k+2].Values[row].Number)
				seen[d.stratum[i]] = true
			}
			d.told.Strata = len(seen)
		}
	}
	if q.Kind == "linear-regression" {
		return nil
	}
	for _, y := range d.y {
		d.told.Events += int(y)
	}
	if d.told.Events == 0 || q.Kind != "cox" && d.told.Events == len(kept) {
		return fmt.Errorf("%w: everybody has the same outcome", ErrNoInformation)
	}
	return nil
}

func (d *design) add(term, concept string, value func(person int) float64) {
	d.terms, d.concept = append(d.terms, term), append(d.concept, concept)
	for i := range d.x {
		d.x[i] = append(d.x[i], value(i))
	}
}

// covariate adds the terms of one concept: one of a number or an event, one for
// each level but the reference of a category.
func (d *design) covariate(concept, reference string, column Column, kept []int, used bool, threshold int) error {
	value := func(i int) float64 { return column.Values[kept[i]].Number }
	if column.Type != Category {
		if reference != "" {
			return fmt.Errorf("%w: %s is no category and has no reference", ErrRequest, concept)
		}
		d.add(concept, concept, value)
		d.pair(concept, column.Type, threshold)
		return nil
	}
	if len(column.Levels) == 0 {
		return fmt.Errorf("%w: %s has no levels", ErrRequest, concept)
	}
	sizes := make([]int, len(column.Levels))
	for i := range kept {
		sizes[int(value(i))]++
	}
	base := 0
	if reference != "" {
		if base = slices.Index(column.Levels, reference); base < 0 {
			return fmt.Errorf("%w: %s has no level of the name of its reference", ErrRequest, concept)
		}
	} else if used {
		base = max(0, slices.IndexFunc(sizes, func(n int) bool { return n > 0 }))
	}
	if used && slices.Max(sizes) == len(kept) {
		return fmt.Errorf("%w: %s has one value", rounds.ErrSingular, concept)
	}
	for l, label := range column.Levels {
		if used && sizes[l] == 0 {
			continue
		}
		d.told.Levels = append(d.told.Levels, outputs.LevelSize{Concept: concept, Level: label, N: sizes[l], Reference: l == base})
		if l != base {
			d.add(concept+"="+label, concept, func(i int) float64 {
				if int(value(i)) == l {
					return 1
				}
				return 0
			})
		}
	}
	return nil
}

// pair tells the sizes of a covariate that has two values: it splits people as a
// category does, whatever its type. So does one of which fewer people than the
// threshold have another value than most: a sum of it tells of them.
func (d *design) pair(concept string, of Type, threshold int) {
	term, sizes := len(d.terms)-1, map[float64]int{}
	for _, row := range d.x {
		sizes[row[term]]++
	}
	if len(sizes) != 2 && of != Event {
		d.most(concept, sizes, threshold)
		return
	}
	if of == Event {
		d.told.Levels = append(d.told.Levels, outputs.LevelSize{Concept: concept, Level: "no", N: sizes[0], Reference: true},
			outputs.LevelSize{Concept: concept, Level: "yes", N: sizes[1]})
		return
	}
	first := true
	for _, v := range slices.Sorted(maps.Keys(sizes)) {
		d.told.Levels = append(d.told.Levels, outputs.LevelSize{Concept: concept, Level: strconv.FormatFloat(outputs.Plain(v), 'f', -1, 64),
			N: sizes[v], Reference: first})
		first = false
	}
}

// most tells how many people have the value that most have and how many another
// one, if those are few.
func (d *design) most(concept string, sizes map[float64]int, threshold int) {
	usual := 0
	for _, n := range sizes {
		usual = max(usual, n)
	}
	if others := len(d.x) - usual; others < threshold {
		d.told.Levels = append(d.told.Levels, outputs.LevelSize{Concept: concept, Level: "most", N: usual, Reference: true},
			outputs.LevelSize{Concept: concept, Level: "others", N: others})
	}
}

// constant names a covariate that is the same for everybody.
func (d *design) constant() string {
	for t, concept := range d.concept {
		if concept != "" && d.same(t) {
			return concept
		}
	}
	return ""
}

func (d *design) same(term int) bool {
	for _, row := range d.x {
		if row[term] != d.x[0][term] {
			return false
		}
	}
	return true
}

// saturated refuses a model with as many terms as its covariates have
// combinations: each combination then has its own fitted value, and the model is a
// table under another name. The baseline of a cox model is never so used up.
//
// SACRO-ML, DataSHIELD: saturated regressions are disclosive.
func (d *design) saturated() error {
	if d.told.Analysis == "cox" {
		return nil
	}
	varying := 1
	for t, concept := range d.concept {
		if concept != "" && !d.same(t) {
			varying++
		}
	}
	patterns, key := map[string]bool{}, []byte{}
	for _, row := range d.x {
		key = key[:0]
		for _, v := range row {
			bits := math.Float64bits(v)
			for shift := 0; shift < 64; shift += 8 {
				key = append(key, byte(bits>>shift))
			}
		}
		if patterns[string(key)] = true; len(patterns) > varying {
			return nil
		}
	}
	return ErrSaturated
}

func (d *design) predictors(at []float64) []float64 {
	out := make([]float64, len(d.x))
	for i, row := range d.x {
		for t, v := range row {
			out[i] += at[t] * v
		}
	}
	return out
}
