package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

const (
	minReadBackoff = 5 * time.Millisecond
	maxReadBackoff = 250 * time.Millisecond
	maxFetchBytes  = 4 << 20
	// records prefetched of each partition, which are handled one by one: there are some seventy readers at a site, and a
	// queue of 100 was a sixth of all that an idle one keeps in memory
	queueCapacity = 16
	// unknownTopicPoll is how often a reader looks for a topic that is not there yet.
	unknownTopicPoll = 50 * time.Millisecond
)

// readAll reads every partition of the topic from its beginning, new ones too, until ctx ends.
func (s *subscription) readAll(ctx context.Context) {
	var (
		found   = newPartitionCache(s.cfg)
		started = map[int]bool{}
	)
	defer s.workers.Wait()
	for ctx.Err() == nil {
		ids, err := found.of(ctx, s.topic)
		if err = s.cfg.explain(err, "read", "topic "+s.topic); err != nil && ctx.Err() == nil {
			s.complaints.warn(err, "cannot find partitions, trying again", "topic", s.topic)
		}
		s.member.joined(len(ids) > 0, err)
		for _, id := range ids {
			if !started[id] {
				started[id] = true
				s.workers.Go(func() { s.read(ctx, context.WithoutCancel(ctx), id, kafka.FirstOffset, func(int64) {}) })
			}
		}
		wait := s.sub.WatchInterval
		if len(started) == 0 {
			wait = unknownTopicPoll
		}
		pause(ctx, wait)
	}
}

// pause reports whether it lasted d.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// read delivers the records of one partition from offset on, one at a time, until revoked ends and the one in work has
// drained. It returns only then: a generation ends with the first of its functions that returns.
func (s *subscription) read(revoked, base context.Context, partition int, offset int64, acked func(next int64)) {
	cuts := newConnections()
	dialer, err := s.cfg.dialer(cuts)
	if err != nil { // NewSubscriber has already made one
		s.cfg.Log.Error("cannot read partition", "topic", s.topic, "partition", partition, "error", err)
		<-revoked.Done()
		return
	}
	r := kafka.NewReader(kafka.ReaderConfig{
		Brokers: s.cfg.Brokers, Topic: s.topic, Partition: partition, Dialer: dialer,
		MinBytes: 1, MaxBytes: maxFetchBytes, MaxWait: s.sub.MaxWait, QueueCapacity: queueCapacity,
		ReadBackoffMin: minReadBackoff, ReadBackoffMax: maxReadBackoff, ReadLagInterval: -1,
		ErrorLogger: kafka.LoggerFunc(func(f string, a ...any) { s.cfg.Log.Debug("kafka reader: " + fmt.Sprintf(f, a...)) }),
	})
	defer r.Close()
	defer cuts.cut() // else Close waits for the end of a poll
	if err := r.SetOffset(offset); err != nil {
		s.cfg.Log.Error("cannot read partition", "topic", s.topic, "partition", partition, "offset", offset, "error", err)
		<-revoked.Done()
		return
	}
	at := s.progress.follow(s.topic, partition, offset)
	defer s.progress.drop(s.topic, partition)
	for {
		km, err := r.FetchMessage(revoked)
		if err == nil {
			at.holds()
		}
		switch {
		case revoked.Err() != nil:
			return
		case err != nil:
			s.complaints.warn(s.cfg.explain(err, "read", "topic "+s.topic), "cannot read partition, trying again", "topic", s.topic, "partition", partition)
			pause(revoked, maxReadBackoff)
		case s.deliver(revoked, base, km):
			acked(km.Offset + 1)
			at.acked(km.Offset + 1)
		default:
			return
		}
	}
}

type outcome int

const (
	wasAcked outcome = iota
	wasNacked
	unfinished
)

// deliver reports whether the record was acked in the end.
func (s *subscription) deliver(revoked, base context.Context, km kafka.Message) bool {
	for sleep := s.sub.NackResendSleep; ; sleep = min(2*sleep, max(s.sub.NackResendMost, s.sub.NackResendSleep)) {
		switch s.attempt(revoked, base, km) {
		case wasAcked:
			return true
		case unfinished:
			return false
		}
		if !pause(revoked, sleep) {
			return false
		}
	}
}

// attempt hands over one message and waits for its end; a revoked one gets DrainTimeout for that.
func (s *subscription) attempt(revoked, base context.Context, km kafka.Message) outcome {
	m, cancel := incoming(base, km)
	defer cancel()
	select {
	case s.out <- m:
	case <-revoked.Done():
		return unfinished
	}
	select {
	case <-m.Acked(): // a quick handler is done before this goroutine runs again; to ask that alone is cheaper
		return wasAcked
	default:
	}
	select {
	case <-m.Acked():
		return wasAcked
	case <-m.Nacked():
		return wasNacked
	case <-revoked.Done():
	}
	drain := time.NewTimer(s.sub.DrainTimeout)
	defer drain.Stop()
	select {
	case <-m.Acked():
		return wasAcked
	case <-m.Nacked():
	case <-drain.C:
	}
	return unfinished
}
