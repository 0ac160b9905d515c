package objects_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/objects"
)

func open(t *testing.T, dir, writer string) *objects.Store {
	t.Helper()
	s, err := objects.Open(dir, writer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t *testing.T, s *objects.Store, class objects.Class, b []byte) string {
	t.Helper()
	digest, err := s.PutClass(t.Context(), class, b)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func path(dir string, class objects.Class, writer, digest string) string {
	hash := strings.TrimPrefix(digest, "sha256:")
	return filepath.Join(dir, string(class), writer, "sha256", hash[:2], hash[2:])
}

func TestWhatOneServicePutsAnotherGetsByItsDigest(t *testing.T) {
	dir := t.TempDir()
	digest := put(t, open(t, dir, "workspace"), objects.Aggregate, []byte(`{"n":12}`))
	if digest != "sha256:78e629c92dd3d2d83954a8ea8d607938a69a1c5e828a7e406abcd6ccb1fd0de0" {
		t.Fatalf("digest %s", digest)
	}
	got, err := open(t, dir, "airlock").Get(t.Context(), digest)
	if err != nil || string(got) != `{"n":12}` {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestPuttingTwiceKeepsOneFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "workspace")
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			if _, err := s.Put(context.Background(), []byte("same")); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	var files []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, p)
		}
		return err
	})
	if err != nil || len(files) != 1 || files[0] != path(dir, objects.Aggregate, "workspace", objects.Digest([]byte("same"))) {
		t.Fatalf("files %v, %v", files, err)
	}
}

func TestAChangedFileIsCorruptAndIsHealedByPuttingAgain(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "workspace")
	digest := put(t, s, objects.Aggregate, []byte("sound"))
	if err := os.WriteFile(path(dir, objects.Aggregate, "workspace", digest), []byte("s0und"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), digest); !errors.Is(err, objects.ErrCorrupt) {
		t.Fatalf("got %v", err)
	}
	put(t, s, objects.Aggregate, []byte("sound"))
	if got, err := s.Get(t.Context(), digest); err != nil || string(got) != "sound" {
		t.Fatalf("after putting again: %q, %v", got, err)
	}
}

func TestASoundCopyOfAnotherWriterIsFoundBehindACorruptOne(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir, "airlock"), open(t, dir, "workspace")
	digest := put(t, a, objects.Aggregate, []byte("sound"))
	put(t, b, objects.Aggregate, []byte("sound"))
	if err := os.WriteFile(path(dir, objects.Aggregate, "airlock", digest), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := a.Get(t.Context(), digest); err != nil || string(got) != "sound" {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestEvidenceIsNeverReadAsAnAggregate(t *testing.T) {
	s := open(t, t.TempDir(), "workspace")
	digest := put(t, s, objects.Evidence, []byte("rows behind a cell"))
	if _, err := s.Get(t.Context(), digest); !errors.Is(err, objects.ErrNotFound) {
		t.Fatalf("Get: %v", err)
	}
	if got, err := s.GetClass(t.Context(), objects.Evidence, digest); err != nil || string(got) != "rows behind a cell" {
		t.Fatalf("GetClass: %q, %v", got, err)
	}
}

func TestAWriterRemovesItsOwnCopyAlone(t *testing.T) {
	dir := t.TempDir()
	door, workspace := open(t, dir, "identity"), open(t, dir, "workspace")
	digest := put(t, door, objects.Incoming, []byte("a code list"))
	put(t, door, objects.Imported, []byte("a code list"))
	if err := workspace.Remove(t.Context(), objects.Incoming, digest); err != nil {
		t.Fatal(err)
	}
	if _, err := workspace.GetClass(t.Context(), objects.Incoming, digest); err != nil {
		t.Fatalf("another writer's copy: %v", err)
	}
	for range 2 { // what is away stays away
		if err := door.Remove(t.Context(), objects.Incoming, digest); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := workspace.GetClass(t.Context(), objects.Incoming, digest); !errors.Is(err, objects.ErrNotFound) {
		t.Fatalf("after removal: %v", err)
	}
	if _, err := workspace.GetClass(t.Context(), objects.Imported, digest); err != nil {
		t.Fatalf("of another class: %v", err)
	}
	for _, name := range []string{"../../x", ""} {
		if err := door.Remove(t.Context(), objects.Incoming, name); !errors.Is(err, objects.ErrDigest) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestADigestThatIsAPathIsRefused(t *testing.T) {
	s := open(t, t.TempDir(), "workspace")
	for _, digest := range []string{"", "sha256:", "../../etc/passwd", "sha256:../" + strings.Repeat("a", 61), "md5:" + strings.Repeat("a", 64), "sha256:" + strings.Repeat("A", 64)} {
		if _, err := s.Get(t.Context(), digest); !errors.Is(err, objects.ErrDigest) {
			t.Errorf("%q: got %v", digest, err)
		}
	}
}

func TestALinkOutOfTheStoreIsNotFollowed(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	s := open(t, dir, "workspace")
	digest := put(t, s, objects.Aggregate, []byte("secret"))
	file := path(dir, objects.Aggregate, "workspace", digest)
	if err := errors.Join(os.WriteFile(outside, []byte("secret"), 0o600), os.Remove(file), os.Symlink(outside, file)); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Get(t.Context(), digest); err == nil {
		t.Fatalf("read %q through a link", b)
	}
}

func TestATooLargeObjectLeavesNothing(t *testing.T) {
	s := open(t, t.TempDir(), "workspace")
	if _, err := s.Put(t.Context(), make([]byte, objects.MaxSize+1)); !errors.Is(err, objects.ErrTooLarge) {
		t.Fatalf("got %v", err)
	}
}

func TestOpenRefusesAWriterThatIsAPathAndAFolderThatIsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := objects.Open(t.TempDir(), "../airlock"); err == nil {
		t.Error("writer ../airlock was accepted")
	}
	if _, err := objects.Open(file, "airlock"); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file as folder: %v", err)
	}
}

func TestAFailedWriteSaysWhatToDoAndLeavesNoWaste(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "workspace")
	restore := limitFileSize(t, 1<<18) // the log of the test itself stays under it
	_, err := s.Put(t.Context(), bytes.Repeat([]byte("x"), 1<<20))
	restore()
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), dir) {
		t.Fatalf("got %v", err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "aggregate", "workspace", "tmp"))
	if err != nil || len(left) != 0 {
		t.Fatalf("waste %v, %v", left, err)
	}
	put(t, s, objects.Aggregate, []byte("a valid probe"))
}
