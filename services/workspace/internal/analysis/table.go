// Package analysis holds the typed analyses that a workspace runs: counts,
// Kaplan-Meier curves and log-rank tests over one site's rows. It reads nothing
// and writes nothing; one row is one person.
package analysis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
)

// One sentinel per way in which an analysis cannot be done.
var (
	ErrConcept       = errors.New("the table has no such concept of the type that the analysis needs")
	ErrNoInformation = errors.New("the rows hold nothing to compare")
	ErrRequest       = errors.New("the analysis was asked for wrongly")
	ErrRows          = errors.New("a person has several rows; aggregate them first")
)

// Type says what the numbers of a column mean.
type Type string

// Number columns hold measurements, Category columns an index into Levels,
// Event columns 1 where the event happened and 0 where it did not.
const (
	Number   Type = "number"
	Category Type = "category"
	Event    Type = "event"
)

// The levels of an event where a category is asked for.
const (
	No  = "no"
	Yes = "yes"
)

// Value is one person's value. Number means nothing unless Present.
type Value struct {
	Number  float64
	Present bool
}

// Column holds one concept's values, one per row.
type Column struct {
	Type   Type
	Levels []string // labels of a Category, in the order of its coded values
	Values []Value
	absent Value            // of whom the dataset has no row
	Source genotypes.Source // of a Genotypes column
}

// Table holds columns of equal length by concept.
type Table struct {
	Columns map[string]Column
	dropped int // rows that Complete took away
}

// Rows is the number of rows, of the longest column if they are not equal.
func (t Table) Rows() int {
	rows := 0
	for _, column := range t.Columns {
		rows = max(rows, len(column.Values))
	}
	return rows
}

// droppedBeside tells the rows lost when kept remain, with those lost before.
func (t Table) droppedBeside(kept, threshold int) outputs.Dropped {
	return outputs.DroppedRows(t.dropped+t.Rows()-kept, threshold)
}

// column finds a concept of a type and checks the table's shape.
func (t Table) column(concept string, of Type) (Column, error) {
	column, ok := t.Columns[concept]
	if ok && of == Category && column.Type == Event {
		column = Column{Type: Category, Levels: []string{No, Yes}, Values: column.Values}
	}
	if !ok || column.Type != of {
		return Column{}, fmt.Errorf("%w: %s as %s", ErrConcept, concept, of)
	}
	if len(column.Values) != t.Rows() {
		return Column{}, fmt.Errorf("%w: %s has another number of rows than the table", ErrRequest, concept)
	}
	if of == Category {
		for _, v := range column.Values {
			if v.Present && (v.Number < 0 || int(v.Number) >= len(column.Levels)) {
				return Column{}, fmt.Errorf("%w: %s holds a level without a label", ErrRequest, concept)
			}
		}
	}
	return column, nil
}

// complete lists the rows in which every column is present.
func complete(rows int, columns ...Column) []int {
	var kept []int
	for row := range rows {
		if !slices.ContainsFunc(columns, func(c Column) bool { return !c.Values[row].Present }) {
			kept = append(kept, row)
		}
	}
	return kept
}

// Complete keeps the rows that have a value for each of the concepts, all of
// the table's if none is named. Analyses that are released together should be
// of the same rows: two group sizes that differ by one person tell of that
// person. The rows it drops are told by every analysis of what it returns.
func (t Table) Complete(concepts ...string) (Table, error) {
	if len(concepts) == 0 {
		concepts = slices.Collect(maps.Keys(t.Columns))
	}
	var asked []Column
	for _, concept := range concepts {
		column, ok := t.Columns[concept]
		if !ok {
			return Table{}, fmt.Errorf("%w: %s", ErrConcept, concept)
		}
		asked = append(asked, column)
	}
	for concept, column := range t.Columns {
		if len(column.Values) != t.Rows() {
			return Table{}, fmt.Errorf("%w: %s has another number of rows than the table", ErrRequest, concept)
		}
	}
	kept := complete(t.Rows(), asked...)
	out := Table{Columns: map[string]Column{}, dropped: t.dropped + t.Rows() - len(kept)}
	for concept, column := range t.Columns {
		values := make([]Value, 0, len(kept))
		for _, row := range kept {
			values = append(values, column.Values[row])
		}
		column.Values = values
		out.Columns[concept] = column
	}
	return out, nil
}

// chunk is how many rows or times pass between two looks at the context.
const chunk = 512

// stopped reports the context's end every chunk steps, so that a job whose
// permit was revoked ends while it computes.
func stopped(ctx context.Context, step int) error {
	if step%chunk != 0 {
		return nil
	}
	return context.Cause(ctx)
}
