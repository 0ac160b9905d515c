package run

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

// What stands here drives a service without Run and without a broker, for package runtest.

// Feed makes one record take effect as if it had been read from its topic over a link, "" being the site's broker.
// An error means that nothing happened and that the record must come again.
func (s *Service) Feed(ctx context.Context, link string, r envelope.Record, at bus.Position) error {
	return s.receive(ctx, incoming{link: link, record: r, at: at})
}

// Fire fires all that is due, and all that falls due by that, and gives up what waited too long.
func (s *Service) Fire(ctx context.Context) error {
	for {
		next, err := s.fireDue(ctx)
		if err != nil || next > 0 {
			return err
		}
	}
}

// Work runs the workers until ctx ends and returns their first error.
func (s *Service) Work(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var working sync.WaitGroup
	for _, loop := range s.workers {
		working.Go(func() {
			if err := loop(ctx); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	working.Wait()
	return context.Cause(ctx)
}

// Reads lists the topics that the service follows, sorted.
func (s *Service) Reads() []string { return slices.Sorted(maps.Keys(s.reads)) }

// Handler serves what Route registered, without the probes.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routed(mux)
	return mux
}

// Close releases the store of a service that is not run. Run does so itself.
func (s *Service) Close() error { return s.store.Close() }
