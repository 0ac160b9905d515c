package objects_test

import (
	"errors"
	"os"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/objects"
)

func TestARemovedObjectIsGoneFromTheDiskAndFromNobodyElse(t *testing.T) {
	dir := t.TempDir()
	workspace, gateway := open(t, dir, "workspace"), open(t, dir, "gateway")
	text := []byte("sealed and never released")
	digest := put(t, workspace, objects.Aggregate, text)
	put(t, gateway, objects.Aggregate, text)
	kept := put(t, workspace, objects.Aggregate, []byte("released"))

	file := path(dir, objects.Aggregate, "workspace", digest)
	linked := file + ".link" // shows what became of the bytes
	if err := os.Link(file, linked); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to remove
		if err := workspace.Remove(t.Context(), objects.Aggregate, digest); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
	if left, err := os.ReadFile(linked); err != nil || string(left) != string(make([]byte, len(text))) {
		t.Errorf("the bytes are %q, %v", left, err)
	}
	if b, err := gateway.Get(t.Context(), digest); err != nil || string(b) != string(text) {
		t.Errorf("another writer's copy is %q, %v", b, err)
	}
	if _, err := workspace.Get(t.Context(), kept); err != nil {
		t.Errorf("another object: %v", err)
	}
	if err := workspace.Remove(t.Context(), objects.Evidence, kept); err != nil {
		t.Errorf("another class: %v", err)
	}
	if _, err := workspace.Get(t.Context(), kept); err != nil {
		t.Errorf("an object of another class went: %v", err)
	}
}

func TestOnlyADigestOfAKnownClassIsRemoved(t *testing.T) {
	s := open(t, t.TempDir(), "workspace")
	if err := s.Remove(t.Context(), objects.Aggregate, "sha256:../../x"); !errors.Is(err, objects.ErrDigest) {
		t.Errorf("got %v", err)
	}
	if err := s.Remove(t.Context(), "other", objects.Digest(nil)); err == nil {
		t.Error("an unknown class was taken")
	}
}
