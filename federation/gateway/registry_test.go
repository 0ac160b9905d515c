package gateway_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/gateway"
	"github.com/fairway-tre/fairway/federation/internal/external"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/federation/sites"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// union is a federation whose broker runs, with gateways of some of its sites.
type union struct {
	*testing.T
	dir, operator string
	broker        *broker.Broker
}

func unite(t *testing.T, names ...string) *union {
	t.Helper()
	u := &union{T: t, dir: t.TempDir()}
	u.operator = filepath.Join(u.dir, provision.FederationDir)
	var options []provision.SiteOptions
	for _, name := range names {
		options = append(options, u.options(name))
	}
	if _, err := provision.Together(u.dir, provision.FederationOptions{Broker: "127.0.0.1:0"}, options); err != nil {
		t.Fatal(err)
	}
	cfg, err := provision.BrokerConfig(u.operator)
	u.broker = serve(t, u.operator, cfg, err)
	u.publish()
	for _, name := range names {
		u.start(name)
	}
	return u
}

func (u *union) options(name string) provision.SiteOptions {
	u.Helper()
	profile, err := sites.Lookup(name)
	if err != nil {
		u.Fatal(err)
	}
	return provision.SiteOptions{Profile: profile, Broker: "127.0.0.1:0"}
}

func (u *union) site(name string) string { return filepath.Join(u.dir, name) }

// publish is what the operator's commands do after each change.
func (u *union) publish() {
	u.Helper()
	err := external.Provision(u.Context(), u.operator, u.broker.Addr())
	if err == nil {
		_, err = external.Publish(u.Context(), u.operator, u.broker.Addr())
	}
	if err != nil {
		u.Fatal(err)
	}
}

func (u *union) join(name string) {
	u.Helper()
	if _, err := provision.Join(u.site(name), read(u.T, provision.AdmissionFile(u.operator, name))); err != nil {
		u.Fatal(err)
	}
}

// start runs the broker and the gateway of a site.
func (u *union) start(name string) {
	u.Helper()
	cfg, err := setup.SiteBroker(u.site(name))
	serve(u.T, u.site(name), cfg, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	env := load(u.T, u.site(name), topics.Gateway, u.broker.Addr())
	go func() { ended <- gateway.Start(ctx, env) }()
	u.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			u.Errorf("the gateway of %s ended: %v", name, err)
		}
	})
}

// apply lets the approval of molgenis say that somebody applies for data of a site.
func (u *union) apply(env run.Env, to string) string {
	u.Helper()
	applicant := "molgenis:" + ulid.Make().String()
	now := time.Now().UTC().Truncate(time.Millisecond)
	id := ulid.Make().String()
	say(u.T, env.Bus, env.Signer, approval.ApplicationSubmitted{ApplicationID: id, ProjectID: ulid.Make().String(), HostSite: "molgenis",
		Applicant: applicant, Persons: []string{applicant}, Purpose: "a", Sites: []string{"molgenis", to}, Concepts: []string{"time"},
		Datasets: []vocabulary.DatasetRef{{Site: to, DatasetID: "cohort"}}, Analyses: []string{"log-rank"}, ExpiresAt: now.AddDate(0, 6, 0),
		Attestation: vocabulary.Attestation{Person: applicant, HomeSite: "molgenis", Assurance: "aal2", TrainingCompletedAt: now,
			Agreement: "data-use-agreement", AgreementVersion: "1.0"}})
	return id
}

// follow calls fn with every record of a topic, those there are and those that come, until fn has seen enough.
func follow(t *testing.T, cfg bus.Config, topic string, fn func(envelope.Event) (enough bool)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := errors.New("seen enough")
	err := bus.Scan(ctx, cfg, []string{topic}, time.Time{}, true, func(_ bus.Position, r envelope.Record) error {
		e, err := envelope.Read(r)
		if err == nil && fn(e) {
			err = done
		}
		return err
	})
	if !errors.Is(err, done) {
		t.Fatalf("%s: what was waited for did not come: %v", topic, err)
	}
}

// asked waits until the approval of a site is asked about all applications.
func asked(u *union, site string, applications map[string]bool) {
	u.Helper()
	approvals := load(u.T, u.site(site), topics.Approval, "")
	seen := map[string]bool{}
	follow(u.T, approvals.Bus, topics.TopicOf(approval.TypeApplicationSubmit, site), func(e envelope.Event) bool {
		p, err := envelope.Decode[approval.ApplicationSubmit](e)
		if err == nil && applications[p.ApplicationID] {
			seen[p.ApplicationID] = true
		}
		return len(seen) == len(applications)
	})
}

func TestKeysAreRotatedUnderLoadAndNothingIsLost(t *testing.T) {
	u := unite(t, "molgenis", "denbi")
	said := load(t, u.site("molgenis"), topics.Approval, "")
	sender, receiver := load(t, u.site("molgenis"), topics.Gateway, u.broker.Addr()), load(t, u.site("denbi"), topics.Gateway, u.broker.Addr())
	old := sender.Signer.KeyID()
	applications := map[string]bool{u.apply(said, "denbi"): true}
	asked(u, "denbi", applications)
	rotated, loaded := make(chan struct{}), make(chan map[string]bool)
	go func() { // the load goes on until the new key has been seen at work
		more := map[string]bool{}
		for {
			select {
			case <-rotated:
				loaded <- more
				return
			default:
				more[u.apply(said, "denbi")] = true
			}
		}
	}()
	if _, err := provision.RotateKeys(u.site("molgenis"), provision.Rotation{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := provision.Rotate(u.operator, read(t, filepath.Join(u.site("molgenis"), setup.JoinFile))); err != nil {
		t.Fatal(err)
	}
	u.publish()
	u.join("molgenis")
	byOld, byNew := 0, 0
	follow(t, receiver.Links[setup.LinkFederation].Bus, topics.Inbox("denbi"), func(e envelope.Event) bool {
		if e.KeyID == old {
			byOld++
		} else {
			byNew++
		}
		return byNew >= 5
	})
	close(rotated)
	for id := range <-loaded {
		applications[id] = true
	}
	asked(u, "denbi", applications)
	t.Logf("%d applications; of the first %d, %d were signed by the old key", len(applications), byOld+byNew, byOld)
	first[federation.KeysRotated](t, load(t, u.site("denbi"), topics.Identity, ""), topics.TopicOf(federation.TypeKeysRotated, "denbi"))
}

func TestALateSiteIsKnownToTheOthersAndKnowsThemWithoutARestart(t *testing.T) {
	u := unite(t, "molgenis", "denbi")
	if _, err := provision.SetStatus(u.operator, "denbi", registry.Suspended, "incident"); err != nil {
		t.Fatal(err)
	}
	u.publish()
	const late = "sensitive-cloud"
	if _, err := provision.InitSite(u.site(late), u.options(late)); err != nil {
		t.Fatal(err)
	}
	if _, err := provision.Admit(u.operator, read(t, filepath.Join(u.site(late), setup.JoinFile)), ""); err != nil {
		t.Fatal(err)
	}
	u.publish()
	u.join(late)
	u.start(late)
	said := load(t, u.site("molgenis"), topics.Approval, "")
	// the host's gateway has not been started anew
	asked(u, late, map[string]bool{u.apply(said, late): true})
	refused := u.apply(said, "denbi")
	identity := load(t, u.site("molgenis"), topics.Identity, "")
	if r := first[federation.BorderRefused](t, identity, topics.TopicOf(federation.TypeBorderRefused, "molgenis")); r.To != "denbi" || r.Reason != "participant-suspended" {
		t.Fatalf("refused %+v for %s", r, refused)
	}
	watch := load(t, u.site(late), topics.Identity, "")
	if s := first[federation.ParticipantSuspended](t, watch, topics.TopicOf(federation.TypeParticipantSuspended, late)); s.Site != "denbi" {
		t.Fatalf("the late site was told of %+v", s)
	}
}
