package simulation

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/oklog/ulid/v2"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// portal is where the people of a site act. Like identity's door, it signs their acts and numbers them.
type portal struct {
	t       *testing.T
	site    string
	rules   profile.Profile
	signer  signing.Signer
	line    *line
	out     *bus.Publisher
	chance  *chance
	numbers map[string]uint64
	people  []*person
}

// person is somebody at a site, with the roles that an officer gave.
type person struct {
	at      *portal
	id      string
	role    string
	session string
	signed  time.Time // when the session was opened
}

func newPortal(t *testing.T, n *network, p *place, hub *node) *portal {
	t.Helper()
	env, err := setup.Load(context.Background(), p.dir, topics.Identity, setup.Options{Broker: p.node.addr(), Federation: hub.addr()})
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Objects.Close(); err != nil {
		t.Fatal(err)
	}
	l := n.line()
	out, err := bus.NewPublisher(plain(bus.Config{Brokers: []string{p.node.addr()}}, l))
	if err != nil {
		t.Fatal(err)
	}
	return &portal{t: t, site: p.name, rules: env.Profile, signer: env.Links[setup.LinkPortal].Signer, line: l, out: out, chance: n.chance, numbers: map[string]uint64{}}
}

func newID() string {
	return ulid.MustNew(ulid.Timestamp(time.Now()), rand.Reader).String()
}

// say sends what people said, in the order in which it was signed.
func (p *portal) say(records ...envelope.Record) {
	p.t.Helper()
	if err := p.out.PublishRecords(context.Background(), records...); err != nil {
		p.t.Errorf("the portal of %s cannot send: %v", p.site, err)
	}
}

// sign makes the next act about its subject.
func (p *portal) sign(act envelope.Payload, change func(*envelope.Draft)) envelope.Record {
	p.t.Helper()
	d := envelope.Draft{ID: newID(), Source: p.signer.Source(), Subject: subjectOf(p.t, act), Time: time.Now().UTC()}
	d.Topic = topics.TopicOf(act.EventType(), p.site)
	d.Audience, d.CorrelationID = p.site, d.ID
	change(&d)
	chain := d.Topic + " " + d.Subject
	p.numbers[chain]++
	d.Sequence = p.numbers[chain]
	r, err := envelope.New(p.signer, d, act)
	if err != nil {
		p.t.Fatalf("sign %s: %v", act.EventType(), err)
	}
	return r
}

// subjectOf fills the contract's template from the payload.
func subjectOf(t *testing.T, p envelope.Payload) string {
	t.Helper()
	c, _ := topics.Lookup(p.EventType())
	text, err := json.Marshal(p)
	var members map[string]any
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	if err != nil {
		t.Fatal(err)
	}
	kind, member, _ := strings.Cut(strings.TrimSuffix(c.Subject, "}"), "{")
	id, _ := members[member].(string)
	return kind + id
}

func (p *person) by(d *envelope.Draft) {
	d.Actor, d.Session, d.Assurance, d.AuthTime = p.id, p.session, "aal2", p.signed
}

// signIn opens a session unless one is good for a while yet.
func (p *person) signIn() {
	now := time.Now().UTC()
	if p.session != "" && now.Sub(p.signed) < p.at.rules.SignIn.SecondFactorMaxAge.Std()-20*time.Minute {
		return
	}
	p.session, p.signed = newID(), now
	p.at.say(p.at.sign(identity.SessionOpen{SessionID: p.session, PersonID: p.id, Assurance: "aal2", AuthenticatedAt: now,
		SecondFactorAt: now, AddressAllowed: true}, p.by))
}

// act asks for something, and returns the id of the act.
func (p *person) act(act envelope.Payload) string {
	p.at.t.Helper()
	p.signIn()
	r := p.at.sign(act, func(d *envelope.Draft) {
		p.by(d)
		d.RestsOn = []envelope.Rest{{Source: topics.Source(p.at.site, topics.Identity), Subject: "session/" + p.session, Sequence: 1}}
	})
	p.at.say(r)
	e, err := envelope.Read(r)
	if err != nil {
		p.at.t.Fatal(err)
	}
	return e.ID
}

// join registers somebody who has no role yet.
func (p *portal) join(role string) *person {
	n := &person{at: p, id: p.site + ":" + newID(), role: role}
	p.people = append(p.people, n)
	p.say(p.sign(identity.PersonRegister{PersonID: n.id}, n.by0))
	return n
}

// by0 is the act of somebody who has no session yet.
func (p *person) by0(d *envelope.Draft) {
	d.Actor, d.Session, d.Assurance, d.AuthTime = p.id, newID(), "aal1", time.Now().UTC()
}

func (p *portal) with(role string) (all []*person) {
	for _, n := range p.people {
		if n.role == role {
			all = append(all, n)
		}
	}
	return all
}

// spare is how many people of a role a site needs besides those that its rules count.
const spare = 2

// roles are those of everybody whom a site needs.
func (p *portal) roles() (roles []string) {
	more := func(role string, n int) {
		for range n {
			roles = append(roles, role)
		}
	}
	for _, stage := range p.rules.Review.Steps() {
		more(stage.Role, stage.Quorum+spare)
	}
	for _, b := range p.rules.ApprovalChain {
		more(b.Body, b.Quorum)
	}
	if p.rules.Hosting.Workspace == profile.None {
		return roles
	}
	more("data-manager", 1)
	if p.rules.Export.Group != "" {
		more(p.rules.Export.Group, 1)
	}
	return roles
}

// populate brings in everybody whom a site needs, and publishes its data.
func (p *portal) populate(code string, data []dataHere) {
	officer := p.join("identity-officer")
	p.say(p.sign(identity.RoleClaim{PersonID: officer.id, CodeDigest: objects.Digest([]byte(code))}, officer.by0))
	for _, role := range p.roles() {
		n := p.prepared(officer, role)
		officer.act(identity.RoleGrant{PersonID: n.id, Role: role})
	}
	p.researchers(officer)
	time.Sleep(10 * time.Second)
	for _, d := range data {
		p.with("data-manager")[0].act(catalog.DatasetDescribe{DatasetID: d.id, Title: "A cohort", Holder: d.holder, Version: "1", AccessRights: "NON_PUBLIC", Dictionary: dictionary})
	}
}

// researchers of a site with a workspace are made by its officer, or by the group outside from which they come.
func (p *portal) researchers(officer *person) {
	if p.rules.Hosting.Workspace == profile.None {
		return
	}
	const some = 2
	if !p.rules.Membership.External() {
		for range some {
			n := p.prepared(officer, "researcher")
			officer.act(identity.RoleGrant{PersonID: n.id, Role: "researcher"})
			if group := p.rules.Export.Group; group != "" && p.chance.one(2) {
				officer.act(identity.RoleGrant{PersonID: n.id, Role: group})
			}
		}
		return
	}
	feed := p.join("membership-feed")
	officer.act(identity.RoleGrant{PersonID: feed.id, Role: "membership-feed"})
	time.Sleep(time.Second)
	for range some {
		n := p.prepared(officer, "researcher")
		time.Sleep(time.Second)
		feed.act(identity.MembershipChange{PersonID: n.id, Group: "group", Member: true, ChangedAt: time.Now().UTC().Truncate(time.Second)})
	}
}

// prepared registers somebody with training and agreement.
func (p *portal) prepared(officer *person, role string) *person {
	n := p.join(role)
	officer.act(identity.TrainingRecord{PersonID: n.id, Course: p.rules.Training.Course, CompletedAt: time.Now().UTC().Add(-time.Hour)})
	n.act(identity.AgreementSign{PersonID: n.id, Agreement: p.rules.Agreement.Name, Version: p.rules.Agreement.Version})
	return n
}
