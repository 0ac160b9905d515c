// Package runtest puts one service on a bench: a real store in a temporary folder, a virtual clock, signed records
// handed to it without a broker, and everything it says to be looked at. A federation of four sites is trusted:
// molgenis, denbi, sensitive-cloud and harbour.
//
//	b := runtest.New(t, "airlock", func(s *run.Service) { app.Register(s) })
//	checker := b.Person("output-checker")
//	b.Deliver("workspace", workspace.OutputSealed{…})
//	b.Act(checker, airlock.ReleaseReview{…})
//	approved := runtest.Last[airlock.ReleaseApproved](b)
package runtest

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// Bench is a service under test. Its methods are for the test's goroutine; what fails, fails the test.
type Bench struct {
	Env     run.Env
	Clock   *Clock
	Service *run.Service

	t        testing.TB
	name     string
	register func(*run.Service)
	keys     keys
	counts   map[string]uint64 // what each source said last about a subject on a topic
	offset   int64
	stop     func()
}

// Option changes the surroundings before the service is made.
type Option func(*run.Env)

// Profile gives the site another profile, as YAML.
func Profile(text string) Option {
	return func(e *run.Env) {
		p, err := profile.Parse([]byte(text))
		if err != nil {
			panic("runtest: " + err.Error())
		}
		e.Profile = p
	}
}

// Trust puts something around the keys that the service believes.
func Trust(around func(signing.Keys) signing.Keys) Option {
	return func(e *run.Env) { e.Trust = wrapping{around: around} }
}

type wrapping struct {
	signing.Keys
	around func(signing.Keys) signing.Keys
}

// Site names the site; else it is molgenis.
func Site(name string) Option { return func(e *run.Env) { e.Site = name } }

// Settings gives the service its own options.
func Settings(settings map[string]string) Option { return func(e *run.Env) { e.Settings = settings } }

// New makes the service called name in its contracts (identity, approval, catalog, workspace, airlock, federation),
// registers on it, and runs its workers until the test ends.
func New(t testing.TB, name string, register func(*run.Service), options ...Option) *Bench {
	t.Helper()
	dir := t.TempDir()
	b := &Bench{t: t, name: name, register: register, keys: newKeys(), counts: map[string]uint64{}, Clock: &Clock{now: Start}}
	b.Env = run.Env{Site: "molgenis", Dir: dir, Clock: b.Clock, Log: slog.New(slog.DiscardHandler), Failpoints: &failpoint.Set{}}
	Profile(DefaultProfile)(&b.Env)
	for _, o := range options {
		o(&b.Env)
	}
	principal := name
	if name == "federation" {
		principal = topics.Gateway
	}
	if principal == topics.Gateway {
		b.Env.Audit = AuditKey(t, b.Env.Site, principal)
	}
	wrapped, wrap := b.Env.Trust.(wrapping)
	b.Env.Trust = b.keys.trust(t)
	if wrap {
		b.Env.Trust = wrapped.around(b.Env.Trust)
	}
	b.Env.Signer = b.keys.signer(topics.Source(b.Env.Site, principal))
	b.Env.Objects = b.Objects(principal)
	b.Env.Links = map[string]run.Link{
		"federation": {Signer: b.keys.signer(topics.Source(b.Env.Site, topics.Gateway))},
		"portal":     {Signer: b.keys.signer(topics.Source(b.Env.Site, topics.Portal))},
	}
	b.start()
	t.Cleanup(func() { b.stop() })
	return b
}

func (b *Bench) start() {
	b.t.Helper()
	s, err := run.New(b.t.Context(), b.Env, b.name)
	if err != nil {
		b.t.Fatal(err)
	}
	b.register(s)
	b.Service = s
	ctx, cancel := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() {
		if err := s.Work(ctx); err != nil && ctx.Err() == nil {
			b.t.Errorf("a worker ended: %v", err)
		}
	})
	b.stop = func() {
		cancel()
		working.Wait()
		if err := s.Close(); err != nil {
			b.t.Errorf("close the store: %v", err)
		}
	}
	b.fire()
}

// Restart stops the service and makes it anew from what it had stored.
func (b *Bench) Restart() {
	b.t.Helper()
	b.stop()
	b.start()
}

// Objects opens the site's object store with the write right of a principal.
func (b *Bench) Objects(principal string) *objects.Store {
	b.t.Helper()
	s, err := objects.Open(filepath.Join(b.Env.Dir, "objects"), principal)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { s.Close() })
	return s
}

// NewID makes a ULID.
func (b *Bench) NewID() string { return ulid.Make().String() }

// Signer signs as a source, for records that the test makes itself.
func (b *Bench) Signer(source string) signing.Signer { return b.keys.signer(b.source(source)) }

// source completes the short form, a principal of the site under test.
func (b *Bench) source(name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return topics.Source(b.Env.Site, name)
}

// Sign makes the next record of a source: a principal of the site, or /sites/<site>/<principal>. What another site's
// gateway says is made for the inbox of the site under test.
func (b *Bench) Sign(source string, p envelope.Payload, change ...func(*envelope.Draft)) envelope.Record {
	b.t.Helper()
	source = b.source(source)
	site, principal, _ := topics.ParseSource(source)
	d := envelope.Draft{ID: b.NewID(), Source: source, Time: b.Clock.Now(), Topic: topics.TopicOf(p.EventType(), site)}
	if site != b.Env.Site && principal == topics.Gateway {
		d.Topic = topics.Inbox(b.Env.Site)
		d.BorderSequence = b.next("border " + source)
	}
	for _, c := range change {
		c(&d)
	}
	if d.Sequence == 0 {
		subject := d.Subject
		if subject == "" {
			subject = subjectOf(b.t, p)
		}
		d.Sequence = b.next(d.Topic + " " + source + " " + subject)
	}
	r, err := envelope.New(b.keys.signer(source), d, p)
	if err != nil {
		b.t.Fatalf("sign %s as %s: %v", p.EventType(), source, err)
	}
	return r
}

func (b *Bench) next(of string) uint64 {
	b.counts[of]++
	return b.counts[of]
}

// Deliver signs as Sign does, hands the record to the service and fires what is due.
func (b *Bench) Deliver(source string, p envelope.Payload, change ...func(*envelope.Draft)) envelope.Event {
	b.t.Helper()
	r := b.Sign(source, p, change...)
	b.DeliverRecord(r)
	e, err := envelope.Read(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// DeliverRecord hands any record to the service: a forged one, or one again.
func (b *Bench) DeliverRecord(r envelope.Record) {
	b.t.Helper()
	link := ""
	if _, inbox := topics.InboxOwner(r.Topic); inbox || r.Topic == topics.Registry {
		link = "federation"
	}
	b.offset++
	at := bus.Position{Topic: r.Topic, Offset: b.offset, Time: b.Clock.Now()}
	if err := b.Service.Feed(b.t.Context(), link, r, at); err != nil {
		b.t.Fatalf("feed a record of %s: %v", r.Topic, err)
	}
	b.fire()
}

// Advance moves the clock and fires what falls due.
func (b *Bench) Advance(d time.Duration) {
	b.t.Helper()
	b.Clock.Advance(d)
	b.fire()
}

func (b *Bench) fire() {
	b.t.Helper()
	if err := b.Service.Fire(b.t.Context()); err != nil {
		b.t.Fatalf("fire what is due: %v", err)
	}
}

// View looks into the service's state.
func (b *Bench) View(fn func(*run.Tx) error) {
	b.t.Helper()
	if err := b.Service.View(b.t.Context(), fn); err != nil {
		b.t.Fatal(err)
	}
}
