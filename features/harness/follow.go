package harness

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/fetch"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

const (
	fetchWait  = 500 * time.Millisecond
	fetchBytes = 8 << 20
	// silence is how long a broker may leave a fetch unanswered, as a stopped one does, before it is asked anew.
	silence = 5 * time.Second
)

var errNotReached = errors.New("not reached yet")

type place struct {
	topic     string
	partition int
}

// follower reads all partitions of one broker, whose topics do not change, by one fetch at a time: so records of
// different topics come nearly in the order in which they were written.
type follower struct {
	Broker
	topics []string

	mu      sync.Mutex
	next    map[place]int64 // offset to be read next
	problem error           // why the broker is not being read; nil after a good fetch
	greeted bool
	client  *kafka.Client // of the present session; nil: there is none
}

func (b *follower) follow(ctx context.Context, t *Tap) {
	for ctx.Err() == nil {
		err := b.session(ctx, t)
		b.note(err)
		if ctx.Err() == nil && !pause(ctx, retryInterval) {
			return
		}
	}
}

func (b *follower) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problem = err
}

// reached is nil once the broker has been read.
func (b *follower) reached() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.greeted && b.problem == nil {
		return nil
	}
	return errors.Join(errNotReached, b.problem)
}

// met is whether the broker has answered a fetch.
func (b *follower) met() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.greeted
}

// session reads until the connection fails.
func (b *follower) session(ctx context.Context, t *Tap) error {
	address, err := b.Address()
	if err != nil {
		return err
	}
	transport, err := b.transport()
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	c := client(address.String(), transport)
	leaders, err := b.leaders(ctx, c)
	if err != nil {
		return err
	}
	b.reach(c)
	defer b.reach(nil)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var readers sync.WaitGroup
	for _, places := range leaders {
		readers.Go(func() {
			for ctx.Err() == nil {
				if err := b.fetch(ctx, t, transport, address.String(), places); err != nil {
					cancel(err)
				}
			}
		})
	}
	readers.Wait()
	return context.Cause(ctx)
}

// reach keeps how the broker is asked in this session.
func (b *follower) reach(c *kafka.Client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.client = c
}

// leaders groups all partitions by the node that leads them.
func (b *follower) leaders(ctx context.Context, c *kafka.Client) (map[int][]place, error) {
	answer, err := c.Metadata(ctx, &kafka.MetadataRequest{Topics: b.topics})
	if err != nil {
		return nil, fmt.Errorf("list the topics of %s: %w", b.Name, err)
	}
	leaders := map[int][]place{}
	for _, topic := range answer.Topics {
		if topic.Error != nil {
			return nil, fmt.Errorf("find topic %s: %w", topic.Name, topic.Error)
		}
		for _, p := range topic.Partitions {
			at := place{topic.Name, p.ID}
			leaders[p.Leader.ID] = append(leaders[p.Leader.ID], at)
			b.from(at)
		}
	}
	return leaders, nil
}

// from is the offset to be read next.
func (b *follower) from(at place) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.next[at]; !ok {
		b.next[at] = 0
	}
	return b.next[at]
}

func (b *follower) fetch(ctx context.Context, t *Tap, transport *kafka.Transport, address string, places []place) error {
	ctx, cancel := context.WithTimeout(ctx, fetchWait+silence)
	defer cancel()
	answer, err := transport.RoundTrip(ctx, kafka.TCP(address), b.request(places))
	if err != nil {
		return fmt.Errorf("read from the broker of %s: %w", b.Name, err)
	}
	fetched, ok := answer.(*fetch.Response)
	if !ok {
		return fmt.Errorf("read from the broker of %s: it answered with %T", b.Name, answer)
	}
	if fetched.ErrorCode != 0 {
		return fmt.Errorf("read from the broker of %s: %w", b.Name, kafka.Error(fetched.ErrorCode))
	}
	for _, topic := range fetched.Topics {
		for _, partition := range topic.Partitions {
			if err := b.take(t, place{topic.Topic, int(partition.Partition)}, partition); err != nil {
				return err
			}
		}
	}
	b.mu.Lock()
	b.greeted, b.problem = true, nil
	b.mu.Unlock()
	return nil
}

func (b *follower) request(places []place) *fetch.Request {
	wait := fetchWait
	if !b.met() {
		wait = 0 // the first answer tells that the broker is being read
	}
	r := &fetch.Request{ReplicaID: -1, MaxWaitTime: int32(wait.Milliseconds()), MinBytes: 1, MaxBytes: fetchBytes, SessionEpoch: -1}
	byTopic := map[string][]fetch.RequestPartition{}
	for _, at := range places {
		byTopic[at.topic] = append(byTopic[at.topic], fetch.RequestPartition{Partition: int32(at.partition),
			CurrentLeaderEpoch: -1, LogStartOffset: -1, FetchOffset: b.from(at), PartitionMaxBytes: fetchBytes})
	}
	for _, topic := range slices.Sorted(maps.Keys(byTopic)) {
		r.Topics = append(r.Topics, fetch.RequestTopic{Topic: topic, Partitions: byTopic[topic]})
	}
	return r
}

func (b *follower) take(t *Tap, at place, p fetch.ResponsePartition) error {
	if p.ErrorCode != 0 {
		return fmt.Errorf("read %s/%d of %s: %w", at.topic, at.partition, b.Name, kafka.Error(p.ErrorCode))
	}
	if p.RecordSet.Records == nil {
		return nil
	}
	taken := false
	for {
		r, err := p.RecordSet.Records.ReadRecord()
		if endOf(err) || (err != nil && taken) { // the end of a fetch may cut a record; the next one brings it whole
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s/%d of %s: %w", at.topic, at.partition, b.Name, err)
		}
		// a batch may begin before the offset asked for
		if r.Offset < b.from(at) {
			continue
		}
		if err := b.record(t, at, r); err != nil {
			t.broke(err)
			return err
		}
		taken = true
	}
}

func (b *follower) record(t *Tap, at place, r *kafka.Record) error {
	if missed := r.Offset - b.from(at); missed > 0 {
		t.broke(fmt.Errorf("%d records of %s/%d of %s were not there to be read", missed, at.topic, at.partition, b.Name))
	}
	key, err := kafka.ReadAll(r.Key)
	if err != nil {
		return fmt.Errorf("read a record's key: %w", err)
	}
	value, err := kafka.ReadAll(r.Value)
	if err != nil {
		return fmt.Errorf("read a record's value: %w", err)
	}
	s := Seen{Broker: b.Name, Partition: at.partition, Offset: r.Offset, Time: r.Time,
		Record: envelope.Record{Topic: at.topic, Key: key, Value: value}}
	for _, h := range r.Headers {
		s.Record.Headers = append(s.Record.Headers, envelope.Header{Key: h.Key, Value: slices.Clone(h.Value)})
	}
	if err := t.add(s); err != nil {
		return err
	}
	b.mu.Lock()
	b.next[at] = r.Offset + 1
	b.mu.Unlock()
	return nil
}

// ends asks the broker where its partitions end now, as soon as it is being read.
func (b *follower) ends(ctx context.Context) (map[place]int64, error) {
	for {
		ends, err := b.ask(ctx)
		if err == nil || !pause(ctx, retryInterval) {
			return ends, err
		}
	}
}

func (b *follower) ask(ctx context.Context) (map[place]int64, error) {
	request := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{}}
	b.mu.Lock()
	c, problem := b.client, b.problem
	for at := range b.next {
		request.Topics[at.topic] = append(request.Topics[at.topic], kafka.LastOffsetOf(at.partition))
	}
	b.mu.Unlock()
	if c == nil {
		return nil, errors.Join(errNotReached, problem)
	}
	answer, err := c.ListOffsets(ctx, request)
	if err != nil {
		return nil, err
	}
	ends := map[place]int64{}
	for topic, partitions := range answer.Topics {
		for _, p := range partitions {
			if p.Error != nil {
				return nil, fmt.Errorf("find the end of %s/%d: %w", topic, p.Partition, p.Error)
			}
			ends[place{topic, p.Partition}] = p.LastOffset
		}
	}
	return ends, nil
}

// behind names a partition of which not all has been read up to its end; "" if there is none.
func (b *follower) behind(ends map[place]int64) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for at, end := range ends {
		if b.next[at] < end {
			return fmt.Sprintf("%s/%d, read up to %d of %d (%v)", at.topic, at.partition, b.next[at], end, b.problem)
		}
	}
	return ""
}
