package door

import (
	"maps"
	"net/http"
	"net/netip"
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

// buckets limits what each one does, a person or an address, by a bucket of their own.
type buckets struct {
	of func() *bucket

	mu    sync.Mutex
	owned map[string]*bucket
}

func newBuckets(of func() *bucket) *buckets {
	return &buckets{of: of, owned: map[string]*bucket{}}
}

// take takes one of the owner's. Buckets that are full again limit nobody and are forgotten.
func (b *buckets) take(owner string) error {
	b.mu.Lock()
	own, known := b.owned[owner]
	if !known {
		maps.DeleteFunc(b.owned, func(_ string, other *bucket) bool { return other.isFull() })
		own = b.of()
		b.owned[owner] = own
	}
	b.mu.Unlock()
	return own.take()
}

func (b *bucket) isFull() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.full.After(b.clock.Now())
}

// limit is for what strangers may do: each address by its own bucket first, so that one address that asks without end
// is refused before it takes what is there for all.
type limit struct {
	each *buckets
	all  *bucket
}

// take takes one for the address that a request comes from. Behind a proxy that is the proxy's.
func (l limit) take(r *http.Request) error {
	if err := l.each.take(addressOf(r)); err != nil {
		return err
	}
	return l.all.take()
}

// ipv6Site is how much of an IPv6 address is its owner's to vary: a connection has 2^64 of them.
const ipv6Site = 64

func addressOf(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "" // what has no address shares one bucket
	}
	address := from.Addr().Unmap()
	if address.Is6() {
		if site, err := address.WithZone("").Prefix(ipv6Site); err == nil {
			return site.String()
		}
	}
	return address.String()
}
