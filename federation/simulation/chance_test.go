package simulation

import (
	"math/rand/v2"
	"sync"
	"time"
)

// chance decides what is left to chance. The same seed decides the same, in the same order of asking.
type chance struct {
	mu   sync.Mutex
	draw *rand.Rand
}

func newChance(seed, stream uint64) *chance {
	return &chance{draw: rand.New(rand.NewPCG(seed, stream))}
}

// below returns a number from 0 to n-1.
func (c *chance) below(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.draw.IntN(n)
}

// one is true once in n times.
func (c *chance) one(n int) bool { return c.below(n) == 0 }

// between returns a duration, short ones as likely as long ones of ten times the length.
func (c *chance) between(least, most time.Duration) time.Duration {
	d := least
	for d < most && !c.one(3) {
		d *= 2
	}
	return min(most, d+time.Duration(c.below(int(d))))
}

// latency is how long a request is on its way.
func (c *chance) latency() time.Duration { return time.Duration(1+c.below(40)) * time.Millisecond }

func pick[T any](c *chance, of []T) T { return of[c.below(len(of))] }
