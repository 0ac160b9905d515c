package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Topic is a topic that is to exist. Replicas 0 is the broker's default; Configs are Kafka's topic configurations and
// only apply to a topic that is created.
type Topic struct {
	Name       string
	Partitions int
	Replicas   int
	Configs    map[string]string
}

// Admin sets up topics. Safe for concurrent use.
type Admin struct {
	cfg    Config
	client *kafka.Client
}

// NewAdmin does not connect; the first request does.
func NewAdmin(cfg Config) (*Admin, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	return &Admin{cfg, cfg.client()}, nil
}

// Close ends the idle connections.
func (a *Admin) Close() error {
	a.cfg.wire.CloseIdleConnections()
	return nil
}

// EnsureTopics creates the topics that are missing. It fails for an existing topic with another number of partitions,
// because its keys would lose their order. Temporary failures are retried until Config.Timeout.
func (a *Admin) EnsureTopics(ctx context.Context, topics []Topic) error {
	if len(topics) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, a.cfg.Timeout)
	defer cancel()
	req := &kafka.CreateTopicsRequest{}
	for _, t := range topics {
		req.Topics = append(req.Topics, topicConfig(t))
	}
	// a broker restart leaves dead connections in the pool: each answers one request with an error
	var existing []Topic
	err := a.cfg.retry(ctx, func() (err error) {
		existing, err = a.create(ctx, req, topics)
		return err
	})
	if err != nil {
		return fmt.Errorf("create topics: %w", a.cfg.explain(err, "create", "topics"))
	}
	for _, t := range existing {
		if err := a.checkPartitions(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func topicConfig(t Topic) kafka.TopicConfig {
	tc := kafka.TopicConfig{Topic: t.Name, NumPartitions: t.Partitions, ReplicationFactor: t.Replicas}
	if t.Replicas == 0 {
		tc.ReplicationFactor = -1
	}
	for k, v := range t.Configs {
		tc.ConfigEntries = append(tc.ConfigEntries, kafka.ConfigEntry{ConfigName: k, ConfigValue: v})
	}
	return tc
}

// create returns the topics that were there before.
func (a *Admin) create(ctx context.Context, req *kafka.CreateTopicsRequest, topics []Topic) (existing []Topic, err error) {
	resp, err := a.client.CreateTopics(ctx, req)
	if err != nil {
		return nil, err
	}
	for _, t := range topics {
		switch e := resp.Errors[t.Name]; {
		case errors.Is(e, kafka.TopicAlreadyExists):
			existing = append(existing, t)
		case e != nil:
			return nil, fmt.Errorf("topic %s: %w", t.Name, e)
		}
	}
	return existing, nil
}

func (a *Admin) checkPartitions(ctx context.Context, t Topic) error {
	var ids []int
	err := a.cfg.retry(ctx, func() (err error) {
		ids, err = newPartitionCache(a.cfg).of(ctx, t.Name)
		return err
	})
	if err != nil {
		return fmt.Errorf("check topic: %w", a.cfg.explain(err, "describe", "topic "+t.Name))
	}
	if len(ids) != t.Partitions {
		return fmt.Errorf("topic %s has %d partitions and %d are wanted: keys would move between partitions and lose their order", t.Name, len(ids), t.Partitions)
	}
	return nil
}
