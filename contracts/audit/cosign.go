package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// algCosignature is the signature type of witnesses in signed notes: c2sp.org/tlog-cosignature, Ed25519 cosignature/v1.
const algCosignature = 4

// Witness names the key by which a site cosigns the checkpoints of others.
func Witness(site string) string { return site + "/witness" }

// cosigner is a note.Signer and, by its public half, a note.Verifier.
type cosigner struct {
	name    string
	hash    uint32
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	now     func() time.Time
}

// NewCosigner signs the checkpoints of others as a witness, with the time of now.
func NewCosigner(name string, key ed25519.PrivateKey, now func() time.Time) note.Signer {
	public := key.Public().(ed25519.PublicKey)
	return cosigner{name: name, hash: cosignHash(name, public), public: public, private: key, now: now}
}

// NewCosignatureVerifier verifies what NewCosigner of the same name signs.
func NewCosignatureVerifier(name string, key ed25519.PublicKey) note.Verifier {
	return cosigner{name: name, hash: cosignHash(name, key), public: key}
}

func cosignHash(name string, key ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append(append([]byte(name), '\n', algCosignature), key...))
	return binary.BigEndian.Uint32(sum[:])
}

// Name implements note.Signer and note.Verifier.
func (c cosigner) Name() string { return c.name }

// KeyHash implements note.Signer and note.Verifier.
func (c cosigner) KeyHash() uint32 { return c.hash }

// Sign implements note.Signer.
//
// c2sp.org/tlog-cosignature: the signature is the time, eight bytes, and an Ed25519 signature over it and the checkpoint.
func (c cosigner) Sign(checkpoint []byte) ([]byte, error) {
	at := c.now().Unix()
	return append(binary.BigEndian.AppendUint64(nil, uint64(at)), ed25519.Sign(c.private, cosigned(at, checkpoint))...), nil
}

// Verify implements note.Verifier.
func (c cosigner) Verify(checkpoint, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(c.public, cosigned(int64(binary.BigEndian.Uint64(signature)), checkpoint), signature[8:])
}

func cosigned(at int64, checkpoint []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", at), checkpoint...)
}

// Cosign adds a witness's signature to a checkpoint that the log has signed. Errors: ErrCheckpoint.
func Cosign(signed []byte, log note.Verifier, witness note.Signer) ([]byte, error) {
	n, err := note.Open(signed, note.VerifierList(log))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	n.UnverifiedSigs = nil // what others added is for them to say
	return note.Sign(n, witness)
}

// Cosigned verifies that a checkpoint has the signatures of its log and of a witness. Errors: ErrCheckpoint.
func Cosigned(signed []byte, log, witness note.Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(log, witness))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	for _, s := range n.Sigs {
		if s.Name == witness.Name() && s.Hash == witness.KeyHash() {
			return OpenCheckpoint(signed, log)
		}
	}
	return Checkpoint{}, fmt.Errorf("%w: %s has not cosigned it", ErrCheckpoint, witness.Name())
}
