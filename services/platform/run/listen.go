package run

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/store"
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
	health.Mount(mux, s.info(), s.metrics(), s.conditions()...)
	for pattern, h := range s.routes {
		mux.Handle(pattern, h)
	}
	if s.env.Announce != nil {
		if err := s.env.Announce(l.Addr().String()); err != nil {
			return nil, fmt.Errorf("announce the address of %s: %w", s.principal, err)
		}
	}
	return func(ctx context.Context) error { return health.Serve(ctx, l, mux) }, nil
}

func (s *Service) info() health.Info {
	info := health.Info{Site: s.env.Site, Service: s.principal, Engines: s.engines}
	if b, ok := debug.ReadBuildInfo(); ok {
		info.Version = b.Main.Version
	}
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

// stale is how old an outbox row may grow before the service counts as not ready.
const stale = 30 * time.Second

func (s *Service) conditions() []health.Check {
	return append([]health.Check{
		{Name: "database", Advice: "look for a full disk or a read-only file system under the state folder",
			Ready: func(ctx context.Context) error { return s.store.Ping(ctx) }},
		{Name: "broker", Advice: "start the broker, or look at its address, user and certificate",
			Ready: func(context.Context) error { return s.broken.get() }},
		{Name: "outbox", Advice: "events cannot be sent; look at the broker and its rights", Ready: s.outboxFresh},
	}, s.checks...)
}

// outboxFresh fails when something that was committed long ago has not been sent.
func (s *Service) outboxFresh(ctx context.Context) error {
	return s.store.View(ctx, func(tx *store.Tx) error {
		since, any, err := tx.OldestUnsent()
		if err == nil && any && tx.Now().Sub(since) > stale {
			err = fmt.Errorf("the oldest unsent event was committed %s ago", tx.Now().Sub(since).Round(time.Second))
		}
		return err
	})
}

// metrics counts what an operator watches. No metric has a label that could point to a person or a project.
func (s *Service) metrics() *health.Metrics {
	m := &health.Metrics{}
	m.GaugeFunc(health.OutboxPending, "events committed and not yet sent", func() float64 {
		return s.count((*store.Tx).Unsent)
	})
	m.GaugeFunc(health.AuditSize, "leaves of the audit log", func() float64 {
		return s.count(func(tx *store.Tx) (int, error) { n, err := tx.NextLeaf(); return int(n), err })
	})
	m.CounterFunc(health.InboxDuplicates, "events that came again and had no effect", func() float64 {
		return float64(s.counters.duplicates.Load())
	})
	return m
}

func (s *Service) count(read func(*store.Tx) (int, error)) float64 {
	n := 0
	err := s.store.View(context.Background(), func(tx *store.Tx) (err error) { n, err = read(tx); return err })
	if err != nil {
		return math.NaN()
	}
	return float64(n)
}
