package run_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/segmentio/kafka-go"

	"github.com/fairway-tre/fairway/contracts/bench"
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
	benchHops  = 400
	benchWarm  = 40 // the first hops warm connections and caches
	benchBytes = 1024
	benchGoal  = 2.0 // ms, absolute
)

// TestBench measures from the moment when an event's transaction is durable in one service's SQLite to the moment when
// another service's handler has it, verified and in a transaction, over the embedded broker. The peer, in turn with it, is
// a record from kafka-go's producing client to a connection of kafka-go that reads, over the same broker and with
// nothing of ours. The goal is absolute, in milliseconds; the ratio is shown.
func TestBench(t *testing.T) {
	bench.Only(t)
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
	bare := bareHop(t, b.Addr())
	ours, peer := bench.Turns(benchWarm+benchHops, func() float64 { return hop(t, speaker, arrived) }, bare)
	bench.Write(t, bench.Limit("commit-to-consumer-p50", "ms", bench.Lower, benchGoal, ours[benchWarm:], peer[benchWarm:]))
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

// bareHop sends a record with all acknowledgements and returns the milliseconds until a waiting reader has it.
func bareHop(t *testing.T, addr string) func() float64 {
	t.Helper()
	const topic, partition, longest = "bare", 0, 1 << 20
	transport := &kafka.Transport{}
	client := &kafka.Client{Addr: kafka.TCP(addr), Transport: transport}
	conn, err := kafka.DialLeader(t.Context(), "tcp", addr, topic, partition)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); transport.CloseIdleConnections() }) //nolint:errcheck // a test's
	arrived := make(chan time.Time, 1)
	go func() { // until the connection is closed
		for {
			if _, err := conn.ReadMessage(longest); err != nil {
				return
			}
			arrived <- time.Now()
		}
	}()
	value := make([]byte, benchBytes)
	return func() float64 {
		began := time.Now()
		resp, err := client.Produce(t.Context(), &kafka.ProduceRequest{Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll,
			Compression: kafka.Zstd, Records: kafka.NewRecordReader(kafka.Record{Value: kafka.NewBytes(value)})})
		if err = errors.Join(err, resp.Error); err != nil {
			t.Fatal(err)
		}
		return milliseconds(since(t, began, arrived))
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
