// Package workspace runs typed analyses where the data is, for permitted persons only, and seals what they give by hash.
package workspace

import (
	"context"

	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/workspace/internal/app"
)

// Start runs the service until ctx ends.
func Start(ctx context.Context, env run.Env) error {
	s, err := run.New(ctx, env, "workspace")
	if err != nil {
		return err
	}
	app.Register(s)
	return s.Run(ctx)
}
