package run_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/run"
)

const (
	benchHops = 400
	benchGoal = 2.0 // ms, absolute
)

// TestBench measures from the moment when an event's transaction is durable in one service's SQLite to the moment when
// another service's handler has it, verified and in a transaction, over the embedded broker. The peer is a record of
// the same size from the bus's publisher to its subscriber. The goal is absolute, in milliseconds; the ratio is shown.
func TestBench(t *testing.T) {
	if os.Getenv("FAIRWAY_BENCH") != "1" {
		t.Skip("benchmarks run with FAIRWAY_BENCH=1, by make bench")
	}
	b, err := broker.Start(broker.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // measured by now
	cfg := bus.Config{Brokers: []string{b.Addr()}}
	prepare(t, cfg)
	arrived := make(chan time.Time, 1)
	speaker := running(t, cfg, topics.Workspace, func(*run.Service) {})
	running(t, cfg, topics.Catalog, func(s *run.Service) {
		run.Handle(s, func(*run.Tx, envelope.Event, workspace.CountAnswered) error {
			arrived <- time.Now()
			return nil
		})
	})
	var ours []float64
	for i := range benchHops {
		took := hop(t, speaker, arrived)
		if i >= benchHops/10 { // the first ones warm connections and caches
			ours = append(ours, took)
		}
	}
	writeRow(t, middle(ours), middle(bareHops(t, cfg)))
}

func prepare(t *testing.T, cfg bus.Config) {
	t.Helper()
	admin, err := bus.NewAdmin(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close() //nolint:errcheck // a test's
	all := []bus.Topic{{Name: "bare", Partitions: 1}}
	for _, name := range topics.ForSite("molgenis") {
		all = append(all, bus.Topic{Name: name, Partitions: 1})
	}
	if err := admin.EnsureTopics(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

func benchSigner(principal string) (signing.Signer, signing.Key) {
	source := topics.Source("molgenis", principal)
	seed := sha256.Sum256([]byte(source))
	private := ed25519.NewKeyFromSeed(seed[:])
	public := private.Public().(ed25519.PublicKey)
	return signing.NewSigner(source, private), signing.Key{ID: signing.KeyID(public), Source: source, Types: topics.WrittenBy(principal),
		Public: public, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
}

// running is a service that runs until the test ends.
func running(t *testing.T, cfg bus.Config, name string, register func(*run.Service)) *run.Service {
	t.Helper()
	signer, _ := benchSigner(name)
	_, speaks := benchSigner(topics.Workspace)
	trust, err := signing.NewTrust("molgenis", speaks)
	if err != nil {
		t.Fatal(err)
	}
	s, err := run.New(t.Context(), run.Env{Site: "molgenis", Dir: t.TempDir(), Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Bus: cfg,
		Signer: signer, Trust: trust, Failpoints: &failpoint.Set{}}, name)
	if err != nil {
		t.Fatal(err)
	}
	register(s)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); ended.Wait() })
	return s
}

// hop says one event and returns the milliseconds from its commit to its handler.
func hop(t *testing.T, speaker *run.Service, arrived <-chan time.Time) float64 {
	t.Helper()
	var committed time.Time
	err := speaker.Update(t.Context(), func(tx *run.Tx) error {
		tx.After(func() { committed = time.Now() })
		id := ulid.Make().String()
		_, err := tx.Emit("question/"+id, count(id))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return milliseconds(since(t, committed, arrived))
}

func since(t *testing.T, from time.Time, arrived <-chan time.Time) time.Duration {
	t.Helper()
	select {
	case at := <-arrived:
		return at.Sub(from)
	case <-time.After(30 * time.Second):
		t.Fatal("it never came")
		return 0
	}
}

func bareHops(t *testing.T, cfg bus.Config) (all []float64) {
	t.Helper()
	p, err := bus.NewPublisher(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close() //nolint:errcheck // a test's
	s, err := bus.NewSubscriber(cfg, bus.SubscriberConfig{Group: "bare"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's
	messages, err := s.Subscribe(context.WithoutCancel(t.Context()), "bare")
	if err != nil {
		t.Fatal(err)
	}
	arrived := make(chan time.Time, 1)
	go func() {
		for m := range messages {
			at := time.Now()
			m.Ack()
			arrived <- at
		}
	}()
	for i := range benchHops {
		began := time.Now()
		if err := p.PublishRecords(t.Context(), envelope.Record{Topic: "bare", Value: make([]byte, 1024)}); err != nil {
			t.Fatal(err)
		}
		if took := milliseconds(since(t, began, arrived)); i >= benchHops/10 {
			all = append(all, took)
		}
	}
	return all
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func middle(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

func writeRow(t *testing.T, ours, peer float64) {
	t.Helper()
	line, err := json.Marshal(map[string]any{"id": "commit-to-consumer-p50", "ours": ours, "peer": peer, "unit": "ms", "ratio": ours / peer,
		"better": "lower", "goal": benchGoal, "met": ours <= benchGoal})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", line)
	name := os.Getenv("FAIRWAY_BENCH_OUT")
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // the write tells
	if _, err := f.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
}
