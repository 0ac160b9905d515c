package holdings

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// Identifier is the concept that binds a column with a person's identifier.
const Identifier = "person"

// keySize of a project's pseudonym key in bytes.
const keySize = 32

// ErrKey says that a project has no usable pseudonym key.
var ErrKey = errors.New("pseudonym key must be 32 bytes")

// LoadFor is Load as a project may see the data: in the place of identifiers
// stand the project's pseudonyms, whatever type and levels the dictionary gives
// them, ordered so that they tell nothing of the order of the identifiers.
func (h Holdings) LoadFor(ctx context.Context, key []byte, dataset string, dictionary Dictionary, concepts []string) (analysis.Table, error) {
	if len(key) != keySize {
		return analysis.Table{}, fmt.Errorf("load dataset %s: %w", dataset, ErrKey)
	}
	dictionary = slices.Clone(dictionary)
	for i, v := range dictionary {
		if v.Concept == Identifier {
			dictionary[i] = Variable{Concept: Identifier, Column: v.Column, Type: Identity}
		}
	}
	table, err := h.Load(ctx, dataset, dictionary, concepts)
	if err != nil {
		return analysis.Table{}, err
	}
	if column, ok := table.Columns[Identifier]; ok {
		table.Columns[Identifier] = pseudonymous(column, key)
	}
	return table, nil
}

func pseudonymous(column analysis.Column, key []byte) analysis.Column {
	pseudonyms := make([]string, len(column.Levels))
	for i, identifier := range column.Levels {
		pseudonyms[i] = Pseudonym(key, identifier)
	}
	sorted := slices.Sorted(slices.Values(pseudonyms))
	out := analysis.Column{Type: column.Type, Levels: sorted, Values: slices.Clone(column.Values)}
	for i, v := range out.Values {
		if v.Present {
			at, _ := slices.BinarySearch(sorted, pseudonyms[int(v.Number)])
			out.Values[i].Number = float64(at)
		}
	}
	return out
}
