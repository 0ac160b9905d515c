package app

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// listedAt is a gateway that follows a registry from its beginning.
func listedAt(t *testing.T, site string) *runtest.Bench {
	t.Helper()
	var d *registry.Directory
	b := runtest.New(t, "federation", func(s *run.Service) {
		if err := Register(t.Context(), s, d); err != nil {
			t.Error(err)
		}
	}, runtest.Site(site), runtest.Trust(func(own signing.Keys) signing.Keys {
		var err error
		if d, err = registry.NewDirectory(site, own, nil, registry.Registry{}); err != nil {
			t.Fatal(err)
		}
		return d
	}))
	runtest.Await[federation.PolicyPublished](b, 1)
	return describing(b)
}

// registered is federated, with a registry of all sites that both gateways follow.
func registered(t *testing.T) (*two, *runtest.Federation) {
	t.Helper()
	f := &two{T: t, host: listedAt(t, host), data: listedAt(t, data), carried: map[string]bool{}}
	r := runtest.NewFederation(t)
	for _, site := range runtest.Sites {
		f.list(r.Entry(site))
	}
	f.researcher = f.host.Person("researcher")
	f.study = question1(f.host, f.researcher)
	return f, r
}

// list says an entry to both gateways.
func (f *two) list(entry envelope.Payload) {
	f.Helper()
	for _, b := range []*runtest.Bench{f.host, f.data} {
		b.Deliver(topics.OperatorSource, entry)
	}
}

func (f *two) open() {
	f.Helper()
	f.host.Act(f.researcher, f.study)
	f.carry()
}

func suspended(p *registry.Participant) { p.Status, p.Reason = registry.Suspended, "incident" }
func active(p *registry.Participant)    { p.Status, p.Reason = registry.Active, "" }
func left(p *registry.Participant)      { p.Status, p.Reason = registry.Left, "merged" }

func TestWhatTheRegistrySaysIsToldToTheSite(t *testing.T) {
	b, r := listedAt(t, host), runtest.NewFederation(t)
	b.List(r, data)
	b.List(r, data, func(p *registry.Participant) {
		old := runtest.Key(data, topics.Gateway)
		old.NotAfter = runtest.Start.AddDate(0, 0, 7)
		stolen := runtest.Key(data, topics.Airlock)
		stolen.RevokedAt = runtest.Start
		p.Keys = r.Seal(data, old, stolen, runtest.NewKey(data, topics.Gateway, "2"), runtest.NewKey(data, topics.Airlock, "2"))
	})
	b.List(r, data, suspended)
	b.List(r, data, active)
	b.List(r, data, left)
	joined := runtest.Sent[federation.ParticipantJoined](b)
	if len(joined) != 2 || joined[0].Serial != 1 || joined[1].Serial != 4 || joined[0].Agreement != "DSA" {
		t.Errorf("joined: %+v", joined)
	}
	k := runtest.Last[federation.KeysRotated](b)
	if len(k.Added) != 2 || !slices.Equal(k.Retired, []string{runtest.Key(data, topics.Gateway).ID}) || !slices.Equal(k.Revoked, []string{runtest.Key(data, topics.Airlock).ID}) {
		t.Errorf("keys: %+v", k)
	}
	if s := runtest.Sent[federation.ParticipantSuspended](b); len(s) != 1 || s[0].Reason != "incident" || s[0].Serial != 3 {
		t.Errorf("suspended: %+v", s)
	}
	if l := runtest.Sent[federation.ParticipantLeft](b); len(l) != 1 || l[0].Reason != "merged" {
		t.Errorf("left: %+v", l)
	}
}

func TestAnEntryOfTheRegistryThatDoesNotFollowIsRefusedAndChangesNothing(t *testing.T) {
	for reason, next := range map[string]func(*runtest.Federation, *registry.Participant){
		border.RegistryRollback: func(_ *runtest.Federation, p *registry.Participant) { p.Serial = 1 },
		border.RegistryFork: func(_ *runtest.Federation, p *registry.Participant) {
			p.Previous = objects.Digest([]byte("another history"))
		},
		border.ParticipantInvalid: func(_ *runtest.Federation, p *registry.Participant) {
			p.Root = bytes.Clone(p.Audit) // another root, which has not sealed the keys
		},
	} {
		t.Run(reason, func(t *testing.T) {
			b, r := listedAt(t, host), runtest.NewFederation(t)
			b.List(r, "harbour")
			b.List(r, data)
			good := r.Entry(data).(federation.ParticipantListed)
			p, err := registry.FromEntry(good)
			if err != nil {
				t.Fatal(err)
			}
			next(r, &p)
			wrong := good
			wrong.Status, wrong.Reason, wrong.Serial, wrong.Previous, wrong.Root = registry.Suspended, "incident", p.Serial, p.Previous, p.Root
			b.Deliver(topics.OperatorSource, wrong)
			if got := refusedFor(t, b, in, reason); got.CauseType != federation.TypeParticipantListed {
				t.Fatalf("refused %+v", got)
			}
			b.Deliver(topics.OperatorSource, good)
			if n := count[federation.ParticipantSuspended](b) + count[federation.KeysRotated](b); n != 0 || count[federation.BorderRefused](b) != 1 {
				t.Fatalf("%d consequences, refused %+v", n, runtest.Sent[federation.BorderRefused](b))
			}
		})
	}
}

func TestTwoEntriesOfOneSerialAreAForkAndKeysDoNotGoBack(t *testing.T) {
	b, r := listedAt(t, host), runtest.NewFederation(t)
	b.List(r, data)
	again := r.Entry(data).(federation.ParticipantListed)
	again.Serial--
	b.Deliver(topics.OperatorSource, again)
	refusedFor(t, b, in, border.RegistryFork)
	b, r = listedAt(t, host), runtest.NewFederation(t)
	old := r.Seal(data, runtest.Key(data, topics.Gateway))
	b.List(r, data)
	b.List(r, data, func(p *registry.Participant) { p.Keys = old })
	refusedFor(t, b, in, border.RegistryRollback)
}

func TestAListOfSomebodyElseIsNotBelieved(t *testing.T) {
	b, r := listedAt(t, host), runtest.NewFederation(t)
	b.List(r, data)
	record := b.Sign(topics.OperatorSource, r.Entry(data, suspended))
	for i, h := range record.Headers {
		if h.Key == "ce_keyid" {
			record.Headers[i].Value = []byte(runtest.NewKey(host, topics.Gateway, "forged").ID)
		}
	}
	b.DeliverRecord(record)
	refusedFor(t, b, in, envelope.CodeUnknownKey)
	for i, h := range record.Headers {
		if h.Key == "ce_keyid" {
			record.Headers[i].Value = []byte(runtest.Key(data, topics.Gateway).ID)
		}
	}
	b.DeliverRecord(record)
	refusedFor(t, b, in, envelope.CodeKeySourceMismatch)
	if n := count[federation.ParticipantSuspended](b); n != 0 {
		t.Fatal("a forged entry suspended a site")
	}
}

func TestAStudyGoesOnWithoutASiteThatIsSuspendedAndNamesIt(t *testing.T) {
	f, r := registered(t)
	f.open()
	f.answer(f.host, result(t, 1))
	f.list(r.Entry(data, suspended))
	f.carry()
	got := f.publish()
	if got.Outcome != "PartialResult" || !slices.Equal(outcomes(got), []string{data + " timed-out", host + " returned"}) {
		t.Fatalf("ended as %s: %v", got.Outcome, outcomes(got))
	}
	for _, m := range got.Manifest {
		if m.Site == data && m.Reason != border.Suspended {
			t.Fatalf("the manifest says of %s: %s", m.Site, m.Reason)
		}
	}
	// what it says meanwhile is refused, where it is sent and where it arrives
	f.host.Deliver("/sites/"+data+"/gateway", federation.JobAccepted{JobID: f.job(f.data).JobID, StudyID: f.study.StudyID, Site: data, HostSite: host})
	refusedFor(t, f.host, in, border.Suspended)
	f.data.Deliver(topics.Workspace, workspace.JobStateChanged{JobID: f.job(f.data).JobID, StudyID: f.study.StudyID, ProjectID: f.study.ProjectID, State: "QUEUED"})
	if told := refusedFor(t, f.data, out, border.Suspended); told.To != host {
		t.Fatalf("refused %+v", told)
	}
}

func TestASuspendedSiteIsNotAskedAndASiteThatIsActiveAgainIs(t *testing.T) {
	f, r := registered(t)
	f.list(r.Entry(data, suspended))
	f.open()
	f.answer(f.host, result(t, 1))
	if got := f.publish(); got.Outcome != "PartialResult" || count[federation.JobDispatched](f.host) != 0 {
		t.Fatalf("ended as %s: %v", got.Outcome, outcomes(got))
	}
	if told := refusedFor(t, f.host, out, border.Suspended); told.To != data {
		t.Fatalf("refused %+v", told)
	}
	f.list(r.Entry(data, active))
	f.study = question1(f.host, f.researcher)
	f.open()
	if got := f.job(f.data); got.StudyID != f.study.StudyID {
		t.Fatalf("the site that is active again was asked for %+v", got)
	}
}

func TestJobsOfAHostThatLeavesAreStoppedAndItDoesNotComeBack(t *testing.T) {
	f, r := registered(t)
	f.open()
	job := f.job(f.data)
	gone := r.Entry(host, left)
	f.data.Deliver(topics.OperatorSource, gone)
	if got := runtest.Last[workspace.JobCancel](f.data); got.JobID != job.JobID {
		t.Fatalf("stopped %+v", got)
	}
	f.data.Deliver(topics.OperatorSource, r.Entry(host, active))
	refusedFor(t, f.data, in, border.Gone)
	f.data.Deliver("/sites/"+host+"/gateway", federation.JobAccepted{JobID: f.data.NewID(), StudyID: job.StudyID, Site: host, HostSite: data})
	refusedFor(t, f.data, in, border.Gone)
}

func TestASiteThatReadsNoVersionOfAJobIsNamedAndTheOthersAreAsked(t *testing.T) {
	f, r := registered(t)
	f.list(r.Entry(data, func(p *registry.Participant) {
		p.Reads = []registry.Reading{{Type: "fairway.federation.job.dispatched.v2", Version: "2.0.0"}}
	}))
	f.open()
	if told := refusedFor(t, f.host, out, border.ContractNotRead); told.To != data || count[federation.JobDispatched](f.host) != 0 {
		t.Fatalf("refused %+v", told)
	}
	f.answer(f.host, result(t, 1))
	got := f.publish()
	if got.Outcome != "Completed" || !slices.Equal(outcomes(got), []string{data + " refused", host + " returned"}) {
		t.Fatalf("ended as %s: %v", got.Outcome, outcomes(got))
	}
	f.list(r.Entry(data, func(p *registry.Participant) { p.Reads = border.Readings() }))
	f.study = question1(f.host, f.researcher)
	f.open()
	if got := f.job(f.data); got.StudyID != f.study.StudyID {
		t.Fatalf("after its upgrade the site was asked for %+v", got)
	}
}

func TestAResultWaitsForTheKeyThatSignedItsDecision(t *testing.T) {
	f, r := registered(t)
	f.open()
	made := f.seal(f.data, result(t, 2))
	f.data.Deliver(topics.Airlock, decision(f.data, made))
	part := f.partsFrom(1)[0]
	// the same decision, signed by a key of which the host has not heard
	d, err := envelope.Decode[airlock.ReleaseApproved](envelope.Event{Type: airlock.TypeReleaseApproved, Data: part.Decision.Value})
	if err != nil {
		t.Fatal(err)
	}
	record, err := envelope.New(runtest.NewSigner(data, topics.Airlock, "2"), envelope.Draft{ID: f.data.NewID(), Source: topics.Source(data, topics.Airlock),
		Time: f.data.Clock.Now(), Attributes: envelope.Attributes{Sequence: 1}}, d)
	if err != nil {
		t.Fatal(err)
	}
	part.Decision, part.Proof = border.Pack(record), f.logs(record)
	f.host.Deliver("/sites/"+data+"/gateway", part)
	if n := count[federation.ResultReceived](f.host) + count[federation.BorderRefused](f.host); n != 0 {
		t.Fatal("a result whose decision cannot be judged yet was judged")
	}
	f.list(r.Entry(data, func(p *registry.Participant) {
		p.Keys = r.Seal(data, runtest.Key(data, topics.Gateway), runtest.Key(data, topics.Airlock), runtest.NewKey(data, topics.Airlock, "2"))
	}))
	if got := runtest.Last[federation.ResultReceived](f.host); got.Digest != part.Digest {
		t.Fatalf("received %+v, refused %+v", got, runtest.Sent[federation.BorderRefused](f.host))
	}
}

func TestAKeyIsRotatedWithoutLossAndARevokedOneIsRefused(t *testing.T) {
	f, r := registered(t)
	b := f.data
	from := topics.Source("harbour", topics.Gateway)
	say := func(s signing.Signer) envelope.Record {
		id := b.NewID()
		p := federation.JobAccepted{JobID: id, StudyID: b.NewID(), Site: "harbour", HostSite: data}
		d := envelope.Draft{ID: b.NewID(), Source: from, Time: b.Clock.Now(), Topic: topics.Inbox(data), Attributes: envelope.Attributes{Sequence: 1, BorderSequence: 1}}
		record, err := envelope.New(s, d, p)
		if err != nil {
			t.Fatal(err)
		}
		return record
	}
	before, after := runtest.NewSigner("harbour", topics.Gateway, ""), runtest.NewSigner("harbour", topics.Gateway, "2")
	// believed means refused for what it says: there is no such job
	believed := func(what string, record envelope.Record) {
		t.Helper()
		b.DeliverRecord(record)
		if got := runtest.Last[federation.BorderRefused](b); got.Reason != border.JobUnknown {
			t.Fatalf("%s: %s %s", what, got.Reason, got.Detail)
		}
	}
	overlap := runtest.Key("harbour", topics.Gateway)
	overlap.NotAfter = b.Clock.Now().AddDate(0, 0, 7)
	fresh := runtest.NewKey("harbour", topics.Gateway, "2")
	fresh.NotBefore = b.Clock.Now()
	inFlight := say(before)
	b.DeliverRecord(say(after))
	refusedFor(t, b, in, envelope.CodeUnknownKey)
	f.list(r.Entry("harbour", func(p *registry.Participant) {
		p.Keys = r.Seal("harbour", overlap, fresh, runtest.Key("harbour", topics.Airlock))
	}))
	believed("the new key", say(after))
	believed("the old key within the overlap", say(before))
	b.Advance(8 * 24 * time.Hour)
	believed("what the old key signed in its time, and was long on its way", inFlight)
	b.DeliverRecord(say(before))
	refusedFor(t, b, in, envelope.CodeKeyStatus)
	b.Restart() // whom it believes is known after a restart
	believed("the new key after a restart", say(after))
	f.list(r.Entry("harbour", func(p *registry.Participant) {
		fresh.RevokedAt = b.Clock.Now()
		p.Keys = r.Seal("harbour", overlap, fresh, runtest.NewKey("harbour", topics.Gateway, "3"))
	}))
	b.DeliverRecord(say(after))
	refusedFor(t, b, in, envelope.CodeKeyStatus)
	believed("the key after the revoked one", say(runtest.NewSigner("harbour", topics.Gateway, "3")))
}
