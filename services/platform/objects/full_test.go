package objects

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

func TestAFullDiskIsNamedAsSuch(t *testing.T) {
	s := &Store{dir: "objects"}
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		err := s.explain(&fs.PathError{Op: "write", Path: "tmp/x", Err: cause})
		if !errors.Is(err, ErrFull) || !errors.Is(err, cause) || !strings.Contains(err.Error(), "free space") {
			t.Errorf("%v: got %v", cause, err)
		}
	}
	if err := s.explain(syscall.EIO); errors.Is(err, ErrFull) {
		t.Errorf("an I/O error is no full disk: %v", err)
	}
}
