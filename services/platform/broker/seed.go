package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// seedTimeout is generous: all of it happens in memory.
const seedTimeout = 30 * time.Second

// seed brings topics and rights to what cfg says, whatever an earlier run left, and forgets what is too old.
func (b *Broker) seed(cfg Config) error {
	return b.inside(cfg, func(ctx context.Context, cl *kgo.Client) error {
		if err := seedTopics(ctx, cl, cfg.Topics); err != nil {
			return err
		}
		if err := b.forget(ctx, cl, cfg.Topics); err != nil {
			return err
		}
		if !cfg.secured() {
			return nil
		}
		return seedACLs(ctx, cl, cfg.Users)
	})
}

// inside does something as the superuser, by a connection through memory.
func (b *Broker) inside(cfg Config, do func(context.Context, *kgo.Client) error) error {
	opts := []kgo.Opt{kgo.SeedBrokers("127.0.0.1:1"), kgo.Dialer(b.gate.dial)}
	if cfg.secured() {
		auth := scram.Auth{User: cfg.Superuser, Pass: cfg.SuperPassword}
		opts = append(opts, kgo.SASL(auth.AsSha512Mechanism()))
	}
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		return err
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), seedTimeout)
	defer cancel()
	return do(ctx, cl)
}

func seedTopics(ctx context.Context, cl *kgo.Client, topics []Topic) error {
	if len(topics) == 0 {
		return nil
	}
	have, err := partitionCounts(ctx, cl)
	if err != nil {
		return err
	}
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis = int32(seedTimeout.Milliseconds())
	var existing []string
	for _, t := range topics {
		n, ok := have[t.Name]
		if ok && n != t.Partitions {
			return fmt.Errorf("topic %s has %d partitions and %d are configured: keys would move between partitions and lose their order", t.Name, n, t.Partitions)
		}
		if ok {
			existing = append(existing, t.Name)
			continue
		}
		req.Topics = append(req.Topics, newTopic(t))
	}
	if err := createTopics(ctx, cl, req); err != nil {
		return err
	}
	return keepAll(ctx, cl, existing)
}

// keeping is the configuration of every topic: the broker itself removes nothing, see forget.
func keeping() (name string, value *string) { return "retention.ms", kmsg.StringPtr("-1") }

func newTopic(t Topic) kmsg.CreateTopicsRequestTopic {
	rt := kmsg.NewCreateTopicsRequestTopic()
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = t.Name, int32(t.Partitions), 1
	c := kmsg.NewCreateTopicsRequestTopicConfig()
	c.Name, c.Value = keeping()
	rt.Configs = append(rt.Configs, c)
	return rt
}

func partitionCounts(ctx context.Context, cl *kgo.Client) (map[string]int, error) {
	resp, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, cl)
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	have := map[string]int{}
	for _, t := range resp.Topics {
		if t.Topic != nil && t.ErrorCode == 0 {
			have[*t.Topic] = len(t.Partitions)
		}
	}
	return have, nil
}

func createTopics(ctx context.Context, cl *kgo.Client, req *kmsg.CreateTopicsRequest) error {
	if len(req.Topics) == 0 {
		return nil
	}
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	for _, t := range resp.Topics {
		if err := answer(t.ErrorCode, t.ErrorMessage); err != nil {
			return fmt.Errorf("create topic %s: %w", t.Topic, err)
		}
	}
	return nil
}

func keepAll(ctx context.Context, cl *kgo.Client, topics []string) error {
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	for _, t := range topics {
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Op = kmsg.IncrementalAlterConfigOpSet
		c.Name, c.Value = keeping()
		r := kmsg.NewIncrementalAlterConfigsRequestResource()
		r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeTopic, t
		r.Configs = append(r.Configs, c)
		req.Resources = append(req.Resources, r)
	}
	if len(req.Resources) == 0 {
		return nil
	}
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return fmt.Errorf("configure topics: %w", err)
	}
	for _, r := range resp.Resources {
		if err := answer(r.ErrorCode, r.ErrorMessage); err != nil {
			return fmt.Errorf("configure topic %s: %w", r.ResourceName, err)
		}
	}
	return nil
}

// answer turns Kafka's code and message into an error, nil for code 0.
func answer(code int16, message *string) error {
	err := kerr.ErrorForCode(code)
	if err == nil || message == nil || *message == "" {
		return err
	}
	return errors.Join(err, errors.New(*message))
}
