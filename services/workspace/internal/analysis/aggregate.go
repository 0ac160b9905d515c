package analysis

import (
	"context"
	"fmt"
	"maps"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// aggregate adds one value a person to the dataset's table of people, which is of the rows as they were at its first
// aggregate.
func aggregate(_ context.Context, m making, p vocabulary.Preparation) error {
	rows := m.rows[p.Dataset]
	persons, err := rows.persons()
	if err != nil {
		return err
	}
	met, err := rows.meeting(p.Where)
	if err != nil {
		return err
	}
	made, of, order, err := rows.aggregated(p)
	if err != nil {
		return err
	}
	people, first := m.people[p.Dataset], make([]int, 0, len(persons.Levels))
	place := make([]int, len(persons.Levels)) // of a person among the people, from 1
	told := make([]telling, 0, len(persons.Levels))
	for row, v := range persons.Values {
		if !v.Present {
			continue
		}
		at := place[int(v.Number)]
		if at == 0 {
			first, told = append(first, row), append(told, telling{})
			at = len(told)
			place[int(v.Number)] = at
		}
		if met[row].Present && met[row].Number == 1 {
			told[at-1].add(p.How, of, order, row)
		}
	}
	for _, one := range told {
		made.Values = append(made.Values, one.value(p.How))
	}
	if people.Columns == nil {
		people = Table{Columns: map[string]Column{analyses.Person: persons}}.take(first)
	}
	if people, err = people.with(p.As, made); err == nil {
		m.people[p.Dataset] = people
	}
	return err
}

// aggregated is the column that an aggregate makes, yet without values, and what it reads: the column of the values, and
// the one by which rows are ordered.
func (t Table) aggregated(p vocabulary.Preparation) (made, of, order Column, err error) {
	switch p.How {
	case analyses.Any:
		made = Column{Type: Event, absent: Value{Present: true}}
	case analyses.Counts:
		made = Column{Type: Number, absent: Value{Present: true}}
	case analyses.Last:
		if of = t.Columns[p.Concept]; len(of.Values) != t.Rows() {
			return made, of, order, fmt.Errorf("%w: %s", ErrConcept, p.Concept)
		}
		made = Column{Type: of.Type, Levels: of.Levels}
		order, err = t.column(p.Order, Number)
	default:
		made = Column{Type: Number}
		of, err = t.column(p.Concept, Number)
	}
	return made, of, order, err
}

func (t Table) persons() (Column, error) {
	persons, err := t.column(analyses.Person, Category)
	if err != nil {
		return persons, fmt.Errorf("%w: the dataset has no identifier of persons", ErrRequest)
	}
	return persons, nil
}

// telling gathers one person's rows.
type telling struct {
	n                   int // rows, or of values
	sum, min, max, last float64
	at                  float64 // order of the last
}

func (t *telling) add(how string, of, order Column, row int) {
	if how == analyses.Any || how == analyses.Counts {
		t.n++
		return
	}
	v := of.Values[row]
	if !v.Present || how == analyses.Last && !order.Values[row].Present {
		return
	}
	if t.n == 0 {
		t.min, t.max = v.Number, v.Number
	}
	if how == analyses.Last && (t.n == 0 || order.Values[row].Number >= t.at) {
		t.last, t.at = v.Number, order.Values[row].Number
	}
	t.n, t.sum, t.min, t.max = t.n+1, t.sum+v.Number, min(t.min, v.Number), max(t.max, v.Number)
}

func (t *telling) value(how string) Value {
	number := map[string]float64{analyses.Counts: float64(t.n), analyses.Mean: t.sum / float64(max(t.n, 1)), analyses.Min: t.min,
		analyses.Max: t.max, analyses.Last: t.last}[how]
	if how == analyses.Any {
		number = float64(min(t.n, 1))
	}
	return Value{Number: number, Present: t.n > 0 || how == analyses.Any || how == analyses.Counts}
}

// link joins a dataset of people to the persons of the job's own, who all stay.
func link(_ context.Context, m making, p vocabulary.Preparation) error {
	own, other := m.now(""), m.now(p.Dataset)
	persons, err := own.persons()
	if err != nil {
		return err
	}
	theirs, err := other.persons()
	if err != nil {
		return err
	}
	rows := make(map[string]int, len(theirs.Values)) // pseudonym -> row
	for row, v := range theirs.Values {
		if !v.Present {
			continue
		}
		pseudonym := theirs.Levels[int(v.Number)]
		if _, again := rows[pseudonym]; again {
			return fmt.Errorf("%w: of the dataset %s", ErrRows, p.Dataset)
		}
		rows[pseudonym] = row
	}
	columns := maps.Clone(other.Columns)
	delete(columns, analyses.Person)
	for concept, c := range columns {
		values := make([]Value, len(persons.Values))
		for i, v := range persons.Values {
			values[i] = c.absent
			if !v.Present {
				continue
			}
			if row, matched := rows[persons.Levels[int(v.Number)]]; matched {
				values[i] = c.Values[row]
			}
		}
		c.Values = values
		if own, err = own.with(concept, c); err != nil {
			return err
		}
	}
	m.put("", own)
	return nil
}
