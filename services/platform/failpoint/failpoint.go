// Package failpoint stops a program at named places, so that a test can kill, hold or fail it exactly there.
//
// A place asks Hit(ctx, "workspace/running") and goes on when that returns nil. A nil Set and a Set in which nothing
// is armed cost one atomic load. Sets come into a program only by --allow-failpoints, which its health shows.
//
// Actions: "hold" waits until released or until ctx ends, "error" returns ErrInjected, "kill" ends the process by
// SIGKILL as a power failure would.
package failpoint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// Action is what happens at an armed failpoint.
type Action string

// The actions.
const (
	Hold  Action = "hold"
	Error Action = "error"
	Kill  Action = "kill"
)

var (
	// ErrInjected is what Hit returns at a failpoint armed with Error.
	ErrInjected = errors.New("injected by a failpoint")
	// ErrSpec is what a name or action that cannot be armed is refused with.
	ErrSpec = errors.New("bad failpoint")
)

// namePattern is <service>/<place>.
var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)+$`)

type point struct {
	action   Action
	released chan struct{}
	hits     int
}

// Set holds the armed failpoints of a process. The zero value and nil are empty; safe for concurrent use.
type Set struct {
	active  atomic.Bool // something is armed, or a folder may arm something
	mu      sync.Mutex
	points  map[string]*point
	watcher *watcher // nil unless a folder is watched
}

// Parse reads "name=action,name=action"; an empty text gives an empty Set.
func Parse(spec string) (*Set, error) {
	s := &Set{}
	for item := range strings.SplitSeq(spec, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		name, action, ok := strings.Cut(item, "=")
		if !ok {
			return nil, fmt.Errorf("%w %q: expected name=action, for example workspace/running=hold", ErrSpec, item)
		}
		if err := s.Arm(name, Action(action)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Arm sets the action of a name from the next Hit on. Arming anew releases those held there before.
func (s *Set) Arm(name string, action Action) error {
	if !namePattern.MatchString(name) {
		return fmt.Errorf("%w: name %.80q does not match %s", ErrSpec, name, namePattern)
	}
	if action != Hold && action != Error && action != Kill {
		return fmt.Errorf("%w %s: action %.80q is not one of %s, %s, %s", ErrSpec, name, action, Hold, Error, Kill)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(name)
	if s.points == nil {
		s.points = map[string]*point{}
	}
	s.points[name] = &point{action: action, released: make(chan struct{})}
	s.active.Store(true)
	return nil
}

// Release disarms a name and lets go whoever is held there. A name that is not armed is no error.
func (s *Set) Release(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(name)
	s.active.Store(len(s.points) > 0 || s.watcher != nil)
}

func (s *Set) drop(name string) {
	if p := s.points[name]; p != nil {
		close(p.released)
		delete(s.points, name)
	}
}

// Hit is asked at the place called name. It returns nil when nothing is armed there or once released, ErrInjected for
// Error, and the cause of ctx's end when that ends a hold.
func (s *Set) Hit(ctx context.Context, name string) error {
	if s == nil || !s.active.Load() {
		return nil
	}
	p := s.arrive(name)
	if p == nil {
		return nil
	}
	switch p.action {
	case Error:
		return fmt.Errorf("%s: %w", name, ErrInjected)
	case Kill:
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			return fmt.Errorf("failpoint %s cannot kill its process: %w", name, err)
		}
	}
	select {
	case <-p.released:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("held at failpoint %s: %w", name, context.Cause(ctx))
	}
}

// arrive counts a hit and tells it in the watched folder, which is asked first: what another process armed a moment ago
// holds here already.
func (s *Set) arrive(name string) *point {
	s.mu.Lock()
	w := s.watcher
	s.mu.Unlock()
	if w != nil {
		w.lookAt(FileName(name))
	}
	s.mu.Lock()
	p := s.points[name]
	if p != nil {
		p.hits++
	}
	s.mu.Unlock()
	if w != nil && p != nil {
		w.mark(FileName(name))
	}
	return p
}

// Hits says how often name was reached since it was last armed.
func (s *Set) Hits(name string) int {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.points[name]; p != nil {
		return p.hits
	}
	return 0
}

// Names lists what is armed, sorted.
func (s *Set) Names() []string {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.points))
}
