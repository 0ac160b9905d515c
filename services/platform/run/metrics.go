package run

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// scrapeTimeout bounds what a look at the metrics asks the broker.
const scrapeTimeout = time.Second

// What is decided about an event at the border, as a label.
const (
	passed  = "passed"
	refused = "refused"
)

// meters counts what an operator watches. No metric has a label that could point to a person or a project.
type meters struct {
	*health.Metrics
	deadLetters, signatures, border *health.Metric
}

func newMeters() meters {
	m := &health.Metrics{}
	return meters{Metrics: m,
		deadLetters: m.Counter(health.DeadLetters, "records that were put away, not applied", "reason"),
		signatures:  m.Counter(health.SignatureFailures, "records that nobody entitled vouches for", "reason"),
		border:      m.Counter(health.BorderEvents, "events at the site's border and what was decided", "direction", "type", "decision", "reason")}
}

// signatureReasons are the outcomes of verifying a signature and its key.
var signatureReasons = []string{envelope.CodeUnsigned, envelope.CodeSignature, envelope.CodeUnknownKey,
	envelope.CodeKeySourceMismatch, envelope.CodeKeyTypeMismatch, envelope.CodeKeyStatus}

// countDeadLetter counts a record that the transaction puts away, once it has.
func (tx *Tx) countDeadLetter(reason string) {
	m := tx.s.meters
	tx.After(func() {
		m.deadLetters.Add(1, reason)
		if slices.Contains(signatureReasons, reason) {
			m.signatures.Add(1, reason)
		}
	})
}

// countIn counts an event from another site that was applied.
func (tx *Tx) countIn(in incoming, e envelope.Event) {
	if in.link != "" {
		tx.After(func() { tx.s.meters.border.Add(1, "in", e.Type, passed, "") })
	}
}

// countOut counts what goes to another site, and what the gateway says that it has kept from crossing.
func (tx *Tx) countOut(topic string, p envelope.Payload) {
	if _, inbox := topics.InboxOwner(topic); inbox {
		tx.After(func() { tx.s.meters.border.Add(1, "out", p.EventType(), passed, "") })
	}
	if r, ok := p.(federation.BorderRefused); ok {
		kind := r.CauseType
		if _, known := topics.Lookup(kind); !known {
			kind = "unknown"
		}
		tx.After(func() { tx.s.meters.border.Add(1, r.Direction, kind, refused, r.Reason) })
	}
}

// measures registers what is read when it is asked for.
func (s *Service) measures() *health.Metrics {
	m := s.meters.Metrics
	m.GaugeFunc(health.OutboxPending, "events committed and not yet sent", func() float64 { return s.count((*store.Tx).Unsent) })
	m.GaugeFunc(health.OutboxOldest, "age of the oldest event not yet sent", s.oldestUnsent)
	m.GaugeFunc(health.AuditSize, "leaves of the audit log", func() float64 {
		return s.count(func(tx *store.Tx) (int, error) { n, err := tx.NextLeaf(); return int(n), err })
	})
	m.GaugeFunc(health.AuditAge, "age of the newest signed checkpoint of the audit log", s.checkpointAge)
	m.CounterFunc(health.InboxDuplicates, "events that came again and had no effect", func() float64 {
		return float64(s.counters.duplicates.Load())
	})
	m.GaugeEach(health.ConsumerLag, "records of a topic not yet processed", "topic", s.lag)
	m.GaugeFunc(health.SourcesBehind, "sources with more to say than their quota, whose records wait on the broker", func() float64 {
		return s.count(func(tx *store.Tx) (n int, err error) {
			return n, backlogs.Each(tx, func(string, backlog) error { n++; return nil })
		})
	})
	m.GaugeFunc(health.KeyExpires, "time until the service's own key is believed no more", func() float64 {
		left, err := s.keyLeft()
		if err != nil {
			return 0
		}
		return left.Seconds()
	})
	m.GaugeEach(health.CertificateEnds, "time until the certificate of a broker, as it was shown last, ends", "broker", s.certificatesLeft)
	m.GaugeFunc(health.DiskFree, "room where the state lies", func() float64 {
		free, err := health.FreeBytes(s.env.Dir)
		if err != nil {
			return math.NaN()
		}
		return float64(free)
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

func (s *Service) oldestUnsent() (age float64) {
	err := s.store.View(context.Background(), func(tx *store.Tx) error {
		since, any, err := tx.OldestUnsent()
		if any {
			age = max(0, tx.Now().Sub(since).Seconds())
		}
		return err
	})
	if err != nil {
		return math.NaN()
	}
	return age
}

// checkpointAge is how long ago the file of the newest checkpoint was written, by the clock of the file system.
func (s *Service) checkpointAge() float64 {
	info, err := os.Stat(filepath.Join(s.env.Dir, "state", CheckpointFile))
	if err != nil {
		return math.NaN()
	}
	return max(0, time.Since(info.ModTime()).Seconds())
}

// readers are the subscribers of the topics that are being read.
type readers struct {
	mu  sync.Mutex
	all map[string]*bus.Subscriber
}

func (r *readers) set(topic string, sub *bus.Subscriber) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string]*bus.Subscriber{}
	}
	r.all[topic] = sub
}

func (r *readers) get(topic string) *bus.Subscriber {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[topic]
}

// lag asks the broker for all topics at once; what it does not tell in time is left out.
func (s *Service) lag() map[string]float64 {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	var mu sync.Mutex
	var asking sync.WaitGroup
	out := map[string]float64{}
	for topic := range s.reads {
		sub := s.readers.get(topic)
		if sub == nil {
			continue
		}
		asking.Go(func() {
			lag, err := sub.Lag(ctx)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			out[topic] = float64(lag[topic])
		})
	}
	asking.Wait()
	return out
}
