package audit_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fairway-tre/fairway/contracts/audit"
)

func leaves(n int) ([]audit.Leaf, audit.Hash) {
	var all []audit.Leaf
	var hashes []audit.Hash
	for i := range n {
		data := fmt.Appendf(nil, "leaf %d", i)
		all = append(all, audit.Leaf{Index: int64(i), Data: data, Hash: audit.LeafHash(data)})
		hashes = append(hashes, all[i].Hash)
	}
	root, err := audit.Root(hashes)
	if err != nil {
		panic(err)
	}
	return all, root
}

// The published test values of RFC 6962 implementations for leaves "", 00, 10, 20 21, 30 31, 40 41 42 43, …
func TestRootIsThatOfRFC6962(t *testing.T) {
	var hashes []audit.Hash
	for i, c := range []struct{ leaf, root string }{
		{"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
		{"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
		{"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
		{"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
	} {
		data, err := hex.DecodeString(c.leaf)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, audit.LeafHash(data))
		root, err := audit.Root(hashes)
		if err != nil || hex.EncodeToString(root[:]) != c.root {
			t.Errorf("size %d: %x, %v; want %s", i+1, root[:], err, c.root)
		}
	}
	if empty, err := audit.Root(nil); err != nil || empty != sha256.Sum256(nil) {
		t.Errorf("empty tree: %x, %v", empty[:], err)
	}
}

func TestAnUntouchedLogVerifies(t *testing.T) {
	for n := range 20 {
		all, root := leaves(n)
		if err := audit.Verify(all, int64(n), root); err != nil {
			t.Errorf("size %d: %v", n, err)
		}
	}
}

func TestLeavesBeyondTheCheckpointAreAllowed(t *testing.T) {
	all, _ := leaves(9)
	_, root := leaves(5)
	if err := audit.Verify(all, 5, root); err != nil {
		t.Error(err)
	}
}

func TestVerifyNamesEveryBadIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, root := leaves(rapid.IntRange(1, 40).Draw(t, "size"))
		bad := rapid.SliceOfNDistinct(rapid.Int64Range(0, int64(len(all)-1)), 1, len(all), rapid.ID).Draw(t, "bad")
		for _, i := range bad {
			all[i].Data = append(all[i].Data, '!')
		}
		slices.Sort(bad)
		var p *audit.Problem
		if err := audit.Verify(all, int64(len(all)), root); !errors.As(err, &p) || !slices.Equal(p.Bad, bad) || !p.BadRoot {
			t.Fatalf("%v, want %v", err, bad)
		}
	})
}

func TestVerifyFindsWhatHashesAloneHide(t *testing.T) {
	all, root := leaves(6)
	rewritten := slices.Clone(all)
	rewritten[2].Data = []byte("another story")
	rewritten[2].Hash = audit.LeafHash(rewritten[2].Data)
	swapped := slices.Clone(all)
	swapped[1], swapped[4] = swapped[4], swapped[1]
	for _, c := range []struct {
		name   string
		leaves []audit.Leaf
		bad    []int64
		lost   int64
	}{
		{"a leaf rewritten with its hash", rewritten, nil, 0},
		{"two leaves swapped", swapped, []int64{1, 4}, 0},
		{"the end cut off", all[:4], nil, 2},
		{"a leaf cut out", slices.Delete(slices.Clone(all), 3, 4), []int64{3, 4}, 1},
	} {
		var p *audit.Problem
		if err := audit.Verify(c.leaves, 6, root); !errors.As(err, &p) || !slices.Equal(p.Bad, c.bad) || p.Missing != c.lost || !errors.Is(err, audit.ErrRoot) {
			t.Errorf("%s: %v, want indexes %v, %d lost and another root", c.name, err, c.bad, c.lost)
		}
	}
}

func TestEntryHasOneEncoding(t *testing.T) {
	e := audit.Entry{At: time.Date(2026, 11, 21, 10, 0, 0, 123456789, time.FixedZone("CET", 3600)), Kind: "refused", Cause: "01JD3Z5Q8V0N6W2T4K7M9R4D0H",
		Type: "fairway.airlock.release.review.v1", Subject: "release/01JD3Z5Q8V0N6W2T4K7M9R6F2K", Reason: "own-output"}
	want := `{"at":"2026-11-21T09:00:00.123Z","kind":"refused","cause":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","type":"fairway.airlock.release.review.v1",` +
		`"subject":"release/01JD3Z5Q8V0N6W2T4K7M9R6F2K","reason":"own-output","emitted":[]}`
	if got, err := audit.Encode(e); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}
