// Package quota limits how much each of several askers gets, so that one who asks without end takes nothing of what is
// there for others. It knows no clock: the time comes with each call.
package quota

import (
	"maps"
	"sync"
	"time"
)

// Rate lets Burst things be done at once, and one more after every Interval.
type Rate struct {
	Burst    int
	Interval time.Duration
}

// Bucket holds one asker to a rate. Safe for concurrent use.
type Bucket struct {
	rate Rate

	mu   sync.Mutex
	full time.Time // when all is there again
}

// NewBucket makes a bucket that is full.
func NewBucket(r Rate) *Bucket { return &Bucket{rate: r} }

// Take takes n at a time. Where as many are not there it takes none, and says after how long they will be; 0 says that they
// were taken. n is at most the burst.
func (b *Bucket) Take(now time.Time, n int) (missing time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	most := now.Add(time.Duration(b.rate.Burst) * b.rate.Interval)
	switch {
	case b.full.Before(now):
		b.full = now
	case b.full.After(most): // the clock went back: nobody waits longer than an empty bucket makes them
		b.full = most
	}
	full := b.full.Add(time.Duration(n) * b.rate.Interval)
	if missing := full.Sub(most); missing > 0 {
		return missing
	}
	b.full = full
	return 0
}

func (b *Bucket) isFull(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.full.After(now)
}

// Buckets holds each asker to the same rate, in a bucket of their own. Safe for concurrent use.
type Buckets struct {
	rate Rate

	mu    sync.Mutex
	owned map[string]*Bucket
}

// NewBuckets makes full buckets for all who will ask.
func NewBuckets(r Rate) *Buckets { return &Buckets{rate: r, owned: map[string]*Bucket{}} }

// Take is Bucket.Take of the owner's. Buckets that are full again limit nobody and are forgotten.
func (b *Buckets) Take(owner string, now time.Time, n int) (missing time.Duration) {
	b.mu.Lock()
	own, known := b.owned[owner]
	if !known {
		maps.DeleteFunc(b.owned, func(_ string, other *Bucket) bool { return other.isFull(now) })
		own = NewBucket(b.rate)
		b.owned[owner] = own
	}
	b.mu.Unlock()
	return own.Take(now, n)
}
