// Package provision makes the folders that a federation and its sites start from: keys, certificates, passwords, and
// the signed lists of whom to believe. Nothing here talks to a network.
//
// A federation comes together by files that people carry:
//
//	InitFederation   the operator's folder
//	InitSite         a site's folder, with join.json for the operator
//	Admit            the operator verifies join.json and writes admissions/<site>.json for every participant
//	Join             the site takes its admission
//
// Whoever carries a file compares the fingerprint of the root that signed it with the one that its owner reads out.
package provision

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/fairway-tre/fairway/services/platform/setup"
)

// Outcomes that callers can tell apart.
var (
	ErrExists  = errors.New("folder in use")
	ErrRefused = errors.New("refused")
)

// folder is one being built. It appears under its name complete or not at all; the first error sticks.
type folder struct {
	final, tmp string
	err        error
}

// newFolder refuses a folder in which there is anything.
func newFolder(dir, command string) (*folder, error) {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s: %s: %w: it holds %q; give a new folder, or remove this one if nobody needs what is in it",
			command, dir, ErrExists, entries[0].Name())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".new-*")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	return &folder{final: dir, tmp: tmp}, nil
}

func (f *folder) public(name string, content []byte) { f.write(name, content, 0o644) }
func (f *folder) secret(name string, content []byte) { f.write(name, content, 0o600) }

func (f *folder) write(name string, content []byte, mode os.FileMode) {
	if f.err != nil {
		return
	}
	path := filepath.Join(f.tmp, name)
	if f.err = os.MkdirAll(filepath.Dir(path), 0o700); f.err == nil {
		f.err = setup.WriteAtomic(path, content, mode)
	}
}

func (f *folder) mkdir(names ...string) {
	for _, name := range names {
		if f.err == nil {
			f.err = os.MkdirAll(filepath.Join(f.tmp, name), 0o700)
		}
	}
}

// done puts the folder in its place, or removes what was begun.
func (f *folder) done() error {
	if f.err == nil {
		f.err = os.Rename(f.tmp, f.final)
	}
	if f.err != nil {
		return fmt.Errorf("make folder %s: %w", f.final, errors.Join(f.err, os.RemoveAll(f.tmp)))
	}
	return nil
}

// password has at least 128 bits of chance.
func password() string { return rand.Text() }

// freeAddr is a loopback address nobody listens on now, below the range from which systems give ports away.
func freeAddr() (string, error) {
	for range 100 {
		var b [2]byte
		if _, err := rand.Read(b[:]); err != nil {
			return "", err
		}
		port := 20000 + (int(b[0])<<8|int(b[1]))%12000
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
	}
	return "", errors.New("no free port found between 20000 and 32000: give the broker's address")
}

func orFree(addr string) (string, error) {
	if addr == "" {
		return freeAddr()
	}
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", fmt.Errorf("address of the broker %q: expected host:port, with a port from 0 to 65535", addr)
	}
	return addr, nil
}

// Validity of what is made, from an hour ago so that clocks may differ.
const (
	clockTolerance = time.Hour
	yearsCA        = 10
	yearsKey       = 5
)
