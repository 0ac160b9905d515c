package broker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Outcomes of Start that its caller can tell apart.
var (
	ErrPortInUse = errors.New("port in use")
	ErrLocked    = errors.New("data directory in use by another broker")
	ErrForeign   = errors.New("data directory holds something else")
	ErrFormat    = errors.New("data directory of another format")
)

const (
	markerName = "FAIRWAY-BROKER"
	lockName   = "lock"
	// marker names the layout of the directory; its number changes when older programs can no longer read it.
	marker = "fairway broker data, format 1\n"
)

func dataDir(dir string) string { return filepath.Join(dir, "data") }

// dirLock is held as long as the broker runs; the system drops it when the process dies.
type dirLock struct{ file *os.File }

func lockDir(dir string) (_ *dirLock, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create broker data directory %s: %w", dir, err)
	}
	// before anything is written: a foreign directory stays untouched
	if err := checkContents(dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("broker data directory %s is not writable: %w: check its owner and rights", dir, err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("broker data directory %s: %w: stop that one, or give this one its own directory", dir, ErrLocked)
		}
		return nil, fmt.Errorf("lock broker data directory %s: %w", dir, err)
	}
	if err := writeMarker(dir); err != nil {
		return nil, err
	}
	return &dirLock{f}, nil
}

func (l *dirLock) release() error {
	err := l.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

func checkContents(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read broker data directory %s: %w", dir, err)
	}
	have, err := os.ReadFile(filepath.Join(dir, markerName))
	switch {
	case err == nil && string(have) == marker:
		return nil
	case err == nil:
		return fmt.Errorf("broker data directory %s: %w: its %s says %q, this program reads %q: use the program that wrote it, or another directory",
			dir, ErrFormat, markerName, short(have), strings.TrimSpace(marker))
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read %s in broker data directory %s: %w", markerName, dir, err)
	}
	for _, e := range entries {
		if n := e.Name(); n != lockName && n != markerName+".new" {
			return fmt.Errorf("broker data directory %s: %w: it contains %q and no %s: give an empty directory", dir, ErrForeign, n, markerName)
		}
	}
	return nil
}

func short(b []byte) string {
	return strings.TrimSpace(string(b[:min(len(b), 60)]))
}

func writeMarker(dir string) error {
	name := filepath.Join(dir, markerName)
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if err := os.WriteFile(name+".new", []byte(marker), 0o600); err != nil {
		return fmt.Errorf("mark broker data directory %s: %w", dir, err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("mark broker data directory %s: %w", dir, err)
	}
	return nil
}

// forgetUsers removes the passwords stored by an earlier run, which would otherwise win over the configured ones.
func forgetUsers(dir string) error {
	err := os.Remove(filepath.Join(dataDir(dir), "sasl.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove stored users in broker data directory %s: %w", dir, err)
	}
	return nil
}
