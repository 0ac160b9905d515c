package envelope_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

func TestQuick(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	_, priv, _ := ed25519.GenerateKey(nil)
	s := signing.NewSigner("/sites/molgenis/airlock", priv)
	tr, err := signing.NewTrust("molgenis", signing.Key{ID: s.KeyID(), Source: s.Source(), Types: []string{"fairway.airlock.*"}, Public: priv.Public().(ed25519.PublicKey), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	const id = "01J00000000000000000000000"
	p := airlock.ReleaseChecked{ReleaseID: id, Outcome: "pass", Findings: []vocabulary.Finding{{Rule: "a", Where: "b"}}, Threshold: 5}
	r, err := envelope.New(s, envelope.Draft{ID: id, Source: s.Source(), Time: now, Attributes: envelope.Attributes{Sequence: 1}}, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range r.Headers {
		t.Log(h.Key, string(h.Value))
	}
	e, err := envelope.Open(r, tr, now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := envelope.Decode[airlock.ReleaseChecked](e)
	t.Log(got, err)
}
