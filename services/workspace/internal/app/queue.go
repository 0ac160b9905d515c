package app

import (
	"context"
	"sync"

	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// atOnce is how many jobs run at the same time.
const atOnce = 2

// atOnce is that number, one where the site has a batch queue.
func (w *workspace) atOnce() int {
	if w.service.Env().Profile.Workspaces.Queue == profile.Batch {
		return 1
	}
	return atOnce
}

// queue knows which jobs this process is at; what is to be done is in the store.
type queue struct {
	kick    run.Kick
	mu      sync.Mutex
	running map[string]context.CancelCauseFunc
}

func newQueue() *queue {
	return &queue{kick: run.NewKick(), running: map[string]context.CancelCauseFunc{}}
}

// claim takes the first of the jobs that nobody is at; false when there is none.
func (q *queue) claim(ctx context.Context, ids []string) (string, context.Context, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		if _, taken := q.running[id]; !taken {
			ctx, cancel := context.WithCancelCause(ctx)
			q.running[id] = cancel
			return id, ctx, true
		}
	}
	return "", nil, false
}

// interrupt ends the context of a job, if it is running.
func (q *queue) interrupt(id string, why error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if cancel := q.running[id]; cancel != nil {
		cancel(why)
	}
}

// leave gives a job back.
func (q *queue) leave(id string) {
	q.interrupt(id, context.Canceled)
	q.mu.Lock()
	delete(q.running, id)
	q.mu.Unlock()
	q.kick.Now()
}
