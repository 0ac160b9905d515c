package audit_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/audit"
)

// FuzzVerifyExport puts other bytes into a file of an export: that is found out, and whatever is called clean is what was
// exported.
func FuzzVerifyExport(f *testing.F) {
	const leaves = 258 // two bundles, two tiles below and one above
	dir, v, whole := export(f, logOf(leaves)), verifier(f), map[string][]byte{}
	names := []string{"checkpoint", "tile/0/000", "tile/0/001.p/2", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/2"}
	for i, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			f.Fatal(err)
		}
		whole[name] = text
		f.Add(uint8(i), uint16(0), uint16(0), []byte{})
		f.Add(uint8(i), uint16(0), uint16(1), []byte{0xff})
		f.Add(uint8(i), uint16(len(text)/2), uint16(len(text)), []byte{})
	}
	for _, size := range []string{"0", "-1", "300", "9223372036854775807"} {
		f.Add(uint8(0), uint16(0), uint16(len(whole["checkpoint"])), []byte("molgenis/airlock\n"+size+"\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"))
	}
	f.Fuzz(func(t *testing.T, which uint8, at, drop uint16, patch []byte) {
		name := names[int(which)%len(names)]
		from := min(int(at), len(whole[name]))
		data := slices.Concat(whole[name][:from], patch, whole[name][min(from+int(drop), len(whole[name])):])
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := audit.VerifyExport(dir, v)
		if err := os.WriteFile(path, whole[name], 0o600); err != nil {
			t.Fatal(err)
		}
		if err != nil && !errors.Is(err, audit.ErrCheckpoint) {
			t.Fatal(err)
		}
		clean := err == nil && report.Clean()
		if clean && report.Leaves != leaves {
			t.Fatalf("called clean with %d leaves", report.Leaves)
		}
		if clean && name != "checkpoint" && !bytes.HasPrefix(data, whole[name]) {
			t.Fatalf("another %s is called clean", name)
		}
		if !clean && bytes.Equal(data, whole[name]) {
			t.Fatalf("nothing was changed: %v, %v", report, err)
		}
	})
}

// FuzzNewVerifier reads the public key that an export or an operator hands over: what is taken is written the same.
func FuzzNewVerifier(f *testing.F) {
	f.Add(verifierKey(f))
	f.Add("molgenis/airlock+00000000+AAAA")
	f.Add(" \n")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := audit.NewVerifier(text)
		if err != nil {
			if !errors.Is(err, audit.ErrCheckpoint) {
				t.Fatal(err)
			}
			return
		}
		if again, err := audit.NewVerifier(text + "\n"); err != nil || again.Name() != v.Name() || again.KeyHash() != v.KeyHash() {
			t.Fatalf("%v, %v", again, err)
		}
	})
}

// FuzzAuditor gives leaves as a damaged store could hold them: the auditor never stops, and calls clean only the log.
func FuzzAuditor(f *testing.F) {
	l := logOf(5)
	good := l.checkpoint(5)
	for _, leaf := range l.leaves {
		f.Add(leaf.Index, leaf.Data, leaf.Nodes)
	}
	f.Add(int64(-1), []byte("{}"), []byte{})
	f.Add(int64(1<<62), []byte(`{"index":4611686018427387904}`), make([]byte, 64))
	f.Add(int64(2), []byte(`{"index":2,"index":2}`), make([]byte, 31))
	f.Fuzz(func(t *testing.T, index int64, data, nodes []byte) {
		leaves, same := slices.Clone(l.leaves), false
		at := slices.IndexFunc(leaves, func(one audit.Leaf) bool { return one.Index == index })
		changed := audit.Leaf{Index: index, Data: data, Nodes: nodes}
		if at < 0 {
			leaves = append(leaves, changed)
		} else {
			same = bytes.Equal(leaves[at].Data, data)
			leaves[at] = changed
		}
		report := verify(leaves, good)
		if at >= 0 && !same && report.Clean() {
			t.Fatalf("another leaf %d is called clean", index)
		}
		if at >= 0 && same != report.Verdicts[0].Holds {
			t.Fatalf("the same data: %v, and the checkpoint holds: %v", same, report.Verdicts[0].Holds)
		}
	})
}
