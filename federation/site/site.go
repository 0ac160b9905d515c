// Package site runs a whole TRE in one process, or one part of it, from the folder that init made.
package site

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/gateway"
	"github.com/fairway-tre/fairway/services/airlock"
	"github.com/fairway-tre/fairway/services/catalog"
	"github.com/fairway-tre/fairway/services/identity"
	"github.com/fairway-tre/fairway/services/platform/logging"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
	"github.com/fairway-tre/fairway/services/platform/telemetry"
	projectapproval "github.com/fairway-tre/fairway/services/project-approval"
	"github.com/fairway-tre/fairway/services/workspace"
)

// Part is one service of a site.
type Part struct {
	Principal string
	Start     func(context.Context, run.Env) error
}

// Parts lists the services of a site: five and the gateway at its border.
func Parts() []Part {
	return []Part{
		{topics.Identity, identity.Start},
		{topics.Approval, projectapproval.Start},
		{topics.Catalog, catalog.Start},
		{topics.Workspace, workspace.Start},
		{topics.Airlock, airlock.Start},
		{topics.Gateway, gateway.Start},
	}
}

// Options are what the folder does not say.
type Options struct {
	Log             io.Writer // where logs go, as JSON lines
	Level           slog.Level
	Broker          string // an external broker's host:port; empty: the embedded one
	Traces          string // URL of a collector of traces; empty: none are made
	MinDiskFree     int64  // MiB that are to be free; below, a service is not ready
	HTTP            string // host:port of this machine alone at which a service is reached, by Run that of identity; empty: a free port
	Federation      string // host:port of the federation's broker, where it is not the one of admission
	AllowTestKeys   bool
	AllowFailpoints bool
	Without         []string // services that Run leaves to programs that are not ours, see HandOver
}

// Run runs a whole site until ctx ends: its broker, unless another is given, and the services of its profile, but for
// those that are left out. The first part that fails ends the others.
func Run(ctx context.Context, dir string, o Options) error {
	if err := handable(o.Without...); err != nil {
		return err
	}
	services, err := setup.SiteServices(dir)
	if err != nil {
		return err
	}
	if o.Broker == "" {
		b, err := startBroker(dir)
		if err != nil {
			return err
		}
		defer b.Close() //nolint:errcheck // the records are on disk already
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	for _, p := range Parts() {
		if !slices.Contains(services, p.Principal) || slices.Contains(o.Without, p.Principal) {
			continue
		}
		own := o
		if p.Principal != topics.Identity { // each other one takes a free port
			own.HTTP = ""
		}
		running.Go(func() {
			if err := runPart(ctx, dir, p, own); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	<-ctx.Done()
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// RunService runs one service of a site until ctx ends.
func RunService(ctx context.Context, dir, principal string, o Options) error {
	services, err := setup.SiteServices(dir)
	if err != nil {
		return err
	}
	if slices.Contains(setup.Services(), principal) && !slices.Contains(services, principal) {
		return fmt.Errorf("%s: by its profile the site holds data that another one hosts: it runs %v, and no %s", dir, services, principal)
	}
	for _, p := range Parts() {
		if p.Principal == principal {
			return runPart(ctx, dir, p, o)
		}
	}
	return fmt.Errorf("a site has no service %q: give one of %v", principal, setup.Services())
}

func runPart(ctx context.Context, dir string, p Part, o Options) (err error) {
	file, err := setup.ReadFile(dir)
	if err != nil {
		return err
	}
	release, err := setup.Hold(dir, file, p.Principal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	log := logging.New(o.Log, o.Level, file.Site, p.Principal)
	log.Info("started", "dir", dir, "version", run.Version())
	tracer, last, err := telemetry.Start(ctx, o.Traces, telemetry.Resource{Site: file.Site, Service: p.Principal, Version: run.Version()}, log)
	if err != nil {
		return err
	}
	defer last()
	env, err := setup.Load(ctx, dir, p.Principal, setup.Options{Log: log, Tracer: tracer, MinDiskFree: o.MinDiskFree << 20, Broker: o.Broker, Federation: o.Federation,
		AllowTestKeys: o.AllowTestKeys, AllowFailpoints: o.AllowFailpoints, HTTP: cmp.Or(o.HTTP, "127.0.0.1:0")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, env.Objects.Close()) }()
	if err := p.Start(ctx, env); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s of %s: %w", p.Principal, file.Site, err)
	}
	return nil
}
