package objects_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/objects"
)

// The program that the contracts publish writes objects that the store reads, and reads those of the store.
func TestAServiceWrittenFromTheContractsAloneSharesTheStore(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on the path: the program in contracts/OBJECTS.md was not run")
	}
	text, err := os.ReadFile("../../../contracts/OBJECTS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```python\n")
	program, _, whole := strings.Cut(rest, "```")
	if !whole {
		t.Fatal("contracts/OBJECTS.md has no program")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "objects.py")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "store")
	ours := open(t, folder, "airlock")

	data := []byte("a table that somebody else computed")
	cmd := exec.Command(python, file, folder, "workspace")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var claim struct {
		Digest, MediaType, Class string
		Size                     int
	}
	if err := json.Unmarshal(out, &claim); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	got, err := ours.Get(t.Context(), claim.Digest)
	if err != nil || !bytes.Equal(got, data) || claim.Size != len(data) || claim.Digest != objects.Digest(data) || claim.Class != string(objects.Aggregate) {
		t.Errorf("%s, %v, claim %+v", got, err, claim)
	}

	digest, err := ours.Put(t.Context(), []byte("ours"))
	if err != nil {
		t.Fatal(err)
	}
	read := "import sys; sys.path.insert(0, sys.argv[1]); import objects; sys.stdout.buffer.write(objects.get(sys.argv[2], sys.argv[3]))"
	out, err = exec.Command(python, "-c", read, dir, folder, digest).CombinedOutput()
	if err != nil || string(out) != "ours" {
		t.Errorf("%s, %v", out, err)
	}
}
