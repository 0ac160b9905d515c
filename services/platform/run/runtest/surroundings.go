package runtest

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// DefaultProfile is the profile of the site under test unless Profile gives another.
const DefaultProfile = `name: molgenis
title: A site under test
country: NL
modelledOn: nothing
hostDescription: A site for tests.
threshold: 5
review: {reviewers: 1, blinded: false, deadline: 5wd}
signIn: {assurance: aal2, secondFactorMaxAge: 8h, addresses: []}
approvalChain:
  - {body: data-access-committee, quorum: 2, of: 3}
analyses: {mode: aggregate, catalogued: []}
training: {course: safe-researcher, validFor: 2y}
agreement: {name: data-use-agreement, version: "1.0"}
study: {maxDeadline: 72h}
release: {validFor: 30d}
permit: {maxDuration: 2y}
executors: [typed]
`

// Sites are the members of the federation.
var Sites = []string{"molgenis", "denbi", "sensitive-cloud", "harbour"}

// keys has one key for every principal of every site.
type keys struct{ bySource map[string]ed25519.PrivateKey }

func newKeys() keys {
	k := keys{bySource: map[string]ed25519.PrivateKey{topics.OperatorSource: seeded(topics.OperatorSource)}}
	for _, site := range Sites {
		for _, p := range []string{topics.Identity, topics.Approval, topics.Catalog, topics.Workspace, topics.Airlock, topics.Gateway, topics.Portal} {
			source := topics.Source(site, p)
			k.bySource[source] = seeded(source)
		}
	}
	return k
}

func (k keys) signer(source string) signing.Signer {
	private, ok := k.bySource[source]
	if !ok {
		panic("runtest: no such source: " + source)
	}
	return signing.NewSigner(source, private)
}

func (k keys) trust(t testing.TB) signing.Keys {
	t.Helper()
	trust, err := signing.NewTrust(signing.Federation)
	if err != nil {
		t.Fatal(err)
	}
	for source, private := range k.bySource {
		_, principal, _ := topics.ParseSource(source)
		public := private.Public().(ed25519.PublicKey)
		err := trust.Add(signing.Key{ID: signing.KeyID(public), Source: source, Types: topics.WrittenBy(principal), Public: public,
			NotBefore: Start.AddDate(-10, 0, 0), NotAfter: Start.AddDate(10, 0, 0)})
		if err != nil {
			t.Fatal(err)
		}
	}
	return trust
}

// subjectOf fills the contract's subject template.
func subjectOf(t testing.TB, p envelope.Payload) string {
	t.Helper()
	c, ok := topics.Lookup(p.EventType())
	if !ok {
		t.Fatalf("no contract %s", p.EventType())
	}
	raw, err := json.Marshal(p)
	var members map[string]any
	if err == nil {
		err = json.Unmarshal(raw, &members)
	}
	if err != nil {
		t.Fatal(err)
	}
	kind, rest, _ := strings.Cut(c.Subject, "{")
	value, _ := members[strings.TrimSuffix(rest, "}")].(string)
	return kind + value
}

// Person is somebody signed in with a second factor.
type Person struct{ ID, Session string }

// Person makes somebody who has these roles, a valid training and a signed agreement, and who is signed in for as
// long as the profile lets.
func (b *Bench) Person(roles ...string) Person {
	b.t.Helper()
	p := b.Stranger(roles...)
	rules, now := b.Env.Profile, b.Clock.Now()
	b.Deliver(topics.Identity, identity.TrainingRecorded{PersonID: p.ID, Course: rules.Training.Course, CompletedAt: now,
		ValidUntil: rules.Training.ValidFor.After(now)})
	b.Deliver(topics.Identity, identity.AgreementSigned{PersonID: p.ID, Agreement: rules.Agreement.Name, Version: rules.Agreement.Version})
	return p
}

// Stranger is a Person without training and agreement.
func (b *Bench) Stranger(roles ...string) Person {
	b.t.Helper()
	p := Person{ID: b.Env.Site + ":" + b.NewID()}
	b.Deliver(topics.Identity, identity.PersonRegistered{PersonID: p.ID})
	for _, role := range roles {
		b.Deliver(topics.Identity, identity.RoleGranted{PersonID: p.ID, Role: role})
	}
	return b.SignIn(p)
}

// SignIn gives the person a new session.
func (b *Bench) SignIn(p Person) Person {
	b.t.Helper()
	p.Session = b.NewID()
	now := b.Clock.Now()
	b.Deliver(topics.Identity, identity.SessionAttested{SessionID: p.Session, PersonID: p.ID, Assurance: "aal2", AuthenticatedAt: now,
		SecondFactorAt: now, ExpiresAt: now.Add(b.Env.Profile.SignIn.SecondFactorMaxAge.Std())})
	return p
}

// By makes an act one of a person, in the person's session.
func (p Person) By(now time.Time) func(*envelope.Draft) {
	return func(d *envelope.Draft) { d.Actor, d.Session, d.Assurance, d.AuthTime = p.ID, p.Session, "aal2", now }
}

// Act delivers an act of a person through the site's door.
func (b *Bench) Act(p Person, act envelope.Payload, change ...func(*envelope.Draft)) envelope.Event {
	b.t.Helper()
	return b.Deliver(topics.Portal, act, append([]func(*envelope.Draft){p.By(b.Clock.Now())}, change...)...)
}
