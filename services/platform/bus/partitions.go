package bus

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
)

// partitionTTL is how long a topic's partitions are remembered.
const partitionTTL = 5 * time.Second

// partitionCache knows the partitions of topics. Safe for concurrent use.
type partitionCache struct {
	client *kafka.Client
	wire   *wire
	next   atomic.Uint32

	mu     sync.Mutex
	topics map[string]partitionSet
}

type partitionSet struct {
	ids   []int
	until time.Time
}

func newPartitionCache(c Config) *partitionCache {
	return &partitionCache{client: c.client(), wire: c.wire, topics: map[string]partitionSet{}}
}

func (p *partitionCache) of(ctx context.Context, topic string) ([]int, error) {
	p.mu.Lock()
	set, ok := p.topics[topic]
	p.mu.Unlock()
	if ok && time.Now().Before(set.until) {
		return set.ids, nil
	}
	ids, err := p.ask(ctx, topic)
	if err != nil {
		p.wire.renew()
		return nil, err
	}
	p.mu.Lock()
	p.topics[topic] = partitionSet{ids, time.Now().Add(partitionTTL)}
	p.mu.Unlock()
	return ids, nil
}

func (p *partitionCache) ask(ctx context.Context, topic string) ([]int, error) {
	md, err := p.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, err
	}
	for _, t := range md.Topics {
		if t.Name != topic || len(t.Partitions) == 0 && t.Error == nil {
			continue
		}
		if t.Error != nil {
			return nil, t.Error
		}
		ids := make([]int, len(t.Partitions))
		for i, part := range t.Partitions {
			ids[i] = part.ID
		}
		// the hash of a key counts along this list, so every client must have it in the same order
		slices.Sort(ids)
		return ids, nil
	}
	return nil, kafka.UnknownTopicOrPartition
}

// choose returns the partition of a key; an empty key is a key. Records without one take turns.
func (p *partitionCache) choose(key []byte, ids []int) int {
	if key == nil {
		return ids[int(p.next.Add(1)%uint32(len(ids)))]
	}
	return kafka.Murmur2Balancer{}.Balance(kafka.Message{Key: key}, ids...)
}
