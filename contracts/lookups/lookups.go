// Package lookups has the one form of what a project brings in: a table of two columns by which a step of a preparation
// gives the levels of a category other names, such as a code list.
//
// It is CSV in UTF-8. The first line names two concepts, the one that is looked up and the one that is made of it;
// every other line is a level and its name. Concepts, levels and names have the form of codes, so that neither a quoted
// cell nor a blank is in it.
package lookups

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// Kind and MediaType are what an import of this form is asked for as.
const (
	Kind      = "lookup"
	MediaType = "text/csv"
)

// MostLevels is how many levels one table may name.
const MostLevels = 10000

// Why bytes are no lookup table. The errors that wrap these say in which row, counted from 1 with the header, and
// repeat nothing of it.
var (
	ErrMalformed  = errors.New("not a lookup table")
	ErrFormula    = errors.New("a cell that a spreadsheet would compute")
	ErrIdentifier = errors.New("a column of identifiers of persons")
)

// Table is a lookup table.
type Table struct {
	From, To string // concepts
	Recodes  []vocabulary.Recode
}

// cell is the form of concepts and levels in all contracts.
var cell = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:/+<>=-]{0,95}$`)

// formula begins a cell that spreadsheets compute when the file is opened.
//
// OWASP, CSV injection: =, +, -, @, tab and carriage return, also in their wide forms.
const formula = "=+-@\t\r＝＋－＠"

// Decode reads a table. Errors: ErrMalformed, ErrFormula, ErrIdentifier.
func Decode(text []byte) (Table, error) {
	if !utf8.Valid(text) {
		return Table{}, fmt.Errorf("%w: it is not UTF-8", ErrMalformed)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = 2
	rows, err := r.ReadAll()
	var at *csv.ParseError
	switch {
	case errors.As(err, &at):
		return Table{}, fmt.Errorf("%w: line %d is not two columns of CSV", ErrMalformed, at.Line)
	case err != nil:
		return Table{}, fmt.Errorf("%w: it cannot be read as CSV", ErrMalformed)
	case len(rows) < 2:
		return Table{}, fmt.Errorf("%w: it has no row below its header", ErrMalformed)
	case len(rows) > MostLevels+1:
		return Table{}, fmt.Errorf("%w: it has %d rows, at most %d levels are looked up", ErrMalformed, len(rows), MostLevels)
	}
	return tableOf(rows)
}

func tableOf(rows [][]string) (Table, error) {
	t := Table{From: rows[0][0], To: rows[0][1]}
	seen := map[string]bool{}
	for i, row := range rows {
		for _, c := range row {
			if c != "" && strings.ContainsRune(formula, []rune(c)[0]) {
				return Table{}, fmt.Errorf("%w: row %d", ErrFormula, i+1)
			}
			if !cell.MatchString(c) {
				return Table{}, fmt.Errorf("%w: row %d has a cell that is no code (%s)", ErrMalformed, i+1, cell)
			}
		}
		if i == 0 {
			continue
		}
		if seen[row[0]] {
			return Table{}, fmt.Errorf("%w: row %d names a level that an earlier row has", ErrMalformed, i+1)
		}
		seen[row[0]] = true
		t.Recodes = append(t.Recodes, vocabulary.Recode{From: row[0], To: row[1]})
	}
	switch {
	case t.From == t.To:
		return Table{}, fmt.Errorf("%w: both columns are of one concept", ErrMalformed)
	case analyses.Identifies(t.From), analyses.Identifies(t.To):
		return Table{}, fmt.Errorf("%w: row 1; leave it out: nobody is looked up by who they are", ErrIdentifier)
	}
	return t, nil
}

// Encode gives the one text of a table: a line of two cells each, ended by a line feed.
func (t Table) Encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s,%s\n", t.From, t.To)
	for _, r := range t.Recodes {
		fmt.Fprintf(&b, "%s,%s\n", r.From, r.To)
	}
	return b.Bytes()
}
