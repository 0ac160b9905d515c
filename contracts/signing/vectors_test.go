package signing_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/signing"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

// vector is one published example: what goes in, the SHA-256 of the signed message, and the signature.
type vector struct {
	Name          string            `json:"name"`
	Seed          string            `json:"seed"`   // of the Ed25519 key, hexadecimal
	Public        string            `json:"public"` // hexadecimal
	KeyID         string            `json:"keyid"`
	Attributes    map[string]string `json:"attributes"`
	Topic         string            `json:"topic"`
	Key           string            `json:"key"`
	Data          string            `json:"data"`
	MessageSHA256 string            `json:"messageSha256"`
	Signature     string            `json:"signature"`
}

// inputs are the vectors without what is computed.
func inputs() []vector {
	seed := "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
	event := map[string]string{
		"specversion": "1.0", "datacontenttype": "application/json", "id": "01JD3Z5Q8V0N6W2T4K7M9R4D0H",
		"source": "/sites/molgenis/airlock", "type": "fairway.airlock.release.checked.v1",
		"subject":    "release/01JD3Z5Q8V0N6W2T4K7M9R6F2K",
		"dataschema": "urn:fairway:contracts:airlock:release-checked:1.0.0", "time": "2026-11-21T09:00:00.000Z",
		"sequence": "00000000000000000002", "site": "molgenis", "correlationid": "01JD3Z5Q8V0N6W2T4K7M9R5E1J",
	}
	data := `{"releaseId":"01JD3Z5Q8V0N6W2T4K7M9R6F2K","outcome":"pass","findings":[],"threshold":5}`
	return []vector{
		{Name: "a fact of the airlock", Seed: seed, Attributes: event, Topic: "molgenis.airlock.events.v1", Key: event["subject"], Data: data},
		{Name: "text beyond ASCII, lengths in bytes", Seed: seed, Attributes: map[string]string{"id": "é", "a": "ſ"}, Topic: "t", Key: "k", Data: "{}"},
		{Name: "nothing but data", Seed: seed, Attributes: map[string]string{}, Data: "{}"},
	}
}

func compute(t *testing.T, v vector) vector {
	t.Helper()
	seed, err := hex.DecodeString(v.Seed)
	if err != nil {
		t.Fatal(err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := private.Public().(ed25519.PublicKey)
	v.Public, v.KeyID = hex.EncodeToString(public), signing.KeyID(public)
	if len(v.Attributes) > 2 {
		v.Attributes["keyid"] = v.KeyID
	}
	var attributes []signing.Attribute
	for name, value := range v.Attributes {
		attributes = append(attributes, signing.Attribute{Name: name, Value: value})
	}
	message := signing.Message(attributes, v.Topic, []byte(v.Key), []byte(v.Data))
	digest := sha256.Sum256(message)
	v.MessageSHA256 = hex.EncodeToString(digest[:])
	v.Signature = signing.EncodeSignature(signing.NewSigner("", private).Sign(message))
	return v
}

func TestPublishedVectors(t *testing.T) {
	const file = "testdata/vectors.json"
	var vectors []vector
	if *update {
		for _, v := range inputs() {
			vectors = append(vectors, compute(t, v))
		}
		text, err := json.Marshal(vectors, json.Deterministic(true), jsontext.WithIndent("  "))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) < 3 {
		t.Fatalf("%d vectors in %s: %v", len(vectors), file, err)
	}
	for _, v := range vectors {
		if got := compute(t, v); got.MessageSHA256 != v.MessageSHA256 || got.Signature != v.Signature || got.KeyID != v.KeyID {
			t.Errorf("%s: message %s, signature %s; published %s, %s", v.Name, got.MessageSHA256, got.Signature, v.MessageSHA256, v.Signature)
		}
	}
}
