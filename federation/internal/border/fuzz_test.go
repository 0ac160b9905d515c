package border

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// FuzzAssembly sends parts of a result, some of them forged: what is put together is what was split or is refused with a
// reason, and without an airlock's signature nothing of it stands.
func FuzzAssembly(f *testing.F) {
	f.Add([]byte(`{"schema":"fairway.output.v1","dataset":"d","results":[]}`), int64(1), int64(1), []byte("x"), "topic")
	f.Add(make([]byte, PartBytes+1), int64(2), int64(2), []byte{}, "")
	f.Add([]byte{}, int64(1), int64(-1), []byte{0}, "t")
	f.Add([]byte("a"), int64(1<<62), int64(0), []byte("a"), "t")
	nobody, err := signing.NewTrust(signing.Federation)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, whole []byte, parts, forged int64, bytesOfForged []byte, topic string) {
		decision := vocabulary.SignedRecord{Topic: topic, Value: bytesOfForged, Headers: []vocabulary.RecordHeader{{Key: "ce_id", Value: topic}}}
		told := federation.ResultPart{StudyID: "s", JobID: "j", Site: "denbi", ReleaseID: "r", Digest: outputs.Digest(whole), Size: int64(len(whole)), Parts: parts, Decision: decision}
		a, err := Begin(told)
		if err != nil {
			refusedWithReason(t, err)
			return
		}
		split := Split(whole)
		kept := map[int64]Chunk{}
		add := func(n int64, b []byte) bool {
			p := told
			p.Part, p.Bytes = n, b
			before, again := kept[n]
			c, err := a.Add(p, before, again)
			refusedWithReason(t, err)
			if err == nil {
				kept[n] = c
			}
			return err == nil
		}
		joined := func() Whole {
			var all []Chunk
			for _, n := range slices.Sorted(maps.Keys(kept)) {
				all = append(all, kept[n])
			}
			return a.Join(all)
		}
		for i, b := range split {
			add(int64(i+1), b)
		}
		if was := joined(); add(forged, bytesOfForged) && forged >= 1 && forged <= int64(len(split)) && !bytes.Equal(was.Bytes, joined().Bytes) {
			t.Fatal("a forged part replaced a true one")
		}
		if a.Complete() != (int64(len(kept)) == parts) {
			t.Fatalf("%d of %d parts, complete: %v", len(kept), parts, a.Complete())
		}
		if !a.Complete() {
			return
		}
		got := joined()
		if parts == int64(len(split)) && topic != "" && !bytes.Equal(got.Bytes, whole) {
			t.Fatal("put together otherwise than it was split")
		}
		refusedWithReason(t, CheckBytes(got.Bytes, told.Digest, told.Size))
		_, err = got.Verify("molgenis", "p", nobody, Log{}, time.Unix(0, 0))
		if err == nil {
			t.Fatal("a decision that nobody signed stands")
		}
		refusedWithReason(t, err)
	})
}

func refusedWithReason(t *testing.T, err error) {
	t.Helper()
	var refused *Refused
	if err != nil && (!errors.As(err, &refused) || refused.Reason == "") {
		t.Fatalf("%v carries no reason", err)
	}
}

// FuzzPack carries a record of another site's airlock through a part: what its signature covers comes out as it went in.
func FuzzPack(f *testing.F) {
	f.Add("t", "k", []byte("v"), "ce_id", "1", "content-type", "application/json")
	f.Add("", "", []byte(nil), "x-trace", "a", "ce_", "")
	f.Fuzz(func(t *testing.T, topic, key string, value []byte, first, a, second, b string) {
		r := envelope.Record{Topic: topic, Key: []byte(key), Value: value, Headers: []envelope.Header{{Key: first, Value: []byte(a)}, {Key: second, Value: []byte(b)}}}
		packed := Pack(r)
		got := unpack(packed)
		if got.Topic != topic || string(got.Key) != key || !bytes.Equal(got.Value, value) {
			t.Fatalf("%q came out as %q", r, got)
		}
		again := Pack(got)
		if len(again.Headers) != len(packed.Headers) {
			t.Fatalf("%q, then %q", packed.Headers, again.Headers)
		}
		for i, h := range again.Headers {
			if h != packed.Headers[i] {
				t.Fatalf("%q, then %q", packed.Headers, again.Headers)
			}
		}
	})
}
