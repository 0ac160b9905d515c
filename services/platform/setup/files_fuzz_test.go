package setup

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/signing"
)

// secret stands in seeds where a password or a key could stand.
const secret = "k7Qz-secret-9Wx"

// written writes a file that only its owner may read.
func written(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// FuzzReadPrivateKey: a key file is refused without a word of it, or holds an Ed25519 key that signs.
func FuzzReadPrivateKey(f *testing.F) {
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		f.Fatal(err)
	}
	good := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for _, text := range [][]byte{good, good[:60], bytes.ReplaceAll(good, []byte("PRIVATE"), []byte("PUBLIC")), []byte(secret), nil, append([]byte(secret+"\n"), good...)} {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		written(t, filepath.Join(dir, "a.key"), text)
		key, err := ReadPrivateKey(dir, "a.key")
		switch {
		case err != nil && strings.Contains(err.Error(), secret):
			t.Fatalf("the file is told: %v", err)
		case err == nil && !ed25519.Verify(key.Public().(ed25519.PublicKey), []byte("m"), ed25519.Sign(key, []byte("m"))):
			t.Fatal("taken, and does not sign")
		}
	})
}

// FuzzPublicKey: what is taken for a public key has its length and one meaning.
func FuzzPublicKey(f *testing.F) {
	for _, text := range []string{base64.StdEncoding.EncodeToString(make([]byte, 32)), "AAAA", "", "A\nAAA", strings.Repeat("A", 44)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := PublicKey(text)
		if err != nil {
			return
		}
		if again, err := PublicKey(base64.StdEncoding.EncodeToString(key)); err != nil || !again.Equal(key) {
			t.Fatalf("%q is %x, and that is %x (%v)", text, key, again, err)
		}
	})
}

// FuzzReadUsers: the users of a broker are refused without a password being told, or written and read again the same.
func FuzzReadUsers(f *testing.F) {
	const good = "superuser:\n  name: broker\n  password: P\nusers:\n  - name: airlock\n    password: P\n"
	for _, text := range []string{good, "superuser: {name: a, password: [P]}", "superuser: {name: a, password: !!int P}", "superuser: P", "users: [P]", "users: [{password: *P}]",
		"superuser: {password: P, password: P}", "superuser: {password: 'P}", "superuser: {more: P}", "", "password: |\n  P", "superuser: {name: a, password: {a: P}}"} {
		f.Add([]byte(strings.ReplaceAll(text, "P", secret)))
	}
	dir := f.TempDir()
	name := filepath.Join(dir, BrokerDir, UsersFile)
	f.Fuzz(func(t *testing.T, text []byte) {
		written(t, name, text)
		users, err := ReadUsers(dir)
		if err != nil {
			if strings.Contains(err.Error(), secret) && !bytes.Contains(text, []byte(secret+":")) && !bytes.Contains(text, []byte("&")) && !bytes.Contains(text, []byte("?")) {
				t.Fatalf("a password is told: %v", err)
			}
			return
		}
		once, err := users.Encode()
		if err != nil {
			t.Fatal(err)
		}
		written(t, name, once)
		again, err := ReadUsers(dir)
		if err != nil {
			t.Fatalf("written, and not read: %v\n%s", err, once)
		}
		if twice, err := again.Encode(); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%q, then %q (%v)", once, twice, err)
		}
	})
}

// FuzzReadTestKey: a test key is refused, or believed under the id of its own key alone, and known as a test's.
func FuzzReadTestKey(f *testing.F) {
	for _, text := range []string{`{"source":"/sites/molgenis/airlock","types":["fairway.airlock.*"],"public":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`, `{}`, `null`, `{"public":"AAAA"}`, `{"more":1}`, `{"types":null,"public":1}`} {
		f.Add([]byte(text))
	}
	name := filepath.Join(f.TempDir(), "a.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		written(t, name, text)
		key, err := readTestKey(name)
		if err == nil && (!key.Test || key.ID != signing.KeyID(key.Public) || len(key.Public) != ed25519.PublicKeySize) {
			t.Fatalf("taken: %+v", key)
		}
	})
}
