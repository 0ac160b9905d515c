package registry

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// FuzzLoad gives registries as anyone could write them and, from the same bytes, as the operator could have signed them.
// What is not the operator's is never believed; what is can be sealed and loaded again, with the same sites and keys.
func FuzzLoad(f *testing.F) {
	operator := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := operator.Public().(ed25519.PublicKey)
	trust, err := signing.NewTrust("molgenis", signing.Key{ID: signing.KeyID(public), Source: topics.Source("molgenis", topics.Gateway), Types: topics.BorderOut(),
		Public: public, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)})
	if err != nil {
		f.Fatal(err)
	}
	keys, err := trust.Seal(operator)
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := Registry{Serial: 7, Participants: []Participant{{Site: "molgenis", Root: public, Audit: public, Endpoints: map[string]string{}, Keys: keys}}}.Seal(operator)
	if err != nil {
		f.Fatal(err)
	}
	var file signedFile
	if err := json.Unmarshal(sealed, &file); err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{string(sealed), string(file.Registry), `{"registry":{"serial":1,"participants":[]},"signature":""}`, `{"serial":1,"participants":[]}`,
		`{"serial":-1,"participants":[{}]}`, `{"participants":null}`, `{}`, `null`, `{"serial":1,"serial":2,"participants":[]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := Load(text, public); err == nil {
			var read signedFile
			if json.Unmarshal(text, &read) != nil || !bytes.Equal(read.Registry, file.Registry) {
				t.Fatal("believed what the operator did not sign")
			}
		}
		// what is signed is the text as a file holds it, without white space around it
		var plain signedFile
		unsigned, err := json.Marshal(signedFile{Registry: text})
		if err != nil || json.Unmarshal(unsigned, &plain) != nil {
			return // no JSON at all
		}
		signed, err := json.Marshal(signedFile{Registry: plain.Registry, Signature: ed25519.Sign(operator, message(plain.Registry))})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Load(signed, public)
		if err != nil {
			if errors.Is(err, ErrSignature) {
				t.Fatalf("the operator's own signature: %v", err)
			}
			return
		}
		again, err := got.Seal(operator)
		if err != nil {
			t.Fatalf("loaded, but not to be sealed: %v", err)
		}
		twice, err := Load(again, public)
		if err != nil || twice.Serial != got.Serial || len(twice.Sites()) != len(got.Sites()) {
			t.Fatalf("%+v came back as %+v (%v)", got, twice, err)
		}
	})
}
