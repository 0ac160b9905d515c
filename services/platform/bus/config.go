// Package bus carries events over Kafka: a watermill publisher and subscriber on kafka-go that keep records whole,
// their order per key, and committed offsets that never move backwards.
package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// Config says how to reach a Kafka cluster and as whom.
type Config struct {
	// Brokers are host:port, at least one; the rest of the cluster is found through it.
	Brokers []string
	// TLS for every connection; nil is plain text, for unit tests only.
	TLS *tls.Config
	// Username and Password for SCRAM-SHA-512; empty for unit tests only.
	Username, Password string
	// Dial opens the TCP connections; nil is a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Log takes warnings; nil drops them. No payload and no key is ever logged.
	Log *slog.Logger
	// ClientID names this program in the broker's own logs.
	ClientID string
	// Timeout bounds a publish or an administrative request with all its retries; 0 is 10 s.
	Timeout time.Duration
	// Calm replaces every interval that a client keeps only to notice that others are gone: dial timeout, heartbeats,
	// empty polls, refreshed metadata. 0 is the usual ones, of seconds. It is for tests in virtual time, where a month of
	// heartbeats would be all that there is to compute; the broker has to allow sessions of three times as long.
	Calm time.Duration

	wire *wire
}

// wire is the connections for requests other than consuming, and what kafka-go remembers of the cluster for them.
type wire struct {
	*kafka.Transport
	ends    atomic.Int64 // Unix seconds; 0: no certificate was seen
	mu      sync.Mutex
	renewed time.Time
}

// renew lets the next request ask for topics and leaders anew, where the last one failed: kafka-go answers and routes
// from what it has heard before.
func (w *wire) renew() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); now.Sub(w.renewed) >= renewInterval {
		w.renewed = now
		w.CloseIdleConnections()
	}
}

const (
	defaultTimeout = 10 * time.Second
	dialTimeout    = 5 * time.Second
	// metadataTTL bounds how long news of the cluster stay unknown where nothing fails for want of them.
	metadataTTL = 30 * time.Second
	// renewInterval lies between two questions for metadata because something failed.
	renewInterval = 500 * time.Millisecond
)

func (c Config) check() (Config, error) {
	if len(c.Brokers) == 0 {
		return c, errors.New("bus: no brokers configured: name at least one host:port")
	}
	for _, b := range c.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			return c, fmt.Errorf("bus: broker %q is not host:port: %w", b, err)
		}
	}
	if (c.Username == "") != (c.Password == "") {
		return c, fmt.Errorf("bus: user %q: a name and a password belong together", c.Username)
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.wire != nil {
		return c, nil
	}
	m, err := c.mechanism()
	if err != nil {
		return c, err
	}
	c.wire = &wire{}
	c.TLS = c.wire.watched(c.TLS)
	c.wire.Transport = &kafka.Transport{
		Dial: c.Dial, DialTimeout: c.idle(dialTimeout), MetadataTTL: c.idle(metadataTTL), ClientID: c.ClientID, TLS: c.TLS, SASL: m,
	}
	return c, nil
}

// Shared returns the configuration of publishers and subscribers that send their requests, other than consuming, over the
// same connections, and hear of the cluster's topics and leaders together. The connections end when all are closed.
func (c Config) Shared() (Config, error) { return c.check() }

// idle is how long an interval of idleness lasts.
func (c Config) idle(usual time.Duration) time.Duration { return max(usual, c.Calm) }

// mechanisms are kept for all connections of a process: each knows the key that it has derived from its password, which
// costs more than the rest of signing in.
var mechanisms sync.Map // of credentials to sasl.Mechanism

type credentials struct{ username, password string }

func (c Config) mechanism() (sasl.Mechanism, error) {
	if c.Username == "" {
		return nil, nil
	}
	who := credentials{c.Username, c.Password}
	if m, ok := mechanisms.Load(who); ok {
		return m.(sasl.Mechanism), nil
	}
	m, err := scram.Mechanism(scram.SHA512, c.Username, c.Password)
	if err != nil {
		return nil, fmt.Errorf("bus: credentials of user %q: %w", c.Username, err)
	}
	kept, _ := mechanisms.LoadOrStore(who, m)
	return kept.(sasl.Mechanism), nil
}

// client is for requests other than consuming. The wire's connections are to be closed with CloseIdleConnections.
func (c Config) client() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(c.Brokers...), Transport: c.wire, Timeout: c.Timeout}
}

// dialer is for consuming. All its connections can be cut at once through cuts.
func (c Config) dialer(cuts *connections) (*kafka.Dialer, error) {
	m, err := c.mechanism()
	if err != nil {
		return nil, err
	}
	return &kafka.Dialer{Timeout: c.idle(dialTimeout), DialFunc: cuts.dialer(c.Dial), ClientID: c.ClientID, TLS: c.TLS, SASLMechanism: m}, nil
}
