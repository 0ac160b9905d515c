package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/fairway-tre/fairway/services/platform/config"
	"github.com/fairway-tre/fairway/services/platform/logging"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/telemetry"
)

// ConfigVariable names the optional configuration file of a service process.
const ConfigVariable = "FAIRWAY_CONFIG"

// binVariable is the harness's, which its children inherit.
const binVariable = "FAIRWAY_BIN"

// Main runs one service as its own process until SIGINT or SIGTERM, and returns the exit code: 0 after an orderly end,
// 2 for a wrong configuration, 1 otherwise. Logs go to standard error as JSON, a final error as a sentence.
func Main(principal string, start func(context.Context, run.Env) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return runMain(ctx, principal, start, os.Environ(), os.Stderr)
}

func runMain(ctx context.Context, principal string, start func(context.Context, run.Env) error, environ []string, stderr io.Writer) int {
	var c config.Service
	if err := config.Load(&c, valueOf(environ, ConfigVariable), environ, ConfigVariable, binVariable); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", principal, err)
		return 2
	}
	err := serve(ctx, principal, start, c, stderr)
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(stderr, "%s: %v\n", principal, err)
		return 1
	}
	return 0
}

func valueOf(environ []string, name string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

func serve(ctx context.Context, principal string, start func(context.Context, run.Env) error, c config.Service, stderr io.Writer) error {
	site, err := ReadFile(c.SiteDir)
	if err != nil {
		return err
	}
	release, err := Hold(c.SiteDir, site, principal)
	if err != nil {
		return err
	}
	defer release() //nolint:errcheck // the process ends and drops it
	log := logging.New(stderr, c.LogLevel, site.Site, principal)
	tracer, last, err := telemetry.Start(ctx, c.OTLP, telemetry.Resource{Site: site.Site, Service: principal, Version: run.Version()}, log)
	if err != nil {
		return err
	}
	defer last()
	env, err := Load(ctx, c.SiteDir, principal, Options{Log: log, Tracer: tracer, MinDiskFree: c.MinDiskFree << 20, AllowTestKeys: c.AllowTestKeys, AllowFailpoints: c.AllowFailpoints,
		Broker: c.Broker, Federation: c.Federation, HTTP: c.HTTP})
	if err != nil {
		return err
	}
	log.Info("started", "dir", env.Dir)
	err = start(ctx, env)
	return errors.Join(err, env.Objects.Close())
}
