package failpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// Interval between two looks at the folder of Watch.
const Interval = 50 * time.Millisecond

// reachedSuffix marks the file by which Watch tells that a failpoint was reached.
const reachedSuffix = ".reached"

// Watch lets another process arm and release failpoints while this one runs. What lies in dir is armed when Watch
// returns; afterwards dir is looked at every Interval until ctx ends.
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
	w := &watcher{set: s, root: root, armed: map[string]string{}, marked: map[string]bool{}, onError: onError}
	if err := w.look(); err != nil {
		root.Close()
		return fmt.Errorf("read failpoint folder %s: %w", dir, err)
	}
	go w.run(ctx, c)
	return nil
}

func (w *watcher) run(ctx context.Context, c clock.Clock) {
	defer w.root.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.After(Interval):
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
	if err := os.WriteFile(file+".new", []byte(action), 0o600); err != nil {
		return fmt.Errorf("arm failpoint %s: %w", name, err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("arm failpoint %s: %w", name, err)
	}
	return nil
}

type watcher struct {
	set     *Set
	root    *os.Root
	armed   map[string]string // file name to its content
	marked  map[string]bool   // files whose .reached is written
	onError func(error)
}

func (w *watcher) look() error {
	entries, err := fs.ReadDir(w.root.FS(), ".")
	if err != nil {
		return err
	}
	present := map[string]bool{}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), reachedSuffix) || strings.HasSuffix(e.Name(), ".new") {
			continue
		}
		text, err := w.root.ReadFile(e.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since it was listed
		}
		if err != nil {
			return err
		}
		present[e.Name()] = true
		w.arm(e.Name(), string(text))
		w.mark(e.Name())
	}
	for file := range w.armed {
		if !present[file] {
			w.release(file)
		}
	}
	return nil
}

func nameOf(file string) string { return strings.ReplaceAll(file, "__", "/") }

func (w *watcher) arm(file, text string) {
	if have, ok := w.armed[file]; ok && have == text {
		return
	}
	w.armed[file] = text
	if err := w.set.Arm(nameOf(file), Action(strings.TrimSpace(text))); err != nil {
		w.onError(err)
	}
}

func (w *watcher) mark(file string) {
	if w.marked[file] || w.set.Hits(nameOf(file)) == 0 {
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
