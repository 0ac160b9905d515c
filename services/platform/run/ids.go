package run

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// identifiers allocates ULIDs that grow within one process, also within one millisecond.
type identifiers struct {
	mu      sync.Mutex
	entropy *ulid.MonotonicEntropy
}

func newIdentifiers() *identifiers { return &identifiers{entropy: ulid.Monotonic(rand.Reader, 0)} }

func (i *identifiers) at(t time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return ulid.MustNew(ulid.Timestamp(t), i.entropy).String()
}
