package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint says of a log that it had a size and, at it, a root.
type Checkpoint struct {
	Origin string // which log: <site>/<service>
	Size   int64
	Root   Hash
}

// ErrCheckpoint says that a checkpoint cannot be believed.
var ErrCheckpoint = errors.New("the checkpoint cannot be believed")

// Origin names the audit log of a service.
func Origin(site, service string) string { return site + "/" + service }

// algEd25519 is the signature type of a log's own signature in signed notes.
const algEd25519 = 1

// NewSigner makes the signer of a log's checkpoints from the site's audit key; the key's name is the log's origin.
//
// c2sp.org/tlog-checkpoint: the origin should be the key's name.
func NewSigner(origin string, key ed25519.PrivateKey) (note.Signer, error) {
	secret := append([]byte{algEd25519}, key.Seed()...)
	s, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", origin, keyHash(origin, key.Public().(ed25519.PublicKey)),
		base64.StdEncoding.EncodeToString(secret)))
	if err != nil {
		return nil, fmt.Errorf("make the signer of %s: %w", origin, err)
	}
	return s, nil
}

// VerifierKey writes the public audit key of a log as programs for signed notes read it.
func VerifierKey(origin string, key ed25519.PublicKey) (string, error) {
	text, err := note.NewEd25519VerifierKey(origin, key)
	if err != nil {
		return "", fmt.Errorf("write the audit key of %s: %w", origin, err)
	}
	return text, nil
}

// NewVerifier reads what VerifierKey wrote.
func NewVerifier(text string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("%w: not the public key of a log (<name>+<hash>+<key>): %w", ErrCheckpoint, err)
	}
	return v, nil
}

// keyHash is the key's number in a note: the first four bytes of SHA-256 over name, line feed, type and key.
func keyHash(name string, key ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append(append([]byte(name), '\n', algEd25519), key...))
	return binary.BigEndian.Uint32(sum[:])
}

// Sign writes a checkpoint as a note signed by the log.
func (c Checkpoint) Sign(s note.Signer) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		return nil, fmt.Errorf("sign the checkpoint of %s: %w", c.Origin, err)
	}
	return signed, nil
}

// OpenCheckpoint verifies and reads a signed checkpoint of the verifier's own log. Signatures of others, such as
// witnesses, are allowed and ignored. Errors: ErrCheckpoint.
func OpenCheckpoint(signed []byte, v note.Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c, err := parse(n.Text)
	if err == nil && c.Origin != v.Name() {
		err = fmt.Errorf("it is of %q, not of %q", c.Origin, v.Name())
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return c, nil
}

func parse(text string) (c Checkpoint, err error) {
	lines := strings.SplitN(text, "\n", 4) // further lines are extensions
	if len(lines) < 4 || lines[0] == "" {
		return c, errors.New("expected lines with origin, size and root")
	}
	c.Origin = lines[0]
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return c, fmt.Errorf("size %.20q is no plain decimal number", lines[1])
	}
	root, ok := hashOf(lines[2])
	if !ok {
		return c, fmt.Errorf("root %.60q is not base64 of 32 bytes", lines[2])
	}
	c.Root = root
	return c, nil
}
