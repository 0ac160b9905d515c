package analysis

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// Prepare makes the one table of the analyses of the tables of several datasets,
// by the steps in their order; the job's own dataset is the one without a name.
// Tables are not changed. Steps, and what they promise: package analyses.
func Prepare(ctx context.Context, tables map[string]Table, steps []vocabulary.Preparation) (Table, error) {
	m := making{rows: maps.Clone(tables), people: map[string]Table{}, alleles: allelesOf(steps), dosages: dosages{}}
	for i, step := range steps {
		do, known := preparing[step.Op]
		if !known {
			return Table{}, fmt.Errorf("step %d: %w: this workspace does not compute %s", i+1, analyses.ErrAsked, step.Op)
		}
		if err := stopped(ctx, 0); err != nil {
			return Table{}, fmt.Errorf("step %d (%s): %w", i+1, step.Op, err)
		}
		if err := do(ctx, m, step); err != nil {
			return Table{}, fmt.Errorf("step %d (%s): %w", i+1, step.Op, err)
		}
	}
	return m.now("").OfPeople()
}

// preparing is what takes a step of each kind.
var preparing = map[string]func(context.Context, making, vocabulary.Preparation) error{
	analyses.Filter:    filter,
	analyses.Derive:    derive,
	analyses.Recode:    recode,
	analyses.Aggregate: aggregate,
	analyses.Link:      link,
	analyses.Dosage:    dosage,
}

// OfPeople refuses a table with several rows a person, and takes the pseudonyms
// away: no analysis is about them.
func (t Table) OfPeople() (Table, error) {
	persons, known := t.Columns[analyses.Person]
	if !known {
		return t, nil
	}
	seen := make([]bool, len(persons.Levels))
	for _, v := range persons.Values {
		if v.Present && seen[int(v.Number)] {
			return Table{}, ErrRows
		}
		if v.Present {
			seen[int(v.Number)] = true
		}
	}
	// A table of pseudonyms alone keeps its rows: they are counted.
	columns := maps.Clone(t.Columns)
	if delete(columns, analyses.Person); len(columns) == 0 {
		columns[everybody] = Column{Type: Number, Values: persons.Values}
	}
	return Table{Columns: columns, dropped: t.dropped}, nil
}

// everybody is no concept: nobody can ask about it.
const everybody = ""

// making is the tables as the steps so far have left them.
type making struct {
	rows, people map[string]Table // people: of a dataset that is aggregated

	alleles []allele // of all steps, which are read together
	dosages dosages
}

func (m making) now(dataset string) Table {
	if t, aggregated := m.people[dataset]; aggregated {
		return t
	}
	return m.rows[dataset]
}

func (m making) put(dataset string, t Table) {
	if _, aggregated := m.people[dataset]; aggregated {
		m.people[dataset] = t
		return
	}
	m.rows[dataset] = t
}

// with is the table with one column more.
func (t Table) with(concept string, c Column) (Table, error) {
	if _, there := t.Columns[concept]; there {
		return Table{}, fmt.Errorf("%w: there is a %s already", ErrRequest, concept)
	}
	columns := maps.Clone(t.Columns)
	if columns == nil {
		columns = map[string]Column{}
	}
	columns[concept] = c
	return Table{Columns: columns, dropped: t.dropped}, nil
}

// rows takes some rows, in their order.
func (t Table) take(kept []int) Table {
	out := Table{Columns: map[string]Column{}, dropped: t.dropped}
	for concept, c := range t.Columns {
		values := make([]Value, len(kept))
		for i, row := range kept {
			values[i] = c.Values[row]
		}
		c.Values = values
		out.Columns[concept] = c
	}
	return out
}

func filter(_ context.Context, m making, p vocabulary.Preparation) error {
	t := m.now(p.Dataset)
	met, err := t.meeting(p.Where)
	if err != nil {
		return err
	}
	var kept []int
	for row, v := range met {
		if v.Present && v.Number == 1 {
			kept = append(kept, row)
		}
	}
	m.put(p.Dataset, t.take(kept))
	return nil
}

func derive(_ context.Context, m making, p vocabulary.Preparation) error {
	t := m.now(p.Dataset)
	made := Column{Type: Event}
	if len(p.Where) > 0 {
		met, err := t.meeting(p.Where)
		if err != nil {
			return err
		}
		made.Values = met
	} else {
		of, err := t.column(p.Concept, Number)
		if err != nil {
			return err
		}
		made = grouped(of, p)
	}
	t, err := t.with(p.As, made)
	if err == nil {
		m.put(p.Dataset, t)
	}
	return err
}

// grouped puts each number into the group that begins at the last cut that is
// not above it.
func grouped(of Column, p vocabulary.Preparation) Column {
	out := Column{Type: Category, Levels: p.Levels, Values: slices.Clone(of.Values)}
	cuts := make([]float64, len(p.Cuts))
	for i, cut := range p.Cuts {
		cuts[i], _ = strconv.ParseFloat(cut, 64) // checked when it was asked
	}
	for i, v := range out.Values {
		if v.Present {
			group, exact := slices.BinarySearch(cuts, v.Number)
			if exact {
				group++
			}
			out.Values[i].Number = float64(group)
		}
	}
	return out
}

func recode(_ context.Context, m making, p vocabulary.Preparation) error {
	t := m.now(p.Dataset)
	of, err := t.column(p.Concept, Category)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, r := range p.Recodes {
		if !slices.Contains(of.Levels, r.From) {
			return fmt.Errorf("%w: %s has no such level to recode", ErrRequest, p.Concept)
		}
		names[r.From] = r.To
	}
	out := Column{Type: Category, Values: slices.Clone(of.Values)}
	place := make([]float64, len(of.Levels))
	for i, level := range of.Levels {
		if to, renamed := names[level]; renamed {
			level = to
		}
		at := slices.Index(out.Levels, level)
		if at < 0 {
			at, out.Levels = len(out.Levels), append(out.Levels, level)
		}
		place[i] = float64(at)
	}
	for i, v := range out.Values {
		if v.Present {
			out.Values[i].Number = place[int(v.Number)]
		}
	}
	if t, err = t.with(p.As, out); err == nil {
		m.put(p.Dataset, t)
	}
	return err
}

func allelesOf(steps []vocabulary.Preparation) (all []allele) {
	for _, p := range steps {
		if p.Op == analyses.Dosage {
			all = append(all, allele{p.Variant, p.Allele})
		}
	}
	return all
}

func dosage(ctx context.Context, m making, p vocabulary.Preparation) error {
	made, err := m.dosages.column(ctx, m.now(""), m.alleles, allele{p.Variant, p.Allele})
	if err != nil {
		return err
	}
	t, err := m.now("").with(p.As, made)
	if err == nil {
		m.put("", t)
	}
	return err
}
