package events

import (
	"crypto/ed25519"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

const (
	source = "/sites/denbi/workspace"
	id     = "01JD3Z5Q8V0N6W2T4K7M9R4D0H"
)

// said is an event of the workspace in a version, with members added to its data.
func said(t *testing.T, version, more string) (*Site, envelope.Record) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, now := signing.NewSigner(source, private), time.Now()
	trust, err := signing.NewTrust("denbi")
	if err != nil {
		t.Fatal(err)
	}
	if err := trust.Add(signing.Key{ID: signer.KeyID(), Source: source, Types: []string{"fairway.*"}, Public: public,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	r, err := envelope.New(signer, envelope.Draft{ID: id, Source: source, Time: now, Attributes: envelope.Attributes{Sequence: 1}},
		workspacev2.JobStateChanged{JobID: id, ProjectID: id, State: "RUNNING"})
	if err != nil {
		t.Fatal(err)
	}
	r.Value = []byte(strings.TrimSuffix(string(r.Value), "}") + more + "}")
	var signed []signing.Attribute
	r.Headers = slices.DeleteFunc(r.Headers, func(h envelope.Header) bool { return h.Key == "ce_signature" })
	for i, h := range r.Headers {
		name := strings.TrimPrefix(h.Key, "ce_")
		switch h.Key {
		case "ce_dataschema":
			r.Headers[i].Value = []byte(strings.Replace(string(h.Value), "2.0.0", version, 1))
		case "content-type":
			name = "datacontenttype"
		}
		signed = append(signed, signing.Attribute{Name: name, Value: string(r.Headers[i].Value)})
	}
	signature := signing.EncodeSignature(signer.Sign(signing.Message(signed, r.Topic, r.Key, r.Value)))
	r.Headers = append(r.Headers, envelope.Header{Key: "ce_signature", Value: []byte(signature)})
	return &Site{Name: "denbi", trust: trust}, r
}

func TestDataIsShownAsFarAsAContractHereKnowsIt(t *testing.T) {
	const all = `{"jobId":"` + id + `","projectId":"` + id + `","state":"RUNNING"}`
	for name, c := range map[string]struct {
		version, more, data string
		notShown            int
		withheld            bool
	}{
		"a known minor":                            {"2.0.0", "", all, 0, false},
		"a newer minor without anything new":       {"2.7.0", "", all, 0, false},
		"a newer minor with what it alone knows":   {"2.7.0", `,"owner":"Ada Lovelace","reason":{"code":"c","by":"Ada"}`, `{"jobId":"` + id + `","projectId":"` + id + `","reason":{"code":"c"},"state":"RUNNING"}`, 2, false},
		"a known minor with what it does not know": {"2.0.0", `,"owner":"Ada Lovelace"`, "", 0, true},
		"a newer minor that breaks the contract":   {"2.7.0", `,"reason":"Ada"`, "", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, r := said(t, c.version, c.more)
			got := s.look(bus.Position{Topic: r.Topic, Time: time.Now()}, r)
			if string(got.Data) != c.data || got.NotShown != c.notShown || (got.Withheld != "") != c.withheld {
				t.Errorf("shown %s, %d not, withheld %q", got.Data, got.NotShown, got.Withheld)
			}
			line, err := got.JSON()
			if err != nil {
				t.Fatal(err)
			}
			if newer := c.version != "2.0.0" && !c.withheld; strings.Contains(line, "job-state-changed:2.7.0") != newer || strings.Contains(got.String(), "newer=urn:") != newer {
				t.Errorf("the newer minor is not named, or one that is known is:\n%s\n%s", line, got)
			}
			if strings.Contains(line+got.String(), "Ada") {
				t.Errorf("what no contract here knows is shown: %s", line)
			}
		})
	}
}
