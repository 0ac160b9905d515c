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
// the federation's registry lies.
func Start(ctx context.Context, env run.Env) error {
	members, err := members(env.Settings[setup.SettingSiteDir])
	if err != nil {
		return fmt.Errorf("start the gateway of %s: %w", env.Site, err)
	}
	s, err := run.New(ctx, env, "federation")
	if err != nil {
		return err
	}
	app.Register(s, members)
	return s.Run(ctx)
}

// members lists the federation's sites by its registry, as the site last took it.
func members(dir string) ([]string, error) {
	site, err := setup.ReadFile(dir)
	if err != nil {
		return nil, err
	}
	r, err := setup.Registry(dir, site)
	if err != nil {
		return nil, err
	}
	return r.Sites(), nil
}
