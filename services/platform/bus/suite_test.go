package bus_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

var (
	// testConfig reaches the broker of the run: embedded, or the one that FAIRWAY_KAFKA names.
	testConfig bus.Config
	// restartCommand restarts the embedded broker; for an external one it is FAIRWAY_KAFKA_RESTART, or none. It is run several
	// times at once.
	restartCommand []string
	topicNumber    atomic.Int64
)

const restartArgument = "restart-broker"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == restartArgument {
		os.Exit(askRestart(os.Args[2]))
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	if addr := os.Getenv("FAIRWAY_KAFKA"); addr != "" {
		cfg, err := externalConfig(addr)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		testConfig, restartCommand = cfg, strings.Fields(os.Getenv("FAIRWAY_KAFKA_RESTART"))
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "fairway-bus")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	r := &restarter{dir: dir}
	if err := r.start(0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { r.broker.Close() }()
	testConfig = bus.Config{Brokers: []string{r.broker.Addr()}}
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	srv := &http.Server{Handler: r}
	go srv.Serve(l)
	defer srv.Close()
	restartCommand = []string{os.Args[0], restartArgument, "http://" + l.Addr().String()}
	return m.Run()
}

func externalConfig(addr string) (bus.Config, error) {
	cfg := bus.Config{Brokers: strings.Split(addr, ","), Username: os.Getenv("FAIRWAY_KAFKA_USER"), Password: os.Getenv("FAIRWAY_KAFKA_PASSWORD")}
	file := os.Getenv("FAIRWAY_KAFKA_CA")
	if file == "" {
		return cfg, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return cfg, fmt.Errorf("FAIRWAY_KAFKA_CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return cfg, fmt.Errorf("FAIRWAY_KAFKA_CA: %s holds no PEM certificate", file)
	}
	cfg.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}
	return cfg, nil
}

// restarter closes and opens the broker again, on the same port and data, when asked over HTTP: watermill's suite
// restarts its service by a command, which is this test binary run again.
type restarter struct {
	mu     sync.Mutex
	dir    string
	broker *broker.Broker
}

func (r *restarter) start(port int) (err error) {
	r.broker, err = broker.Start(broker.Config{Dir: r.dir, Port: port})
	return err
}

func (r *restarter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	r.mu.Lock() // the stress test restarts from several tests at once
	defer r.mu.Unlock()
	_, port, _ := net.SplitHostPort(r.broker.Addr())
	n, err := strconv.Atoi(port)
	if err == nil {
		err = r.broker.Close()
	}
	if err == nil {
		err = r.start(n)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func askRestart(url string) int {
	resp, err := http.Post(url, "text/plain", nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		fmt.Fprintf(os.Stderr, "restart broker: %s\n", text)
		return 1
	}
	return 0
}

// onePartition gives every message the same, empty key.
type onePartition struct{ *bus.Publisher }

func (p onePartition) Publish(topic string, messages ...*message.Message) error {
	out := make([]*message.Message, len(messages))
	for i, m := range messages {
		r := envelope.Record{Topic: topic, Key: []byte{}, Value: m.Payload, Headers: []envelope.Header{{Key: "ce_id", Value: []byte(m.UUID)}}}
		for k, v := range m.Metadata {
			r.Headers = append(r.Headers, envelope.Header{Key: k, Value: []byte(v)})
		}
		out[i] = bus.NewMessage(r)
	}
	return p.Publisher.Publish(topic, out...)
}

// late holds back the last messages of TestReconnect. That test notes a message as sent only after Publish has returned
// and compares as soon as the last one came: a subscriber may be faster than that.
type late struct{ *bus.Subscriber }

const (
	reconnectMessages = 10_000
	heldBack          = 50
	holdBack          = 10 * time.Millisecond
)

func (s late) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := s.Subscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		seen := map[string]bool{}
		for m := range in {
			if seen[m.UUID] = true; len(seen) > reconnectMessages-heldBack {
				<-time.After(holdBack)
			}
			select {
			case out <- m:
			case <-m.Context().Done():
			}
		}
	}()
	return out, nil
}

func pubSub(t *testing.T, group string, ordered bool) (message.Publisher, message.Subscriber) {
	t.Helper()
	cfg := testConfig
	cfg.Timeout = 30 * time.Second // covers a broker restart
	p := must(bus.NewPublisher(cfg))
	s := must(bus.NewSubscriber(cfg, bus.SubscriberConfig{
		Group: group, InitPartitions: 8, SessionTimeout: sessionTimeout(),
		// the suite nacks a record a hundred times in a row
		NackResendSleep: 20 * time.Millisecond, NackResendMost: 20 * time.Millisecond,
	}))
	var pub message.Publisher = p
	if ordered {
		pub = onePartition{p}
	}
	if strings.Contains(t.Name(), "TestReconnect") {
		return pub, late{s}
	}
	return pub, s
}

// sessionTimeout respects the default minimum of an external broker.
func sessionTimeout() time.Duration {
	if os.Getenv("FAIRWAY_KAFKA") != "" {
		return 6 * time.Second
	}
	return 3 * time.Second
}

// The feature sets are those of watermill's own Kafka adapter. Where a broker takes seconds to start again, the full suite
// needs watermill's build tag stress: five times its usual limits of time.

func TestSuiteUnordered(t *testing.T) {
	tests.TestPubSub(t, features(tests.Features{ConsumerGroups: true, Persistent: true}),
		func(t *testing.T) (message.Publisher, message.Subscriber) { return pubSub(t, "test", false) },
		func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
			return pubSub(t, group, false)
		})
}

func TestSuiteOrdered(t *testing.T) {
	tests.TestPubSub(t, features(tests.Features{ConsumerGroups: true, GuaranteedOrder: true, Persistent: true}),
		func(t *testing.T) (message.Publisher, message.Subscriber) { return pubSub(t, "test", true) },
		func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
			return pubSub(t, group, true)
		})
}

func TestSuiteWithoutGroup(t *testing.T) {
	tests.TestPubSub(t, features(tests.Features{Persistent: true, NewSubscriberReceivesOldMessages: true}),
		func(t *testing.T) (message.Publisher, message.Subscriber) { return pubSub(t, "", false) }, nil)
}

func TestSuiteStress(t *testing.T) {
	if !full() {
		t.Skip("the stress test runs with FAIRWAY_SUITE=full")
	}
	if os.Getenv("FAIRWAY_KAFKA") != "" && os.Getenv("STRESS_TEST_COUNT") == "" {
		t.Skip("on a broker outside, STRESS_TEST_COUNT says how many suites it has to bear at once")
	}
	tests.TestPubSubStressTest(t, features(tests.Features{ConsumerGroups: true, Persistent: true}),
		func(t *testing.T) (message.Publisher, message.Subscriber) { return pubSub(t, "test", false) },
		func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
			return pubSub(t, group, false)
		})
}

func full() bool { return os.Getenv("FAIRWAY_SUITE") == "full" }

func features(f tests.Features) tests.Features {
	f.ForceShort = !full()
	f.RestartServiceCommand = restartCommand
	return f
}
