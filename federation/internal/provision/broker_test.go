package provision_test

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

func testKey(t *testing.T) (id string, file []byte) {
	t.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err = json.Marshal(map[string]any{"source": "/sites/denbi/airlock", "types": []string{"fairway.airlock.*"}, "public": []byte(public)})
	if err != nil {
		t.Fatal(err)
	}
	return signing.KeyID(public), file
}

func start(t *testing.T, dir string, cfg broker.Config, err error) *broker.Broker {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	b, err := broker.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := setup.AnnounceBroker(dir, b.Addr()); err != nil {
		t.Fatal(err)
	}
	return b
}

// produce writes one record as the user of cfg and returns what the broker said.
func produce(t *testing.T, cfg bus.Config, topic string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d := kafkaDialer(t, cfg)
	conn, err := d.DialLeader(ctx, "tcp", cfg.Brokers[0], topic, 0)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.WriteMessages(kafka.Message{Key: []byte("k"), Value: []byte("v")})
	return err
}

func TestBothBrokersLetEachPrincipalDoWhatTheTopicTableSays(t *testing.T) {
	dir := t.TempDir()
	free := options(t, "molgenis", "denbi")
	free[0].Broker, free[1].Broker = "127.0.0.1:0", "127.0.0.1:0"
	if _, err := provision.Together(dir, provision.FederationOptions{Broker: "127.0.0.1:0"}, free); err != nil {
		t.Fatal(err)
	}
	site, federation := filepath.Join(dir, "molgenis"), filepath.Join(dir, provision.FederationDir)
	cfg, err := setup.SiteBroker(site)
	start(t, site, cfg, err)
	cfg, err = provision.BrokerConfig(federation)
	f := start(t, federation, cfg, err)

	gateway, err := setup.Load(t.Context(), site, topics.Gateway, setup.Options{Federation: f.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Objects.Close()
	airlock, err := setup.Load(t.Context(), site, topics.Airlock, setup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer airlock.Objects.Close()
	wrong := airlock.Bus
	wrong.Password = "wrong"
	border := gateway.Links[setup.LinkFederation].Bus
	for name, c := range map[string]struct {
		cfg     bus.Config
		topic   string
		refusal string // empty: allowed
	}{
		"an airlock writes its own events":            {airlock.Bus, "molgenis.airlock.events.v1", ""},
		"an airlock does not write another's":         {airlock.Bus, "molgenis.workspace.events.v1", "Topic Authorization Failed"},
		"a wrong password does nothing":               {wrong, "molgenis.airlock.events.v1", "SASL Authentication Failed"},
		"a gateway writes into another's inbox":       {border, topics.Inbox("denbi"), ""},
		"a gateway does not write its own inbox":      {border, topics.Inbox("molgenis"), "Topic Authorization Failed"},
		"a gateway does not write the registry":       {border, topics.Registry, "Topic Authorization Failed"},
		"a site's user is nobody at the federation":   {withBrokers(airlock.Bus, f.Addr()), topics.Inbox("denbi"), "unknown authority"},
		"the gateway asks as the gateway at its site": {gateway.Bus, "molgenis.workspace.acts.v1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := produce(t, c.cfg, c.topic)
			if c.refusal == "" && err != nil || c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)) {
				t.Fatalf("got %v, expected %q", err, c.refusal)
			}
		})
	}
}

func withBrokers(cfg bus.Config, addr string) bus.Config {
	cfg.Brokers = []string{addr}
	return cfg
}

func kafkaDialer(t *testing.T, cfg bus.Config) *kafka.Dialer {
	t.Helper()
	m, err := scram.Mechanism(scram.SHA512, cfg.Username, cfg.Password)
	if err != nil {
		t.Fatal(err)
	}
	return &kafka.Dialer{TLS: cfg.TLS, SASLMechanism: m}
}

// Attack 35: nobody speaks an older TLS to a site's broker, whatever they know.
func TestASitesBrokerSpeaksNoOldTLS(t *testing.T) {
	dir := t.TempDir()
	free := options(t, "molgenis")
	free[0].Broker = "127.0.0.1:0"
	if _, err := provision.Together(dir, provision.FederationOptions{Broker: "127.0.0.1:0"}, free); err != nil {
		t.Fatal(err)
	}
	site := filepath.Join(dir, "molgenis")
	cfg, err := setup.SiteBroker(site)
	b := start(t, site, cfg, err)
	airlock, err := setup.Load(t.Context(), site, topics.Airlock, setup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer airlock.Objects.Close()
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
		conn, err := tls.Dial("tcp", b.Addr(), &tls.Config{RootCAs: airlock.Bus.TLS.RootCAs, MinVersion: version, MaxVersion: version})
		if err == nil {
			conn.Close()
			t.Errorf("%s is spoken", tls.VersionName(version))
		}
	}
	if err := produce(t, airlock.Bus, "molgenis.airlock.events.v1"); err != nil {
		t.Errorf("the true service is not served: %v", err)
	}
}

// OPERATING.md: "SIGKILL or loss of power at any moment loses nothing that was acknowledged". A test can take no power away.
func TestWhatTheEmbeddedBrokersHaveAcknowledgedIsOnTheirDisk(t *testing.T) {
	dir, _ := together(t)
	site, err := setup.SiteBroker(filepath.Join(dir, "molgenis"))
	if err != nil {
		t.Fatal(err)
	}
	federation, err := provision.BrokerConfig(filepath.Join(dir, "federation"))
	if err != nil {
		t.Fatal(err)
	}
	if !site.SyncWrites || !federation.SyncWrites {
		t.Errorf("site %v, federation %v", site.SyncWrites, federation.SyncWrites)
	}
}
