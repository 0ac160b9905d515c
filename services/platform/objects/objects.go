// Package objects is a site's object store: a folder of files named by the SHA-256 of their bytes. Events carry a
// digest; who may read the folder fetches the bytes and knows that they are the ones meant.
//
// Layout, for services that are not ours:
//
//	<dir>/<class>/<writer>/sha256/ab/cdef…   one object; class is aggregate, evidence, incoming, imported or archived
//	<dir>/<class>/<writer>/tmp/              objects being written; anything there after a crash is waste
//
// A service writes and removes under its own name only and reads what any service wrote. Classes never mix: Get finds
// aggregates, GetClass finds the class it is asked for.
package objects

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"syscall"
)

// Class separates what may leave a site from what may not.
type Class string

// The classes: two of what jobs give, two of what projects bring in, one of what is kept of
// them.
const (
	Aggregate Class = "aggregate" // results, which may be released
	Evidence  Class = "evidence"  // what output checkers look at; no event names it outside the site
	Incoming  Class = "incoming"  // what is not decided yet and stands outside every workspace
	Imported  Class = "imported"  // what a workspace holds after a decision
	Archived  Class = "archived"  // what is kept of workspaces that ended
)

var classes = []Class{Aggregate, Evidence, Incoming, Imported, Archived}

// MaxSize of an object in bytes.
const MaxSize = 64 << 20

// Outcomes that callers can tell apart.
var (
	ErrNotFound = errors.New("no such object")
	ErrCorrupt  = errors.New("object does not match its digest")
	ErrTooLarge = errors.New("object too large")
	ErrFull     = errors.New("disk full")
	ErrDigest   = errors.New("not a digest")
)

// Store reads all writers' objects and writes those of one. Safe for concurrent use, also by several processes.
type Store struct {
	root   *os.Root
	dir    string
	writer string
}

var (
	writerPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)
	digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// Open opens the store in dir for a service, creating it when missing. Close it after use.
func Open(dir, writer string) (*Store, error) {
	if !writerPattern.MatchString(writer) {
		return nil, fmt.Errorf("open object store %s: writer %q does not match %s", dir, writer, writerPattern)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create object store %s: %w: look at what stands there and at its rights", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open object store %s: %w", dir, err)
	}
	s := &Store{root: root, dir: dir, writer: writer}
	for _, class := range classes {
		if err := root.MkdirAll(s.tmp(class), 0o700); err != nil {
			root.Close()
			return nil, fmt.Errorf("create object store %s for %s: %w: check the owner and rights of the folder", dir, writer, err)
		}
	}
	return s, nil
}

// Close gives the folder free.
func (s *Store) Close() error { return s.root.Close() }

// Digest is the name under which b is stored: "sha256:" and 64 hexadecimal digits.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Put stores an aggregate; see PutClass.
func (s *Store) Put(ctx context.Context, b []byte) (digest string, err error) {
	return s.PutClass(ctx, Aggregate, b)
}

// PutClass stores b and returns its digest. When it returns, the object survives a power failure; storing it again
// changes nothing. Errors: ErrTooLarge, ErrFull.
func (s *Store) PutClass(ctx context.Context, class Class, b []byte) (digest string, err error) {
	if err := class.check(); err != nil {
		return "", err
	}
	if len(b) > MaxSize {
		return "", fmt.Errorf("store %d bytes of %s in %s: %w: at most %d bytes", len(b), class, s.dir, ErrTooLarge, MaxSize)
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	digest = Digest(b)
	name := place(class, s.writer, digest)
	if have, err := s.root.ReadFile(name); err == nil && bytes.Equal(have, b) {
		return digest, nil
	}
	if err := s.write(class, name, b); err != nil {
		return "", s.explain(fmt.Errorf("store %s %s in %s: %w", class, digest, s.dir, err))
	}
	return digest, nil
}

// Get returns an aggregate by its digest; see GetClass. It never reads evidence.
func (s *Store) Get(ctx context.Context, digest string) ([]byte, error) {
	return s.GetClass(ctx, Aggregate, digest)
}

// GetClass returns an object of a class, whoever wrote it, its bytes checked against the digest.
// Errors: ErrNotFound, ErrCorrupt, ErrDigest.
func (s *Store) GetClass(ctx context.Context, class Class, digest string) ([]byte, error) {
	if err := class.check(); err != nil {
		return nil, err
	}
	if !digestPattern.MatchString(digest) {
		return nil, fmt.Errorf("read object %.80q: %w: expected sha256: and 64 hexadecimal digits", digest, ErrDigest)
	}
	writers, err := fs.ReadDir(s.root.FS(), string(class))
	if err != nil {
		return nil, fmt.Errorf("list writers of %s in %s: %w", class, s.dir, err)
	}
	outcome := fmt.Errorf("%s %s in %s: %w", class, digest, s.dir, ErrNotFound)
	for _, w := range writers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := s.read(place(class, w.Name(), digest))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("read %s %s in %s: %w", class, digest, s.dir, err)
		case Digest(b) == digest:
			return b, nil
		}
		// another writer may hold a sound copy
		outcome = fmt.Errorf("%s %s of %s in %s: %w: restore the file from a backup, or store the object again",
			class, digest, w.Name(), s.dir, ErrCorrupt)
	}
	return nil, outcome
}

func (s *Store) read(name string) ([]byte, error) {
	f, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// one byte more than allowed, so that a file that grew shows as corrupt and not as a prefix
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}

func (c Class) check() error {
	if !slices.Contains(classes, c) {
		return fmt.Errorf("object class %q: expected one of %v", string(c), classes)
	}
	return nil
}

func place(class Class, writer, digest string) string {
	hash := digest[len("sha256:"):]
	return path.Join(string(class), writer, "sha256", hash[:2], hash[2:])
}

func (s *Store) tmp(class Class) string { return path.Join(string(class), s.writer, "tmp") }

func (s *Store) explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w: free space on the disk of %s; nothing was stored and it can be tried again", ErrFull, err, s.dir)
	}
	return err
}
