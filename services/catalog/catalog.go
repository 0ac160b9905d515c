// Package catalog describes the datasets of a site and answers how many people match, if enough do.
package catalog

import (
	"context"

	"github.com/fairway-tre/fairway/services/catalog/internal/app"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// Start runs the service until ctx ends.
func Start(ctx context.Context, env run.Env) error {
	s, err := run.New(ctx, env, "catalog")
	if err != nil {
		return err
	}
	app.Register(s)
	return s.Run(ctx)
}
