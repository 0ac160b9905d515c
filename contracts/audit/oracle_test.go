package audit_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	fnote "github.com/transparency-dev/formats/log"
	tproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"github.com/fairway-tre/fairway/contracts/audit"
)

func raw(hashes []audit.Hash) (out [][]byte) {
	for _, h := range hashes {
		out = append(out, h[:])
	}
	return out
}

func TestProofsAreAcceptedByAVerifierThatIsNotOurs(t *testing.T) {
	const most = 66
	l := logOf(most)
	hasher, checked := rfc6962.DefaultHasher, 0
	for size := int64(1); size <= most; size++ {
		root := l.checkpoint(size).Root
		for index := range size {
			path, err := audit.ProveInclusion(index, size, l)
			if err != nil {
				t.Fatal(err)
			}
			leaf := hasher.HashLeaf(l.leaves[index].Data)
			if err := proof.VerifyInclusion(hasher, uint64(index), uint64(size), leaf, raw(path), root[:]); err != nil {
				t.Fatalf("leaf %d of %d: %v", index, size, err)
			}
			if err := audit.CheckInclusion(path, index, audit.Hash(leaf), size, root); err != nil {
				t.Fatal(err)
			}
			if err := audit.CheckInclusion(path, index, audit.LeafHash([]byte("else")), size, root); !errors.Is(err, audit.ErrProof) {
				t.Fatalf("another leaf was accepted: %v", err)
			}
			checked++
		}
		for old := int64(1); old <= size; old++ {
			before := l.checkpoint(old).Root
			path, err := audit.ProveConsistency(old, size, l)
			if err != nil {
				t.Fatal(err)
			}
			if err := proof.VerifyConsistency(hasher, uint64(old), uint64(size), raw(path), before[:], root[:]); err != nil {
				t.Fatalf("%d to %d: %v", old, size, err)
			}
			if err := audit.CheckConsistency(path, old, before, size, root); err != nil {
				t.Fatal(err)
			}
			before[0]++
			if err := audit.CheckConsistency(path, old, before, size, root); !errors.Is(err, audit.ErrProof) {
				t.Fatalf("another old root was accepted: %v", err)
			}
			checked++
		}
	}
	t.Logf("%d proofs", checked)
}

func TestCheckpointsAreReadByAProgramThatIsNotOurs(t *testing.T) {
	c := logOf(11).checkpoint(11)
	theirs, _, _, err := fnote.ParseCheckpoint(signed(t, c), "molgenis/airlock", verifier(t))
	if err != nil || theirs.Size != 11 || !bytes.Equal(theirs.Hash, c.Root[:]) {
		t.Fatalf("%+v, %v", theirs, err)
	}
}

func TestOnlyTheLogsOwnCheckpointIsBelieved(t *testing.T) {
	c := logOf(11).checkpoint(11)
	good := signed(t, c)
	if got, err := audit.OpenCheckpoint(good, verifier(t)); err != nil || got != c {
		t.Fatalf("%+v, %v", got, err)
	}
	secret, _, err := note.GenerateKey(nil, "molgenis/airlock")
	if err != nil {
		t.Fatal(err)
	}
	other, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := c.Sign(other)
	if err != nil {
		t.Fatal(err)
	}
	of := func(text string) []byte {
		n, err := note.Sign(&note.Note{Text: text}, signer(t))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, text := range map[string][]byte{
		"another size":           bytes.Replace(good, []byte("\n11\n"), []byte("\n12\n"), 1),
		"another key":            forged,
		"no signature":           good[:bytes.Index(good, []byte("\n\n"))+1],
		"nothing":                nil,
		"another log":            of("denbi/airlock\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
		"size 011":               of("molgenis/airlock\n011\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
		"size -1":                of("molgenis/airlock\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
		"a short root":           of("molgenis/airlock\n1\nAAAA\n"),
		"too few lines":          of("molgenis/airlock\n1\n"),
		"a root in loose base64": of("molgenis/airlock\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n"),
	} {
		if _, err := audit.OpenCheckpoint(text, verifier(t)); !errors.Is(err, audit.ErrCheckpoint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAProofFileConvincesOfflineAndIsReadByAProgramThatIsNotOurs(t *testing.T) {
	l := logOf(300)
	path, err := audit.ProveInclusion(123, 300, l)
	if err != nil {
		t.Fatal(err)
	}
	p := audit.Proof{Index: 123, Path: path, Checkpoint: signed(t, l.checkpoint(300))}
	file := p.Marshal()
	var theirs tproof.TLogProof
	if err := theirs.Unmarshal(file); err != nil || theirs.Index != 123 || !bytes.Equal(theirs.Marshal(), file) {
		t.Fatalf("%+v, %v", theirs, err)
	}
	read, err := audit.ParseProof(file)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := read.Verify(l.leaves[123].Data, verifier(t)); err != nil || c.Size != 300 {
		t.Fatal(c, err)
	}
	if _, err := read.Verify(l.leaves[124].Data, verifier(t)); !errors.Is(err, audit.ErrProof) {
		t.Fatalf("another leaf: %v", err)
	}
	for _, bad := range []string{"", "c2sp.org/tlog-proof@v2\nindex 1\n\n", "c2sp.org/tlog-proof@v1\nindex 01\n\n",
		"c2sp.org/tlog-proof@v1\nextra AA==\nindex 1\n\n", "c2sp.org/tlog-proof@v1\nindex 1\nAA==\n\n"} {
		if _, err := audit.ParseProof([]byte(bad)); !errors.Is(err, audit.ErrProof) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseProof(f *testing.F) {
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\nmolgenis/airlock\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := audit.ParseProof(file)
		if err == nil && !bytes.Equal(p.Marshal(), file) {
			t.Fatalf("%q is read, but written as %q", file, p.Marshal())
		}
	})
}

// export writes n leaves and the checkpoint over them.
func export(t testing.TB, l *log) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "export")
	c := l.checkpoint(int64(len(l.leaves)))
	e, err := audit.NewExport(dir, c, signed(t, c), verifierKey(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range l.leaves {
		if err := e.Leaf(leaf); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := e.Close(); err != nil || n != c.Size {
		t.Fatal(n, err)
	}
	return dir
}

func TestAnExportIsVerifiedFromItsFilesAlone(t *testing.T) {
	for _, n := range []int{1, 255, 256, 257, 700} {
		dir := export(t, logOf(n))
		v, err := audit.Key(dir)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := audit.VerifyExport(dir, v); err != nil || !r.Clean() || r.Leaves != int64(n) {
			t.Errorf("%d leaves: %v, %v", n, r, err)
		}
	}
}

func TestAnExportIsNotWrittenOverAnother(t *testing.T) {
	c := logOf(1).checkpoint(1)
	if _, err := audit.NewExport(export(t, logOf(1)), c, signed(t, c), verifierKey(t)); !errors.Is(err, audit.ErrNotEmpty) {
		t.Fatal(err)
	}
}

func TestEveryFaultOfAnExportIsNamed(t *testing.T) {
	change := func(name string, offset int, with string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, name)
			data, err := os.ReadFile(path)
			if err == nil {
				copy(data[offset:], with)
				err = os.WriteFile(path, data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(name string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  []audit.Fault
		err   error
	}{
		"an entry":       {change("tile/entries/001", 2, "?"), []audit.Fault{{First: 256, Last: 256, What: audit.Altered}}, nil},
		"a hash":         {change("tile/0/002.p/188", 3*32, "?"), []audit.Fault{{First: 515, Last: 515, What: audit.Altered}}, nil},
		"an upper hash":  {change("tile/1/000.p/2", 32, "?"), []audit.Fault{{First: 256, Last: 511, What: audit.Rewritten}}, nil},
		"no upper tile":  {remove("tile/1/000.p/2"), []audit.Fault{{First: 0, Last: 255, What: audit.NodesLost}, {First: 256, Last: 511, What: audit.NodesLost}}, nil},
		"a bundle":       {remove("tile/entries/001"), []audit.Fault{{First: 256, Last: 511, What: audit.Missing}}, nil},
		"the signature":  {change("checkpoint", 100, "AAAA"), nil, audit.ErrCheckpoint},
		"the checkpoint": {remove("checkpoint"), nil, audit.ErrCheckpoint},
	} {
		t.Run(name, func(t *testing.T) {
			dir := export(t, logOf(700))
			c.spoil(t, dir)
			r, err := audit.VerifyExport(dir, verifier(t))
			if !slices.Equal(r.Faults, c.want) && c.err == nil || !errors.Is(err, c.err) {
				t.Errorf("%v, %v; want %v, %v", r, err, c.want, c.err)
			}
			if len(c.want) > 0 && r.Clean() {
				t.Error("it is called clean")
			}
		})
	}
}

func FuzzOpenCheckpoint(f *testing.F) {
	f.Add([]byte("molgenis/airlock\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"))
	s, v := signer(f), verifier(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		good, err := note.Sign(&note.Note{Text: string(text)}, s)
		if err != nil {
			return // no text of a note
		}
		c, err := audit.OpenCheckpoint(good, v)
		if err != nil {
			return
		}
		if again, err := audit.OpenCheckpoint(signed(t, c), v); err != nil || again != c {
			t.Fatalf("%q is read as %+v, and again as %+v (%v)", text, c, again, err)
		}
	})
}
