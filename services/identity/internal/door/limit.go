package door

import (
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
			Detail: "too many people do this at once; try again shortly"}
	}
	b.full = full
	return nil
}
