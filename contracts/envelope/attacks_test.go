package envelope_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/envelope/envelopetest"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// TestOpenRefuses has the attacks of the reference list that aim at one record; the numbers are those of the list. Each
// starts from a record that Open accepts.
func TestOpenRefuses(t *testing.T) {
	trust := trustOf(t, "molgenis", "denbi")
	airlockKey := signerOf("molgenis", topics.Airlock)
	data := func(text string) func(envelope.Record) envelope.Record {
		return func(r envelope.Record) envelope.Record {
			r.Value = []byte(text)
			return envelopetest.Resign(r, airlockKey)
		}
	}
	with := func(key, value string) func(envelope.Record) envelope.Record {
		return func(r envelope.Record) envelope.Record {
			return envelopetest.Resign(envelopetest.With(r, key, value), airlockKey)
		}
	}
	unsignedWith := func(key, value string) func(envelope.Record) envelope.Record {
		return func(r envelope.Record) envelope.Record { return envelopetest.With(r, key, value) }
	}
	valid := string(recordOf(t, airlock.TypeReleaseReviewed).Value)
	for _, c := range []struct {
		name, code string
		attack     func(envelope.Record) envelope.Record
	}{
		{"01 truncated JSON", envelope.CodeMalformed, data(valid[:len(valid)-1])},
		{"01 no data", envelope.CodeMalformed, data("")},
		{"02 a decision twice", envelope.CodeDuplicateMember, data(strings.Replace(valid, `"decision"`, `"decision":"Rejected","decision"`, 1))},
		{"03 a decision in two cases", envelope.CodeUnknownMember, data(strings.Replace(valid, `"decision"`, `"DECISION":"Approved","decision"`, 1))},
		{"03 a decision in capitals alone", envelope.CodeUnknownMember, data(strings.Replace(valid, `"decision"`, `"DECISION"`, 1))},
		{"04 a decision with a long s", envelope.CodeUnknownMember, data(strings.Replace(valid, `"decision"`, `"deciſion"`, 1))},
		{"05 invalid UTF-8 in data", envelope.CodeEncoding, data(strings.Replace(valid, "Approved", "Approv\xff", 1))},
		{"05 lone surrogate in data", envelope.CodeEncoding, data(strings.Replace(valid, "Approved", `\ud800`, 1))},
		{"05 NUL in subject", envelope.CodeEncoding, with("ce_subject", "release/\x00")},
		{"05 invalid UTF-8 in subject", envelope.CodeEncoding, with("ce_subject", "release/\xff")},
		{"06 10 MB", envelope.CodeTooLarge, data(strings.Repeat("a", 10<<20))},
		{"06 one byte over the cap", envelope.CodeTooLarge, data(`"` + strings.Repeat("a", 64<<10-1) + `"`)},
		{"06 nested too deep", envelope.CodeTooDeep, data(strings.Repeat("[", 30000) + strings.Repeat("]", 30000))},
		{"06 many headers", envelope.CodeTooLarge, func(r envelope.Record) envelope.Record {
			for i := range 100 {
				r.Headers = append(r.Headers, envelope.Header{Key: fmt.Sprint("x", i)})
			}
			return r
		}},
		{"06 long attribute", envelope.CodeTooLarge, with("ce_actor", strings.Repeat("a", 5000))},
		{"06 long headers", envelope.CodeTooLarge, with("x-note", strings.Repeat("a", 20000))},
		{"08 an infinite number", envelope.CodeNumber, data(strings.Replace(valid, `"ordinal":1`, `"ordinal":1e400`, 1))},
		{"08 minus zero", envelope.CodeNumber, data(strings.Replace(valid, `"ordinal":1`, `"ordinal":-0`, 1))},
		{"08 2^53", envelope.CodeNumber, data(strings.Replace(valid, `"ordinal":1`, `"ordinal":9007199254740992`, 1))},
		{"08 not a number", envelope.CodeMalformed, data(strings.Replace(valid, `"ordinal":1`, `"ordinal":NaN`, 1))},
		{"08 a fraction for an integer", envelope.CodeNumber, data(strings.Replace(valid, `"ordinal":1`, `"ordinal":1.0`, 1))},
		{"09 no id", envelope.CodeMissingAttribute, func(r envelope.Record) envelope.Record {
			return envelopetest.Resign(envelopetest.Without(r, "ce_id"), airlockKey)
		}},
		{"09 no content type", envelope.CodeMissingAttribute, func(r envelope.Record) envelope.Record { return envelopetest.Without(r, "content-type") }},
		{"09 an empty source", envelope.CodeMissingAttribute, with("ce_source", "")},
		{"09 CloudEvents 2.0", envelope.CodeUnsupportedVersion, with("ce_specversion", "2.0")},
		{"09 not JSON by its type", envelope.CodeEnvelope, with("content-type", "text/plain")},
		{"10 unknown major", envelope.CodeUnsupportedVersion, with("ce_type", "fairway.airlock.release.reviewed.v9")},
		{"10 unknown type", envelope.CodeUnknownType, with("ce_type", "fairway.airlock.release.burnt.v1")},
		{"10 a schema of another event", envelope.CodeEnvelope, with("ce_dataschema", "urn:fairway:contracts:airlock:release-approved:1.0.0")},
		{"10 a schema of another major", envelope.CodeEnvelope, with("ce_dataschema", "urn:fairway:contracts:airlock:release-reviewed:2.0.0")},
		{"12 signature stripped", envelope.CodeUnsigned, func(r envelope.Record) envelope.Record { return envelopetest.Without(r, "ce_signature") }},
		{"13 a bit of the data", envelope.CodeSignature, func(r envelope.Record) envelope.Record {
			r.Value = bytes.Replace(r.Value, []byte("Approved"), []byte("Rejected"), 1)
			return r
		}},
		{"13 the subject", envelope.CodeSignature, unsignedWith("ce_subject", "release/"+anotherID)},
		{"13 the time", envelope.CodeSignature, unsignedWith("ce_time", "2026-11-21T09:00:00.001Z")},
		{"13 the type", envelope.CodeSignature, func(r envelope.Record) envelope.Record {
			return envelopetest.With(envelopetest.With(r, "ce_type", airlock.TypeReleaseApproved), "ce_dataschema", "urn:fairway:contracts:airlock:release-approved:1.0.0")
		}},
		{"13 the topic", envelope.CodeSignature, func(r envelope.Record) envelope.Record { r.Topic = "molgenis.airlock.dead.v1"; return r }},
		{"13 the record key", envelope.CodeSignature, func(r envelope.Record) envelope.Record { r.Key = []byte("release/other"); return r }},
		{"13 an attribute removed", envelope.CodeSignature, func(r envelope.Record) envelope.Record { return envelopetest.Without(r, "ce_site") }},
		{"13 an attribute added", envelope.CodeSignature, unsignedWith("ce_actor", "molgenis:"+anID)},
		{"14 a key that nobody registered", envelope.CodeUnknownKey, func(r envelope.Record) envelope.Record { return envelopetest.Resign(r, signerOf("nowhere", "airlock")) }},
		{"15 another site's key", envelope.CodeKeySourceMismatch, func(r envelope.Record) envelope.Record {
			return envelopetest.Resign(r, signerOf("denbi", topics.Airlock))
		}},
		{"16 the catalog decides", envelope.CodeKeyTypeMismatch, func(r envelope.Record) envelope.Record {
			return envelopetest.Resign(envelopetest.With(r, "ce_source", "/sites/molgenis/catalog"), signerOf("molgenis", topics.Catalog))
		}},
		{"17 key id removed", envelope.CodeEnvelope, func(r envelope.Record) envelope.Record { return envelopetest.Without(r, "ce_keyid") }},
		{"17 key id twice", envelope.CodeDuplicateHeader, func(r envelope.Record) envelope.Record {
			r.Headers = append(r.Headers, envelope.Header{Key: "ce_keyid", Value: []byte(envelopetest.Header(r, "ce_keyid"))})
			return r
		}},
		{"17 a thousand signatures", envelope.CodeTooLarge, func(r envelope.Record) envelope.Record {
			for range 1000 {
				r.Headers = append([]envelope.Header{{Key: "ce_signature", Value: bytes.Repeat([]byte("A"), 88)}}, r.Headers...)
			}
			return r
		}},
		{"17 two signatures", envelope.CodeDuplicateHeader, func(r envelope.Record) envelope.Record {
			r.Headers = append([]envelope.Header{{Key: "ce_signature", Value: bytes.Repeat([]byte("A"), 88)}}, r.Headers...)
			return r
		}},
		{"18 base64url signature", envelope.CodeEnvelopeEncoding, func(r envelope.Record) envelope.Record {
			return envelopetest.With(r, "ce_signature", strings.Repeat("-_", 43)+"==")
		}},
		{"18 newline in the signature", envelope.CodeEncoding, func(r envelope.Record) envelope.Record {
			return envelopetest.With(r, "ce_signature", envelopetest.Header(r, "ce_signature")+"\n")
		}},
		{"18 no padding", envelope.CodeEnvelopeEncoding, func(r envelope.Record) envelope.Record {
			return envelopetest.With(r, "ce_signature", strings.TrimRight(envelopetest.Header(r, "ce_signature"), "="))
		}},
		{"18 the last character carries spare bits", envelope.CodeEnvelopeEncoding, func(r envelope.Record) envelope.Record {
			s := envelopetest.Header(r, "ce_signature")
			return envelopetest.With(r, "ce_signature", s[:85]+"B==")
		}},
		{"19 a structured event", envelope.CodeEnvelope, with("content-type", "application/cloudevents+json")},
		{"20 an empty optional attribute", envelope.CodeEmptyAttribute, with("ce_project", "")},
		{"20 an empty signature", envelope.CodeEmptyAttribute, unsignedWith("ce_signature", "")},
		{"32 text hidden in the version of a schema", envelope.CodeEnvelope, with("ce_dataschema", "urn:fairway:contracts:airlock:release-reviewed:1.0.0-dGhlIHNlY3JldA")},
		{"32 text hidden in an actor", envelope.CodeEnvelope, with("ce_actor", "Jane Doe")},
		{"32 text hidden in a project", envelope.CodeEnvelope, with("ce_project", "dGhlIHNlY3JldA")},
		{"32 text hidden in a session", envelope.CodeEnvelope, with("ce_session", "dGhlIHNlY3JldA")},
		{"32 text hidden in an assurance", envelope.CodeEnvelope, with("ce_assurance", "aal3")},
		{"32 text hidden in a data class", envelope.CodeEnvelope, with("ce_dataclassification", "group 2 has 3")},
		{"32 text hidden in a trace", envelope.CodeEnvelope, with("ce_traceparent", "00-dGhlIHNlY3JldA-00")},
		{"21 an unknown attribute", envelope.CodeEnvelope, with("ce_approved", "true")},
		{"21 another spelling of an attribute", envelope.CodeEnvelope, unsignedWith("CE_subject", "release/"+anotherID)},
		{"21 another spelling of the content type", envelope.CodeEnvelope, unsignedWith("Content-Type", "application/json")},
		{"25 meant for another site", envelope.CodeAudience, with("ce_audience", "denbi")},
		{"25 another site's topic", envelope.CodeEnvelope, func(r envelope.Record) envelope.Record {
			r.Topic = "denbi.airlock.events.v1"
			return envelopetest.Resign(r, airlockKey)
		}},
		{"26 past its expiry", envelope.CodeExpired, with("ce_expirytime", now.Add(-envelope.Skew-time.Second).Format(time.RFC3339))},
		{"26 from the future", envelope.CodeFuture, with("ce_time", now.Add(envelope.Skew+time.Second).Format(time.RFC3339))},
		{"26 a local time", envelope.CodeEnvelope, with("ce_time", "2026-11-21T10:00:00+01:00")},
		{"27 a fact without its place", envelope.CodeMissingAttribute, func(r envelope.Record) envelope.Record {
			return envelopetest.Resign(envelopetest.Without(r, "ce_sequence"), airlockKey)
		}},
		{"27 a short sequence", envelope.CodeEnvelope, with("ce_sequence", "1")},
		{"38 a subject that is not the payload's", envelope.CodeEnvelope, func(r envelope.Record) envelope.Record {
			r.Key = []byte("release/" + anotherID)
			return envelopetest.Resign(envelopetest.With(r, "ce_subject", "release/"+anotherID), airlockKey)
		}},
		{"a record key that is not the subject", envelope.CodeEnvelope, func(r envelope.Record) envelope.Record {
			r.Key = []byte("release/" + anotherID)
			return envelopetest.Resign(r, airlockKey)
		}},
		{"a site that is not the source's", envelope.CodeEnvelope, with("ce_site", "denbi")},
		{"a fact it does not name rightly", envelope.CodeEnvelope, with("ce_restson", "/sites/molgenis/identity session/1 0")},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := recordOf(t, airlock.TypeReleaseReviewed)
			if _, err := envelope.Open(r, trust, now); err != nil {
				t.Fatalf("before the attack: %v", err)
			}
			_, err := envelope.Open(c.attack(r), trust, now)
			if envelope.CodeOf(err) != c.code {
				t.Errorf("%v, want code %s", err, c.code)
			}
		})
	}
}

func TestOpenAcceptsWithinTheBounds(t *testing.T) {
	trust := trustOf(t, "molgenis")
	s := signerOf("molgenis", topics.Airlock)
	for name, attack := range map[string]func(envelope.Record) envelope.Record{
		"21 a foreign header": func(r envelope.Record) envelope.Record { return envelopetest.With(r, "approved", "true") },
		"26 expiry at the bound": func(r envelope.Record) envelope.Record {
			return envelopetest.Resign(envelopetest.With(r, "ce_expirytime", now.Add(-envelope.Skew).Format(time.RFC3339)), s)
		},
		"26 time at the bound": func(r envelope.Record) envelope.Record {
			return envelopetest.Resign(envelopetest.With(r, "ce_time", now.Add(envelope.Skew).Format(time.RFC3339)), s)
		},
		"a newer minor with a member that is unknown here": func(r envelope.Record) envelope.Record {
			r.Value = append([]byte(`{"novelty":{"deep":[1,2]},`), r.Value[1:]...)
			return envelopetest.Resign(envelopetest.With(r, "ce_dataschema", "urn:fairway:contracts:airlock:release-reviewed:1.7.0"), s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := envelope.Open(attack(recordOf(t, airlock.TypeReleaseReviewed)), trust, now)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := envelope.Decode[airlock.ReleaseReviewed](e); err != nil {
				t.Error(err)
			}
		})
	}
}

// An act whose id its receiver no longer remembers is still known by its number.
func TestOpenRefusesAnActWithoutItsNumber(t *testing.T) {
	r := recordOf(t, identity.TypeSessionOpen)
	if _, err := envelope.Open(r, trustOf(t, "molgenis"), now); err != nil {
		t.Fatal(err)
	}
	r = envelopetest.Resign(envelopetest.Without(r, "ce_sequence"), signerOf("molgenis", topics.Portal))
	if _, err := envelope.Open(r, trustOf(t, "molgenis"), now); envelope.CodeOf(err) != envelope.CodeMissingAttribute {
		t.Errorf("%v, want %s", err, envelope.CodeMissingAttribute)
	}
}

// Attack 11.
func TestBorderRefusesWhatItDoesNotKnow(t *testing.T) {
	r := recordOf(t, airlock.TypeReleaseReviewed)
	r.Value = append([]byte(`{"novelty":1,`), r.Value[1:]...)
	r = envelopetest.Resign(r, signerOf("molgenis", topics.Airlock))
	_, err := envelope.OpenBorder(r, trustOf(t, "molgenis"), now)
	var refused *envelope.Error
	if !errors.As(err, &refused) || refused.Code != envelope.CodeUnknownMember || refused.Where != "/novelty" {
		t.Errorf("%v, want unknown-member at /novelty", err)
	}
}

// Attack 22.
func TestKeyStatus(t *testing.T) {
	for name, change := range map[string]func(*signing.Key){
		"not yet valid":                   func(k *signing.Key) { k.NotBefore = now.Add(time.Second) },
		"no longer valid":                 func(k *signing.Key) { k.NotAfter = now },
		"revoked before the event":        func(k *signing.Key) { k.RevokedAt = now.Add(-time.Minute) },
		"revoked, the event is backdated": func(k *signing.Key) { k.RevokedAt = now.Add(time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			k := keyOf("molgenis", topics.Airlock)
			change(&k)
			trust, err := signing.NewTrust("molgenis", k)
			if err != nil {
				t.Fatal(err)
			}
			_, err = envelope.Open(recordOf(t, airlock.TypeReleaseReviewed), trust, now.Add(time.Minute))
			if envelope.CodeOf(err) != envelope.CodeKeyStatus {
				t.Errorf("%v, want key-status", err)
			}
		})
	}
}

// What was signed in the last moment of a key is read by a site that was cut off, and by nobody once nothing honest can be
// on its way, whatever time it claims.
func TestAKeyThatEndedIsBelievedForWhatCanStillBeOnItsWay(t *testing.T) {
	k := keyOf("molgenis", topics.Airlock)
	k.NotAfter = now.Add(time.Second)
	trust, err := signing.NewTrust("molgenis", k)
	if err != nil {
		t.Fatal(err)
	}
	for late, want := range map[time.Duration]string{0: "", signing.MostDelay: "", signing.MostDelay + time.Second: envelope.CodeKeyStatus} {
		if _, err := envelope.Open(recordOf(t, airlock.TypeReleaseReviewed), trust, k.NotAfter.Add(late)); envelope.CodeOf(err) != want {
			t.Errorf("read %s after the key's end: %v, want %q", late, err, want)
		}
	}
}

func TestForeignTypesAreToBeIgnored(t *testing.T) {
	r := envelopetest.With(recordOf(t, airlock.TypeReleaseReviewed), "ce_type", "x.example.release.reviewed.v1")
	if _, err := envelope.Open(r, trustOf(t, "molgenis"), now); !errors.Is(err, envelope.ErrForeign) {
		t.Errorf("%v, want ErrForeign", err)
	}
}

func TestSignatureIsHeldBeforeTheDataIsParsed(t *testing.T) {
	r := recordOf(t, airlock.TypeReleaseReviewed)
	r.Value = []byte("{")
	if _, err := envelope.Open(r, trustOf(t, "molgenis"), now); envelope.CodeOf(err) != envelope.CodeSignature {
		t.Errorf("%v, want signature", err)
	}
}

func TestDecodeRefusesAnotherType(t *testing.T) {
	e, err := envelope.Read(recordOf(t, airlock.TypeReleaseReviewed))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := envelope.Decode[airlock.ReleaseApproved](e); envelope.CodeOf(err) != envelope.CodeUnknownType {
		t.Errorf("%v, want unknown-type", err)
	}
}
