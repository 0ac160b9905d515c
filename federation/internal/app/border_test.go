package app

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestTheInboxIsReadByTheClosedListOfTheContracts(t *testing.T) {
	runtest.New(t, "federation", func(s *run.Service) {
		g := register(s, runtest.Members(t, s.Env().Site, s.Env().Trust))
		for _, taken := range g.taken {
			if !slices.Contains(topics.BorderIn(), taken) {
				t.Errorf("takes %s, which no contract lets in", taken)
			}
			if !slices.Contains(border.Read(), taken) {
				t.Errorf("takes %s and does not tell the registry: add it to border.Read", taken)
			}
		}
		for _, told := range border.Read() {
			if !slices.Contains(g.taken, told) {
				t.Errorf("tells the registry that it reads %s, and does not", told)
			}
		}
	})
}

func TestWhatAContractLetsInAndNobodyReadsIsRefused(t *testing.T) {
	f := federated(t)
	f.data.Deliver(topics.Source(host, topics.Gateway), federation.IncidentWarned{IncidentID: f.data.NewID(), Site: host, Kind: "outage",
		DetectedAt: f.data.Clock.Now(), Summary: "The broker was down.", Receivers: []string{f.data.Env.Site}})
	if got := refusedFor(t, f.data, in, "type-not-read"); got.CauseType != federation.TypeIncidentWarned {
		t.Fatalf("refused %+v", got)
	}
}

func TestAResultDoesNotLeaveOnceItsPermitIsRevoked(t *testing.T) {
	f := federated(t)
	if err := f.data.Env.Failpoints.Arm(beforePart, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
	r := f.seal(f.data, result(t, 2))
	f.data.Deliver(topics.Airlock, decision(f.data, r))
	f.data.Until("the failpoint", func() bool { return f.data.Env.Failpoints.Hits(beforePart) > 0 })
	f.data.Deliver(topics.Approval, approval.PermitRevoked{PermitID: r.permit.PermitID, ProjectID: r.permit.ProjectID, Reason: "withdrawn"})
	f.data.Env.Failpoints.Release(beforePart)
	runtest.Await[federation.BorderRefused](f.data, 1)
	if got := refusedFor(t, f.data, out, border.PermitRevoked); got.To != host {
		t.Fatalf("refused %+v", got)
	}
	if told := runtest.Last[federation.JobRefused](f.data); told.Reason != border.PermitRevoked || count[federation.ResultPart](f.data) != 0 {
		t.Fatalf("the host was told %+v, %d parts left", told, count[federation.ResultPart](f.data))
	}
}

func TestAResultCaughtBeforeItLeftLeavesOnceAfterARestart(t *testing.T) {
	f := federated(t)
	if err := f.data.Env.Failpoints.Arm(beforePart, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
	f.answer(f.data, result(t, 2))
	f.data.Until("the failpoint", func() bool { return f.data.Env.Failpoints.Hits(beforePart) > 0 })
	f.data.Restart()
	f.data.Env.Failpoints.Release(beforePart)
	f.partsFrom(1)
	f.data.Restart()
	f.data.Advance(time.Minute)
	if n := count[federation.ResultPart](f.data); n != 1 {
		t.Fatalf("%d parts left", n)
	}
}

func TestADecisionThatIsNotAboutTheSealedOutputLetsNothingOut(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*airlock.ReleaseApproved)
		reason string
	}{
		"another digest":      {func(d *airlock.ReleaseApproved) { d.Claim.Digest = outputs.Digest([]byte("other")) }, border.DigestMismatch},
		"another size":        {func(d *airlock.ReleaseApproved) { d.Claim.Size++ }, border.DigestMismatch},
		"another destination": {func(d *airlock.ReleaseApproved) { d.Destination.Site = "harbour" }, border.DecisionMismatch},
		"another study":       {func(d *airlock.ReleaseApproved) { d.StudyID = d.ReleaseID }, border.DecisionMismatch},
		"no longer valid":     {func(d *airlock.ReleaseApproved) { d.ExpiresAt = runtest.Start }, border.ReleaseExpired},
	} {
		t.Run(name, func(t *testing.T) {
			f := federated(t)
			d := decision(f.data, f.seal(f.data, result(t, 2)))
			c.change(&d)
			f.data.Deliver(topics.Airlock, d)
			refusedFor(t, f.data, out, c.reason)
			if n := count[federation.ResultPart](f.data) + count[federation.JobRefused](f.data); n != 0 {
				t.Fatalf("%d events left on a false decision", n)
			}
		})
	}
}

func TestAnUnknownOutputAndAForgedDecisionLetNothingOut(t *testing.T) {
	f := federated(t)
	d := decision(f.data, f.seal(f.data, result(t, 2)))
	other := d
	other.ReleaseID, other.OutputID = f.data.NewID(), f.data.NewID()
	f.data.Deliver(topics.Airlock, other)
	f.data.Advance(time.Minute)
	refusedFor(t, f.data, out, border.DecisionMismatch)
	forged := f.data.Sign(topics.Airlock, d)
	forged.Value = bytes.Replace(forged.Value, []byte(`"blinded":false`), []byte(`"blinded":true`), 1)
	f.data.DeliverRecord(forged)
	if got := refusedFor(t, f.data, out, envelope.CodeSignature); got.CauseType != airlock.TypeReleaseApproved {
		t.Fatalf("refused %+v", got)
	}
	if n := count[federation.ResultPart](f.data); n != 0 {
		t.Fatalf("%d parts left", n)
	}
}

func TestApprovedBytesThatSayMoreThanTheirValuesDoNotLeave(t *testing.T) {
	f := federated(t)
	text := append([]byte(" "), result(t, 2)...)
	f.answer(f.data, text)
	runtest.Await[federation.BorderRefused](f.data, 1)
	refusedFor(t, f.data, out, border.NotCanonical)
	if told := runtest.Last[federation.JobRefused](f.data); told.Reason != border.NotCanonical || count[federation.ResultPart](f.data) != 0 {
		t.Fatalf("the host was told %+v", told)
	}
}

// logs lets the data site's audit log tell of a record, and the host cosign it.
func (f *two) logs(r envelope.Record) vocabulary.LogProof {
	f.Helper()
	e, err := envelope.Read(r)
	if err != nil {
		f.Fatal(err)
	}
	return f.proves(audit.Entry{Action: border.Applied, Cause: e.ID, Type: e.Type, Digest: outputs.Digest(e.Data)}, host)
}

// proves is the proof of a log of the data site whose one leaf is the entry, and which a witness has cosigned.
func (f *two) proves(entry audit.Entry, witness string) vocabulary.LogProof {
	f.Helper()
	leaf, err := audit.Encode(entry)
	if err != nil {
		f.Fatal(err)
	}
	log := f.data.Env.Audit
	signed, err := audit.Checkpoint{Origin: audit.Origin(data, topics.Gateway), Size: 1, Root: audit.LeafHash(leaf)}.Sign(log.Signer)
	if err == nil {
		signed, err = audit.Cosign(signed, log.Verifier, runtest.AuditKey(f.T, witness, topics.Gateway).Witness)
	}
	if err != nil {
		f.Fatal(err)
	}
	return vocabulary.LogProof{Leaf: leaf, Inclusion: string(audit.Proof{Checkpoint: signed}.Marshal())}
}

// parts makes the events by which the data site's gateway would send bytes on an airlock's decision.
func (f *two) parts(d airlock.ReleaseApproved, signer string, text []byte) []federation.ResultPart {
	f.Helper()
	record := f.data.Sign(signer, d)
	chunks := border.Split(text)
	var all []federation.ResultPart
	for i, chunk := range chunks {
		p := federation.ResultPart{JobID: d.JobID, StudyID: d.StudyID, ProjectID: d.ProjectID, Site: data, HostSite: host,
			ReleaseID: d.ReleaseID, Digest: outputs.Digest(text), Size: int64(len(text)), Part: int64(i + 1), Parts: int64(len(chunks)), Bytes: chunk}
		if i == 0 {
			p.Decision, p.Proof = border.Pack(record), f.logs(record)
		}
		all = append(all, p)
	}
	return all
}

func TestTheHostBelievesNoResultWithoutTheAirlocksOwnDecisionAboutItsBytes(t *testing.T) {
	own := "/sites/" + data + "/airlock"
	for name, c := range map[string]struct {
		signer string
		change func(*airlock.ReleaseApproved, *federation.ResultPart)
		reason string
	}{
		"another site's airlock": {"/sites/harbour/airlock", nil, envelope.CodeKeySourceMismatch},
		"a changed decision": {own, func(_ *airlock.ReleaseApproved, p *federation.ResultPart) {
			p.Decision.Value = bytes.Replace(p.Decision.Value, []byte(`"blinded":false`), []byte(`"blinded":true`), 1)
		}, envelope.CodeSignature},
		"no decision":     {own, func(_ *airlock.ReleaseApproved, p *federation.ResultPart) { p.Decision = vocabulary.SignedRecord{} }, border.DecisionMissing},
		"another release": {own, func(_ *airlock.ReleaseApproved, p *federation.ResultPart) { p.ReleaseID = p.JobID }, border.DecisionMismatch},
		"other bytes": {own, func(_ *airlock.ReleaseApproved, p *federation.ResultPart) {
			p.Bytes = append([]byte(" "), p.Bytes[:len(p.Bytes)-1]...)
		}, border.DigestMismatch},
		"other bytes, announced so": {own, func(_ *airlock.ReleaseApproved, p *federation.ResultPart) {
			p.Bytes = append([]byte(" "), p.Bytes...)
			p.Digest, p.Size = outputs.Digest(p.Bytes), int64(len(p.Bytes))
		}, border.DigestMismatch},
		"a job of nobody":     {own, func(_ *airlock.ReleaseApproved, p *federation.ResultPart) { p.JobID = p.ReleaseID }, border.JobUnknown},
		"another project":     {own, func(_ *airlock.ReleaseApproved, p *federation.ResultPart) { p.ProjectID = p.ReleaseID }, border.JobMismatch},
		"more than may be":    {own, func(_ *airlock.ReleaseApproved, p *federation.ResultPart) { p.Parts = 1000 }, border.TooLarge},
		"not its own gateway": {own, func(_ *airlock.ReleaseApproved, p *federation.ResultPart) { p.Site = "harbour" }, border.OriginMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			f := federated(t)
			text := result(t, 2)
			d := decision(f.data, f.seal(f.data, text))
			p := f.parts(d, c.signer, text)[0]
			if c.change != nil {
				c.change(&d, &p)
			}
			f.host.Deliver("/sites/"+data+"/gateway", p)
			refusedFor(t, f.host, in, c.reason)
			if count[federation.ResultReceived](f.host) != 0 {
				t.Fatal("the result was taken")
			}
			good := f.parts(d, own, text)[0]
			f.host.Deliver("/sites/"+data+"/gateway", good)
			if count[federation.ResultReceived](f.host) != 1 {
				t.Fatal("the true result that came after was not taken")
			}
		})
	}
}

func TestBytesThatAreNotCanonicalAreRefusedByTheHostToo(t *testing.T) {
	f := federated(t)
	text := append([]byte(" "), result(t, 2)...)
	d := decision(f.data, f.seal(f.data, text))
	f.host.Deliver("/sites/"+data+"/gateway", f.parts(d, "/sites/"+data+"/airlock", text)[0])
	refusedFor(t, f.host, in, border.NotCanonical)
}

// asksCurves is what large answers beside a test.
var asksCurves = vocabulary.Analysis{Kind: "kaplan-meier", Time: "time", Event: "recurrence", Arm: "hormone-therapy"}

// large is a result with a curve of so many steps, about 55 bytes each.
func large(t *testing.T, steps int) []byte {
	t.Helper()
	document := outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: []outputs.Result{}}
	single, _, err := outputs.Canonical(result(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	curve := outputs.Curve{Level: "no", N: 5000}
	for i := range steps {
		curve.Steps = append(curve.Steps, outputs.Step{Time: float64(i + 1), Survival: 0.5, AtRisk: 500, Events: 10})
	}
	document.Results = append(single.Results, outputs.KaplanMeier{Time: "time", Event: "recurrence", Arm: "hormone-therapy", Threshold: 10,
		Dropped: "0", Groups: []outputs.Curve{curve}})
	text, err := outputs.Encode(document)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAResultIsAssembledFromItsPartsInAnyOrderAndTakenOnce(t *testing.T) {
	f := federated(t, asksCurves)
	text := large(t, 2000)
	parts := f.parts(decision(f.data, f.seal(f.data, text)), "/sites/"+data+"/airlock", text)
	if len(parts) < 3 {
		t.Fatalf("the example has only %d parts", len(parts))
	}
	slices.Reverse(parts)
	f.host.Deliver("/sites/"+data+"/gateway", parts[0])
	f.host.Restart()
	for _, p := range append(parts, parts...) {
		f.host.Deliver("/sites/"+data+"/gateway", p)
	}
	if n := count[federation.ResultReceived](f.host); n != 1 {
		t.Fatalf("received %d times", n)
	}
	refusedFor(t, f.host, in, border.AlreadyAnswered)
}

// keptOf is how many parts of a job's result the host keeps.
func (f *two) keptOf(job string) (n int) {
	f.Helper()
	f.host.View(func(tx *run.Tx) error {
		return chunks.Each(tx.Tx, func(key string, _ border.Chunk) error {
			if strings.HasPrefix(key, job+"/") {
				n++
			}
			return nil
		})
	})
	return n
}

func TestAResultOfManyPartsCostsEachPartOnce(t *testing.T) {
	f := federated(t, asksCurves)
	text := large(t, 100_000)
	if len(text) < 5<<20 {
		t.Fatalf("the example has only %d bytes", len(text))
	}
	d := decision(f.data, f.seal(f.data, text))
	parts, written := f.parts(d, "/sites/"+data+"/airlock", text), 0
	for _, p := range parts[:len(parts)-1] {
		f.host.Deliver("/sites/"+data+"/gateway", p)
		f.host.View(func(tx *run.Tx) error {
			a, _, err := assemblies.Get(tx.Tx, d.JobID)
			if err != nil {
				return err
			}
			c, _, err := chunks.Get(tx.Tx, chunkOf(d.JobID, p.Part))
			if !bytes.Equal(c.Bytes, p.Bytes) {
				t.Fatalf("part %d was kept with other bytes", p.Part)
			}
			written += encoded(t, a) + encoded(t, c)
			return err
		})
	}
	// base64 makes 4 bytes of 3; beside the parts there is the decision, and a few hundred bytes each time
	if most := len(text)*4/3 + len(parts)<<10; written > most {
		t.Errorf("%d bytes were kept for %d, expected at most %d", written, len(text), most)
	}
	if n := f.keptOf(d.JobID); n != len(parts)-1 {
		t.Errorf("%d parts are kept of %d", n, len(parts)-1)
	}
	f.host.Deliver("/sites/"+data+"/gateway", parts[len(parts)-1])
	if got := runtest.Last[federation.ResultReceived](f.host); got.Digest != outputs.Digest(text) || got.Size != int64(len(text)) {
		t.Errorf("received %+v", got)
	}
	if n := f.keptOf(d.JobID); n != 0 {
		t.Errorf("%d parts are kept of a result that was taken", n)
	}
}

func encoded(t *testing.T, doc any) int {
	t.Helper()
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return len(raw)
}

// eachEventHasOneLeaf holds that what a gateway says is in its audit log once.
func eachEventHasOneLeaf(t *testing.T, b *runtest.Bench) {
	t.Helper()
	leaves := map[string]int{}
	b.View(func(tx *run.Tx) error {
		return tx.Leaves(0, func(l audit.Leaf) error {
			var e audit.Entry
			err := json.Unmarshal(l.Data, &e)
			for _, id := range e.Effects {
				leaves[id]++
			}
			return err
		})
	})
	for _, e := range b.Outbox() {
		if leaves[e.ID] != 1 {
			t.Errorf("%s has %d leaves", e.Type, leaves[e.ID])
		}
	}
}

func TestAnApplicationCrossesToTheSitesItNamesAndTheirDecisionsComeBack(t *testing.T) {
	h, s := gatewayAt(t, host), gatewayAt(t, data)
	applicant := host + ":" + h.NewID()
	p := approval.ApplicationSubmitted{ApplicationID: h.NewID(), ProjectID: h.NewID(), HostSite: host, Applicant: applicant,
		Persons: []string{applicant}, Purpose: "a", Sites: []string{host, data, "nowhere", "elsewhere"}, Concepts: []string{"time"}, Analyses: []string{"log-rank"},
		Datasets: []vocabulary.DatasetRef{{Site: data, DatasetID: "gbsg"}}, ExpiresAt: runtest.Start.AddDate(0, 6, 0),
		Attestation: vocabulary.Attestation{Person: applicant, HomeSite: host, Assurance: "aal2", TrainingCompletedAt: runtest.Start,
			Agreement: "data-use-agreement", AgreementVersion: "1.0"}}
	h.Deliver(topics.Approval, p)
	refusedFor(t, h, out, border.SiteUnknown)
	eachEventHasOneLeaf(t, h)
	crossed := 0
	for _, e := range h.Outbox() {
		if e.Record.Topic == topics.Inbox(data) {
			crossed++
			s.DeliverRecord(e.Record)
		}
	}
	act := runtest.Last[approval.ApplicationSubmit](s)
	if crossed != 1 || act.Attestation != p.Attestation || act.ApplicationID != p.ApplicationID {
		t.Fatalf("%d crossed, act %+v", crossed, act)
	}
	s.Deliver(topics.Approval, p) // as the site's own approval announces it
	s.Deliver(topics.Approval, approval.DecisionIssued{ApplicationID: p.ApplicationID, ProjectID: p.ProjectID, Site: data, HostSite: host,
		Decision: "Positive", Bodies: []vocabulary.BodyDecision{{Body: "steering-group", Decision: "Positive"}}, PermitID: s.NewID()})
	if n := len(slices.DeleteFunc(s.Outbox(), func(e envelope.Event) bool { return e.Record.Topic != topics.Inbox(host) })); n != 1 {
		t.Fatalf("%d events crossed to the host", n)
	}
	p.ApplicationID, p.Attestation.HomeSite = s.NewID(), "harbour"
	s.Deliver("/sites/"+host+"/gateway", p)
	refusedFor(t, s, in, border.AttestationMismatch)
}

func TestTheProfileIsPublishedOnceForEachDigest(t *testing.T) {
	var g *gateway
	b := runtest.New(t, "federation", func(s *run.Service) { g = register(s, runtest.Members(t, s.Env().Site, s.Env().Trust)) })
	runtest.Await[federation.PolicyPublished](b, 1)
	if err := b.Service.Update(t.Context(), g.publish); err != nil {
		t.Fatal(err)
	}
	if n := count[federation.PolicyPublished](b); n != 1 {
		t.Fatalf("published %d times", n)
	}
	b.Env.Profile.Threshold, b.Env.Profile.Crates.In = 7, true
	b.Restart()
	if got := runtest.Await[federation.PolicyPublished](b, 2)[1]; got.Threshold != 7 || !got.Crates.In || got.Crates.Out || got.ProfileDigest != b.Env.Profile.Digest() {
		t.Fatalf("published %+v", got)
	}
}
