package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/suppression"
)

func (w *World) suppressedSteps() []Step {
	return []Step{
		{`^the result of the study "([^"]+)" keeps these numbers to itself, and leaves each open over at least (\d+) people$`, w.keeps,
			"Looks at the tables of a fetched result: these cells and no others are suppressed, a row each (of), and what the others and the margins tell places none of them within a narrower interval.",
			`the result of the study "limits of health" keeps these numbers to itself, and leaves each open over at least 5 people`},
	}
}

func (w *World) keeps(_ context.Context, name, width string, table *godog.Table) error {
	s, err := w.fetched(name)
	if err != nil {
		return err
	}
	all, err := rows(table)
	if err != nil {
		return err
	}
	least, err := strconv.Atoi(width)
	if err != nil {
		return err
	}
	var kept, wanted []string
	var errs []error
	for _, r := range s.document.Results {
		count, ok := r.(outputs.Count)
		if !ok {
			continue
		}
		for _, cell := range count.Cells {
			if cell.Suppressed {
				kept = append(kept, words(cell.By))
			}
		}
		errs = append(errs, open(count, least))
	}
	for _, row := range all {
		sorted := list(row["of"])
		slices.Sort(sorted)
		wanted = append(wanted, strings.Join(sorted, ", "))
	}
	slices.Sort(kept)
	slices.Sort(wanted)
	if !slices.Equal(kept, wanted) {
		errs = append(errs, fmt.Errorf("suppressed are %q, expected %q", kept, wanted))
	}
	return errors.Join(errs...)
}

// words are levels as a scenario writes them, sorted.
func words(by []outputs.Level) string {
	var said []string
	for _, l := range by {
		said = append(said, l.Concept+" = "+l.Level)
	}
	slices.Sort(said)
	return strings.Join(said, ", ")
}

// open tells whether everything that a table does not tell could be any number within an interval of a width, for
// somebody who knows all that it tells.
func open(count outputs.Count, width int) error {
	levels := suppression.LevelsOf(count.Cells)
	table := levels.Table()
	for _, cell := range count.Cells {
		if row, column, ok := levels.At(cell.By); ok && !cell.Suppressed {
			*table.At(row, column) = suppression.Number{N: cell.N, Told: true}
		}
	}
	narrow, err := table.Narrow(width)
	if err != nil {
		return fmt.Errorf("a table with suppressed numbers: %w", err)
	}
	if len(narrow) > 0 {
		return fmt.Errorf("what is told places %d of the suppressed numbers within an interval of fewer than %d people", len(narrow), width)
	}
	return nil
}
