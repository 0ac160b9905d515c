package bus

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/segmentio/kafka-go"
)

// SubscriberConfig says who shares the work and how fast members of a group notice each other. Zero values are the
// defaults named at each field.
type SubscriberConfig struct {
	// Group shares the partitions of a topic among its members and remembers how far it got. Give each handler its own
	// and never rename it. Empty: every Subscribe reads every partition from its beginning and remembers nothing.
	Group string
	// From returns where to begin with a partition of a topic at which the group has come to next: there, or earlier where
	// the one who reads knows that what it did since is lost. Nil: at next.
	From func(topic string, partition int, next int64) int64
	// NackResendSleep is the pause of a partition after a nack; 100 ms. It doubles with each further nack of the same record,
	// up to NackResendMost; 5 s.
	NackResendSleep, NackResendMost time.Duration
	// CommitInterval is how often acknowledged offsets are committed; 100 ms. A crash repeats at most that much.
	CommitInterval time.Duration
	// DrainTimeout is what a handler gets to finish its message when its partition is taken away or the subscriber
	// closes; 1 s. No heartbeats are sent meanwhile, so it must be below SessionTimeout.
	DrainTimeout time.Duration
	// SessionTimeout is the silence after which a member counts as dead; 3 s. Brokers have a minimum (Apache Kafka: 6 s,
	// group.min.session.timeout.ms).
	SessionTimeout time.Duration
	// HeartbeatInterval is also how soon a member hears of a rebalance; 1 s.
	HeartbeatInterval time.Duration
	// RebalanceTimeout is how long a rebalance waits for members to join again; 3 s. It must be above DrainTimeout.
	RebalanceTimeout time.Duration
	// MaxWait is the length of a poll without records; 5 s. It delays neither records nor closing.
	MaxWait time.Duration
	// WatchInterval is how often a topic is asked for new partitions; 30 s.
	WatchInterval time.Duration
	// StuckAfter is how long one record may be with its handler, or lie before it, until Ready calls that a standstill;
	// 30 s.
	StuckAfter time.Duration
	// InitPartitions is the number of partitions of a topic that SubscribeInitialize creates; 1.
	InitPartitions int
}

func (c SubscriberConfig) check() (SubscriberConfig, error) {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.NackResendSleep, 100 * time.Millisecond}, {&c.NackResendMost, 5 * time.Second}, {&c.CommitInterval, 100 * time.Millisecond}, {&c.DrainTimeout, time.Second},
		{&c.SessionTimeout, 3 * time.Second}, {&c.HeartbeatInterval, time.Second}, {&c.RebalanceTimeout, 3 * time.Second},
		{&c.MaxWait, 5 * time.Second}, {&c.WatchInterval, 30 * time.Second}, {&c.StuckAfter, 30 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if c.InitPartitions <= 0 {
		c.InitPartitions = 1
	}
	switch {
	case c.DrainTimeout >= c.SessionTimeout:
		return c, fmt.Errorf("bus: drain timeout %v must be below the session timeout %v: a draining member sends no heartbeats", c.DrainTimeout, c.SessionTimeout)
	case c.DrainTimeout >= c.RebalanceTimeout:
		return c, fmt.Errorf("bus: drain timeout %v must be below the rebalance timeout %v: members join again only once they have drained", c.DrainTimeout, c.RebalanceTimeout)
	case c.HeartbeatInterval >= c.SessionTimeout:
		return c, fmt.Errorf("bus: heartbeat interval %v must be below the session timeout %v", c.HeartbeatInterval, c.SessionTimeout)
	}
	return c, nil
}

// calmed gives the intervals of idleness that nobody set the length of Config.Calm, if there is one.
func (c SubscriberConfig) calmed(calm time.Duration) SubscriberConfig {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&c.SessionTimeout, 3 * calm}, {&c.HeartbeatInterval, calm}, {&c.MaxWait, calm}, {&c.WatchInterval, calm}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return c
}

// Subscriber delivers the records of a topic as messages: one at a time per partition, in order, each until it is
// acked. A nacked message is delivered again after NackResendSleep, ever more rarely, so a handler that nacks pauses its partition. A
// message may be delivered more than once. Safe for concurrent use.
type Subscriber struct {
	cfg      Config
	sub      SubscriberConfig
	client   *kafka.Client
	progress *progress
	closing  chan struct{}

	mu     sync.Mutex
	closed bool
	subs   sync.WaitGroup
	open   map[*subscription]bool
}

var (
	_ message.Subscriber           = (*Subscriber)(nil)
	_ message.SubscribeInitializer = (*Subscriber)(nil)
)

// NewSubscriber does not connect; Subscribe does, and keeps trying.
func NewSubscriber(cfg Config, sub SubscriberConfig) (*Subscriber, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	if sub, err = sub.calmed(cfg.Calm).check(); err != nil {
		return nil, err
	}
	return &Subscriber{cfg: cfg, sub: sub, client: cfg.client(), progress: newProgress(), closing: make(chan struct{}),
		open: map[*subscription]bool{}}, nil
}

// SubscribeInitialize creates the topic when it is missing.
func (s *Subscriber) SubscribeInitialize(topic string) error {
	a := &Admin{s.cfg, s.client}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timeout)
	defer cancel()
	_, err := newPartitionCache(s.cfg).of(ctx, topic)
	if err == nil {
		return nil
	}
	return a.EnsureTopics(ctx, []Topic{{Name: topic, Partitions: s.sub.InitPartitions}})
}

// Subscribe returns at once; messages come when the broker, the topic and the right are there, and until then the log
// says what is missing. The channel is closed after ctx ends or Close is called, once handlers have drained.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("subscribe to %s: %w", topic, ErrClosed)
	}
	ctx, cancel := context.WithCancel(ctx)
	sub := &subscription{Subscriber: s, topic: topic, out: make(chan *message.Message), cuts: newConnections(), complaints: complaints{log: s.cfg.Log}}
	run := sub.readAll
	if s.sub.Group != "" {
		group, err := sub.grouping()
		if err != nil {
			cancel()
			return nil, err
		}
		run = func(ctx context.Context) { sub.takePart(ctx, group) }
	}
	s.open[sub] = true
	s.subs.Add(2)
	go func() {
		defer s.subs.Done()
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	go func() {
		defer s.subs.Done()
		defer close(sub.out)
		defer s.forget(sub)
		defer cancel()
		run(ctx)
	}()
	return sub.out, nil
}

func (s *Subscriber) forget(sub *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, sub)
}

// Close ends all subscriptions, commits what was acked, leaves the groups and waits for that: normally no longer than
// DrainTimeout, at most two seconds more when the broker no longer answers. It may be called more than once.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	s.subs.Wait()
	s.cfg.wire.CloseIdleConnections()
	return nil
}

// subscription is one call of Subscribe.
type subscription struct {
	*Subscriber
	topic string
	out   chan *message.Message
	// cuts holds the connections of group membership; each partition has its own.
	cuts       *connections
	complaints complaints
	member     membership
	workers    sync.WaitGroup
}
