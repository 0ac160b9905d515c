package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// joinBackoff is the pause after a failed attempt to join.
const joinBackoff = 200 * time.Millisecond

// leaveTimeout bounds leaving a group, on top of draining, when the broker does not answer.
const leaveTimeout = 2 * time.Second

// grouping is how the group is entered. kafka-go's Reader with a GroupID is no alternative: after a rebalance it commits
// old messages under the new generation and so moves offsets of other members backwards.
func (s *subscription) grouping() (kafka.ConsumerGroupConfig, error) {
	dialer, err := s.cfg.dialer(s.cuts)
	if err != nil {
		return kafka.ConsumerGroupConfig{}, err
	}
	c := kafka.ConsumerGroupConfig{
		ID: s.sub.Group, Brokers: s.cfg.Brokers, Topics: []string{s.topic}, Dialer: dialer,
		HeartbeatInterval: s.sub.HeartbeatInterval, SessionTimeout: s.sub.SessionTimeout, RebalanceTimeout: s.sub.RebalanceTimeout,
		JoinGroupBackoff: joinBackoff, StartOffset: kafka.FirstOffset,
		WatchPartitionChanges: true, PartitionWatchInterval: s.sub.WatchInterval,
	}
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("join group %s for topic %s: %w", s.sub.Group, s.topic, err)
	}
	return c, nil
}

// takePart joins the group once its topic is there, since a member that joined before would have no partition until it
// looks again, and works in it until ctx ends.
func (s *subscription) takePart(ctx context.Context, c kafka.ConsumerGroupConfig) {
	if !s.awaitTopic(ctx) {
		return
	}
	group, err := kafka.NewConsumerGroup(c)
	if err != nil { // it was valid
		s.cfg.Log.Error("cannot join consumer group", "group", c.ID, "topic", s.topic, "error", err)
		<-ctx.Done()
		return
	}
	s.generations(ctx, group)
}

func (s *subscription) awaitTopic(ctx context.Context) bool {
	found := newPartitionCache(s.cfg)
	for ctx.Err() == nil {
		_, err := found.of(ctx, s.topic)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			err = s.cfg.explain(err, "read", "topic "+s.topic)
			s.member.joined(false, err)
			s.complaints.warn(err, "cannot find partitions, trying again", "topic", s.topic)
			pause(ctx, unknownTopicPoll)
		}
	}
	return false
}

// generations works through the assignments of the group until ctx ends, then leaves it.
func (s *subscription) generations(ctx context.Context, group *kafka.ConsumerGroup) {
	for ctx.Err() == nil {
		gen, err := group.Next(ctx)
		if err == nil {
			ended := s.work(ctx, gen)
			s.member.joined(true, nil)
			select {
			case <-ended:
			case <-ctx.Done():
			}
			s.member.joined(false, nil)
			if alive(ended) {
				s.leave(group, false)
				return
			}
			continue
		}
		if ctx.Err() == nil && !errors.Is(err, kafka.RebalanceInProgress) {
			err = s.cfg.explain(err, "read", fmt.Sprintf("topic %s as group %s", s.topic, s.sub.Group))
			s.member.joined(false, err)
			s.complaints.warn(err, "cannot join consumer group, trying again", "group", s.sub.Group, "topic", s.topic)
		}
	}
	s.leave(group, true)
}

func alive(ended <-chan struct{}) bool {
	select {
	case <-ended:
		return false
	default:
		return true
	}
}

// leave ends the current generation, which drains its partitions, and tells the broker that this member is gone. When
// the broker does not answer, the connections are cut and it finds out by the session timeout.
func (s *subscription) leave(group *kafka.ConsumerGroup, joining bool) {
	limit := time.AfterFunc(s.sub.DrainTimeout+leaveTimeout, s.cuts.cut)
	defer limit.Stop()
	if joining {
		s.finishJoin(group)
	}
	group.Close()
	s.workers.Wait()
}

// finishJoin waits until a join in progress has succeeded or failed. kafka-go forgets to leave the group when it is
// closed during SyncGroup, and the whole group then stands still for the rebalance timeout.
func (s *subscription) finishJoin(group *kafka.ConsumerGroup) {
	ctx, cancel := context.WithTimeout(context.Background(), s.sub.RebalanceTimeout)
	defer cancel()
	for {
		if _, err := group.Next(ctx); !errors.Is(err, kafka.RebalanceInProgress) {
			return
		}
	}
}

// work starts reading the partitions of a generation and committing what is acked. The returned channel is closed when
// the generation ends; the group joins the next one only after the last commit.
func (s *subscription) work(ctx context.Context, gen *kafka.Generation) <-chan struct{} {
	done := newOffsets(s.topic, gen)
	var partitions sync.WaitGroup
	for _, a := range gen.Assignments[s.topic] {
		partitions.Add(1)
		s.start(gen, func(revoked context.Context) {
			defer partitions.Done()
			s.read(revoked, context.WithoutCancel(ctx), a.ID, s.begin(a), func(next int64) { done.mark(a.ID, next) })
		})
	}
	ended := make(chan struct{})
	s.start(gen, func(revoked context.Context) {
		s.commitUntil(revoked, done)
		close(ended)
		partitions.Wait()
		s.commit(done)
	})
	return ended
}

// begin is where a partition is read from. A group that has committed nothing begins with what is there.
func (s *subscription) begin(a kafka.PartitionAssignment) int64 {
	if s.sub.From == nil || a.Offset < 0 {
		return a.Offset
	}
	return min(a.Offset, s.sub.From(s.topic, a.ID, a.Offset))
}

// start runs fn inside the generation. kafka-go does not wait for what it is given after the generation ended.
func (s *subscription) start(gen *kafka.Generation, fn func(revoked context.Context)) {
	s.workers.Add(1)
	gen.Start(func(revoked context.Context) {
		defer s.workers.Done()
		fn(revoked)
	})
}

// commitUntil commits what was acked, a while after the first since the last commit, until revoked ends. What cannot be
// committed is tried again ever more rarely: that the broker is gone is found out by heartbeats.
func (s *subscription) commitUntil(revoked context.Context, done *offsets) {
	wait := s.sub.CommitInterval
	for {
		select {
		case <-done.some:
		case <-revoked.Done():
			return
		}
		if !pause(revoked, wait) {
			return
		}
		if s.commit(done) {
			wait = s.sub.CommitInterval
		} else {
			wait = min(2*wait, max(s.sub.HeartbeatInterval, s.sub.CommitInterval))
		}
	}
}

func (s *subscription) commit(done *offsets) (ok bool) {
	err := done.commit()
	if err != nil {
		s.complaints.warn(err, "cannot commit offsets, the records since will come again if this lasts", "group", s.sub.Group, "topic", s.topic)
	}
	return err == nil
}
