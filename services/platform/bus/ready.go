package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// ErrNotReading says that a subscriber does not get, or does not get rid of, the records of a topic.
var ErrNotReading = errors.New("not reading")

// membership is how a subscription stands with its group or, without one, with its topic.
type membership struct {
	mu  sync.Mutex
	in  bool
	err error
}

func (m *membership) joined(in bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.in, m.err = in, err
}

func (m *membership) get() (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.in, m.err
}

// Ready asks the broker and returns nil when every subscription is a member of its group, may read its partitions, and
// goes on: no record is with its handler, or lies before it, for longer than StuckAfter. Errors: ErrNotReading.
func (s *Subscriber) Ready(ctx context.Context) error {
	s.mu.Lock()
	open := slices.Collect(maps.Keys(s.open))
	s.mu.Unlock()
	if len(open) == 0 {
		return fmt.Errorf("%w: nothing is subscribed to", ErrNotReading)
	}
	var failed error
	for _, sub := range open {
		if err := sub.ready(ctx); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%w topic %s: %w", ErrNotReading, sub.topic, err))
		}
	}
	return failed
}

func (s *subscription) ready(ctx context.Context) error {
	in, err := s.member.get()
	switch {
	case err != nil:
		return err
	case !in:
		return errors.New("has not joined the others that read it yet")
	}
	parts := s.progress.of(s.topic)
	if len(parts) == 0 { // another member may have them all; or there is no such topic
		_, err := newPartitionCache(s.cfg).of(ctx, s.topic)
		return s.cfg.explain(err, "read", "topic "+s.topic)
	}
	ids, next := slices.Sorted(maps.Keys(parts)), map[int]int64{}
	for id, at := range parts { // before the topic is asked where it ends
		next[id] = max(0, at.next.Load()) // before the first record it stands at "from the beginning"
	}
	lies, err := spansOf(ctx, s.client, s.topic, ids)
	if err != nil {
		return s.cfg.explain(err, "describe", "topic "+s.topic)
	}
	for _, id := range ids {
		err := s.probe(ctx, id)
		if err == nil {
			err = s.stands(parts[id], next[id], lies[id])
		}
		if err != nil {
			return fmt.Errorf("partition %d: %w", id, err)
		}
	}
	return nil
}

// probe asks to read where no record can lie: only that shows a right that was taken away, because a reader without news keeps
// silent, and the client of this request believes records that come what they say of themselves.
func (s *subscription) probe(ctx context.Context, partition int) error {
	resp, err := s.client.Fetch(ctx, &kafka.FetchRequest{Topic: s.topic, Partition: partition, Offset: math.MaxInt64,
		MinBytes: 1, MaxBytes: 1, MaxWait: time.Millisecond})
	if err == nil {
		err = resp.Error
	}
	if errors.Is(err, kafka.OffsetOutOfRange) {
		return nil
	}
	return s.cfg.explain(err, "read", "topic "+s.topic)
}

// stands says whether a reader goes on that is to read next what lies, or will lie, at an offset. Retention that was faster
// than it is none of its trouble: it goes on from what is left. But a reader that is further than the topic waits without a word.
func (s *subscription) stands(at *standing, next int64, lies span) error {
	if next > lies.end {
		return fmt.Errorf("this reader has been up to offset %d, and the topic ends at %d: the broker lost records or was restored from an older backup: restore this service's site or federation from the same one, or reset the offsets of group %q",
			next, lies.end, s.sub.Group)
	}
	now := time.Now()
	if lies.end > max(next, lies.first) && at.held.Load() == 0 {
		at.behind.CompareAndSwap(0, now.UnixNano())
	}
	for _, since := range []int64{at.held.Load(), at.behind.Load()} {
		if stuck := now.Sub(time.Unix(0, since)); since != 0 && stuck > s.sub.StuckAfter {
			return fmt.Errorf("the record at offset %d is not processed for %s", next, stuck.Round(time.Second))
		}
	}
	return nil
}
