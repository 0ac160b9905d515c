package signing

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/reason"
)

// FuzzLoadTrust gives trust files as anyone could write them and, from the same bytes, as the root could have signed
// them. What is not the root's is never believed; what is believed can be sealed and loaded again.
func FuzzLoadTrust(f *testing.F) {
	seed := sha256.Sum256([]byte("root"))
	root := ed25519.NewKeyFromSeed(seed[:])
	start := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	public := root.Public().(ed25519.PublicKey)
	trust, err := NewTrust("molgenis", Key{ID: KeyID(public), Source: "/sites/molgenis/airlock", Types: []string{"fairway.airlock.*"},
		Public: public, NotBefore: start, NotAfter: start.Add(time.Hour)})
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := trust.Seal(root)
	if err != nil {
		f.Fatal(err)
	}
	var file trustFile
	if err := json.Unmarshal(sealed, &file); err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{string(sealed), string(file.Trust), `{}`, `{"site":"molgenis","keys":[{}]}`, `{"site":"a","site":"b"}`,
		`{"trust":{},"signature":""}`, `{"trust":{},"signature":"AAAA"}`, `{"site":"molgenis","keys":null}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := LoadTrust(data, public); err == nil && (string(data) != string(sealed)) {
			var read trustFile
			if json.Unmarshal(data, &read) != nil || string(read.Trust) != string(file.Trust) {
				t.Fatalf("believed what the root did not sign: %d keys", len(got.Keys()))
			}
		}
		signed, err := json.Marshal(trustFile{Trust: data, Signature: ed25519.Sign(root, trustMessage(data))})
		if err != nil {
			return // no JSON at all
		}
		got, err := LoadTrust(signed, public)
		if err != nil {
			return
		}
		again, err := got.Seal(root)
		if err != nil {
			t.Fatalf("loaded, but not to be sealed: %v", err)
		}
		if _, err := LoadTrust(again, public); err != nil {
			t.Fatalf("loaded and sealed, but not to be loaded again: %v", err)
		}
	})
}

// FuzzDecodeSignature: a signature has one spelling, and any other is refused with a reason and not repeated.
func FuzzDecodeSignature(f *testing.F) {
	good := EncodeSignature(make([]byte, ed25519.SignatureSize))
	for _, text := range []string{good, good + "\n", "\n" + good, good[:len(good)-2] + "B=", strings.ReplaceAll(good, "A", "-"), "", "secret-secret"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		signature, err := DecodeSignature(text)
		var refused *reason.Error
		switch {
		case err == nil && EncodeSignature(signature) != text:
			t.Fatalf("%q is read, but written as %q", text, EncodeSignature(signature))
		case err != nil && (!errors.As(err, &refused) || strings.Contains(err.Error(), "secret")):
			t.Fatal(err)
		}
	})
}
