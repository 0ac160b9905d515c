package envelope_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"io/fs"
	"os"
	"path"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
)

const (
	anID      = "01JD3Z5Q8V0N6W2T4K7M9R4D0H"
	anotherID = "01JD3Z5Q8V0N6W2T4K7M9R5E1J"
)

var now = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func decode[T envelope.Payload](e envelope.Event) (envelope.Payload, error) {
	return envelope.Decode[T](e)
}

// signerOf makes the signer of a principal; the same name gives the same key.
func signerOf(site, principal string) signing.Signer {
	seed := sha256.Sum256([]byte(site + "/" + principal))
	return signing.NewSigner(sourceOf(site, principal), ed25519.NewKeyFromSeed(seed[:]))
}

// sourceOf is the source of a principal of a site, or of the operator, who is of none.
func sourceOf(site, principal string) string {
	if principal == topics.Operator {
		return topics.OperatorSource
	}
	return topics.Source(site, principal)
}

// keyOf is the public side of signerOf, as the site's trust has it.
func keyOf(site, principal string) signing.Key {
	seed := sha256.Sum256([]byte(site + "/" + principal))
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	return signing.Key{ID: signing.KeyID(public), Source: sourceOf(site, principal), Types: topics.WrittenBy(principal),
		Public: public, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
}

var principals = []string{topics.Identity, topics.Approval, topics.Catalog, topics.Workspace, topics.Airlock, topics.Gateway, topics.Portal, topics.Operator}

func trustOf(t testing.TB, sites ...string) *signing.Trust {
	t.Helper()
	trust, err := signing.NewTrust(signing.Federation)
	if err != nil {
		t.Fatal(err)
	}
	for _, site := range sites {
		for _, principal := range principals {
			if err := trust.Add(keyOf(site, principal)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return trust
}

// writerOf is a principal that may write the contract's own topic.
func writerOf(t testing.TB, c topics.Contract) string {
	t.Helper()
	for _, p := range principals {
		if c.MayWrite(p) {
			return p
		}
	}
	t.Fatalf("nobody may write %s", c.Type)
	return ""
}

// validExamples are the files of a contract's valid examples.
func validExamples(t testing.TB, c topics.Contract) map[string][]byte {
	t.Helper()
	folder := path.Join("..", "schemas", c.Service, c.Name(), "examples", "valid")
	names, err := fs.Glob(os.DirFS(folder), "*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no valid examples in %s: %v", folder, err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		text, err := os.ReadFile(path.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = text
	}
	return files
}

// payloadOf reads an example into its struct.
func payloadOf(t testing.TB, c topics.Contract, text []byte) envelope.Payload {
	t.Helper()
	p, err := decoders[c.Type](envelope.Event{Type: c.Type, Data: text})
	if err != nil {
		t.Fatalf("%s: %v", c.Type, err)
	}
	return p
}

// recordOf makes a record of the first valid example of a type, said at molgenis by one who may.
func recordOf(t testing.TB, eventType string) envelope.Record {
	t.Helper()
	c, ok := topics.Lookup(eventType)
	if !ok {
		t.Fatalf("no contract %s", eventType)
	}
	s := signerOf("molgenis", writerOf(t, c))
	r, err := envelope.New(s, draftOf(s), payloadOf(t, c, validExamples(t, c)["1.json"]))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func draftOf(s signing.Signer) envelope.Draft {
	return envelope.Draft{ID: anID, Source: s.Source(), Time: now, Attributes: envelope.Attributes{Sequence: 1}}
}
