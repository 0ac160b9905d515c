package app

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/envelope/envelopetest"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// left is how many events about the result the data site has let out.
func (f *two) left() int { return count[federation.ResultPart](f.data) }

// TestEachAttackFromWithinTheSiteLetsNothingOut has the attacks of somebody who can write to the data site's broker, or
// has the keys of one of its services. After each the true decision lets the true bytes go.
func TestEachAttackFromWithinTheSiteLetsNothingOut(t *testing.T) {
	decide := func(signer string, change func(*siege, *airlock.ReleaseApproved)) func(*siege) {
		return func(f *siege) {
			d := f.decision
			d.ReleaseID = f.data.NewID()
			change(f, &d)
			f.data.Deliver(signer, d)
		}
	}
	none := func(*siege, *airlock.ReleaseApproved) {}
	for _, a := range []struct {
		name, reason string
		attack       func(*siege)
	}{
		{"12 a decision without a signature", envelope.CodeUnsigned, func(f *siege) {
			f.data.DeliverRecord(envelopetest.Without(f.data.Sign(topics.Airlock, f.decision, first), "ce_signature"))
		}},
		{"13 a decision with a byte changed", envelope.CodeSignature, func(f *siege) {
			r := f.data.Sign(topics.Airlock, f.decision, first)
			r.Value = bytes.Replace(r.Value, []byte(`"blinded":false`), []byte(`"blinded":true`), 1)
			f.data.DeliverRecord(r)
		}},
		{"15 another site's airlock decides", envelope.CodeKeySourceMismatch, func(f *siege) {
			f.data.DeliverRecord(envelopetest.Resign(f.data.Sign(topics.Airlock, f.decision, first), f.data.Signer("/sites/harbour/airlock")))
		}},
		{"16 the catalog decides", envelope.CodeKeyTypeMismatch, func(f *siege) {
			r := envelopetest.With(f.data.Sign(topics.Airlock, f.decision, first), "ce_source", "/sites/"+data+"/catalog")
			f.data.DeliverRecord(envelopetest.Resign(r, f.data.Signer(topics.Catalog)))
		}},
		{"28 a decision before anything was sealed", border.DecisionMismatch, func(f *siege) {
			decide(topics.Airlock, func(f *siege, d *airlock.ReleaseApproved) { d.OutputID = f.data.NewID() })(f)
			f.data.Advance(time.Minute)
		}},
		{"30 a decision on other bytes", border.DigestMismatch, decide(topics.Airlock, func(_ *siege, d *airlock.ReleaseApproved) {
			d.Claim.Digest = outputs.Digest([]byte("other bytes"))
		})},
		{"38 an output sealed for another project than its job's", border.JobMismatch, func(f *siege) {
			p, sealed := f.released.permit, f.released.sealed
			p.PermitID, p.ProjectID = f.data.NewID(), f.data.NewID()
			f.data.Deliver(topics.Approval, p)
			sealed.ProjectID, sealed.PermitID = p.ProjectID, p.PermitID
			f.data.Deliver(topics.Workspace, sealed)
			decide(topics.Airlock, func(_ *siege, d *airlock.ReleaseApproved) { d.ProjectID, d.PermitID = p.ProjectID, p.PermitID })(f)
			f.data.Deliver(topics.Workspace, f.released.sealed)
		}},
		{"38 a permit of another project", border.PermitUnknown, func(f *siege) {
			p, sealed := f.released.permit, f.released.sealed
			p.PermitID, p.ProjectID = f.data.NewID(), f.data.NewID()
			f.data.Deliver(topics.Approval, p)
			sealed.PermitID = p.PermitID
			f.data.Deliver(topics.Workspace, sealed)
			decide(topics.Airlock, none)(f)
			f.data.Deliver(topics.Workspace, f.released.sealed)
		}},
		{"38 to a host that did not ask", border.DecisionMismatch, decide(topics.Airlock, func(_ *siege, d *airlock.ReleaseApproved) {
			d.Destination = vocabulary.Destination{Kind: "study", Site: "harbour"}
		})},
	} {
		t.Run(a.name, func(t *testing.T) {
			f := besieged(t)
			a.attack(f)
			refusedFor(t, f.data, out, a.reason)
			if n := f.left() + count[federation.JobRefused](f.data); n != 0 {
				t.Errorf("%d events left", n)
			}
			if told := leaves(f.data); len(told) != 1 || told[0] != "dead-lettered "+a.reason {
				t.Errorf("the audit log tells %q", told)
			}
			f.lets()
		})
	}
}

// first gives the number that the true decision will have too: what is not believed does not take it.
func first(d *envelope.Draft) { d.Sequence = 1 }

// lets shows that the true decision still lets the true bytes go, once.
func (f *siege) lets() {
	f.Helper()
	f.data.Deliver(topics.Airlock, f.decision, first)
	parts := f.partsFrom(1)
	if len(parts) != 1 || parts[0].Digest != f.released.sealed.Claim.Digest || !bytes.Equal(parts[0].Bytes, f.released.bytes) {
		f.Errorf("after it %d parts left", len(parts))
	}
}

// Attack 30: bytes that were swapped in the store after the airlock approved them.
func TestBytesThatAreSwappedAfterTheApprovalDoNotLeave(t *testing.T) {
	f := besieged(t)
	name := strings.TrimPrefix(f.released.sealed.Claim.Digest, "sha256:")
	kept, err := filepath.Glob(filepath.Join(f.data.Env.Dir, "objects", "aggregate", "workspace", "sha256", "*", "*"+name[len(name)-8:]))
	if err != nil || len(kept) != 1 {
		t.Fatalf("the object lies at %q: %v", kept, err)
	}
	if err := os.Chmod(kept[0], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept[0], result(t, 9), 0o600); err != nil {
		t.Fatal(err)
	}
	f.data.Deliver(topics.Airlock, f.decision, first)
	runtest.Await[federation.BorderRefused](f.data, 1)
	refusedFor(t, f.data, out, border.ObjectMissing)
	if f.left() != 0 {
		t.Error("bytes left that nobody approved")
	}
}

// Attack 32: a workspace and an airlock that are bought seal and approve text that has the form of a label. It is written in
// none of the records and questions, so the gateway does not let it go, the host learns that there is no result, and the next
// study has its true one.
func TestTextInTheWordsOfAResultDoesNotLeave(t *testing.T) {
	const text = "MRN-4711.Jane-Doe.1957-03-02.relapsed"
	for name, word := range map[string]string{"a level": `"yes"`, "the name of the dataset": `"d"`} {
		t.Run(name, func(t *testing.T) {
			f := federated(t)
			bought := bytes.Replace(result(t, 2), []byte(word), []byte(`"`+text+`"`), 1)
			if _, canonical, err := outputs.Canonical(bought); err != nil || !canonical {
				t.Fatalf("the attack has not the form of a result: %v", err)
			}
			f.answer(f.data, bought)
			f.data.Until("the end of the job", func() bool {
				f.carryOf(federation.TypeCheckpointPublished, federation.TypeCheckpointCosigned)
				return count[federation.JobRefused](f.data)+f.left() > 0
			})
			if n := f.left(); n != 0 {
				t.Errorf("%d parts left", n)
			}
			refusedFor(t, f.data, out, border.LabelUnknown)
			for _, e := range f.data.Outbox() {
				if strings.Contains(string(e.Record.Value), text) {
					t.Errorf("%s repeats the text", e.Type)
				}
			}
			f.carry()
			second := question1(f.host, f.researcher)
			f.host.Act(f.host.SignIn(f.researcher), second)
			f.carry()
			f.answer(f.data, result(t, 2))
			f.partsFrom(1)
			f.carry()
			if n := count[federation.ResultReceived](f.host); n != 1 {
				t.Errorf("after it %d results were received", n)
			}
		})
	}
}

// A result waits for the record of its dataset: the topics of a site are read each by itself.
func TestAResultWaitsForTheRecordOfItsDataset(t *testing.T) {
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	f.researcher = f.host.Person("researcher")
	f.study = question1(f.host, f.researcher)
	f.study.Targets[1].DatasetID = "late"
	f.host.Act(f.researcher, f.study)
	f.carry()
	text := bytes.Replace(result(t, 2), []byte(`"d"`), []byte(`"late"`), 1)
	f.answer(f.data, text)
	if f.left()+count[federation.JobRefused](f.data) != 0 {
		t.Fatal("it did not wait")
	}
	f.data.Deliver(topics.Catalog, record("late"))
	if parts := f.partsFrom(1); !bytes.Equal(parts[0].Bytes, text) {
		t.Error("other bytes left")
	}
}

// Attack 23: a record that was taken before does nothing when it comes again, however late.
func TestAnOldRecordThatComesAgainDoesNothing(t *testing.T) {
	for name, later := range map[string]time.Duration{"a second": time.Second, "a day": 24 * time.Hour, "400 days": 400 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			f := besieged(t)
			f.host.DeliverRecord(f.True)
			f.host.Advance(later)
			if later > time.Hour { // the study's own time is over, and its result being combined
				runtest.Await[workspace.OutputSeal](f.host, 1)
			}
			kept, told, refused := state(t, f.host), len(said(f.host)), count[federation.BorderRefused](f.host)
			f.host.DeliverRecord(f.True)
			f.host.Restart()
			f.host.DeliverRecord(f.True)
			if state(t, f.host) != kept || len(said(f.host)) != told || count[federation.BorderRefused](f.host) != refused {
				t.Errorf("it did something: %v, refused %+v", said(f.host)[told:], runtest.Sent[federation.BorderRefused](f.host))
			}
			f.another()
		})
	}
}

// Attack 27: what comes after a gap waits, and takes effect in order once the gap is filled.
func TestAGapInTheNumbersIsWaitedForAndThenAppliedInOrder(t *testing.T) {
	f := besieged(t)
	second := f.next(f.part, func(d *envelope.Draft) { d.Sequence = 2 })
	f.host.DeliverRecord(second)
	if n := count[federation.ResultReceived](f.host) + count[federation.BorderRefused](f.host); n != 0 {
		t.Fatalf("%d effects before the gap was filled", n)
	}
	f.accepts()
	if count[federation.ResultReceived](f.host) != 1 || count[federation.BorderRefused](f.host) != 0 {
		t.Fatalf("received %d, refused %d", count[federation.ResultReceived](f.host), count[federation.BorderRefused](f.host))
	}
}

// Attack 26: skew up to the bound is nobody's fault.
func TestTimesWithinTheSkewAreTaken(t *testing.T) {
	for name, attribute := range map[string][2]string{
		"expired at the bound":       {"ce_expirytime", at(runtest.Start.Add(-envelope.Skew))},
		"in the future at the bound": {"ce_time", at(runtest.Start.Add(envelope.Skew))},
	} {
		t.Run(name, func(t *testing.T) {
			f := besieged(t)
			f.host.DeliverRecord(envelopetest.Resign(envelopetest.With(f.True, attribute[0], attribute[1]), f.gateway()))
			if n := count[federation.ResultReceived](f.host); n != 1 {
				t.Errorf("received %d times", n)
			}
		})
	}
}

// Attacks 21 and 33: what nobody signed beside an event is not seen by anybody and goes nowhere, and of what was signed
// the border carries what the contracts name and nothing else.
func TestNothingHiddenBesideAnEventCrossesTheBorder(t *testing.T) {
	const canary = "canary-7f3a"
	f := besieged(t)
	r := f.data.Sign(topics.Airlock, f.decision, first)
	for _, name := range []string{"approved", "tracestate", "baggage", "x-note", "traceparent"} {
		r.Headers = append(r.Headers, envelope.Header{Key: name, Value: []byte(canary)})
	}
	f.data.DeliverRecord(r)
	part := f.partsFrom(1)[0]
	if !bytes.Equal(part.Bytes, f.released.bytes) {
		t.Error("other bytes left than were approved")
	}
	crossed := 0
	for _, e := range f.data.Outbox() {
		if e.Record.Topic != topics.Inbox(host) {
			continue
		}
		crossed++
		if text := fmt.Sprintf("%s %s %s %s", e.Record.Topic, e.Record.Key, e.Record.Headers, e.Record.Value); strings.Contains(text, canary) {
			t.Errorf("%s carries the canary", e.Type)
		}
		for _, h := range e.Record.Headers {
			if !strings.HasPrefix(h.Key, "ce_") && h.Key != "content-type" {
				t.Errorf("%s carries the header %s", e.Type, h.Key)
			}
		}
	}
	if crossed == 0 || slices.ContainsFunc(part.Decision.Headers, func(h vocabulary.RecordHeader) bool { return strings.Contains(h.Value, canary) }) {
		t.Errorf("of %d events that crossed, the decision carries the canary", crossed)
	}
}

// Attack 34: no address that an event names is visited, not even to find out that it may not be.
func TestNoAddressInAnEventIsVisited(t *testing.T) {
	tap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	visited := make(chan struct{})
	go func() {
		if c, err := tap.Accept(); err == nil {
			c.Close()
			close(visited)
		}
	}()
	url := "http://" + tap.Addr().String() + "/keys"
	for name, c := range map[string]struct{ key, reason string }{
		"dataschema":          {"ce_dataschema", envelope.CodeEnvelope},
		"dataref":             {"ce_dataref", envelope.CodeEnvelope},
		"jku as an attribute": {"ce_jku", envelope.CodeEnvelope},
		"the key id":          {"ce_keyid", envelope.CodeUnknownKey},
	} {
		t.Run(name, func(t *testing.T) {
			f := besieged(t)
			r := envelopetest.Resign(envelopetest.With(f.True, c.key, url), f.gateway())
			if c.key == "ce_keyid" {
				r = envelopetest.With(f.True, c.key, url)
			}
			f.host.DeliverRecord(r)
			refusedFor(t, f.host, in, c.reason)
			f.probe()
		})
	}
	select {
	case <-visited:
		t.Error("an address that an event named was visited")
	default:
	}
}

// Attack 39: one source's flood fills its own room alone.
func TestAFloodOfOneSiteHoldsUpNoOther(t *testing.T) {
	f := besieged(t)
	const flood = 300
	for i := range flood {
		r := f.host.Sign("/sites/harbour/gateway", federation.JobAccepted{JobID: f.host.NewID(), StudyID: f.host.NewID(), Site: "harbour", HostSite: host})
		if i%2 == 0 {
			r.Value = r.Value[:len(r.Value)-1]
		}
		f.host.DeliverRecord(r)
	}
	kept := state(t, f.host)
	if n := count[federation.BorderRefused](f.host); n != flood {
		t.Errorf("%d of %d were refused", n, flood)
	}
	f.host.Restart()
	if state(t, f.host) != kept {
		t.Error("the flood goes on after a restart")
	}
	f.probe()
}
