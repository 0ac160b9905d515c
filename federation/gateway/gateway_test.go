package gateway_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/gateway"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// patience is how long a fact may take over three real brokers before the test gives up.
const patience = 60 * time.Second

// serve starts a broker and announces it to its clients.
func serve(t *testing.T, dir string, cfg broker.Config, err error) *broker.Broker {
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

func load(t *testing.T, dir, principal, federation string) run.Env {
	t.Helper()
	env, err := setup.Load(t.Context(), dir, principal, setup.Options{Federation: federation, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { env.Objects.Close() })
	return env
}

// say publishes what a service of a site says.
func say(t *testing.T, cfg bus.Config, signer signing.Signer, p envelope.Payload) {
	t.Helper()
	publisher, err := bus.NewPublisher(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer publisher.Close()
	d := envelope.Draft{ID: ulid.Make().String(), Source: signer.Source(), Time: time.Now().UTC(), Attributes: envelope.Attributes{Sequence: 1}}
	r, err := envelope.New(signer, d, p)
	if err == nil {
		err = publisher.PublishRecords(t.Context(), r)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// first reads a topic as a service until a record of T comes.
func first[T envelope.Payload](t *testing.T, env run.Env, topic string) T {
	t.Helper()
	subscriber, err := bus.NewSubscriber(env.Bus, bus.SubscriberConfig{Group: env.Bus.Username + ".test." + topic})
	if err != nil {
		t.Fatal(err)
	}
	defer subscriber.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	messages, err := subscriber.Subscribe(ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	for m := range messages {
		r, _ := bus.RecordOf(m)
		m.Ack()
		e, err := envelope.Open(r, env.Trust, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if p, err := envelope.Decode[T](e); err == nil {
			return p
		}
	}
	var none T
	t.Fatalf("no %s came on %s", none.EventType(), topic)
	return none
}

func TestTwoGatewaysCarryAnApplicationOverTheirBrokers(t *testing.T) {
	dir := t.TempDir()
	var options []provision.SiteOptions
	for _, name := range []string{"molgenis", "denbi"} {
		profile, err := sites.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		options = append(options, provision.SiteOptions{Profile: profile, Broker: "127.0.0.1:0"})
	}
	if _, err := provision.Together(dir, provision.FederationOptions{Broker: "127.0.0.1:0"}, options); err != nil {
		t.Fatal(err)
	}
	federation := filepath.Join(dir, provision.FederationDir)
	cfg, err := provision.BrokerConfig(federation)
	f := serve(t, federation, cfg, err)
	host, data := filepath.Join(dir, "molgenis"), filepath.Join(dir, "denbi")
	for _, site := range []string{host, data} {
		cfg, err := setup.SiteBroker(site)
		serve(t, site, cfg, err)
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		env := load(t, site, topics.Gateway, f.Addr())
		go func() { ended <- gateway.Start(ctx, env) }()
		t.Cleanup(func() {
			stop()
			if err := <-ended; err != nil {
				t.Errorf("the gateway of %s ended: %v", site, err)
			}
		})
	}
	applicant := "molgenis:" + ulid.Make().String()
	now := time.Now().UTC().Truncate(time.Millisecond)
	application := approval.ApplicationSubmitted{ApplicationID: ulid.Make().String(), ProjectID: ulid.Make().String(), HostSite: "molgenis",
		Applicant: applicant, Persons: []string{applicant}, Purpose: "a", Sites: []string{"molgenis", "denbi"}, Concepts: []string{"time"},
		Datasets: []vocabulary.DatasetRef{{Site: "denbi", DatasetID: "gbsg"}}, Analyses: []string{"log-rank"}, ExpiresAt: now.AddDate(0, 6, 0),
		Attestation: vocabulary.Attestation{Person: applicant, HomeSite: "molgenis", Assurance: "aal2", TrainingCompletedAt: now,
			Agreement: "data-use-agreement", AgreementVersion: "1.0"}}
	said := load(t, host, topics.Approval, "")
	say(t, said.Bus, said.Signer, application)
	act := first[approval.ApplicationSubmit](t, load(t, data, topics.Approval, ""), topics.TopicOf(approval.TypeApplicationSubmit, "denbi"))
	if act.ApplicationID != application.ApplicationID || act.Attestation != application.Attestation {
		t.Fatalf("denbi was asked for %+v", act)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
