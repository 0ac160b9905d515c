package door

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/quota"
)

// buckets limits what each one does, a person or an address.
type buckets struct {
	clock clock.Clock
	of    *quota.Buckets
}

func newBuckets(c clock.Clock, burst int, interval time.Duration) buckets {
	return buckets{c, quota.NewBuckets(quota.Rate{Burst: burst, Interval: interval})}
}

// take takes one of the owner's, or says when one will be there.
func (b buckets) take(owner string) error {
	if missing := b.of.Take(owner, b.clock.Now(), 1); missing > 0 {
		return &problem{status: http.StatusTooManyRequests, wait: missing, Reason: "too-many-requests",
			Detail: "this is done too often at once; try again shortly"}
	}
	return nil
}

// limit is for what strangers may do: each address by its own bucket first, so that one address that asks without end
// is refused before it takes what is there for all.
type limit struct {
	each, all buckets
}

// everybody owns what is there for all.
const everybody = ""

// take takes one for the address that a request comes from. Behind a proxy that is the proxy's.
func (l limit) take(r *http.Request) error {
	if err := l.each.take(addressOf(r)); err != nil {
		return err
	}
	return l.all.take(everybody)
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
