package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// Service is the inside of one service: register handlers, timers and workers on it, then Run it.
type Service struct {
	env       Env
	name      string // as in its contracts: identity approval catalog workspace airlock federation
	principal string // as in its source and its user: gateway for federation, else the name
	store     *store.Store
	ids       *identifiers

	reads    map[string]string // topic -> link
	handlers map[string][]handler
	concerns concerns
	border   map[string][]handler
	speaks   map[string]string // event without its major -> the type that handlers take
	timers   map[string]func(*Tx, store.Timer) error
	workers  map[string]func(context.Context) error
	routes   map[string]http.Handler
	checks   []health.Check
	engines  map[string]string
	refused  func(*Tx, envelope.Event, Refusal, int64) error
	newKeys  func(context.Context) error
	settled  map[string]map[string]bool // topic -> digests of data
	turns    map[string]*turns          // by topic

	kicks   map[string]Kick // link -> wakes its relay
	timer   Kick
	wakeAll atomic.Bool

	audit   checkpoints
	tracing *tracing
	meters  meters
	readers readers

	acknowledged acknowledged

	broken   trouble
	counters struct{ duplicates atomic.Int64 }
}

// New opens the service's store. name is the service's name in its contracts.
func New(ctx context.Context, env Env, name string) (*Service, error) {
	env = env.wired()
	db, err := openStore(ctx, env)
	if err != nil {
		return nil, fmt.Errorf("start %s at %s: %w", name, env.Site, err)
	}
	s := &Service{env: env, name: name, principal: principalOf(env.Signer.Source()), store: db, ids: newIdentifiers(),
		tracing: newTracing(env.Tracer), meters: newMeters(),
		reads: map[string]string{}, handlers: map[string][]handler{}, concerns: concerns{}, border: map[string][]handler{}, speaks: map[string]string{},
		timers: map[string]func(*Tx, store.Timer) error{}, workers: map[string]func(context.Context) error{},
		routes: map[string]http.Handler{}, engines: map[string]string{}, settled: map[string]map[string]bool{}, turns: map[string]*turns{}, acknowledged: acknowledged{upTo: map[bus.Position]int64{}},
		kicks: map[string]Kick{"": NewKick()}, timer: NewKick()}
	for link := range env.Links {
		s.kicks[link] = NewKick()
	}
	s.audit.grown = NewKick()
	s.watchPolicy()
	if env.Audit.Signer != nil {
		s.watchAudit()
	}
	if err := s.prune(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s at %s: %w", name, env.Site, err), db.Close())
	}
	return s, nil
}

func openStore(ctx context.Context, env Env) (*store.Store, error) {
	dir := filepath.Join(env.Dir, "state")
	if env.Database != "" {
		return store.OpenPostgres(ctx, env.Database, dir, env.Clock)
	}
	return store.Open(ctx, dir, env.Clock)
}

// Env is what the service was started with.
func (s *Service) Env() Env { return s.env }

// Worker registers a loop that runs beside the handlers until its context ends. Its error ends the service.
func (s *Service) Worker(name string, loop func(context.Context) error) { s.workers[name] = loop }

// Route serves a path pattern of net/http for people and probes.
func (s *Service) Route(pattern string, h http.Handler) { s.routes[pattern] = h }

// Check adds a condition of readiness.
func (s *Service) Check(c health.Check) { s.checks = append(s.checks, c) }

// OnRefused registers what else follows a refusal, in the same transaction; leaf is its audit entry.
func (s *Service) OnRefused(fn func(tx *Tx, e envelope.Event, r Refusal, leaf int64) error) {
	s.refused = fn
}

// OnUnknownKey registers what is done before a record from another site is refused because its key is not known: fn
// returns once every key that was announced by now is among those that the service believes. When it fails, nobody knows,
// and the record comes again.
func (s *Service) OnUnknownKey(fn func(context.Context) error) { s.newKeys = fn }

// Settled registers the data of a topic that have taken effect here in another way, by their digests: records with such
// data are passed over, unread. Nobody verifies who has signed one, and nobody needs to, since it changes nothing.
func (s *Service) Settled(topic string, digests []string) {
	all := make(map[string]bool, len(digests))
	for _, d := range digests {
		all[d] = true
	}
	s.settled[topic] = all
}

// Update runs fn in a transaction of the service's own, with no cause but what a person or a worker does. Handlers
// have theirs already.
func (s *Service) Update(ctx context.Context, fn func(*Tx) error) error {
	return s.UpdateFor(ctx, "", "", fn)
}

// UpdateFor is Update on behalf of an event handled earlier: what fn emits has that event as its cause.
func (s *Service) UpdateFor(ctx context.Context, causeID, correlation string, fn func(*Tx) error) error {
	var facts map[string]bool
	err := s.store.Update(ctx, func(t *store.Tx) error {
		tx := s.newTx(t, cause{id: causeID, correlation: correlation})
		if err := fn(tx); err != nil {
			return err
		}
		facts = tx.facts
		if len(tx.effects) == 0 {
			return nil
		}
		_, err := tx.closeLeaf("applied", "")
		return err
	})
	if err != nil {
		return err
	}
	return s.wake(ctx, facts)
}

// View runs fn on a consistent state; what it writes is discarded.
func (s *Service) View(ctx context.Context, fn func(*Tx) error) error {
	return s.store.View(ctx, func(t *store.Tx) error { return fn(s.newTx(t, cause{})) })
}

// link is a connection as it is now: its signer has one key, whatever happens meanwhile.
func (s *Service) link(name string) (Link, error) {
	l, ok := s.env.Links[name]
	if name == "" {
		l, ok = Link{Bus: s.env.Bus, Signer: s.env.Signer}, true
	}
	if !ok {
		return Link{}, fmt.Errorf("no link %q was given to %s", name, s.name)
	}
	if changing, ok := l.Signer.(interface{ Now() signing.Signer }); ok {
		l.Signer = changing.Now()
	}
	return l, nil
}

// Run works until ctx ends, then stops gracefully: it takes nothing new, finishes what it has begun, and leaves its
// consumer groups. The store is closed when it returns.
func (s *Service) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, s.store.Close()) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	start := func(name string, loop func(context.Context) error) {
		running.Go(func() {
			if err := loop(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s of %s at %s: %w", name, s.name, s.env.Site, err))
			}
		})
	}
	listener, err := s.listen()
	if err != nil {
		return err
	}
	if listener != nil {
		start("http", listener)
	}
	for link := range s.kicks {
		start("relay "+link, func(ctx context.Context) error { return s.relay(ctx, link) })
	}
	start("timers", s.fireTimers)
	if s.env.Replay != "" {
		start("replays", s.watchReplays)
	}
	if s.env.Audit.Signer != nil {
		start("audit log", s.signCheckpoints)
	}
	for _, topic := range slices.Sorted(maps.Keys(s.reads)) {
		start("reading "+topic, func(ctx context.Context) error { return s.consume(ctx, s.reads[topic], topic) })
	}
	for topic, t := range s.turns {
		start("catching up in "+topic, t.catchUp)
	}
	for name, loop := range s.workers {
		start(name, loop)
	}
	<-ctx.Done()
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}
