package run

import (
	"context"
	"time"

	"github.com/fairway-tre/fairway/services/platform/store"
)

const (
	// topicRetention is how long brokers keep internal topics: Kafka's default. Where a topic keeps more, an older event
	// that comes again is refused as stale instead of passed over: it takes effect no second time either.
	topicRetention = 7 * 24 * time.Hour
	// A mark of an internal event stays 30 days longer than its event can come again.
	keepMarks = topicRetention + 30*24*time.Hour
	// A refused record can be replayed as long as this.
	keepQuarantined = 90 * 24 * time.Hour

	pruneEvery = 24 * time.Hour
	// The timer's name and subject are stored: never rename them.
	pruneTimer, pruneSubject = "platform/prune", "store"
)

// prune registers the durable timer that keeps the store from growing for ever, and starts it on first use.
func (s *Service) prune(ctx context.Context) error {
	rules := store.Retention{Site: s.env.Site, Internal: keepMarks, Quarantined: keepQuarantined}
	HandleTimer(s, pruneTimer, func(tx *Tx, subject string, _ struct{}) error {
		gone, err := tx.Prune(rules)
		if err != nil {
			return err
		}
		tx.After(func() { s.env.Log.Info("store pruned", "marks", gone.Marks, "quarantined", gone.Quarantined) })
		return tx.Alarm(pruneTimer, subject, tx.Now().Add(pruneEvery), struct{}{})
	})
	return s.store.Update(ctx, func(tx *store.Tx) error {
		return tx.StartTimer(store.Timer{Name: pruneTimer, Subject: pruneSubject, Due: tx.Now().Add(pruneEvery), Data: []byte("{}")})
	})
}
