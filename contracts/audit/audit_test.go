package audit_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/fairway-tre/fairway/contracts/audit"
)

// log is an audit log in memory, as a service would store it.
type log struct {
	leaves []audit.Leaf
	nodes  []audit.Hash // by tlog's index
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at >= int64(len(l.nodes)) {
			return nil, fmt.Errorf("no node %d", at)
		}
		found[i] = l.nodes[at]
	}
	return found, nil
}

func (l *log) append(data []byte) {
	index := int64(len(l.leaves))
	edge, err := audit.FrontierOf(index, l)
	if err != nil {
		panic(err)
	}
	nodes := edge.Grow(audit.LeafHash(data))
	l.leaves = append(l.leaves, audit.Leaf{Index: index, Data: data, Nodes: nodes})
	for h := range slices.Chunk(nodes, tlog.HashSize) {
		l.nodes = append(l.nodes, audit.Hash(h))
	}
}

func entry(index int64, text string) []byte {
	data, err := audit.Encode(audit.Entry{Index: index, Action: "applied", Cause: text})
	if err != nil {
		panic(err)
	}
	return data
}

func logOf(n int) *log {
	l := &log{}
	for i := range n {
		l.append(entry(int64(i), fmt.Sprint("event ", i)))
	}
	return l
}

func (l *log) checkpoint(size int64) audit.Checkpoint {
	root, err := audit.Root(size, l)
	if err != nil {
		panic(err)
	}
	return audit.Checkpoint{Origin: "molgenis/airlock", Size: size, Root: root}
}

func verify(leaves []audit.Leaf, checkpoints ...audit.Checkpoint) audit.Report {
	a := audit.NewAuditor(checkpoints...)
	for _, l := range leaves {
		a.Leaf(l)
	}
	return a.Report()
}

func key() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("an audit key for tests"))
	return ed25519.NewKeyFromSeed(seed[:])
}

func signer(t testing.TB) note.Signer {
	t.Helper()
	s, err := audit.NewSigner("molgenis/airlock", key())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func verifierKey(t testing.TB) string {
	t.Helper()
	text, err := audit.VerifierKey("molgenis/airlock", key().Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func verifier(t testing.TB) note.Verifier {
	t.Helper()
	v, err := audit.NewVerifier(verifierKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func signed(t testing.TB, c audit.Checkpoint) []byte {
	t.Helper()
	text, err := c.Sign(signer(t))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The published test values of RFC 6962 implementations for leaves "", 00, 10, 20 21, …
func TestRootIsThatOfRFC6962(t *testing.T) {
	l := &log{}
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
		l.append(data)
		root, err := audit.Root(int64(i+1), l)
		if err != nil || hex.EncodeToString(root[:]) != c.root {
			t.Errorf("size %d: %x, %v; want %s", i+1, root[:], err, c.root)
		}
	}
	if empty, err := audit.Root(0, l); err != nil || empty != sha256.Sum256(nil) {
		t.Errorf("empty tree: %x, %v", empty[:], err)
	}
}

func TestAnUntouchedLogIsCleanAtEveryCheckpoint(t *testing.T) {
	for n := range 70 {
		l := logOf(n)
		var all []audit.Checkpoint
		for size := range n + 1 {
			all = append(all, l.checkpoint(int64(size)))
		}
		if r := verify(l.leaves, all...); !r.Clean() || r.Leaves != int64(n) || r.Unsigned != 0 {
			t.Fatalf("size %d: %v", n, r)
		}
	}
}

func TestLeavesBeyondTheCheckpointAreCountedAsNotSigned(t *testing.T) {
	l := logOf(9)
	if r := verify(l.leaves, l.checkpoint(5)); !r.Clean() || r.Unsigned != 4 {
		t.Error(r)
	}
}

func TestEveryAlteredLeafIsNamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := logOf(rapid.IntRange(1, 80).Draw(t, "size"))
		end := l.checkpoint(int64(len(l.leaves)))
		bad := rapid.SliceOfNDistinct(rapid.Int64Range(0, int64(len(l.leaves)-1)), 1, len(l.leaves), rapid.ID).Draw(t, "bad")
		slices.Sort(bad)
		for _, i := range bad {
			l.leaves[i].Data = entry(i, "another story")
		}
		r := verify(l.leaves, end)
		if r.Verdicts[0].Holds || len(r.Faults) != len(bad) {
			t.Fatal(r)
		}
		for i, f := range r.Faults {
			if f != (audit.Fault{First: bad[i], Last: bad[i], What: audit.Altered}) {
				t.Fatalf("%v, want leaves %v", r, bad)
			}
		}
	})
}

func TestWhatAnInsiderCanDoToALogIsFoundAndTheLeafNamed(t *testing.T) {
	const size = 13
	rewrite := func(l *log, index int64) { // with its own hash
		l.leaves[index].Data = entry(index, "another story")
		h := audit.LeafHash(l.leaves[index].Data)
		l.leaves[index].Nodes = append(slices.Clone(h[:]), l.leaves[index].Nodes[tlog.HashSize:]...)
	}
	one := func(what string, index int64) audit.Fault { return audit.Fault{First: index, Last: index, What: what} }
	for name, c := range map[string]struct {
		spoil func(*log)
		want  []audit.Fault
		known int64 // size of an older checkpoint that still holds
	}{
		"a leaf altered":  {func(l *log) { l.leaves[6].Data = entry(6, "x") }, []audit.Fault{one(audit.Altered, 6)}, 4},
		"a leaf no entry": {func(l *log) { l.leaves[6].Data = []byte("x") }, []audit.Fault{one(audit.Altered, 6)}, 4},
		"a leaf deleted":  {func(l *log) { l.leaves = slices.Delete(l.leaves, 6, 7) }, []audit.Fault{one(audit.Missing, 6)}, 4},
		"the end cut off": {func(l *log) { l.leaves = l.leaves[:10] }, []audit.Fault{{First: 10, Last: 12, What: audit.Missing}}, 10},
		"two leaves swapped": {func(l *log) {
			l.leaves[5], l.leaves[8] = l.leaves[8], l.leaves[5]
			l.leaves[5].Index, l.leaves[8].Index = 5, 8
		}, []audit.Fault{one(audit.NodesLost, 5), one(audit.NodesLost, 8)}, 4},
		"two like leaves swapped": {func(l *log) {
			l.leaves[4], l.leaves[8] = l.leaves[8], l.leaves[4]
			l.leaves[4].Index, l.leaves[8].Index = 4, 8
		}, []audit.Fault{one(audit.Misplaced, 4), {First: 4, Last: 5, What: audit.Rewritten}, one(audit.Misplaced, 8), {First: 8, Last: 9, What: audit.Rewritten}}, 4},
		"deleted and moved up": {func(l *log) {
			l.leaves = slices.Delete(l.leaves, 10, 11)
			l.leaves[10].Index, l.leaves[11].Index = 10, 11
		}, []audit.Fault{one(audit.NodesLost, 10), one(audit.NodesLost, 11), one(audit.Missing, 12)}, 10},
		"rewritten with its hash":   {func(l *log) { rewrite(l, 6) }, []audit.Fault{{First: 6, Last: 7, What: audit.Rewritten}}, 4},
		"an odd one rewritten":      {func(l *log) { rewrite(l, 7) }, []audit.Fault{{First: 6, Last: 7, What: audit.Rewritten}}, 4},
		"the last one rewritten":    {func(l *log) { rewrite(l, 12) }, nil, 12},
		"a leaf twice":              {func(l *log) { l.leaves = slices.Insert(l.leaves, 7, l.leaves[6]) }, []audit.Fault{one(audit.Misplaced, 6)}, size},
		"a leaf far beyond the end": {func(l *log) { l.leaves = append(l.leaves, audit.Leaf{Index: 1 << 60}) }, []audit.Fault{one(audit.Misplaced, 1<<60)}, size},
		"a log begun anew from some leaf on": {func(l *log) {
			*l = *logOf(5)
			for i := int64(5); i < size; i++ {
				l.append(entry(i, "another story"))
			}
		}, nil, 5},
	} {
		t.Run(name, func(t *testing.T) {
			l := logOf(size)
			known, end := l.checkpoint(c.known), l.checkpoint(size)
			c.spoil(l)
			r := verify(l.leaves, end, known)
			if r.Clean() || !slices.Equal(r.Faults, c.want) {
				t.Errorf("got  %v\nwant %v", r.Faults, c.want)
			}
			if !r.Verdicts[0].Holds {
				t.Errorf("the checkpoint from before does not hold:\n%v", r)
			}
			if c.known < size && (r.Verdicts[1].Holds || r.Verdicts[1].From != c.known) {
				t.Errorf("the last checkpoint: %v", r.Verdicts[1])
			}
		})
	}
}

func TestARollbackIsFoundByACheckpointThatSomebodyElseKept(t *testing.T) {
	l := logOf(20)
	newer := l.checkpoint(20)
	l.leaves = l.leaves[:12] // restored from a backup, with the checkpoint of then
	if r := verify(l.leaves, l.checkpoint(12)); !r.Clean() {
		t.Fatal("a log cannot know of itself that it was set back", r)
	}
	r := verify(l.leaves, l.checkpoint(12), newer)
	if !slices.Equal(r.Faults, []audit.Fault{{First: 12, Last: 19, What: audit.Missing}}) || r.Verdicts[1].Holds || r.Verdicts[1].From != 12 {
		t.Fatal(r)
	}
}

func TestAForkIsFoundByItsTwoCheckpoints(t *testing.T) {
	l, fork := logOf(9), logOf(6)
	for i := int64(6); i < 9; i++ {
		fork.append(entry(i, "what another was told"))
	}
	if r := verify(l.leaves, l.checkpoint(9), fork.checkpoint(9), fork.checkpoint(6)); r.Clean() || !r.Verdicts[0].Holds ||
		r.Verdicts[1].Holds == r.Verdicts[2].Holds || r.Verdicts[2].From != 6 {
		t.Fatal(r)
	}
}

func TestEntryHasOneEncoding(t *testing.T) {
	e := audit.Entry{Index: 7, Time: time.Date(2026, 11, 21, 9, 0, 0, 123456789, time.UTC), Action: "refused", Cause: "01JD3Z5Q8V0N6W2T4K7M9R4D0H",
		Type: "fairway.airlock.release.review.v1", Reason: "own-output"}
	want := `{"index":7,"time":"2026-11-21T09:00:00.123456789Z","action":"refused","cause":"01JD3Z5Q8V0N6W2T4K7M9R4D0H",` +
		`"type":"fairway.airlock.release.review.v1","reason":"own-output"}`
	if got, err := audit.Encode(e); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	e.Reason = string(make([]byte, audit.MaxLeaf))
	if _, err := audit.Encode(e); err == nil {
		t.Error("an entry too large was encoded")
	}
}
