package run

import (
	"context"
	"sync"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// catchUp reads the backlogs of a topic, each by itself, until ctx ends.
func (t *turns) catchUp(ctx context.Context) error {
	var reading sync.WaitGroup
	defer reading.Wait()
	for {
		others := t.s.others()
		err := t.alone(ctx, func() error {
			for l, b := range t.behind {
				if !b.reading {
					b.reading = true
					reading.Go(func() { t.follow(ctx, l, b) })
				}
			}
			return nil
		})
		if err != nil {
			others = t.s.env.Clock.After(time.Second)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.begun:
		case <-others:
			t.lock <- struct{}{}
			t.known = false
			<-t.lock
		}
	}
}

// follow takes the records of one backlog until none is left, or ctx ends.
func (t *turns) follow(ctx context.Context, l lane, b *backlog) {
	for ctx.Err() == nil {
		done, err := t.round(ctx, l, b)
		if done {
			t.s.env.Log.Info("a source has caught up", "topic", t.topic, "source", l.source)
			return
		}
		if err != nil && ctx.Err() == nil {
			t.s.env.Log.Warn("what waits on the broker is tried again shortly", "topic", t.topic, "source", l.source, "error", err.Error())
			t.s.sleep(ctx, time.Second)
		}
	}
}

// round reads a backlog to the present end of its partition, and reports that nothing was left for it meanwhile: then it
// is none any more.
func (t *turns) round(ctx context.Context, l lane, b *backlog) (done bool, err error) {
	link, err := t.s.link(t.s.reads[t.topic])
	if err != nil {
		return false, err
	}
	var left int64
	if err := t.alone(ctx, func() error { left = b.left; return nil }); err != nil {
		return false, err
	}
	_, err = bus.ScanPartition(ctx, link.Bus, t.topic, l.partition, b.From, func(at bus.Position, r envelope.Record) error {
		if err := t.take(ctx, l, incoming{link: t.s.reads[t.topic], record: r, at: at}); err != nil {
			return err
		}
		return t.alone(ctx, func() error { return t.move(ctx, b, at.Offset+1) })
	})
	if err != nil {
		return false, err
	}
	err = t.alone(ctx, func() error {
		if b.left != left {
			return nil
		}
		if err := t.s.store.Update(ctx, func(tx *store.Tx) error { return backlogs.Delete(tx, b.id()) }); err != nil {
			return err
		}
		delete(t.behind, l)
		done = true
		return nil
	})
	return done, err
}

// take takes one record of a lane's partition, if it is the lane's, when it is its turn.
func (t *turns) take(ctx context.Context, l lane, in incoming) error {
	if claimed := claimedSource(in.record); l.source != nobody && claimed != nobody && claimed != l.source {
		return nil
	}
	in.turn = func(ctx context.Context, in incoming, source, kind string) (bool, error) {
		if source != l.source {
			return t.overlooked(ctx, l, lane{source, in.at.Partition}, in.at.Offset)
		}
		for {
			missing := t.rate.Take(source, t.s.env.Clock.Now(), t.weight(kind))
			if missing == 0 {
				return true, nil
			}
			if !t.s.sleep(ctx, missing) {
				return false, ctx.Err()
			}
		}
	}
	return t.s.receive(ctx, in)
}

// overlooked reports that a record may be nobody's to take but this lane's: what came signed by a key that was new was
// left among what nobody vouches for, and its key may be known by now. To take what was taken already has no effect.
func (t *turns) overlooked(ctx context.Context, at, own lane, offset int64) (yes bool, err error) {
	if at.source != nobody {
		return false, nil
	}
	err = t.alone(ctx, func() error {
		b := t.behind[own]
		yes = b == nil || offset < b.From
		return nil
	})
	return yes, err
}

// move notes that a backlog was read up to an offset, and now and then keeps it: what is read again after a restart has no
// effect, and takes its turns.
func (t *turns) move(ctx context.Context, b *backlog, next int64) error {
	const often = 32
	b.From = next
	if b.read++; b.read%often != 0 {
		return nil
	}
	return t.keep(ctx, *b)
}

// claimedSource is the site that a record says it is of, if that can be seen at a glance.
func claimedSource(r envelope.Record) string {
	for _, h := range r.Headers {
		if h.Key == "ce_source" {
			return siteOf(string(h.Value))
		}
	}
	return nobody
}
