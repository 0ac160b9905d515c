package door

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// bucket limits how often something may be done by anybody: size times at once, and once more after every interval.
type bucket struct {
	clock    clock.Clock
	size     int
	interval time.Duration

	mu   sync.Mutex
	full time.Time // when the bucket is full again
}

func newBucket(c clock.Clock, size int, interval time.Duration) *bucket {
	return &bucket{clock: c, size: size, interval: interval}
}

// take takes one, or says when one will be there.
func (b *bucket) take() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	full := b.full
	if full.Before(now) {
		full = now
	}
	full = full.Add(b.interval)
	if missing := full.Sub(now) - time.Duration(b.size)*b.interval; missing > 0 {
		return &problem{status: http.StatusTooManyRequests, wait: missing, Reason: "too-many-requests",
			Detail: "this is done too often at once; try again shortly"}
	}
	b.full = full
	return nil
}

// buckets limits what each person does by a bucket of their own.
type buckets struct {
	of func() *bucket

	mu       sync.Mutex
	byPerson map[string]*bucket
}

func newBuckets(of func() *bucket) *buckets {
	return &buckets{of: of, byPerson: map[string]*bucket{}}
}

// take takes one of the person's. Buckets that are full again limit nobody and are forgotten.
func (b *buckets) take(person string) error {
	b.mu.Lock()
	own, known := b.byPerson[person]
	if !known {
		maps.DeleteFunc(b.byPerson, func(_ string, other *bucket) bool { return other.isFull() })
		own = b.of()
		b.byPerson[person] = own
	}
	b.mu.Unlock()
	return own.take()
}

func (b *bucket) isFull() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.full.After(b.clock.Now())
}
