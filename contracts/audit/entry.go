// Package audit defines the audit log of a service and how anyone verifies it: entries as leaves of a Merkle tree as in
// RFC 6962 (computed by golang.org/x/mod/sumdb/tlog), signed checkpoints (c2sp.org/tlog-checkpoint), proofs that fit in a
// file (c2sp.org/tlog-proof), and an export that is a folder of tiles (c2sp.org/tlog-tiles).
package audit

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 of a leaf or of a tree.
type Hash = tlog.Hash

// Entry is one leaf: what happened, why, and what followed. It names events and persons by id only and carries no
// personal data.
type Entry struct {
	Index   int64     `json:"index"` // its place, so that a leaf at another place tells
	Time    time.Time `json:"time"`
	Action  string    `json:"action"`           // "applied", "refused", "dead-lettered", "fired", "released", …
	Cause   string    `json:"cause,omitzero"`   // id of the event or timer that led to it
	Type    string    `json:"type,omitzero"`    // its type
	Digest  string    `json:"digest,omitzero"`  // digest of its data
	Actor   string    `json:"actor,omitzero"`   // the person who asked, by pseudonymous id
	Reason  string    `json:"reason,omitzero"`  // reason code of a refusal
	Effects []string  `json:"effects,omitzero"` // ids of the events that followed
}

// MaxLeaf is the largest leaf in bytes, a limit of the tiles of an export.
const MaxLeaf = 1<<16 - 1

// ErrTooLarge says that an entry does not fit into a leaf.
var ErrTooLarge = errors.New("the audit entry is too large")

// Encode writes an entry as the bytes of its leaf: JSON with members in the order of Entry, no spaces.
func Encode(e Entry) ([]byte, error) {
	leaf, err := json.Marshal(e, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encode audit leaf %d: %w", e.Index, err)
	}
	if len(leaf) > MaxLeaf {
		return nil, fmt.Errorf("encode audit leaf %d: %w: %d bytes, at most %d", e.Index, ErrTooLarge, len(leaf), MaxLeaf)
	}
	return leaf, nil
}

// Decode reads what Encode wrote, of this release or another: members that it does not know it passes over.
func Decode(leaf []byte) (e Entry, err error) {
	if err := json.Unmarshal(leaf, &e); err != nil {
		return Entry{}, fmt.Errorf("decode an audit leaf: %w", err)
	}
	return e, nil
}

// place reads the index that a leaf names.
func place(leaf []byte) (int64, error) {
	e, err := Decode(leaf)
	return e.Index, err
}

// LeafHash is the hash of a leaf: SHA-256 over a zero byte and the data.
func LeafHash(data []byte) Hash { return tlog.RecordHash(data) }
