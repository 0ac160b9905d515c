package external_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/external"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// script starts Apache Kafka where it is set; else an embedded broker stands for a foreign one.
var script = os.Getenv("FAIRWAY_KAFKA_SCRIPT")

// together makes a federation of two sites in a new folder.
func together(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var options []provision.SiteOptions
	for _, name := range []string{"molgenis", "denbi"} {
		text, err := sites.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		options = append(options, provision.SiteOptions{Profile: text})
	}
	if _, err := provision.Together(dir, provision.FederationOptions{}, options); err != nil {
		t.Fatal(err)
	}
	return dir
}

// bare starts a broker that knows the superuser of the folder and nothing else.
func bare(t *testing.T, cfg broker.Config, dir string) string {
	t.Helper()
	if script != "" {
		return kafka(t, dir)
	}
	b, err := broker.Start(broker.Config{Dir: t.TempDir(), TLS: cfg.TLS, Superuser: cfg.Superuser, SuperPassword: cfg.SuperPassword})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b.Addr()
}

func kafka(t *testing.T, dir string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	if out, err := exec.Command(script, "start", dir, addr).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(script, "stop", dir).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	return addr
}

// client is how a principal reaches the broker, by the password in its own folder.
func client(t *testing.T, dir, addr, user, passwordFile string) bus.Config {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(dir, setup.CAFile))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	password, err := os.ReadFile(passwordFile)
	if err != nil {
		t.Fatal(err)
	}
	return bus.Config{Brokers: []string{addr}, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13},
		Username: user, Password: strings.TrimSpace(string(password)), Timeout: 10 * time.Second}
}

// denied tells whether a user that is let in may not write a topic. A broker says so by not showing the topic, which the
// publisher takes for a topic that is still to come: hence the short time.
func denied(t *testing.T, cfg bus.Config, topic string) (bool, error) {
	t.Helper()
	var err error
	for cfg.Timeout = time.Second; cfg.Timeout <= 16*time.Second; cfg.Timeout *= 2 { // a busy machine may not come to an answer in the first
		err = publish(t, cfg, topic)
		if err == nil || errors.Is(err, bus.ErrNoTopic) || errors.Is(err, bus.ErrDenied) {
			break
		}
	}
	return errors.Is(err, bus.ErrNoTopic) || errors.Is(err, bus.ErrDenied), err
}

func publish(t *testing.T, cfg bus.Config, topic string) error {
	t.Helper()
	p, err := bus.NewPublisher(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return p.Publish(topic, bus.NewMessage(envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte("{}"),
		Headers: []envelope.Header{{Key: "ce_id", Value: []byte("1")}}}))
}

func TestAForeignBrokerGetsTopicsUsersAndRightsOfASite(t *testing.T) {
	dir := filepath.Join(together(t), "molgenis")
	cfg, err := setup.SiteBroker(dir)
	if err != nil {
		t.Fatal(err)
	}
	addr := bare(t, cfg, dir)
	own, foreign := "molgenis.airlock.events.v1", "molgenis.catalog.events.v1"
	airlock := client(t, dir, addr, topics.Airlock, filepath.Join(dir, topics.Airlock, setup.PasswordFile))
	early := airlock
	early.Timeout = time.Second
	if err := publish(t, early, own); err == nil {
		t.Fatal("a user was let in before there was any")
	}
	for range 2 { // a repetition changes nothing
		if err := external.Provision(t.Context(), dir, addr); err != nil {
			t.Fatal(err)
		}
		if err := publish(t, airlock, own); err != nil {
			t.Fatalf("own topic: %v", err)
		}
		if ok, err := denied(t, airlock, foreign); !ok {
			t.Fatalf("another's topic: %v", err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, setup.RunDir, "broker.addr")); err != nil || strings.TrimSpace(string(text)) != addr {
		t.Errorf("announced %q, %v, expected %s", text, err, addr)
	}
}

func TestARightThatTheTableDoesNotGiveIsTakenAway(t *testing.T) {
	dir := filepath.Join(together(t), "molgenis")
	cfg, err := setup.SiteBroker(dir)
	if err != nil {
		t.Fatal(err)
	}
	addr := bare(t, cfg, dir)
	if err := external.Provision(t.Context(), dir, addr); err != nil {
		t.Fatal(err)
	}
	topic := "molgenis.catalog.events.v1"
	grant(t, dir, addr, cfg, append(topics.ACLs("molgenis"), topics.Grant{Principal: topics.Airlock, Topic: topic, Operation: topics.Write}))
	airlock := client(t, dir, addr, topics.Airlock, filepath.Join(dir, topics.Airlock, setup.PasswordFile))
	if err := publish(t, airlock, topic); err != nil {
		t.Fatalf("with the right: %v", err)
	}
	if err := external.Provision(t.Context(), dir, addr); err != nil {
		t.Fatal(err)
	}
	if ok, err := denied(t, airlock, topic); !ok {
		t.Fatalf("without it: %v", err)
	}
}

func grant(t *testing.T, dir, addr string, cfg broker.Config, grants []topics.Grant) {
	t.Helper()
	super := client(t, dir, addr, "", os.DevNull)
	super.Username, super.Password, super.Timeout = cfg.Superuser, cfg.SuperPassword, 30*time.Second
	admin, err := bus.NewAdmin(super)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if err := admin.EnsureRights(t.Context(), grants); err != nil {
		t.Fatal(err)
	}
}

func TestAFederationsBrokerKnowsItsGatewaysAndTheirInboxes(t *testing.T) {
	all := together(t)
	dir := filepath.Join(all, provision.FederationDir)
	cfg, err := provision.BrokerConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	addr := bare(t, cfg, dir)
	if err := external.Provision(t.Context(), dir, addr); err != nil {
		t.Fatal(err)
	}
	gateway := client(t, dir, addr, topics.GatewayOf("molgenis"), filepath.Join(all, "molgenis", topics.Gateway, setup.FederationPassword))
	if err := publish(t, gateway, topics.Inbox("denbi")); err != nil {
		t.Fatalf("the other's inbox: %v", err)
	}
	if ok, err := denied(t, gateway, topics.Inbox("molgenis")); !ok {
		t.Fatalf("its own inbox: %v", err)
	}
}

func TestAFolderOfNothingIsToldSo(t *testing.T) {
	err := external.Provision(context.Background(), t.TempDir(), "127.0.0.1:1")
	if !errors.Is(err, setup.ErrNotSite) || !strings.Contains(err.Error(), "site init") {
		t.Fatalf("got %v", err)
	}
}
