package simulation

import (
	"sync/atomic"
	"time"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// wrong is a machine's clock: ahead of the others or behind, as long as it is off.
type wrong struct {
	clock.System
	off atomic.Int64
}

func (c *wrong) Now() time.Time { return c.System.Now().Add(time.Duration(c.off.Load())) }

func (c *wrong) set(by time.Duration) { c.off.Store(int64(by)) }
