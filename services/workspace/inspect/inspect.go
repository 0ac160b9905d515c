// Package inspect reads data files as a workspace will, before any site has them.
package inspect

import (
	"context"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
)

// Dataset reads all of a dataset of a list of files (holdings.yaml) by its dictionary. The error names line or byte,
// column and rule, never a value and never a path.
func Dataset(ctx context.Context, list, dataset string, dictionary []vocabulary.Variable) error {
	h, err := holdings.Open(list)
	if err != nil {
		return err
	}
	return h.Inspect(ctx, dataset, holdings.Published(dictionary))
}
