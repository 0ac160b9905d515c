package runtest

import (
	"sync"
	"time"
)

// Start is where the virtual clock begins.
var Start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// Clock is a clock that only Advance moves.
type Clock struct {
	mu      sync.Mutex
	now     time.Time
	waiting []alarm
}

type alarm struct {
	due  time.Time
	ring chan time.Time
}

// Now implements clock.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// After implements clock.Clock.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := alarm{due: c.now.Add(d), ring: make(chan time.Time, 1)}
	c.waiting = append(c.waiting, a)
	c.ring()
	return a.ring
}

// Advance moves the clock; what it makes due is for others to fire.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.ring()
}

func (c *Clock) ring() {
	var later []alarm
	for _, a := range c.waiting {
		if a.due.After(c.now) {
			later = append(later, a)
			continue
		}
		a.ring <- c.now
	}
	c.waiting = later
}
