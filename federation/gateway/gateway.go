// Package gateway is a site's gateway: the only part of a site that speaks to other sites, outward only, and the host
// of the site's studies.
package gateway

import (
	"context"
	"fmt"

	"github.com/fairway-tre/fairway/federation/internal/app"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// Start runs the gateway until ctx ends. env needs the link "federation" and the setting of the site's folder, where
// the list lies with which the site was admitted; what the registry says since then the gateway follows by itself.
func Start(ctx context.Context, env run.Env) error {
	directory, err := setup.Directory(env.Settings[setup.SettingSiteDir], env.Trust)
	if err != nil {
		return fmt.Errorf("start the gateway of %s: %w", env.Site, err)
	}
	env.Trust = directory
	s, err := run.New(ctx, env, "federation")
	if err != nil {
		return err
	}
	if err := app.Register(ctx, s, directory); err != nil {
		return fmt.Errorf("start the gateway of %s: %w", env.Site, err)
	}
	return s.Run(ctx)
}
