package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/fairway-tre/fairway/contracts/topics"
)

// DefaultDeadline of an awaited fact.
const DefaultDeadline = 45 * time.Second

// retryInterval lies between two tries to reach a broker that is down.
const retryInterval = 50 * time.Millisecond

// Tap records every record of every topic of every broker, as the observer, who may read all and write nothing. A
// broker that goes away is followed again from the next offset when it is back.
type Tap struct {
	*Transcript
	File     string
	deadline time.Duration

	mu        sync.Mutex
	brokers   []*follower
	recording context.Context
	cancel    context.CancelFunc
	running   sync.WaitGroup
	fail      chan error // the first reason why the recording is not whole
}

func newTap(f *Federation) (*Tap, error) {
	t := &Tap{File: filepath.Join(f.Dir, "transcript.ndjson"), deadline: f.deadline, fail: make(chan error, 1)}
	if t.deadline <= 0 {
		t.deadline = DefaultDeadline
	}
	var err error
	if t.Transcript, err = newTranscript(t.File); err != nil {
		return nil, err
	}
	t.brokers = followers(f, f.Names(), topics.Registry)
	return t, nil
}

// followers are one for the broker of each site, and one for the federation's, which reads the sites' inboxes there and
// other topics.
func followers(f *Federation, names []string, others ...string) []*follower {
	var all []*follower
	for _, name := range names {
		others = append(others, topics.Inbox(name))
		all = append(all, &follower{Broker: brokerAt(name, f.sites[name].Dir, topics.Observer), topics: topics.ForSite(name), next: map[place]int64{}})
	}
	if len(others) == 0 {
		return all // a follower of no topics would be one of all
	}
	return append(all, &follower{Broker: brokerAt(FederationBroker, f.home(), topics.Observer), topics: others, next: map[place]int64{}})
}

// Start follows all brokers from where it was, and returns when it has reached each one. A tap that runs goes on.
func (t *Tap) Start(ctx context.Context) error {
	t.mu.Lock()
	if t.cancel == nil {
		t.recording, t.cancel = context.WithCancel(context.Background())
		t.run(t.brokers)
	}
	t.mu.Unlock()
	return t.reach(ctx, t.all())
}

// follow is Start for the brokers of sites that came later, in a tap that runs.
func (t *Tap) follow(ctx context.Context, f *Federation, names []string) error {
	more := followers(f, names)
	t.mu.Lock()
	t.brokers = append(slices.Clone(t.brokers), more...)
	t.run(more)
	t.mu.Unlock()
	return t.reach(ctx, more)
}

// run needs mu.
func (t *Tap) run(brokers []*follower) {
	for _, b := range brokers {
		t.running.Go(func() { b.follow(t.recording, t) })
	}
}

func (t *Tap) all() []*follower {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.brokers
}

func (t *Tap) reach(ctx context.Context, brokers []*follower) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for _, b := range brokers {
		for err := errNotReached; err != nil; {
			if err = b.reached(); err == nil {
				break
			}
			if !pause(ctx, pollInterval) {
				return fmt.Errorf("record what the broker of %s holds: %w", b.Name, err)
			}
		}
	}
	return nil
}

// Close ends the recording. What is still to be read is lost: call Catch before.
func (t *Tap) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cancel == nil {
		return nil
	}
	t.cancel()
	t.running.Wait()
	t.cancel = nil
	return t.close()
}

// Broken is why the recording is not whole, nil if it is.
func (t *Tap) Broken() error {
	select {
	case err := <-t.fail:
		t.fail <- err
		return err
	default:
		return nil
	}
}

func (t *Tap) broke(err error) {
	select {
	case t.fail <- err:
	default:
	}
}

// Catch returns when everything that the brokers hold now has been seen.
func (t *Tap) Catch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.deadline)
	defer cancel()
	all := t.all()
	failed := make([]error, len(all))
	var catching sync.WaitGroup
	for i, b := range all {
		catching.Go(func() { failed[i] = t.catch(ctx, b) })
	}
	catching.Wait()
	return errors.Join(append(failed, t.Broken())...)
}

// catch is Catch for one broker.
func (t *Tap) catch(ctx context.Context, b *follower) error {
	ends, err := b.ends(ctx)
	if err != nil {
		return fmt.Errorf("see all that the broker of %s holds: %w", b.Name, err)
	}
	for b.behind(ends) != "" {
		_, more := t.since(len(t.All()))
		at := b.behind(ends)
		if at == "" {
			break
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("see all that the broker of %s holds, of %s: %w", b.Name, at, ctx.Err())
		}
	}
	return nil
}

// pause reports whether it lasted d.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func endOf(err error) bool { return errors.Is(err, io.EOF) }

func client(addr string, transport *kafka.Transport) *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(addr), Transport: transport, Timeout: 10 * time.Second}
}
