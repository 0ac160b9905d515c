package audit

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Leaf is a stored leaf: its place, its bytes, and the nodes that it added to the tree when it was stored: its own
// hash, and that of each subtree which it completed, upwards, 32 bytes each.
type Leaf struct {
	Index int64
	Data  []byte
	Nodes []byte
}

// Frontier is the edge of a tree at which it grows. The zero value is that of the empty tree.
type Frontier struct{ edge frontier }

// FrontierOf reads the edge of the tree of the first size leaves.
func FrontierOf(size int64, tree tlog.HashReader) (Frontier, error) {
	var indexes []int64
	for level, from := bits.Len64(uint64(size))-1, int64(0); level >= 0; level-- {
		if size&(1<<level) != 0 {
			indexes = append(indexes, tlog.StoredHashIndex(level, from>>level))
			from += 1 << level
		}
	}
	roots, err := tree.ReadHashes(indexes)
	if err != nil {
		return Frontier{}, fmt.Errorf("read the edge of the audit tree of %d leaves: %w", size, err)
	}
	return Frontier{frontier{size, roots}}, nil
}

// Size is how many leaves the tree has.
func (f Frontier) Size() int64 { return f.edge.size }

// Clone returns a frontier that grows on its own.
func (f Frontier) Clone() Frontier {
	return Frontier{frontier{f.edge.size, slices.Clone(f.edge.roots)}}
}

// Grow appends a leaf and returns the nodes that it adds to the tree, as Leaf has them.
func (f *Frontier) Grow(leaf Hash) []byte {
	nodes := make([]byte, 0, tlog.HashSize*(1+bits.TrailingZeros64(^uint64(f.edge.size))))
	f.edge.add(leaf, func(_ int, h Hash) Hash {
		nodes = append(nodes, h[:]...)
		return h
	})
	return nodes
}

// NodeAt finds a node by tlog's index of stored hashes: the leaf that completed it, and its level, 0 being leaves.
func NodeAt(stored int64) (leaf int64, level int) {
	level, n := tlog.SplitStoredHashIndex(stored)
	return (n+1)<<level - 1, level
}

// Root is the hash of the tree of the first size leaves; that of the empty tree is the SHA-256 of nothing.
func Root(size int64, tree tlog.HashReader) (Hash, error) {
	root, err := tlog.TreeHash(size, tree)
	if err != nil {
		return Hash{}, fmt.Errorf("hash the tree of %d leaves: %w", size, err)
	}
	return root, nil
}

// ErrProof says that a proof does not prove what it should.
var ErrProof = errors.New("the proof does not hold")

// ProveInclusion proves that the tree of the first size leaves has a leaf at index.
func ProveInclusion(index, size int64, tree tlog.HashReader) ([]Hash, error) {
	if index < 0 || index >= size {
		return nil, fmt.Errorf("prove audit leaf %d: the log has leaves 0 to %d", index, size-1)
	}
	return tlog.ProveRecord(size, index, tree)
}

// CheckInclusion verifies such a proof. Errors: ErrProof.
func CheckInclusion(proof []Hash, index int64, leaf Hash, size int64, root Hash) error {
	if err := tlog.CheckRecord(proof, size, root, index, leaf); err != nil {
		return fmt.Errorf("%w: leaf %d in the tree of %d: %w", ErrProof, index, size, err)
	}
	return nil
}

// ProveConsistency proves that the tree of the first size leaves begins with that of the first old.
func ProveConsistency(old, size int64, tree tlog.HashReader) ([]Hash, error) {
	if old < 0 || old > size {
		return nil, fmt.Errorf("prove that the audit log grew from %d: it has %d leaves", old, size)
	}
	if old == 0 || old == size {
		return nil, nil
	}
	return tlog.ProveTree(size, old, tree)
}

// CheckConsistency verifies such a proof. Errors: ErrProof.
func CheckConsistency(proof []Hash, old int64, oldRoot Hash, size int64, root Hash) error {
	var err error
	switch {
	case old < 0 || old > size:
		err = errors.New("it shrank")
	case old == size && oldRoot != root:
		err = errors.New("two trees of one size")
	case old == size, old == 0:
		if len(proof) != 0 {
			err = errors.New("there is nothing to prove, but a proof")
		}
	default:
		err = tlog.CheckTree(proof, size, root, old, oldRoot)
	}
	if err != nil {
		return fmt.Errorf("%w: the tree of %d goes on from that of %d: %w", ErrProof, size, old, err)
	}
	return nil
}

// frontier hashes a growing tree with as many nodes as its size has binary digits.
type frontier struct {
	size  int64
	roots []Hash // of the complete subtrees, the largest first
}

// add appends a leaf and calls node for each node that it adds; what node returns stands for that node from then on.
func (f *frontier) add(leaf Hash, node func(level int, h Hash) Hash) {
	h := node(0, leaf)
	for level := range bits.TrailingZeros64(^uint64(f.size)) {
		last := len(f.roots) - 1
		h = node(level+1, tlog.NodeHash(f.roots[last], h))
		f.roots = f.roots[:last]
	}
	f.roots = append(f.roots, h)
	f.size++
}

func (f *frontier) root() Hash {
	if f.size == 0 {
		return sha256.Sum256(nil)
	}
	h := f.roots[len(f.roots)-1]
	for i := len(f.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.roots[i], h)
	}
	return h
}
