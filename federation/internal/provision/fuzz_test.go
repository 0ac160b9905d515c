package provision

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

const site, secret = "molgenis", "k7Qz-secret-9Wx"

func seeded(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func participantOf(f *testing.F, root ed25519.PrivateKey) registry.Participant {
	f.Helper()
	public := root.Public().(ed25519.PublicKey)
	trust, err := signing.NewTrust(site, signing.Key{ID: signing.KeyID(public), Source: topics.Source(site, topics.Gateway), Types: topics.BorderOut(),
		Public: public, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)})
	if err != nil {
		f.Fatal(err)
	}
	keys, err := trust.Seal(root)
	if err != nil {
		f.Fatal(err)
	}
	return registry.Participant{Site: site, Root: public, Audit: public, Endpoints: map[string]string{}, Keys: keys}
}

// FuzzOpenJoin gives join files as anyone could write them and as a root could have signed them: what is taken is signed
// by the root it names and asks for no more than the border, and is taken again when it is sealed again.
func FuzzOpenJoin(f *testing.F) {
	root := seeded(1)
	sealed, err := sealJoin(participantOf(f, root), root)
	if err != nil {
		f.Fatal(err)
	}
	var file joinFile
	if err := json.Unmarshal(sealed, &file); err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{string(sealed), string(file.Participant), `{}`, `{"participant":{},"signature":""}`, `null`, `{"participant":null,"signature":null}`, `{"site":"a","site":"b"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		signed, err := json.Marshal(joinFile{Participant: text, Signature: ed25519.Sign(root, joinMessage(text))})
		if err != nil {
			signed = nil // no JSON at all
		}
		for _, given := range [][]byte{text, signed} {
			p, err := openJoin(given)
			if err != nil {
				if !errors.Is(err, ErrRefused) {
					t.Fatal(err)
				}
				continue
			}
			if !bytes.Equal(p.Root, root.Public().(ed25519.PublicKey)) {
				t.Fatal("believed what no root here signed")
			}
			again, err := sealJoin(p, root)
			if err != nil {
				t.Fatal(err)
			}
			if twice, err := openJoin(again); err != nil || twice.Site != p.Site {
				t.Fatalf("taken, sealed, and not taken again: %v", err)
			}
		}
	})
}

// FuzzAdmission: what an operator hands back is refused without its password being told, or is of this site, by its root.
func FuzzAdmission(f *testing.F) {
	root, operator := seeded(1), seeded(2)
	sealed, err := registry.Registry{Serial: 1, Participants: []registry.Participant{participantOf(f, root)}}.Seal(operator)
	if err != nil {
		f.Fatal(err)
	}
	good, err := json.Marshal(admission{Site: site, Broker: "127.0.0.1:1", CA: "PEM", Root: operator.Public().(ed25519.PublicKey), Password: secret, Registry: sealed})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, text := range []string{`{}`, `null`, `{"password":"` + secret + `","more":1}`, `{"password":["` + secret + `"]}`, `{"site":"molgenis","password":"` + secret,
		`{"site":"molgenis","broker":"b","ca":"c","root":"AAAA","password":"` + secret + `","registry":{}}`} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	own := setup.File{Layout: setup.LayoutVersion, Site: site, ProfileDigest: "sha256:0", Root: encodeKey(root.Public().(ed25519.PublicKey)), Broker: "127.0.0.1:0"}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := setup.WriteFile(dir, own); err != nil {
			t.Fatal(err)
		}
		_, err := Join(dir, text)
		if err != nil && strings.Contains(err.Error(), secret) && !strings.Contains(string(text), `"`+secret+`":`) {
			t.Fatalf("the password is told: %v", err)
		}
		after, readErr := setup.ReadFile(dir)
		if readErr != nil || err != nil && after.Federation != nil {
			t.Fatalf("refused with %v, and joined: %+v (%v)", err, after.Federation, readErr)
		}
	})
}
