package audit_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/fairway-tre/fairway/contracts/audit"
)

func keyFrom(text string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(text))
	return ed25519.NewKeyFromSeed(seed[:])
}

// cosignedFixture is a log's checkpoint, cosigned by a witness at a time.
func cosignedFixture(t *testing.T) (text []byte, log, witness note.Verifier) {
	t.Helper()
	key, other := keyFrom("log"), keyFrom("witness")
	signer, err := audit.NewSigner("denbi/gateway", key)
	if err != nil {
		t.Fatal(err)
	}
	vkey, err := audit.VerifierKey("denbi/gateway", key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	if log, err = audit.NewVerifier(vkey); err != nil {
		t.Fatal(err)
	}
	signed, err := audit.Checkpoint{Origin: "denbi/gateway", Size: 7, Root: audit.LeafHash([]byte("root"))}.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_700_000_000, 0)
	if text, err = audit.Cosign(signed, log, audit.NewCosigner(audit.Witness("molgenis"), other, func() time.Time { return at })); err != nil {
		t.Fatal(err)
	}
	return text, log, audit.NewCosignatureVerifier(audit.Witness("molgenis"), other.Public().(ed25519.PublicKey))
}

func TestACosignatureIsThatOfC2SP(t *testing.T) {
	text, _, _ := cosignedFixture(t)
	body, signatures, _ := strings.Cut(string(text), "\n\n")
	line := signatures[strings.LastIndex(strings.TrimSpace(signatures), "\n")+1:]
	encoded, ok := strings.CutPrefix(strings.TrimSpace(line), "— molgenis/witness ")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) != 4+8+64 {
		t.Fatalf("%q: %d bytes, %v", line, len(raw), err)
	}
	public := keyFrom("witness").Public().(ed25519.PublicKey)
	// by the words of the specification, without our code: key id SHA-256(name, line feed, 0x04, key), then the time
	id := sha256.Sum256(append([]byte("molgenis/witness\n\x04"), public...))
	if string(raw[:4]) != string(id[:4]) || binary.BigEndian.Uint64(raw[4:]) != 1_700_000_000 {
		t.Errorf("key id or time: %x", raw[:12])
	}
	message := fmt.Sprintf("cosignature/v1\ntime 1700000000\n%s\n", body)
	if !ed25519.Verify(public, []byte(message), raw[12:]) {
		t.Error("the signature is not over cosignature/v1, time and checkpoint")
	}
}

func TestOnlyACheckpointWithBothSignaturesIsCosigned(t *testing.T) {
	text, log, witness := cosignedFixture(t)
	c, err := audit.Cosigned(text, log, witness)
	if err != nil || c.Size != 7 || c.Origin != "denbi/gateway" {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := audit.OpenCheckpoint(text, log); err != nil {
		t.Errorf("a reader of the log's own signature: %v", err)
	}
	alone := text[:strings.LastIndex(strings.TrimSpace(string(text)), "\n")+1]
	stranger := audit.NewCosignatureVerifier(audit.Witness("harbour"), keyFrom("harbour").Public().(ed25519.PublicKey))
	for name, err := range map[string]error{
		"not cosigned":       func() error { _, err := audit.Cosigned(alone, log, witness); return err }(),
		"by another witness": func() error { _, err := audit.Cosigned(text, log, stranger); return err }(),
		"another size": func() error {
			_, err := audit.Cosigned([]byte(strings.Replace(string(text), "\n7\n", "\n8\n", 1)), log, witness)
			return err
		}(),
	} {
		if !errors.Is(err, audit.ErrCheckpoint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
