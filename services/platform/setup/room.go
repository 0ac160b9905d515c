package setup

import (
	"errors"
	"fmt"

	"github.com/fairway-tre/fairway/services/platform/health"
)

// ErrFull says that a file system has no room for a start.
var ErrFull = errors.New("no space left")

const (
	// leastFree is how much a service's file system is to take for it to be ready, in bytes: enough to end what was begun,
	// and for the database to write its log anew.
	leastFree = 64 << 20
	// leastStart is how much it is to take for a start, in bytes: a broker or a database that cannot write its first lines
	// is worse than none.
	leastStart = 1 << 20
)

// room refuses a start on a full file system. Errors: ErrFull.
func room(dir string) error {
	free, err := health.FreeBytes(dir)
	if err == nil && free < leastStart {
		err = fmt.Errorf("%s: %w: %d KiB are free, a start needs %d: make room there, nothing else is to be done", dir, ErrFull, free>>10, leastStart>>10)
	}
	return err
}
