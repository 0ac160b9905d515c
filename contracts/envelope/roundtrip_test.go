package envelope_test

import (
	"crypto/ed25519"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
)

func TestEveryValidExampleTravelsUnchanged(t *testing.T) {
	trust := trustOf(t, "molgenis")
	for _, c := range topics.All() {
		for name, text := range validExamples(t, c) {
			t.Run(c.Service+"/"+c.Name()+"/"+name, func(t *testing.T) {
				s := signerOf("molgenis", writerOf(t, c))
				sent := payloadOf(t, c, text)
				r, err := envelope.New(s, draftOf(s), sent)
				if err != nil {
					t.Fatal(err)
				}
				e, err := envelope.OpenBorder(r, trust, now)
				if err != nil {
					t.Fatal(err)
				}
				got, err := decoders[c.Type](e)
				if err != nil || !reflect.DeepEqual(got, sent) {
					t.Errorf("read %+v, %v; sent %+v", got, err, sent)
				}
				if want, have := value(t, text), value(t, e.Data); !reflect.DeepEqual(have, want) {
					t.Errorf("on the wire %v, in the example %v", have, want)
				}
			})
		}
	}
}

func TestTheRegistryIsWrittenByTheOperatorAlone(t *testing.T) {
	p := federation.ParticipantListed{Site: "molgenis", Title: "Molgenis", Serial: 1, Status: "active", Root: make([]byte, 32), Audit: make([]byte, 32), ProfileDigest: digest,
		Keys: []vocabulary.PublicKey{{KeyID: "ed25519-0123456789abcdef", Source: "/sites/molgenis/gateway", Public: make([]byte, 32), NotBefore: now, NotAfter: now.Add(time.Hour)}}}
	operator := signerOf("molgenis", topics.Operator)
	r, err := envelope.New(operator, draftOf(operator), p)
	if err != nil || r.Topic != topics.Registry || string(r.Key) != "participant/molgenis" {
		t.Fatalf("topic %q, key %q: %v", r.Topic, r.Key, err)
	}
	if _, err := envelope.Open(r, trustOf(t, "molgenis"), now); err != nil {
		t.Error(err)
	}
	for _, source := range []string{"/sites/molgenis/operator", "/sites/molgenis/gateway"} {
		other := signing.NewSigner(source, ed25519.NewKeyFromSeed(make([]byte, 32)))
		if _, err := envelope.New(other, draftOf(other), p); envelope.CodeOf(err) != envelope.CodeKeyTypeMismatch {
			t.Errorf("as %s: %v", source, err)
		}
	}
	if _, err := envelope.New(operator, draftOf(operator), federation.StudyOpened{StudyID: anID, ProjectID: anID, Requester: "molgenis:" + anID,
		Targets: []vocabulary.DatasetRef{{Site: "denbi", DatasetID: "lung"}}, Analyses: []vocabulary.Analysis{{Kind: "count"}}, Deadline: now}); envelope.CodeOf(err) != envelope.CodeKeyTypeMismatch {
		t.Errorf("the operator says what a gateway says: %v", err)
	}
}

func value(t *testing.T, text []byte) any {
	t.Helper()
	v, err := strict.Value(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEveryAttributeSurvives(t *testing.T) {
	s := signerOf("molgenis", topics.Portal)
	moment := now.Add(-time.Minute).Add(123456789 * time.Nanosecond)
	sent := envelope.Attributes{
		CorrelationID: anotherID, CausationID: anotherID, Sequence: 7, Site: "molgenis", Project: anID, Audience: "molgenis",
		Expiry: now.Add(time.Hour), DataClassification: "operational", Actor: "molgenis:" + anID, Session: anotherID, Assurance: "aal2",
		AuthTime: moment.Truncate(time.Millisecond), TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		RestsOn: []envelope.Rest{{Source: "/sites/molgenis/identity", Subject: "session/" + anotherID, Sequence: 1}, {Source: "/sites/molgenis/approval", Subject: "permit/" + anID, Sequence: envelope.MaxSequence}},
	}
	d := envelope.Draft{ID: anID, Source: s.Source(), Time: moment.In(time.FixedZone("CET", 3600)), Attributes: sent}
	d.AuthTime = moment
	r, err := envelope.New(s, d, approval.PermitRevoke{PermitID: anID, Reason: "consent-withdrawn"})
	if err != nil {
		t.Fatal(err)
	}
	e, err := envelope.Open(r, trustOf(t, "molgenis"), now)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(e.Attributes, sent) {
		t.Errorf("read %+v\nsent %+v", e.Attributes, sent)
	}
	if want := moment.UTC().Truncate(time.Millisecond); !e.Time.Equal(want) {
		t.Errorf("time %v, want %v", e.Time, want)
	}
	if e.Subject != "permit/"+anID || string(e.Record.Key) != e.Subject || e.Record.Topic != "molgenis.approval.acts.v1" {
		t.Errorf("subject %q, key %q, topic %q do not follow the contract", e.Subject, e.Record.Key, e.Record.Topic)
	}
}

func TestBorderEventIsKeyedByOriginAndMeantForTheReceiver(t *testing.T) {
	s := signerOf("denbi", topics.Gateway)
	d := envelope.Draft{ID: anID, Source: s.Source(), Topic: topics.Inbox("molgenis"), Time: now, Attributes: envelope.Attributes{BorderSequence: 3}}
	p := federation.JobAccepted{JobID: anID, StudyID: anotherID, Site: "denbi", HostSite: "molgenis"}
	r, err := envelope.New(s, d, p)
	if err != nil {
		t.Fatal(err)
	}
	e, err := envelope.OpenBorder(r, trustOf(t, "denbi"), now)
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Key) != "denbi" || e.Audience != "molgenis" || e.BorderSequence != 3 {
		t.Errorf("key %q, audience %q, border sequence %d", r.Key, e.Audience, e.BorderSequence)
	}
}

func TestNewRefuses(t *testing.T) {
	airlock, gateway, portal := signerOf("molgenis", topics.Airlock), signerOf("molgenis", topics.Gateway), signerOf("molgenis", topics.Portal)
	revoke := approval.PermitRevoke{PermitID: anID, Reason: "consent-withdrawn"}
	accepted := federation.JobAccepted{JobID: anID, StudyID: anotherID, Site: "molgenis", HostSite: "denbi"}
	border := func(topic string) envelope.Draft {
		d := draftOf(gateway)
		d.Topic, d.BorderSequence = topic, 1
		return d
	}
	change := func(d envelope.Draft, f func(*envelope.Draft)) envelope.Draft { f(&d); return d }
	for _, c := range []struct {
		name   string
		signer interface {
			KeyID() string
			Source() string
			Sign([]byte) []byte
		}
		draft   envelope.Draft
		payload envelope.Payload
		code    string
	}{
		{"a payload that breaks its schema", portal, draftOf(portal), approval.PermitRevoke{PermitID: "no ulid", Reason: "x"}, envelope.CodeSchema},
		{"another's act", airlock, draftOf(airlock), revoke, envelope.CodeKeyTypeMismatch},
		{"a source that is not the signer's", portal, draftOf(airlock), revoke, envelope.CodeKeySourceMismatch},
		{"a subject that the payload does not give", portal, change(draftOf(portal), func(d *envelope.Draft) { d.Subject = "permit/" + anotherID }), revoke, envelope.CodeEnvelope},
		{"another topic", portal, change(draftOf(portal), func(d *envelope.Draft) { d.Topic = "molgenis.approval.events.v1" }), revoke, envelope.CodeEnvelope},
		{"another site's topic", portal, change(draftOf(portal), func(d *envelope.Draft) { d.Topic = "denbi.approval.acts.v1" }), revoke, envelope.CodeEnvelope},
		{"an id that is no ULID", portal, change(draftOf(portal), func(d *envelope.Draft) { d.ID = "1" }), revoke, envelope.CodeEnvelope},
		{"an id in small letters", portal, change(draftOf(portal), func(d *envelope.Draft) { d.ID = strings.ToLower(anID) }), revoke, envelope.CodeEnvelope},
		{"a number that no database holds", portal, change(draftOf(portal), func(d *envelope.Draft) { d.Sequence = envelope.MaxSequence + 1 }), revoke, envelope.CodeEnvelope},
		{"a fact numbered like that", portal, change(draftOf(portal), func(d *envelope.Draft) {
			d.RestsOn = []envelope.Rest{{Source: "/sites/molgenis/identity", Subject: "session/" + anID, Sequence: envelope.MaxSequence + 1}}
		}), revoke, envelope.CodeEnvelope},
		{"no time", portal, change(draftOf(portal), func(d *envelope.Draft) { d.Time = time.Time{} }), revoke, envelope.CodeMissingAttribute},
		{"an act without its number", portal, change(draftOf(portal), func(d *envelope.Draft) { d.Sequence = 0 }), revoke, envelope.CodeMissingAttribute},
		{"a fact out of order", gateway, change(draftOf(gateway), func(d *envelope.Draft) { d.Sequence = 0 }), accepted, envelope.CodeMissingAttribute},
		{"an act at the border", gateway, border(topics.Inbox("denbi")), workspace.JobCancel{JobID: anID}, envelope.CodeEnvelope},
		{"its own inbox", gateway, border(topics.Inbox("molgenis")), accepted, envelope.CodeEnvelope},
		{"a receiver that the payload does not name", gateway, border(topics.Inbox("sensitive-cloud")), accepted, envelope.CodeAudience},
		{"a border event without its place", gateway, change(border(topics.Inbox("denbi")), func(d *envelope.Draft) { d.BorderSequence = 0 }), accepted, envelope.CodeMissingAttribute},
		{"an event that crosses no border", gateway, border(topics.Inbox("denbi")), federation.ResultReceived{JobID: anID, StudyID: anID, Site: "denbi", ReleaseID: anID, Digest: digest, Size: 1}, envelope.CodeEnvelope},
		{"a control character in an attribute", portal, change(draftOf(portal), func(d *envelope.Draft) { d.Actor = "a\x00" }), revoke, envelope.CodeEncoding},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := envelope.New(c.signer, c.draft, c.payload)
			if envelope.CodeOf(err) != c.code || r.Value != nil {
				t.Errorf("error %v with code %q, want %q and no record", err, envelope.CodeOf(err), c.code)
			}
		})
	}
}

const digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
