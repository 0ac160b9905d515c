package run

import (
	"context"
	"sync"

	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// A broker that is not the site's own is not set back together with the database: what the service has acknowledged there,
// an older copy of the database does not know, and nobody says it again. So the database notes how far it has read, and a
// reader begins there. What is read twice has no effect.

// acknowledged is how far each partition was read by what the broker remembers.
type acknowledged struct {
	mu   sync.Mutex
	upTo map[bus.Position]int64 // by topic and partition
}

// from is where to begin with a topic; nil for one of the site's own broker.
func (s *Service) from(ctx context.Context, link string) func(topic string, partition int, next int64) int64 {
	if link == "" {
		return nil
	}
	return func(topic string, partition int, next int64) (known int64) {
		err := s.store.View(ctx, func(tx *store.Tx) (err error) { known, err = tx.ReadUpTo(topic, partition); return err })
		if err != nil {
			s.env.Log.Warn("a topic is read from its beginning: where the database stands in it cannot be told", "topic", topic, "partition", partition, "error", err.Error())
			return 0
		}
		s.acknowledged.mu.Lock()
		defer s.acknowledged.mu.Unlock()
		s.acknowledged.upTo[bus.Position{Topic: topic, Partition: partition}] = next
		return known
	}
}

// read marks a record as read together with what came of it.
func (tx *Tx) read(in incoming) error {
	if !in.next {
		return nil
	}
	tx.After(func() { tx.s.toldAgain(in) })
	return tx.MarkRead(in.record.Topic, in.at.Partition, in.at.Offset+1)
}

// readInVain is read for a record of which nothing came.
func (s *Service) readInVain(ctx context.Context, in incoming) error {
	if !in.next {
		return nil
	}
	return s.store.Update(ctx, func(tx *store.Tx) error { return tx.MarkRead(in.record.Topic, in.at.Partition, in.at.Offset+1) })
}

// toldAgain says, once for each partition, that something was acknowledged before and was not known here.
func (s *Service) toldAgain(in incoming) {
	s.acknowledged.mu.Lock()
	defer s.acknowledged.mu.Unlock()
	at := bus.Position{Topic: in.record.Topic, Partition: in.at.Partition}
	if upTo := s.acknowledged.upTo[at]; in.at.Offset < upTo {
		delete(s.acknowledged.upTo, at)
		s.env.Log.Warn("the database is older than what it had acknowledged: a backup was restored; what other sites said since is read again, what this one said since is not said again",
			"topic", in.record.Topic, "partition", in.at.Partition, "from", in.at.Offset, "to", upTo)
	}
}
