// Package audit defines the leaves of a service's audit log and how anyone verifies them: a Merkle tree as in RFC 6962,
// computed by golang.org/x/mod/sumdb/tlog.
package audit

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 of a leaf or of a tree.
type Hash = tlog.Hash

// Entry is what a leaf commits to: one effect or one refusal. It carries ids and reason codes, no personal data.
type Entry struct {
	At      time.Time `json:"at"`              // UTC, cut to the millisecond
	Kind    string    `json:"kind"`            // applied, refused, dead-lettered, fired
	Cause   string    `json:"cause"`           // id of the act, event or timer
	Type    string    `json:"type"`            // of the cause
	Subject string    `json:"subject"`         // of the aggregate
	Actor   string    `json:"actor,omitzero"`  // pseudonym of who acted
	Reason  string    `json:"reason,omitzero"` // of a refusal
	Emitted []string  `json:"emitted"`         // ids of the events that follow from it
}

// Encode writes an entry as the bytes of its leaf: JSON with members in the order of Entry, no spaces.
func Encode(e Entry) ([]byte, error) {
	e.At = e.At.UTC().Truncate(time.Millisecond)
	leaf, err := json.Marshal(e, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encode the audit leaf of %s: %w", e.Cause, err)
	}
	return leaf, nil
}

// LeafHash is the hash of a leaf: SHA-256 over a zero byte and the data.
func LeafHash(data []byte) Hash { return tlog.RecordHash(data) }

// Leaf is a stored leaf: its place, its bytes and the hash that was stored with it.
type Leaf struct {
	Index int64
	Data  []byte
	Hash  Hash
}

// Root is the hash of a tree of leaf hashes; that of the empty tree is the SHA-256 of nothing.
func Root(leaves []Hash) (Hash, error) {
	stored := hashes{}
	for i, leaf := range leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(i), leaf, stored)
		if err != nil {
			return Hash{}, fmt.Errorf("hash leaf %d: %w", i, err)
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(len(leaves)), stored)
	if err != nil {
		return Hash{}, fmt.Errorf("hash the tree of %d leaves: %w", len(leaves), err)
	}
	return root, nil
}

// hashes keeps the inner nodes by their storage index.
type hashes []Hash

func (h hashes) ReadHashes(indexes []int64) ([]Hash, error) {
	found := make([]Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(h)) {
			return nil, fmt.Errorf("no stored hash %d", at)
		}
		found[i] = h[at]
	}
	return found, nil
}

// Findings of a verification.
var (
	ErrLeaf = errors.New("leaves were altered, lost, repeated or put out of order")
	ErrRoot = errors.New("the tree is not the one that the checkpoint signs")
)

// Problem names everything that a verification found, each bad index in order.
type Problem struct {
	Bad     []int64 // indexes that hold another leaf, or one that is not what its hash says
	Missing int64   // how many leaves the checkpoint has beyond the end of the log
	BadRoot bool
}

func (p *Problem) Error() string {
	var parts []string
	if len(p.Bad) > 0 {
		parts = append(parts, fmt.Sprintf("%v: indexes %v", ErrLeaf, p.Bad))
	}
	if p.Missing > 0 {
		parts = append(parts, fmt.Sprintf("%v: the last %d", ErrLeaf, p.Missing))
	}
	if p.BadRoot {
		parts = append(parts, ErrRoot.Error())
	}
	return strings.Join(parts, "; ")
}

// Is makes errors.Is find ErrLeaf and ErrRoot.
func (p *Problem) Is(target error) bool {
	return target == ErrLeaf && len(p.Bad)+int(min(p.Missing, 1)) > 0 || target == ErrRoot && p.BadRoot
}

// Verify holds stored leaves against a checkpoint. It never stops at the first fault: the error is a *Problem with
// every bad index. The tree is built from the data, so a rewritten leaf with a rewritten hash still breaks the root.
// Leaves beyond the checkpoint's size are checked against their hashes only.
func Verify(leaves []Leaf, size int64, root Hash) error {
	var p Problem
	tree := make([]Hash, 0, len(leaves))
	for i, leaf := range leaves {
		hash := LeafHash(leaf.Data)
		if leaf.Index != int64(i) || hash != leaf.Hash {
			p.Bad = append(p.Bad, int64(i))
		}
		tree = append(tree, hash)
	}
	p.Missing = max(0, size-int64(len(leaves)))
	if size < 0 || size > int64(len(tree)) {
		p.BadRoot = true
	} else if got, err := Root(tree[:size]); err != nil {
		return err
	} else {
		p.BadRoot = got != root
	}
	if len(p.Bad) == 0 && !p.BadRoot {
		return nil // a checkpoint of more leaves than there are is always a bad root
	}
	return &p
}
