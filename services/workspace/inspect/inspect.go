// Package inspect reads data files as a workspace will, before any site has them.
package inspect

import (
	"context"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
)

// Dataset reads all of a dataset of a list of files (holdings.yaml) by its dictionary. The error names line or byte,
// column and rule, never a value and never a path. Told are the number of rows, and of each concept how many have no value.
func Dataset(ctx context.Context, list, dataset string, dictionary []vocabulary.Variable) (rows int, missing map[string]int, err error) {
	h, err := holdings.Open(list)
	if err != nil {
		return 0, nil, err
	}
	found, err := h.Inspect(ctx, dataset, holdings.Published(dictionary))
	return found.Rows, found.Missing, err
}

// Allele looks for a variant, named by its id or its place, that has the allele, among the genotypes of a dataset, as a
// dosage or a weight of a score asks for it. The error says that there is none, or that the name is of several.
func Allele(ctx context.Context, list, dataset string, dictionary []vocabulary.Variable, variant, allele string) error {
	h, err := holdings.Open(list)
	if err != nil {
		return err
	}
	table, err := h.Load(ctx, dataset, holdings.Published(dictionary), []string{analyses.Genotype})
	if err != nil {
		return err
	}
	_, err = analysis.Dosage(ctx, table, variant, allele)
	return err
}
