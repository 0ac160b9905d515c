package run

import (
	"context"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/quota"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// nobody is the source of every record of which nobody entitled says that it is theirs: all of them share one quota, so
// that nobody uses up another's by its name.
const nobody = ""

// siteOf is the site that a source is of: a source here, whoever of its services signs.
func siteOf(source string) string {
	site, _, _ := topics.ParseSource(source)
	return site
}

// TakeTurns holds each site that writes to a topic, read over a link, to a rate. weight is how much of it a record of a type takes,
// the empty type being that of records that nobody vouches for; at most the burst. What a site says beyond it is left
// where it lies, on the broker, and taken from there in its order as the rate allows; what others say is taken meanwhile.
// Nothing is refused for its number, and nothing is lost but what waits longer than the broker keeps it.
func (s *Service) TakeTurns(topic string, r quota.Rate, weight func(kind string) int) {
	s.turns[topic] = &turns{s: s, topic: topic, rate: quota.NewBuckets(r), weight: weight,
		lock: make(chan struct{}, 1), behind: map[lane]*backlog{}, begun: NewKick()}
}

// turns are those of the sources of one topic.
type turns struct {
	s      *Service
	topic  string
	rate   *quota.Buckets
	weight func(kind string) int

	lock   chan struct{} // a channel, because it is held while the store writes
	known  bool          // what was kept earlier is in behind
	behind map[lane]*backlog
	begun  Kick // wakes catchUp
}

// lane is one source, a site or nobody, in one partition.
type lane struct {
	source    string
	partition int
}

// backlog is what a source that is behind has on the broker in one partition. The service keeps it, so that the source is
// behind also after a restart.
type backlog struct {
	Topic, Source string
	Partition     int
	From          int64 // offset from which it is read

	left    int64 // how many records were left for it
	read    int64 // how many were read
	reading bool
}

const backlogs store.Kind[backlog] = "behind" // by topic, partition and source

func (b *backlog) id() string { return fmt.Sprintf("%s %d %s", b.Topic, b.Partition, b.Source) }

// turn says whether a record is taken now; if not, it is taken elsewhere. source is the site that its signature proves,
// nobody where it proves none; kind its type, empty where it cannot be taken.
type turn func(ctx context.Context, in incoming, source, kind string) (now bool, err error)

// inOrder is the turn of a record that the topic's reader has come to: now, or its source is behind.
func (t *turns) inOrder(ctx context.Context, in incoming, source, kind string) (now bool, err error) {
	err = t.alone(ctx, func() error {
		l := lane{source, in.at.Partition}
		b := t.behind[l]
		if b == nil && t.rate.Take(source, t.s.env.Clock.Now(), t.weight(kind)) == 0 {
			now = true
			return nil
		}
		if b == nil {
			b = &backlog{Topic: t.topic, Source: source, Partition: l.partition, From: in.at.Offset}
			if err := t.keep(ctx, *b); err != nil {
				return err
			}
			t.behind[l] = b
			t.s.env.Log.Warn("a source says more than its quota: the rest waits on the broker", "topic", t.topic, "source", source)
			t.begun.Now()
		}
		b.left++
		return nil
	})
	return now, err
}

// alone runs fn while nobody else looks at the backlogs, all of which are known then.
func (t *turns) alone(ctx context.Context, fn func() error) error {
	t.lock <- struct{}{}
	defer func() { <-t.lock }()
	if !t.known {
		if err := t.s.store.View(ctx, t.learn); err != nil {
			return fmt.Errorf("learn who is behind in %s: %w", t.topic, err)
		}
		t.known = true
	}
	return fn()
}

// learn adds the backlogs that an earlier or another process of the service began.
func (t *turns) learn(tx *store.Tx) error {
	return backlogs.Each(tx, func(_ string, b backlog) error {
		l := lane{b.Source, b.Partition}
		if t.behind[l] == nil && b.Topic == t.topic {
			t.behind[l] = &b
			t.begun.Now()
		}
		return nil
	})
}

// keep makes last from where a source waits.
func (t *turns) keep(ctx context.Context, b backlog) error {
	return t.s.store.Update(ctx, func(tx *store.Tx) error { return backlogs.Put(tx, b.id(), b) })
}
