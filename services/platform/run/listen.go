package run

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/telemetry"
)

// listen opens the listener for people and probes, and returns the loop that serves it; nil when none was asked for.
func (s *Service) listen() (func(context.Context) error, error) {
	if s.env.HTTP == "" {
		return nil, nil
	}
	l, err := health.Listen(context.Background(), s.env.HTTP)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	health.Mount(mux, s.info(), s.measures(), s.conditions()...)
	s.routed(mux)
	if s.env.Announce != nil {
		if err := s.env.Announce(l.Addr().String()); err != nil {
			return nil, fmt.Errorf("announce the address of %s: %w", s.principal, err)
		}
	}
	return func(ctx context.Context) error { return health.Serve(ctx, l, mux) }, nil
}

// routed serves what Route registered; each request begins a trace.
func (s *Service) routed(mux *http.ServeMux) {
	for pattern, h := range s.routes {
		mux.Handle(pattern, telemetry.Handler(s.tracing.tracer, pattern, h))
	}
}

// Version is that of the running program, empty where it was built without.
func Version() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		return b.Main.Version
	}
	return ""
}

func (s *Service) info() health.Info {
	info := health.Info{Site: s.env.Site, Service: s.principal, Version: Version(), Engines: s.engines}
	if s.env.TestKeys {
		info.Flags = append(info.Flags, "allow-test-keys")
	}
	if s.env.Failpoints != nil {
		info.Flags = append(info.Flags, "allow-failpoints")
	}
	return info
}

// Engine tells health which engine does a part of the work, for example relations: embedded.
func (s *Service) Engine(part, name string) { s.engines[part] = name }
