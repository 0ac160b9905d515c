package app

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/audit"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/envelope/envelopetest"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// attack is one line of features/ATTACKS.md as it hits a gateway: what was there before, what the attacker then writes,
// and the one reason for which it must be refused.
type attack struct {
	name, reason string
	before       func(*siege)
	write        func(*siege) envelope.Record
}

func (f *siege) gateway() signing.Signer { return f.host.Signer(dataGateway) }

// spoiled changes the true record and leaves its signature.
func spoiled(change func(envelope.Record) envelope.Record) func(*siege) envelope.Record {
	return func(f *siege) envelope.Record { return change(f.True) }
}

// signed changes the true record and signs it with the key of the true sender, who is the attacker then.
func signed(key, value string) func(*siege) envelope.Record {
	return func(f *siege) envelope.Record {
		return envelopetest.Resign(envelopetest.With(f.True, key, value), f.gateway())
	}
}

// unsigned changes an attribute of the true record and leaves its signature.
func unsigned(key, value string) func(*siege) envelope.Record {
	return spoiled(func(r envelope.Record) envelope.Record { return envelopetest.With(r, key, value) })
}

// saying is what the data site's gateway says, validly signed.
func saying(p func(*siege) envelope.Payload, change ...func(*envelope.Draft)) func(*siege) envelope.Record {
	return func(f *siege) envelope.Record { return f.next(p(f), change...) }
}

// carrying is a result of these bytes, which the data site's airlock has approved as they are.
func carrying(text func(*siege) []byte) func(*siege) envelope.Record {
	return func(f *siege) envelope.Record {
		d, bytes := f.decision, text(f)
		d.Claim.Digest, d.Claim.Size = outputs.Digest(bytes), int64(len(bytes))
		return f.next(f.parts(d, dataAirlock, bytes)[0])
	}
}

// decided is the true result with another decision of the data site.
func decided(signer string, change func(*airlock.ReleaseApproved)) func(*siege) envelope.Record {
	return func(f *siege) envelope.Record {
		d, p := f.decision, f.part
		change(&d)
		p.Decision = border.Pack(f.data.Sign(signer, d))
		return f.next(p)
	}
}

// logged is the true result with another proof that its decision is in the log of the data site.
func logged(change func(*siege, *vocabulary.LogProof)) func(*siege) envelope.Record {
	return func(f *siege) envelope.Record {
		p := f.part
		change(f, &p.Proof)
		return f.next(p)
	}
}

// leafOf is the leaf that came with the true result.
func (f *siege) leafOf() audit.Entry {
	f.Helper()
	e, err := audit.Decode(f.part.Proof.Leaf)
	if err != nil {
		f.Fatal(err)
	}
	return e
}

// status makes the key of the data site's gateway one that is no longer, or not yet, good.
func status(change func(*signing.Key)) func(*siege) {
	return func(f *siege) {
		f.host.Advance(time.Minute)
		f.keys.of[f.gateway().KeyID()] = change
	}
}

// replaced is carrying the true bytes with something replaced in them.
func replaced(old, by string) func(*siege) envelope.Record {
	return carrying(func(f *siege) []byte { return bytes.Replace(f.released.bytes, []byte(old), []byte(by), 1) })
}

func (f *siege) accepts() {
	f.accepted = f.host.Deliver(dataGateway, federation.JobAccepted{JobID: f.part.JobID, StudyID: f.part.StudyID, Site: data, HostSite: host},
		func(d *envelope.Draft) { d.Sequence = 1 }).ID
}

func (f *siege) returns() { f.host.DeliverRecord(f.True) }

// attacksAtTheBorder are written into the host's inbox, where it waits for a result. The numbers are those of
// features/ATTACKS.md.
func attacksAtTheBorder() []attack {
	badSignature := bytes.Repeat([]byte("A"), 88)
	return []attack{
		{"12 the signature is stripped", envelope.CodeUnsigned, nil, spoiled(func(r envelope.Record) envelope.Record { return envelopetest.Without(r, "ce_signature") })},
		{"13 one bit of the data", envelope.CodeSignature, nil, spoiled(func(r envelope.Record) envelope.Record {
			r.Value = bytes.Clone(r.Value)
			r.Value[len(r.Value)/2] ^= 1
			return r
		})},
		{"13 the subject", envelope.CodeSignature, nil, unsigned("ce_subject", "job/01JD0000000000000000000000")},
		{"13 the type", envelope.CodeSignature, nil, spoiled(func(r envelope.Record) envelope.Record {
			return envelopetest.With(envelopetest.With(r, "ce_type", federation.TypeJobRefused), "ce_dataschema", "urn:fairway:contracts:federation:job-refused:1.0.0")
		})},
		{"13 the record key", envelope.CodeSignature, nil, spoiled(func(r envelope.Record) envelope.Record { r.Key = []byte("harbour"); return r })},
		{"14 a key that nobody registered", envelope.CodeUnknownKey, nil, func(f *siege) envelope.Record {
			return envelopetest.Resign(f.True, runtest.NewSigner(data, topics.Gateway, "found in the street"))
		}},
		{"15 another site's key", envelope.CodeKeySourceMismatch, nil, func(f *siege) envelope.Record {
			return envelopetest.Resign(f.True, f.host.Signer("/sites/harbour/gateway"))
		}},
		{"15 another site's airlock decides", envelope.CodeKeySourceMismatch, nil, decided("/sites/harbour/airlock", func(*airlock.ReleaseApproved) {})},
		{"16 the catalog sends a result", envelope.CodeKeyTypeMismatch, nil, func(f *siege) envelope.Record {
			r := envelopetest.With(f.True, "ce_source", "/sites/"+data+"/catalog")
			return envelopetest.Resign(r, f.host.Signer("/sites/"+data+"/catalog"))
		}},
		{"16 the gateway decides itself", envelope.CodeKeyTypeMismatch, nil, func(f *siege) envelope.Record {
			r := f.data.Sign(dataAirlock, f.decision)
			p := f.part
			p.Decision = border.Pack(envelopetest.Resign(envelopetest.With(r, "ce_source", dataGateway), f.gateway()))
			return f.next(p)
		}},
		{"17 the key id is removed", envelope.CodeEnvelope, nil, spoiled(func(r envelope.Record) envelope.Record { return envelopetest.Without(r, "ce_keyid") })},
		{"17 the key id is there twice", envelope.CodeDuplicateHeader, nil, spoiled(func(r envelope.Record) envelope.Record {
			r.Headers = append(r.Headers[:len(r.Headers):len(r.Headers)], envelope.Header{Key: "ce_keyid", Value: []byte(envelopetest.Header(r, "ce_keyid"))})
			return r
		})},
		{"17 a second signature", envelope.CodeDuplicateHeader, nil, spoiled(func(r envelope.Record) envelope.Record {
			r.Headers = append([]envelope.Header{{Key: "ce_signature", Value: badSignature}}, r.Headers...)
			return r
		})},
		{"17 a thousand bogus signatures before the valid one", envelope.CodeTooLarge, nil, spoiled(func(r envelope.Record) envelope.Record {
			for range 1000 {
				r.Headers = append([]envelope.Header{{Key: "ce_signature", Value: badSignature}}, r.Headers...)
			}
			return r
		})},
		{"18 a signature in base64url", envelope.CodeEnvelopeEncoding, nil, unsigned("ce_signature", strings.Repeat("-_", 43)+"==")},
		{"18 a newline in the signature", envelope.CodeEncoding, nil, func(f *siege) envelope.Record {
			return envelopetest.With(f.True, "ce_signature", envelopetest.Header(f.True, "ce_signature")+"\n")
		}},
		{"19 a content type of structured events", envelope.CodeEnvelope, nil, unsigned("content-type", "application/cloudevents+json")},
		{"19 a content type of in-toto statements", envelope.CodeEnvelope, nil, unsigned("content-type", "application/vnd.in-toto+json")},
		{"20 an optional attribute that is empty", envelope.CodeEmptyAttribute, nil, signed("ce_project", "")},
		{"21 an attribute approved=true, unsigned", envelope.CodeEnvelope, nil, unsigned("ce_approved", "true")},
		{"21 an attribute approved=true, signed", envelope.CodeEnvelope, nil, signed("ce_approved", "true")},
		{"22 a key that has expired", envelope.CodeKeyStatus, status(func(k *signing.Key) { k.NotAfter = runtest.Start }), spoiled(same)},
		{"22 a key that is not yet valid", envelope.CodeKeyStatus, status(func(k *signing.Key) { k.NotBefore = runtest.Start.Add(time.Hour) }), spoiled(same)},
		{"22 a key that is revoked, the event said before", envelope.CodeKeyStatus, status(func(k *signing.Key) { k.RevokedAt = runtest.Start.Add(30 * time.Second) }), spoiled(same)},
		{"22 a key that ended long ago, the event said to be of before", envelope.CodeKeyStatus,
			status(func(k *signing.Key) { k.NotAfter = runtest.Start.Add(-signing.MostDelay) }), signed("ce_time", at(runtest.Start.Add(-signing.MostDelay-time.Hour)))},
		{"24 an id that was used, with other content", "id-conflict", (*siege).accepts, func(f *siege) envelope.Record {
			return f.next(f.part, func(d *envelope.Draft) { d.ID = f.accepted })
		}},
		{"25 meant for another site", envelope.CodeAudience, nil, signed("ce_audience", "harbour")},
		{"25 of another site's inbox", envelope.CodeSignature, nil, func(f *siege) envelope.Record {
			p := f.part
			p.HostSite = "harbour"
			r := f.data.Sign(dataGateway, p, func(d *envelope.Draft) {
				d.Topic, d.Audience, d.BorderSequence, d.Sequence = topics.Inbox("harbour"), "harbour", 1, 1
			})
			r.Topic = topics.Inbox(host)
			return r
		}},
		{"26 a second past its expiry and the skew", envelope.CodeExpired, nil, func(f *siege) envelope.Record {
			return envelopetest.Resign(envelopetest.With(f.True, "ce_expirytime", at(runtest.Start.Add(-envelope.Skew-time.Second))), f.gateway())
		}},
		{"26 an hour in the future", envelope.CodeFuture, nil, signed("ce_time", at(runtest.Start.Add(time.Hour)))},
		{"26 a second beyond the skew", envelope.CodeFuture, nil, signed("ce_time", at(runtest.Start.Add(envelope.Skew+time.Second)))},
		{"27 a number that goes back", "sequence-stale", (*siege).accepts, spoiled(same)},
		{"28 a refusal after the result", border.AlreadyAnswered, (*siege).returns, saying(func(f *siege) envelope.Payload {
			return federation.JobRefused{JobID: f.part.JobID, StudyID: f.part.StudyID, Site: data, HostSite: host, Reason: "x", Detail: "changed its mind"}
		})},
		{"28 a second result", border.AlreadyAnswered, (*siege).returns, carrying(func(f *siege) []byte { return result(f.T, 7) })},
		{"30 other bytes than were approved", border.DigestMismatch, nil, saying(func(f *siege) envelope.Payload {
			p := f.part
			p.Bytes = result(f.T, 8)
			p.Digest, p.Size = outputs.Digest(p.Bytes), int64(len(p.Bytes))
			return p
		})},
		{"30 other bytes under the digest that was approved", border.DigestMismatch, nil, saying(func(f *siege) envelope.Payload {
			p := f.part
			p.Bytes = append([]byte(" "), p.Bytes[1:]...)
			return p
		})},
		{"30 a decision that is over", border.ReleaseExpired, nil, decided(dataAirlock, func(d *airlock.ReleaseApproved) { d.ExpiresAt = runtest.Start })},
		{"31 rows under the name of an aggregate", border.NotCanonical, nil, carrying(func(*siege) []byte {
			return []byte(`{"schema":"fairway.output.v1","dataset":"d","results":[{"kind":"rows","rows":[[1,61,"recurrence"]]}]}`)
		})},
		{"32 a note beside the numbers", border.NotCanonical, nil, replaced(`"dataset":"d"`, `"dataset":"d","note":"dGhlIHNlY3JldA=="`)},
		{"32 base64 in a label", border.NotCanonical, nil, replaced(`"yes"`, `"dGhlL3NlY3JldC9pcw+/"`)},
		{"32 text in the name of the dataset", border.LabelUnknown, nil, replaced(`"dataset":"d"`, `"dataset":"dGhlIHNlY3JldA"`)},
		{"32 text in spaces between the members", border.NotCanonical, nil, replaced(",", ", \t ")},
		{"32 another spelling of a number", border.NotCanonical, nil, replaced(`"n":100`, `"n":1e2`)},
		{"32 a URL in the place of the schema", envelope.CodeEnvelope, nil, signed("ce_dataschema", "https://example.org/schema?q=dGhlIHNlY3JldA")},
		{"38 a job of another project", border.JobMismatch, nil, saying(func(f *siege) envelope.Payload { p := f.part; p.ProjectID = p.ReleaseID; return p })},
		{"38 a decision of another project", border.DecisionMismatch, nil, decided(dataAirlock, func(d *airlock.ReleaseApproved) { d.ProjectID = d.ReleaseID })},
		{"38 the job of another site", border.JobMismatch, nil, saying(func(f *siege) envelope.Payload { p := f.part; p.JobID = f.job(f.host).JobID; return p })},
		{"40 no proof that the decision was logged", border.CheckpointUnproven, nil, logged(func(_ *siege, p *vocabulary.LogProof) { *p = vocabulary.LogProof{} })},
		{"40 a proof that is none", border.CheckpointUnproven, nil, logged(func(_ *siege, p *vocabulary.LogProof) { p.Inclusion = "index 0" })},
		{"40 the proof of another decision", border.CheckpointUnproven, nil, logged(func(f *siege, p *vocabulary.LogProof) {
			e := f.leafOf()
			e.Cause = f.data.NewID()
			*p = f.proves(e, host)
		})},
		{"40 a decision that the log tells to have been refused", border.CheckpointUnproven, nil, logged(func(f *siege, p *vocabulary.LogProof) {
			e := f.leafOf()
			e.Action, e.Reason = "dead-lettered", border.DecisionMismatch
			*p = f.proves(e, host)
		})},
		{"40 a leaf that is not in the log", border.CheckpointUnproven, nil, logged(func(f *siege, p *vocabulary.LogProof) {
			p.Leaf = f.proves(audit.Entry{Action: border.Applied, Cause: f.leafOf().Cause, Actor: "somebody"}, host).Leaf
		})},
		{"40 a checkpoint that this host has not seen", border.CheckpointUnproven, nil, logged(func(f *siege, p *vocabulary.LogProof) { *p = f.proves(f.leafOf(), data) })},
		{"40 a checkpoint of another log", border.CheckpointUnproven, nil, logged(func(f *siege, p *vocabulary.LogProof) {
			p.Inclusion = strings.Replace(p.Inclusion, data+"/"+topics.Gateway, "harbour/"+topics.Gateway, 1)
		})},
		{"38 in another site's name", border.OriginMismatch, nil, saying(func(f *siege) envelope.Payload { p := f.part; p.Site = "harbour"; return p })},
	}
}

func same(r envelope.Record) envelope.Record { return r }

func TestEachAttackAtTheBorderIsRefusedForItsReasonAndHasNoEffect(t *testing.T) {
	for _, a := range attacksAtTheBorder() {
		t.Run(a.name, func(t *testing.T) {
			f := besieged(t)
			if a.before != nil {
				a.before(f)
			}
			r := a.write(f)
			kept, told, audited := state(t, f.host), len(said(f.host)), len(leaves(f.host))
			f.host.DeliverRecord(r)
			refusedFor(t, f.host, in, a.reason)
			if state(t, f.host) != kept || len(said(f.host)) != told {
				t.Errorf("it changed what the host keeps, or made it say %v", said(f.host)[told:])
			}
			if got := leaves(f.host)[audited:]; len(got) != 1 || got[0] != "dead-lettered "+a.reason {
				t.Errorf("the audit log tells %q", got)
			}
			f.probe()
		})
	}
}

// probe shows that the host takes the true result all the same, once; or, if it has it, an answer to another study.
func (f *siege) probe() {
	f.Helper()
	f.keys.of = nil
	refusals := count[federation.BorderRefused](f.host)
	if count[federation.ResultReceived](f.host) == 0 {
		f.host.DeliverRecord(f.next(f.part))
	} else {
		f.another()
	}
	if n, more := count[federation.ResultReceived](f.host), count[federation.BorderRefused](f.host)-refusals; n != 1 || more != 0 {
		f.Errorf("after it the true result was received %d times, refused %d times: %+v", n, more, runtest.Sent[federation.BorderRefused](f.host))
	}
}

// another opens a second study, whose job the data site refuses; the host must hear that.
func (f *siege) another() {
	f.Helper()
	second := question1(f.host, f.researcher)
	f.host.Act(f.host.SignIn(f.researcher), second)
	j := runtest.Last[federation.JobDispatched](f.host)
	f.host.Deliver(dataGateway, federation.JobRefused{JobID: j.JobID, StudyID: second.StudyID, Site: data, HostSite: host, Reason: "variable-unknown", Detail: "no"})
	f.host.View(func(tx *run.Tx) error {
		h, _, err := studies.Get(tx.Tx, second.StudyID)
		if t, _ := h.Study.Target(j.JobID); t.Reason != "variable-unknown" {
			f.Errorf("after it an answer was not heard: %+v", t)
		}
		return err
	})
}
