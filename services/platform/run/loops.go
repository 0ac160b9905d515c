package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// consume reads one topic under this service's group for it: <user>.<topic>.
func (s *Service) consume(ctx context.Context, link, topic string) error {
	l, err := s.link(link)
	if err != nil {
		return err
	}
	subscriber, err := bus.NewSubscriber(l.Bus, bus.SubscriberConfig{Group: s.group(link, topic), From: s.from(ctx, link)})
	if err != nil {
		return err
	}
	defer subscriber.Close() //nolint:errcheck // leaving; the group forgets us at the session timeout at the latest
	messages, err := subscriber.Subscribe(context.WithoutCancel(ctx), topic)
	if err != nil {
		return fmt.Errorf("subscribe to %s: %w", topic, err)
	}
	s.readers.set(topic, subscriber)
	leave := context.AfterFunc(ctx, func() { subscriber.Close() }) //nolint:errcheck // as above
	defer leave()
	for m := range messages {
		record, ok := bus.RecordOf(m)
		if !ok {
			return fmt.Errorf("a message of %s carries no record", topic)
		}
		at, _ := bus.PositionOf(m.Context())
		in := incoming{link: link, record: record, at: at, next: link != ""}
		if t := s.turns[topic]; t != nil {
			in.turn = t.inOrder
		}
		// A record that was begun is finished, also while stopping: its transaction is short.
		if err := s.receive(context.WithoutCancel(ctx), in); err != nil {
			s.env.Log.Warn("tried again shortly", "topic", topic, "error", err.Error())
			m.Nack()
			continue
		}
		m.Ack()
	}
	return nil
}

// relay sends what was committed, in order, and forgets it once the broker has acknowledged it.
func (s *Service) relay(ctx context.Context, link string) error {
	l, err := s.link(link)
	if err != nil {
		return err
	}
	publisher, err := bus.NewPublisher(l.Bus)
	if err != nil {
		return err
	}
	defer publisher.Close() //nolint:errcheck // nothing is buffered
	const batch, calm, worst = 500, 50 * time.Millisecond, 5 * time.Second
	pause := calm
	for {
		n, err := s.relayOnce(ctx, publisher, link, batch)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.broken.set(err)
			s.env.Log.Warn("outbox waits for its broker", "link", link, "error", err.Error())
			pause = min(2*pause, worst)
			if !s.sleep(ctx, pause) {
				return nil
			}
		case n == 0:
			pause = calm
			s.broken.set(nil)
			if !s.idle(ctx, link) {
				return nil
			}
		}
	}
}

// idle waits for something to send, and after a quiet while forgets what was sent. It reports false when ctx ended.
func (s *Service) idle(ctx context.Context, link string) bool {
	const quiet = 250 * time.Millisecond
	select {
	case <-ctx.Done():
		return false
	case <-s.kicks[link]:
		return true
	case <-s.env.Clock.After(quiet):
	}
	if err := s.store.Forget(ctx, link); err != nil && ctx.Err() == nil {
		s.env.Log.Warn("the outbox is cleared later", "link", link, "error", err.Error())
	}
	select {
	case <-ctx.Done():
		return false
	case <-s.kicks[link]:
	case <-s.others():
	}
	return true
}

func (s *Service) relayOnce(ctx context.Context, p *bus.Publisher, link string, batch int) (int, error) {
	return s.store.Relay(ctx, link, batch, func(rows []store.Outgoing) error {
		records := make([]envelope.Record, len(rows))
		for i, row := range rows {
			records[i] = row.Record
		}
		if err := p.PublishRecords(ctx, records...); err != nil {
			return err
		}
		s.tracing.sent(records)
		return nil
	})
}

// others rings when it is time to look for what another process of the service committed and did not live to send or
// to fire; never, where there can be none.
func (s *Service) others() <-chan time.Time {
	const look = 2 * time.Second
	if !s.store.Shared() {
		return nil
	}
	return s.env.Clock.After(look)
}

// fireTimers fires what is due and refuses what waited too long.
func (s *Service) fireTimers(ctx context.Context) error {
	s.wakeAll.Store(true) // what waited when the service last stopped may have its fact by now
	for ctx.Err() == nil {
		next, err := s.fireDue(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			s.env.Log.Warn("timers are tried again shortly", "error", err.Error())
			if !s.sleep(ctx, time.Second) {
				return nil
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.timer:
		case <-s.others():
		case <-s.env.Clock.After(next):
		}
	}
	return nil
}

// fireDue fires all that is due and returns how long until the next. What fails holds up nothing else, and is due still.
func (s *Service) fireDue(ctx context.Context) (time.Duration, error) {
	var failed error
	if s.wakeAll.CompareAndSwap(true, false) {
		if failed = s.wake(ctx, map[string]bool{"": true}); failed != nil {
			s.wakeAll.Store(true)
		}
	}
	var due []store.Timer
	var overdue []store.Parked
	next := time.Hour
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		if due, err = tx.DueTimers(); err != nil {
			return err
		}
		if overdue, err = tx.Overdue(); err != nil {
			return err
		}
		at, ok, err := tx.NextDue()
		if ok {
			next = max(0, at.Sub(tx.Now()))
		}
		return err
	})
	failed = errors.Join(failed, err)
	for _, t := range due {
		failed = errors.Join(failed, s.fire(ctx, t))
	}
	for _, p := range overdue {
		failed = errors.Join(failed, s.giveUp(ctx, p))
	}
	if failed != nil {
		return 0, failed
	}
	if len(due)+len(overdue) > 0 {
		next = 0
	}
	return next, nil
}

func (s *Service) fire(ctx context.Context, t store.Timer) error {
	fn, ok := s.timers[t.Name]
	if !ok {
		return fmt.Errorf("timer %s for %s has no handler in this version", t.Name, t.Subject)
	}
	var facts map[string]bool
	err := s.store.Update(ctx, func(st *store.Tx) error {
		// What a timer fires has as cause the event that set it.
		tx := s.newTx(st, cause{id: t.Cause, kind: "timer " + t.Name, correlation: t.Correlation})
		if taken, err := tx.TakeTimer(t); err != nil || !taken {
			return err
		}
		if err := tx.attempt(func() error { return fn(tx, t) }); err != nil {
			return fmt.Errorf("timer %s for %s: %w", t.Name, t.Subject, err)
		}
		facts = tx.facts
		_, err := tx.closeLeaf("fired", "")
		return err
	})
	if err != nil {
		return err
	}
	return s.wake(ctx, facts)
}

// giveUp refuses an event whose fact did not come in time. It is tried once more before: the process that saw the
// fact may have ended before it could wake what waited.
func (s *Service) giveUp(ctx context.Context, p store.Parked) error {
	facts, err := s.take(ctx, waited(p))
	if err == nil {
		err = s.wake(ctx, facts)
	}
	if err != nil {
		return err
	}
	e, err := envelope.Read(p.Record)
	if envelope.CodeOf(err) == envelope.CodeUnsupportedVersion {
		return s.giveUpUnknown(ctx, p, e, err)
	}
	if err != nil {
		return fmt.Errorf("read a waiting event: %w", err)
	}
	digest := objects.Digest(e.Data)
	err = s.store.Update(ctx, func(st *store.Tx) error {
		tx := s.newTx(st, cause{id: e.ID, kind: e.Type, correlation: correlationOf(e), actor: e.Actor, digest: digest})
		facts = tx.facts
		if waits, err := tx.Waits(p.Source, p.EventID); err != nil || !waits {
			return err
		}
		if err := errors.Join(s.mark(tx, e, digest), tx.markRefused(e, p.Reason)); err != nil {
			return err
		}
		return s.refuse(tx, waited(p), e, &Refusal{p.Reason,
			"what this rests on (" + p.Awaits + ") did not come in time"})
	})
	if err != nil {
		return err
	}
	return s.wake(ctx, facts) // what stood behind it in line goes on
}

// sleep waits on the service's clock; it reports false when ctx ended first.
func (s *Service) sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-s.env.Clock.After(d):
		return true
	}
}
