package holdings

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// Type is the type of a variable in the data dictionary.
type Type string

// The closed vocabulary of types.
const (
	Number   Type = "number"
	Integer  Type = "integer"
	Category Type = "category"
	Event    Type = "event"
	// Identity is the type of the concept [Identifier] alone.
	Identity Type = "identifier"
	// Genotype stands for the genotypes of a dataset; its column is not read.
	Genotype Type = "genotype"
)

// Variable binds a concept to a column of a site's file.
type Variable struct {
	Concept string
	Column  string
	Type    Type
	// EventValue is the coded value which means that the event happened.
	EventValue string
	Unit       string
	// Levels gives the label of each coded value; a value that is not in it is
	// an error. Without levels a category's coded values are its labels, and
	// any value but EventValue means that the event did not happen.
	Levels map[string]string
}

// Dictionary is a dataset's data dictionary.
type Dictionary []Variable

// Published is a published dictionary as the reader of files needs it.
func Published(variables []vocabulary.Variable) Dictionary {
	out := make(Dictionary, len(variables))
	for i, v := range variables {
		out[i] = Variable{Concept: v.Concept, Column: v.Column, Type: Type(v.Type), EventValue: v.EventValue, Unit: v.Unit}
		if len(v.Levels) > 0 {
			out[i].Levels = map[string]string{}
		}
		for _, l := range v.Levels {
			out[i].Levels[l.Code] = l.Label
		}
	}
	return out
}

// find looks up the concepts in the order asked.
func (d Dictionary) find(concepts []string) ([]Variable, error) {
	var found []Variable
	for _, concept := range concepts {
		i := slices.IndexFunc(d, func(v Variable) bool { return v.Concept == concept })
		if i < 0 {
			return nil, fmt.Errorf("%w: %s", ErrVariableUnknown, concept)
		}
		if err := d[i].check(); err != nil {
			return nil, err
		}
		found = append(found, d[i])
	}
	return found, nil
}

func (v Variable) check() error {
	_, coded := v.Levels[v.EventValue]
	switch {
	case v.Column == "":
		return fmt.Errorf("%w: %s has no column", ErrDictionary, v.Concept)
	case v.Type == Event && v.EventValue == "":
		return fmt.Errorf("%w: %s does not say which value means the event", ErrDictionary, v.Concept)
	case v.Type == Event && len(v.Levels) > 0 && !coded:
		return fmt.Errorf("%w: the event value of %s is not one of its levels", ErrDictionary, v.Concept)
	case !slices.Contains([]Type{Number, Integer, Category, Event, Identity, Genotype}, v.Type):
		return fmt.Errorf("%w: %s has type %q; allowed are number, integer, category, event, identifier, genotype", ErrDictionary, v.Concept, v.Type)
	}
	return nil
}

// binding reads the cells of one variable into a column.
type binding struct {
	Variable
	index  int // of the file's column
	values []analysis.Value
	codes  map[string]int // a category's coded values in the order in which they were seen, and their places until all are known
}

// add reads one cell; the error text says what was expected, not what was there.
func (b *binding) add(cell string) error {
	if cell == "" || cell == "NA" {
		b.values = append(b.values, analysis.Value{})
		return nil
	}
	number, err := b.parse(cell)
	if err != nil {
		return err
	}
	b.values = append(b.values, analysis.Value{Number: number, Present: true})
	return nil
}

func (b *binding) parse(cell string) (float64, error) {
	if _, known := b.Levels[cell]; !known && len(b.Levels) > 0 {
		return 0, fmt.Errorf("not one of the %d coded values of %s", len(b.Levels), b.Concept)
	}
	switch b.Type {
	case Number:
		number, err := strconv.ParseFloat(cell, 64)
		if strings.ContainsAny(cell, "_xX") { // 1_0 and 0x1p4 are numbers of Go, not of a table
			err = strconv.ErrSyntax
		}
		if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			return 0, fmt.Errorf("not a number%s", instead(cell))
		}
		return number, nil
	case Integer:
		number, err := strconv.ParseInt(cell, 10, 53)
		if err != nil {
			return 0, fmt.Errorf("not an integer%s", instead(cell))
		}
		return float64(number), nil
	case Event:
		if cell == b.EventValue {
			return 1, nil
		}
		return 0, nil
	}
	return float64(b.place(cell)), nil
}

// place is the number of a coded value in the order in which they were seen.
func (b *binding) place(cell string) int {
	at, known := b.codes[cell]
	if !known {
		if b.codes == nil {
			b.codes = map[string]int{}
		}
		at = len(b.codes)
		b.codes[strings.Clone(cell)] = at // without the row that it stands in
	}
	return at
}

// instead says how a cell that is no number is to be written, where that is known; never what stands in it.
func instead(cell string) string {
	isNumber := func(text string) bool {
		_, err := strconv.ParseFloat(text, 64)
		return err == nil
	}
	switch plain := strings.TrimSpace(cell); {
	case slices.Contains([]string{"", ".", "-", "?", "n/a", "nan", "null", "none", "missing"}, strings.ToLower(plain)):
		return ": where there is no value, write NA or nothing"
	case plain != cell && isNumber(plain):
		return ": there are spaces around it"
	case strings.Count(cell, ",") == 1 && isNumber(strings.Replace(cell, ",", ".", 1)):
		return ": it has a comma; write decimals with a point, and thousands without a sign"
	case isNumber(cell):
		return ": it has decimals, as a variable of the type number may"
	}
	return ""
}

// column is what was read. A category's levels are the dictionary's, else those
// seen, in the order of the coded values (as numbers where they are numbers);
// coded values with one label are one level.
func (b *binding) column() analysis.Column {
	switch b.Type {
	case Number, Integer:
		return analysis.Column{Type: analysis.Number, Values: b.values}
	case Event:
		return analysis.Column{Type: analysis.Event, Values: b.values}
	}
	labelOf := b.Levels
	if len(labelOf) == 0 {
		labelOf = map[string]string{}
		for code := range b.codes {
			labelOf[code] = code
		}
	}
	var labels []string
	place := map[string]int{}              // of a label
	level := make([]float64, len(b.codes)) // of a coded value, by the order in which they were seen
	for _, code := range slices.SortedFunc(maps.Keys(labelOf), byCode) {
		label := labelOf[code]
		if _, known := place[label]; !known {
			place[label], labels = len(labels), append(labels, label)
		}
		if seen, ok := b.codes[code]; ok {
			level[seen] = float64(place[label])
		}
	}
	for i, v := range b.values {
		if v.Present {
			b.values[i].Number = level[int(v.Number)]
		}
	}
	return analysis.Column{Type: analysis.Category, Levels: labels, Values: b.values}
}

func byCode(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil && x != y {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a, b)
}
