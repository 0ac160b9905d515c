// Package projectapproval decides who may use which data for what, by the chain of bodies that the site's profile names.
package projectapproval

import (
	"context"

	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/project-approval/internal/app"
)

// Start runs the service until ctx ends.
func Start(ctx context.Context, env run.Env) error {
	s, err := run.New(ctx, env, "approval")
	if err != nil {
		return err
	}
	app.Register(s)
	return s.Run(ctx)
}
