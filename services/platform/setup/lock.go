//go:build unix

package setup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrRunning says that another process runs the service from this folder.
var ErrRunning = errors.New("service runs already")

const lockFile = "lock"

// Hold keeps a service's folder for this process, until release or the process's death: two over one SQLite file would
// give sequence numbers twice. Over PostgreSQL, which orders them, several may run. Errors: ErrRunning.
func Hold(siteDir string, site File, principal string) (release func() error, err error) {
	if site.Database == Postgres {
		return func() error { return nil }, nil
	}
	dir := filepath.Join(siteDir, principal)
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("hold the folder of %s: %w: check its owner and rights", principal, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%s: %w: stop the other process, or give this one the folder of its own site", dir, ErrRunning)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
