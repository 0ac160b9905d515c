// Package airlock decides which outputs may leave: by rules first, then by independent people. It is the only way out.
package airlock

import (
	"context"

	"github.com/fairway-tre/fairway/services/airlock/internal/app"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// Start runs the service until ctx ends.
func Start(ctx context.Context, env run.Env) error {
	s, err := run.New(ctx, env, "airlock")
	if err != nil {
		return err
	}
	app.Register(s)
	return s.Run(ctx)
}
