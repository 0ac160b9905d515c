package envelope_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/envelope/envelopetest"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// pack and unpack carry a whole record, repeated headers included, through the one byte slice of a fuzz input.
func pack(r envelope.Record) []byte {
	parts := [][]byte{[]byte(r.Topic), r.Key, r.Value}
	for _, h := range r.Headers {
		parts = append(parts, []byte(h.Key), h.Value)
	}
	var b []byte
	for _, p := range parts {
		b = append(binary.AppendUvarint(b, uint64(len(p))), p...)
	}
	return b
}

func unpack(b []byte) envelope.Record {
	next := func() []byte {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) {
			b = nil
			return nil
		}
		part := b[used : used+int(n)]
		b = b[used+int(n):]
		return part
	}
	r := envelope.Record{Topic: string(next()), Key: next(), Value: next()}
	for len(b) > 0 {
		r.Headers = append(r.Headers, envelope.Header{Key: string(next()), Value: next()})
	}
	return r
}

// anyKey trusts every key id with one key of the airlock, so that inputs reach what stands behind the key rules.
type anyKey struct{ key signing.Key }

func (k anyKey) Lookup(string) (signing.Key, bool) { return k.key, true }

func FuzzReadAndOpen(f *testing.F) {
	for _, eventType := range []string{airlock.TypeReleaseReviewed, airlock.TypeReleaseApproved, identity.TypeSessionOpen} {
		r := recordOf(f, eventType)
		f.Add(pack(r))
		f.Add(pack(envelopetest.Without(r, "ce_id")))
		f.Add(pack(envelopetest.With(r, "ce_restson", "/sites/molgenis/identity session/1 1;/sites/molgenis/identity session/2 2")))
		f.Add(pack(envelopetest.With(r, "CE_id", anID)))
		r.Headers = append(r.Headers, r.Headers[0])
		f.Add(pack(r))
	}
	trust := anyKey{keyOf("molgenis", topics.Airlock)}
	f.Fuzz(func(t *testing.T, input []byte) {
		r := unpack(input)
		if len(input)%2 == 0 {
			// As an insider would, so that inputs get behind the signature.
			r = envelopetest.Resign(r, signerOf("molgenis", topics.Airlock))
		}
		before := pack(r)
		_, readErr := envelope.Read(r)
		e, err := envelope.Open(r, trust, now)
		if !bytes.Equal(before, pack(r)) {
			t.Fatal("reading changed the record")
		}
		if readErr != nil && err == nil {
			t.Fatalf("Read refuses with %v what Open accepts", readErr)
		}
		var refused *envelope.Error
		if err != nil {
			if !errors.Is(err, envelope.ErrForeign) && !errors.As(err, &refused) {
				t.Fatalf("%v carries no reason", err)
			}
			return
		}
		// What is accepted is what the key's owner signed; writing it again gives an event that is accepted too.
		payload, err := decoders[e.Type](e)
		if err != nil {
			t.Fatalf("accepted, but not decoded: %v", err)
		}
		d := envelope.Draft{ID: e.ID, Source: e.Source, Subject: e.Subject, Topic: r.Topic, Time: e.Time, Attributes: e.Attributes}
		if _, err := envelope.New(signerOf("molgenis", topics.Airlock), d, payload); err != nil {
			t.Fatalf("accepted, but not to be written again: %v", err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	r, trust := recordOf(b, airlock.TypeReleaseReviewed), trustOf(b, "molgenis")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := envelope.Open(r, trust, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	s := signerOf("molgenis", topics.Airlock)
	c, _ := topics.Lookup(airlock.TypeReleaseReviewed)
	d, p := draftOf(s), payloadOf(b, c, validExamples(b, c)["1.json"])
	b.ReportAllocs()
	for b.Loop() {
		if _, err := envelope.New(s, d, p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	r := recordOf(b, airlock.TypeReleaseReviewed)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := envelope.Read(r); err != nil {
			b.Fatal(err)
		}
	}
}
