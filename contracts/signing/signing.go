// Package signing signs and verifies events. What is signed, byte for byte, is in SIGNING.md and in
// testdata/vectors.json.
package signing

import (
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/reason"
)

// Context starts every signed message, so that a signature made for anything else is none for an event.
const Context = "fairway event v1"

// Attribute is a context attribute by its CloudEvents name (without ce_) and its text on the wire.
type Attribute struct{ Name, Value string }

// Signer signs as one source with one key. Sign is safe for concurrent use.
type Signer interface {
	KeyID() string
	Source() string
	Sign(message []byte) []byte
}

// Key is a public key and what it may be used for.
type Key struct {
	ID     string
	Source string // the one source that the key may sign as
	// Types are exact event types, or prefixes that end in ".*".
	Types     []string
	Public    ed25519.PublicKey
	NotBefore time.Time // the first moment of validity
	NotAfter  time.Time // the first moment after validity
	RevokedAt time.Time // zero if not revoked
	Test      bool      // enrolled at run time by a test harness
}

// Keys finds keys. Lookup is safe for concurrent use.
type Keys interface {
	Lookup(keyID string) (Key, bool)
}

// Message is what is signed: Context, then every attribute but signature, sorted by name, as length-prefixed name
// and value, then length-prefixed topic and record key, then the SHA-256 of the data. A length is four bytes,
// big-endian. Empty attributes do not occur on the wire, so absent and empty cannot be confused.
func Message(attributes []Attribute, topic string, recordKey, data []byte) []byte {
	sorted := slices.Clone(attributes)
	slices.SortFunc(sorted, func(a, b Attribute) int { return cmp.Compare(a.Name, b.Name) })
	size := len(Context) + 8 + len(topic) + len(recordKey) + sha256.Size
	for _, a := range sorted {
		size += 8 + len(a.Name) + len(a.Value)
	}
	m := append(make([]byte, 0, size), Context...)
	for _, a := range sorted {
		if a.Name != "signature" {
			m = prefixed(prefixed(m, a.Name), a.Value)
		}
	}
	m = prefixed(prefixed(m, topic), string(recordKey))
	digest := sha256.Sum256(data)
	return append(m, digest[:]...)
}

func prefixed(m []byte, text string) []byte {
	m = binary.BigEndian.AppendUint32(m, uint32(len(text)))
	return append(m, text...)
}

// KeyID names a public key: "ed25519-" and the first 16 hexadecimal digits of its SHA-256.
func KeyID(public ed25519.PublicKey) string {
	digest := sha256.Sum256(public)
	return "ed25519-" + hex.EncodeToString(digest[:8])
}

// NewSigner signs as source with a private key.
func NewSigner(source string, private ed25519.PrivateKey) Signer {
	return keySigner{id: KeyID(private.Public().(ed25519.PublicKey)), source: source, private: private}
}

type keySigner struct {
	id, source string
	private    ed25519.PrivateKey
}

func (s keySigner) KeyID() string        { return s.id }
func (s keySigner) Source() string       { return s.source }
func (s keySigner) Sign(m []byte) []byte { return ed25519.Sign(s.private, m) }

// EncodeSignature writes a signature as it stands on the wire: standard base64 with padding.
func EncodeSignature(signature []byte) string { return base64.StdEncoding.EncodeToString(signature) }

// DecodeSignature reads a signature and refuses every other spelling of it.
func DecodeSignature(text string) ([]byte, error) {
	signature, err := base64.StdEncoding.Strict().DecodeString(text)
	// The decoder skips line breaks; length tells.
	if err != nil || len(signature) != ed25519.SignatureSize || len(text) != base64.StdEncoding.EncodedLen(ed25519.SignatureSize) {
		return nil, reason.New(reason.EnvelopeEncoding, "signature", "not standard base64 of %d bytes", ed25519.SignatureSize)
	}
	return signature, nil
}

// Claim is what a signed event says of itself, and where it lies.
type Claim struct {
	KeyID, Source, Type string
	Time                time.Time
	Kept                bool // on a topic that is kept for ever, for those who join late
}

// MostDelay is how long after its signature an honest event is read at the latest: a site may be cut off for 30 days, a
// topic keeps 7, and what was refused can be replayed for 90.
const MostDelay = (30 + 7 + 90) * 24 * time.Hour

// Verify holds a signature against the rules of its key: known, of this source, allowed for this type, valid when the
// event was made, not over for longer than MostDelay, not revoked by now. A revoked key is refused whatever time the event
// claims, since whoever has the key chooses that time. Errors are *reason.Error.
func Verify(keys Keys, c Claim, message []byte, signature string, now time.Time) error {
	if signature == "" {
		return reason.New(reason.Unsigned, "signature", "the event is not signed")
	}
	if c.KeyID == "" {
		return reason.New(reason.Envelope, "keyid", "the event does not name its key")
	}
	raw, err := DecodeSignature(signature)
	if err != nil {
		return err
	}
	key, known := keys.Lookup(c.KeyID)
	switch {
	case !known:
		return reason.New(reason.UnknownKey, "keyid", "the key is in no trust set")
	case key.Source != c.Source:
		return reason.New(reason.KeySourceMismatch, "source", "the key belongs to another source")
	case !key.MaySign(c.Type):
		return reason.New(reason.KeyTypeMismatch, "type", "the key may not sign this type")
	case c.Time.Before(key.NotBefore) || !c.Time.Before(key.NotAfter):
		return reason.New(reason.KeyStatus, "time", "the key was not valid when the event was made")
	case !c.Kept && now.After(key.NotAfter.Add(MostDelay)):
		return reason.New(reason.KeyStatus, "keyid", "the key has ended so long ago that nothing signed with it can be on its way")
	case !key.RevokedAt.IsZero() && !(now.Before(key.RevokedAt) && c.Time.Before(key.RevokedAt)):
		return reason.New(reason.KeyStatus, "keyid", "the key is revoked")
	case !ed25519.Verify(key.Public, message, raw):
		return reason.New(reason.Signature, "signature", "the signature does not cover this event at this place")
	}
	return nil
}

// MaySign reports whether the key may sign a type.
func (k Key) MaySign(eventType string) bool {
	return slices.ContainsFunc(k.Types, func(allowed string) bool {
		prefix, pattern := strings.CutSuffix(allowed, "*")
		if pattern && strings.HasSuffix(prefix, ".") {
			return strings.HasPrefix(eventType, prefix)
		}
		return allowed == eventType
	})
}
