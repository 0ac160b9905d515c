package run

import (
	"context"
	"time"
)

// Kick wakes a worker; kicks that come before it looks count as one. Safe for concurrent use, and never blocks.
type Kick chan struct{}

// NewKick makes a Kick that nobody has given yet.
func NewKick() Kick { return make(Kick, 1) }

// Now gives the kick.
func (k Kick) Now() {
	select {
	case k <- struct{}{}:
	default:
	}
}

// tendAgain is how long a worker waits after a round that failed, for what may pass.
const tendAgain = time.Second

// Tend runs a round at the start, for what was open when the service last stopped, and at each kick, until ctx ends. A
// round that fails is logged as what and run again after a second, or at the next kick.
func (s *Service) Tend(ctx context.Context, what string, k Kick, round func(context.Context) error) error {
	for ctx.Err() == nil {
		var again <-chan time.Time
		if err := round(ctx); err != nil && ctx.Err() == nil {
			s.env.Log.Warn(what+" is tried again shortly", "error", err.Error())
			again = s.env.Clock.After(tendAgain)
		}
		select {
		case <-ctx.Done():
		case <-k:
		case <-again:
		}
	}
	return nil
}
