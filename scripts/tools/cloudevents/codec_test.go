package cloudevents

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	"pgregory.net/rapid"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
)

const id = "01JD3Z5Q8V0N6W2T4K7M9R4D0H"

var now = time.Date(2026, 11, 21, 9, 0, 0, 123e6, time.UTC)

// example is the first valid example of a contract as a payload.
type example struct {
	eventType string
	text      json.RawMessage
}

func (e example) EventType() string            { return e.eventType }
func (e example) MarshalJSON() ([]byte, error) { return e.text, nil }

// said makes one record of every event that a site's own broker carries, and the keys that they are signed with.
func said(t testing.TB) (records []envelope.Record, trust *signing.Trust) {
	t.Helper()
	trust, err := signing.NewTrust(signing.Federation)
	if err != nil {
		t.Fatal(err)
	}
	signers := map[string]signing.Signer{}
	for _, c := range topics.All() {
		if c.Topic == topics.Registry {
			continue
		}
		i := slices.IndexFunc(c.Writers, c.MayWrite)
		if i < 0 {
			t.Fatalf("nobody writes %s", c.Type)
		}
		writer := c.Writers[i]
		s, known := signers[writer]
		if !known {
			key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(len(signers) + 1)}, ed25519.SeedSize))
			s = signing.NewSigner(topics.Source("molgenis", writer), key)
			signers[writer] = s
			public := key.Public().(ed25519.PublicKey)
			if err := trust.Add(signing.Key{ID: signing.KeyID(public), Source: s.Source(), Types: topics.WrittenBy(writer), Public: public,
				NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
		}
		r, err := envelope.New(s, envelope.Draft{ID: id, Source: s.Source(), Time: now, Attributes: envelope.Attributes{Sequence: 7, CausationID: id,
			RestsOn: []envelope.Rest{{Source: s.Source(), Subject: "a/b", Sequence: 3}}, TraceParent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}},
			example{c.Type, firstExample(t, c)})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records, trust
}

func firstExample(t testing.TB, c topics.Contract) []byte {
	t.Helper()
	folders, err := filepath.Glob("../../../contracts/schemas/*/*/contract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range folders {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(text), "type: "+c.Type+"\n") {
			names, err := fs.Glob(os.DirFS(filepath.Dir(path)), "examples/valid/*.json")
			if err != nil || len(names) == 0 {
				t.Fatalf("%s has no example: %v", c.Type, err)
			}
			data, err := os.ReadFile(filepath.Join(filepath.Dir(path), names[0]))
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
	}
	t.Fatalf("no folder has the contract of %s", c.Type)
	return nil
}

// bySDK reads a record as the SDK does, and has it say whether the event is valid.
func bySDK(r envelope.Record) (*event.Event, error) {
	e, err := binding.ToEvent(context.Background(), newMessage(r))
	if err != nil {
		return nil, err
	}
	return e, e.Validate()
}

func TestTheSDKReadsWhatWeWrite(t *testing.T) {
	records, trust := said(t)
	for _, r := range records {
		ours, err := envelope.Open(r, trust, now)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := bySDK(r)
		if err != nil {
			t.Errorf("%s: %v", ours.Type, err)
			continue
		}
		agree(t, ours, theirs)
		for _, h := range r.Headers { // not one of ours is lost on the SDK
			name, extension := strings.CutPrefix(h.Key, "ce_")
			if !extension || slices.Contains([]string{"id", "source", "type", "subject", "time", "dataschema", "specversion"}, name) {
				continue
			}
			if got, _ := theirs.Extensions()[name].(string); got != string(h.Value) {
				t.Errorf("%s: %s is %q for the SDK, %q on the wire", ours.Type, name, got, h.Value)
			}
		}
	}
}

func agree(t *testing.T, ours envelope.Event, theirs *event.Event) {
	t.Helper()
	for name, pair := range map[string][2]string{
		"id": {ours.ID, theirs.ID()}, "source": {ours.Source, theirs.Source()}, "type": {ours.Type, theirs.Type()},
		"subject": {ours.Subject, theirs.Subject()}, "dataschema": {ours.DataSchema, theirs.DataSchema()},
		"time": {ours.Time.Format(time.RFC3339Nano), theirs.Time().Format(time.RFC3339Nano)},
		"data": {string(ours.Data), string(theirs.Data())}, "datacontenttype": {"application/json", theirs.DataContentType()},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %s is %q for us and %q for the SDK", ours.Type, name, pair[0], pair[1])
		}
	}
}

// The SDK writes our event in the structured mode, with data as JSON and as base64; the signature holds in both.
func TestWeReadWhatTheSDKWritesInStructuredMode(t *testing.T) {
	records, trust := said(t)
	for _, r := range records {
		want, err := envelope.Open(r, trust, now)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := bySDK(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, base64 := range []bool{false, true} {
			theirs.DataBase64 = base64
			value, err := json.Marshal(theirs)
			if err != nil {
				t.Fatal(err)
			}
			s := envelope.Record{Topic: r.Topic, Key: r.Key, Value: value, Headers: []envelope.Header{{Key: "content-type", Value: []byte(event.ApplicationCloudEventsJSON)}}}
			got, err := envelope.Open(s, trust, now)
			if err != nil {
				t.Errorf("%s, base64 %t: %v\n%s", want.Type, base64, err, value)
				continue
			}
			if !bytes.Equal(got.Data, want.Data) || got.ID != want.ID || !got.Time.Equal(want.Time) || got.Sequence != want.Sequence {
				t.Errorf("%s: %+v, want %+v", want.Type, got, want)
			}
			again, err := bySDK(s)
			if err != nil {
				t.Errorf("%s: the SDK refuses its own: %v", want.Type, err)
				continue
			}
			agree(t, got, again)
		}
	}
}

// We are the stricter of the two: what we accept after some change of the headers, the SDK accepts and sees alike.
func TestWhatWeAcceptTheSDKAccepts(t *testing.T) {
	records, _ := said(t)
	values := []string{"", "1.0", "2.0", "x", id, "/sites/denbi/airlock", "2026-11-21T09:00:00Z", "2026-11-21T09:00:00+01:00", "00000000000000000001", "application/json", "application/cloudevents+json", "\x00", "a b", "ü"}
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom(records).Draw(t, "record")
		r.Headers = slices.Clone(r.Headers)
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			i := rapid.IntRange(0, len(r.Headers)-1).Draw(t, "header")
			switch rapid.SampledFrom([]string{"drop", "repeat", "set", "capitals"}).Draw(t, "change") {
			case "drop":
				r.Headers = slices.Delete(r.Headers, i, i+1)
			case "repeat":
				r.Headers = append(r.Headers, r.Headers[i])
			case "set":
				r.Headers[i].Value = []byte(rapid.SampledFrom(values).Draw(t, "value"))
			case "capitals":
				r.Headers[i].Key = strings.ToUpper(r.Headers[i].Key)
			}
		}
		ours, err := envelope.Read(r)
		if err != nil {
			return
		}
		accepted++
		theirs, err := bySDK(r)
		if err != nil {
			t.Fatalf("we accept what the SDK refuses: %v", err)
		}
		if ours.ID != theirs.ID() || ours.Source != theirs.Source() || ours.Type != theirs.Type() || ours.Subject != theirs.Subject() || !ours.Time.Equal(theirs.Time()) {
			t.Fatalf("seen differently: %+v and %+v", ours, theirs)
		}
	})
	if accepted == 0 {
		t.Error("nothing was accepted: the test compared nothing")
	}
}
