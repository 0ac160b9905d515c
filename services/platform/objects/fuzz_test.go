package objects_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/objects"
)

// FuzzGet asks for objects by digests as an event could name them, and finds only what was stored under its own: never
// a file beside the store, never the other class.
func FuzzGet(f *testing.F) {
	dir := f.TempDir()
	store, err := objects.Open(filepath.Join(dir, "objects"), "airlock")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { store.Close() })
	outside := []byte("beside the store")
	kept, err := store.Put(f.Context(), []byte("an aggregate"))
	evidence, err2 := store.PutClass(f.Context(), objects.Evidence, []byte("evidence"))
	if err := errors.Join(err, err2, os.WriteFile(filepath.Join(dir, "outside"), outside, 0o600)); err != nil {
		f.Fatal(err)
	}
	for _, digest := range []string{kept, evidence, strings.ToUpper(kept), kept + "\n", "sha256:" + strings.Repeat("../", 21) + "x", "sha256:" + strings.Repeat("0", 64),
		"../../outside", "", "sha512:" + kept[7:], kept[:len(kept)-1], "sha256:\x00"} {
		f.Add(digest, []byte("content"))
	}
	f.Fuzz(func(t *testing.T, digest string, content []byte) {
		found, err := store.Get(t.Context(), digest)
		switch {
		case err == nil && (objects.Digest(found) != digest || digest == evidence):
			t.Fatalf("%q gives %q", digest, found)
		case err != nil && !errors.Is(err, objects.ErrDigest) && !errors.Is(err, objects.ErrNotFound):
			t.Fatal(err)
		}
		stored, err := store.Put(t.Context(), content)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := store.Get(t.Context(), stored); err != nil || !bytes.Equal(again, content) {
			t.Fatalf("stored %q, found %q (%v)", content, again, err)
		}
	})
}
