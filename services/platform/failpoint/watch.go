package failpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// Interval between two looks at the folder of Watch while something in it is armed.
const Interval = 50 * time.Millisecond

const (
	// idle is the interval while nothing is armed: then nobody is held, and Hit looks for itself.
	idle = time.Second

	reachedSuffix = ".reached" // by which Watch tells that a failpoint was reached
	newSuffix     = ".new"     // a file being written
)

// Watch lets another process arm and release failpoints while this one runs, until ctx ends. Hit looks into dir itself,
// so that what was armed before a Hit began acts on it; those held are released within Interval.
//
// A file in dir called like the failpoint, with "/" written as "__" (workspace__running), arms it with the action that
// it contains; removing the file releases it. Once the failpoint is reached, an empty file <name>.reached stands beside
// it and goes with it; where the process died meanwhile, whoever arms the failpoint next removes it first. A file that
// arms nothing is told to onError once and otherwise ignored.
func (s *Set) Watch(ctx context.Context, dir string, c clock.Clock, onError func(error)) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create failpoint folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open failpoint folder: %w", err)
	}
	w := &watcher{set: s, root: root, armed: map[string]string{}, marked: map[string]bool{}, onError: onError, arms: make(chan struct{}, 1)}
	if err := w.look(); err != nil {
		root.Close()
		return fmt.Errorf("read failpoint folder %s: %w", dir, err)
	}
	s.watchedBy(w)
	go w.run(ctx, c)
	return nil
}

func (s *Set) watchedBy(w *watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watcher = w
	s.active.Store(len(s.points) > 0 || w != nil)
}

func (w *watcher) run(ctx context.Context, c clock.Clock) {
	defer w.root.Close()
	defer w.set.watchedBy(nil)
	for {
		wait := idle
		if len(w.known()) > 0 {
			wait = Interval
		}
		select {
		case <-ctx.Done():
			return
		case <-w.arms: // by a Hit that came before a look
			continue
		case <-c.After(wait):
		}
		if err := w.look(); err != nil {
			w.onError(fmt.Errorf("read failpoint folder, no longer watched: %w", err))
			return
		}
	}
}

// FileName is the file in the folder of Watch that arms name.
func FileName(name string) string { return strings.ReplaceAll(name, "/", "__") }

// ReachedFileName is the file that appears in the folder of Watch once name was reached.
func ReachedFileName(name string) string { return FileName(name) + reachedSuffix }

// WriteFile arms name in the folder of a process that watches it, from another process.
func WriteFile(dir, name string, action Action) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create failpoint folder: %w", err)
	}
	if err := os.Remove(filepath.Join(dir, ReachedFileName(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("arm failpoint %s: %w", name, err)
	}
	// renamed into place, so that the watcher never reads half an action
	file := filepath.Join(dir, FileName(name))
	if err := os.WriteFile(file+newSuffix, []byte(action), 0o600); err != nil {
		return fmt.Errorf("arm failpoint %s: %w", name, err)
	}
	if err := os.Rename(file+newSuffix, file); err != nil {
		return fmt.Errorf("arm failpoint %s: %w", name, err)
	}
	return nil
}

type watcher struct {
	set     *Set
	root    *os.Root
	onError func(error)
	arms    chan struct{} // has one when something was armed

	mu     sync.Mutex
	armed  map[string]string // file name to its content
	marked map[string]bool   // files whose .reached is written
}

// look brings the set to what the folder says.
func (w *watcher) look() error {
	entries, err := fs.ReadDir(w.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), reachedSuffix) && !strings.HasSuffix(e.Name(), newSuffix) {
			w.lookAt(e.Name())
		}
	}
	for _, file := range w.known() {
		w.lookAt(file)
	}
	return nil
}

func (w *watcher) known() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.armed))
}

// lookAt brings one failpoint to what its file says.
func (w *watcher) lookAt(file string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	have, known := w.armed[file]
	text, err := w.root.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && known:
		w.release(file)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, os.ErrClosed), err == nil && known && have == string(text):
	case err != nil:
		w.onError(fmt.Errorf("read failpoint %s: %w", nameOf(file), err))
	default:
		w.armed[file] = string(text)
		if err := w.set.Arm(nameOf(file), Action(strings.TrimSpace(string(text)))); err != nil {
			w.onError(err)
		}
		select {
		case w.arms <- struct{}{}:
		default: // it has one
		}
	}
}

func nameOf(file string) string { return strings.ReplaceAll(file, "__", "/") }

// mark tells that a failpoint which the folder armed was reached.
func (w *watcher) mark(file string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, here := w.armed[file]; !here || w.marked[file] {
		return
	}
	w.marked[file] = true
	if err := w.root.WriteFile(file+reachedSuffix, nil, 0o600); err != nil {
		w.onError(fmt.Errorf("tell that failpoint %s was reached: %w", nameOf(file), err))
	}
}

func (w *watcher) release(file string) {
	w.set.Release(nameOf(file))
	delete(w.armed, file)
	if !w.marked[file] {
		return
	}
	delete(w.marked, file)
	if err := w.root.Remove(file + reachedSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.onError(fmt.Errorf("clear failpoint %s: %w", nameOf(file), err))
	}
}
