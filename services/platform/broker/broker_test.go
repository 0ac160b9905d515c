package broker_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"go.uber.org/goleak"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// certificate returns what the broker shows and what its clients trust.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der := must(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key))
	pool := x509.NewCertPool()
	pool.AddCert(must(x509.ParseCertificate(der)))
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS13},
		&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}
}

func port(t *testing.T, b *broker.Broker) int {
	t.Helper()
	_, p, err := net.SplitHostPort(b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return must(strconv.Atoi(p))
}

// site is a broker with TLS, where alice may write "a." topics and bob may read them as groups "bob.".
func site(t *testing.T) (broker.Config, *tls.Config) {
	t.Helper()
	server, client := certificate(t)
	return broker.Config{
		Dir: t.TempDir(), TLS: server, Superuser: "root", SuperPassword: "root-password",
		Users: []broker.User{
			{Name: "alice", Password: "alice-password", ACLs: []broker.ACL{{Resource: broker.OnTopic, Name: "a.", Prefixed: true, Operation: broker.Write}}},
			{Name: "bob", Password: "bob-password", ACLs: []broker.ACL{
				{Resource: broker.OnTopic, Name: "a.events", Operation: broker.Read},
				{Resource: broker.OnGroup, Name: "bob.", Prefixed: true, Operation: broker.Read},
			}},
		},
		Topics: []broker.Topic{{Name: "a.events", Partitions: 2, Retention: -1}, {Name: "b.events", Partitions: 1}},
	}, client
}

func client(b *broker.Broker, trust *tls.Config, user, password string) bus.Config {
	return bus.Config{Brokers: []string{b.Addr()}, TLS: trust, Username: user, Password: password, Timeout: 2 * time.Second}
}

func publish(t *testing.T, cfg bus.Config, topic, value string) error {
	t.Helper()
	p := must(bus.NewPublisher(cfg))
	defer p.Close()
	return p.PublishRecords(t.Context(), envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte(value)})
}

// receive acks the next message of a group and leaves it.
func receive(t *testing.T, cfg bus.Config, group, topic string) string {
	t.Helper()
	s := must(bus.NewSubscriber(cfg, bus.SubscriberConfig{Group: group}))
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	m, ok := <-must(s.Subscribe(ctx, topic))
	if !ok {
		t.Fatalf("nothing came on %s", topic)
	}
	m.Ack()
	return string(m.Payload)
}

func TestRestartKeepsRecordsAndOffsetsAndTakesUsersFromConfig(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	cfg, trust := site(t)
	b := must(broker.Start(cfg))
	for _, v := range []string{"one", "two"} {
		if err := publish(t, client(b, trust, "alice", "alice-password"), "a.events", v); err != nil {
			t.Fatal(err)
		}
	}
	if got := receive(t, client(b, trust, "bob", "bob-password"), "bob.reader", "a.events"); got != "one" {
		t.Fatalf("got %q", got)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Port = port(t, b)
	cfg.Users[1].Password = "a new password"
	b = must(broker.Start(cfg))
	defer b.Close()
	if got := receive(t, client(b, trust, "bob", "a new password"), "bob.reader", "a.events"); got != "two" {
		t.Errorf("got %q after restart", got)
	}
	if err := publish(t, client(b, trust, "bob", "bob-password"), "a.events", "x"); err == nil || !strings.Contains(err.Error(), `refuse user "bob"`) {
		t.Errorf("the old password still works: %v", err)
	}
}

func TestRightsRemovedFromConfigAreGoneAfterRestart(t *testing.T) {
	cfg, trust := site(t)
	b := must(broker.Start(cfg))
	b.Close()
	cfg.Users[0].ACLs = []broker.ACL{{Resource: broker.OnTopic, Name: "b.events", Operation: broker.Write}}
	b = must(broker.Start(cfg))
	defer b.Close()
	alice := client(b, trust, "alice", "alice-password")
	if err := publish(t, alice, "a.events", "x"); !errors.Is(err, bus.ErrNoTopic) && !errors.Is(err, bus.ErrDenied) {
		t.Errorf("the right that was removed still works: %v", err)
	}
	if err := publish(t, alice, "b.events", "x"); err != nil {
		t.Errorf("the new right does not work: %v", err)
	}
}

func TestEveryRefusalSaysWhatToDo(t *testing.T) {
	cfg, trust := site(t)
	b := must(broker.Start(cfg))
	t.Cleanup(func() { b.Close() })
	_, stranger := certificate(t)
	for name, c := range map[string]struct {
		cfg   bus.Config
		topic string
		is    error
		says  string
	}{
		"no right":            {client(b, trust, "alice", "alice-password"), "b.events", bus.ErrNoTopic, `topic b.events not found, or user "alice" may not write it`},
		"wrong password":      {client(b, trust, "alice", "wrong"), "a.events", io.ErrUnexpectedEOF, `refuse user "alice" with this password`},
		"foreign certificate": {client(b, stranger, "alice", "alice-password"), "a.events", bus.ErrDenied, "check the certificate authority"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := publish(t, c.cfg, c.topic, "x")
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := publish(t, client(b, trust, "alice", "alice-password"), "a.events", "valid probe"); err != nil {
		t.Error(err)
	}
}

func TestPlainTextClientsAreNotServed(t *testing.T) {
	cfg, _ := site(t)
	b := must(broker.Start(cfg))
	defer b.Close()
	if err := publish(t, client(b, nil, "alice", "alice-password"), "a.events", "x"); err == nil {
		t.Error("a client without TLS was served")
	}
}

func TestStartRefusesWhatItCannotUse(t *testing.T) {
	running := must(broker.Start(broker.Config{Dir: t.TempDir()}))
	defer running.Close()
	held := t.TempDir()
	holder := must(broker.Start(broker.Config{Dir: held}))
	defer holder.Close()
	foreign, newer, file := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "file")
	for path, text := range map[string]string{filepath.Join(foreign, "thesis.txt"): "mine", filepath.Join(newer, "FAIRWAY-BROKER"): "fairway broker data, format 9\n", file: ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	topics := func(n int) []broker.Topic { return []broker.Topic{{Name: "t", Partitions: n}} }
	grown := t.TempDir()
	must(broker.Start(broker.Config{Dir: grown, Topics: topics(1)})).Close()
	for name, c := range map[string]struct {
		cfg  broker.Config
		is   error
		says string
	}{
		"no directory":       {broker.Config{}, nil, "Dir is empty"},
		"port in use":        {broker.Config{Dir: t.TempDir(), Port: port(t, running)}, broker.ErrPortInUse, fmt.Sprintf("127.0.0.1:%d", port(t, running))},
		"second broker":      {broker.Config{Dir: held}, broker.ErrLocked, "stop that one"},
		"foreign directory":  {broker.Config{Dir: foreign}, broker.ErrForeign, "thesis.txt"},
		"another format":     {broker.Config{Dir: newer}, broker.ErrFormat, "format 9"},
		"a file":             {broker.Config{Dir: file}, nil, file},
		"not writable":       {broker.Config{Dir: "/proc/fairway"}, nil, "/proc/fairway"},
		"no superuser":       {broker.Config{Dir: t.TempDir(), Users: []broker.User{{Name: "a", Password: "b"}}}, nil, "superuser"},
		"changed partitions": {broker.Config{Dir: grown, Topics: topics(2)}, nil, "topic t has 1 partitions and 2 are configured"},
	} {
		b, err := broker.Start(c.cfg)
		if err == nil {
			b.Close()
			t.Errorf("%s: started", name)
			continue
		}
		if c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if entries := must(os.ReadDir(foreign)); len(entries) != 1 {
		t.Errorf("the foreign directory was written to: %v", entries)
	}
	must(broker.Start(broker.Config{Dir: grown, Topics: topics(1)})).Close()
}
