package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// seedTimeout is generous: all of it happens in memory.
const seedTimeout = 30 * time.Second

// seed brings topics and rights to what cfg says, whatever an earlier run left.
func seed(cfg Config, dial func(context.Context, string, string) (net.Conn, error)) error {
	opts := []kgo.Opt{kgo.SeedBrokers("127.0.0.1:1"), kgo.Dialer(dial)}
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
	if err := seedTopics(ctx, cl, cfg.Topics); err != nil {
		return err
	}
	if !cfg.secured() {
		return nil
	}
	return seedACLs(ctx, cl, cfg.Users)
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
	var existing []Topic
	for _, t := range topics {
		n, ok := have[t.Name]
		if ok && n != t.Partitions {
			return fmt.Errorf("topic %s has %d partitions and %d are configured: keys would move between partitions and lose their order", t.Name, n, t.Partitions)
		}
		if ok {
			existing = append(existing, t)
			continue
		}
		req.Topics = append(req.Topics, newTopic(t))
	}
	if err := createTopics(ctx, cl, req); err != nil {
		return err
	}
	return alterTopics(ctx, cl, existing)
}

func newTopic(t Topic) kmsg.CreateTopicsRequestTopic {
	rt := kmsg.NewCreateTopicsRequestTopic()
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = t.Name, int32(t.Partitions), 1
	for k, v := range t.Configs {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = k, kmsg.StringPtr(v)
		rt.Configs = append(rt.Configs, c)
	}
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

func alterTopics(ctx context.Context, cl *kgo.Client, topics []Topic) error {
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	for _, t := range topics {
		if len(t.Configs) == 0 {
			continue
		}
		r := kmsg.NewIncrementalAlterConfigsRequestResource()
		r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeTopic, t.Name
		for k, v := range t.Configs {
			c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
			c.Name, c.Op, c.Value = k, kmsg.IncrementalAlterConfigOpSet, kmsg.StringPtr(v)
			r.Configs = append(r.Configs, c)
		}
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

// right is an ACL as Kafka stores it.
type right struct {
	principal string
	resource  kmsg.ACLResourceType
	name      string
	pattern   kmsg.ACLResourcePatternType
	operation kmsg.ACLOperation
}

func rights(users []User) ([]right, error) {
	resources := map[Resource]kmsg.ACLResourceType{OnTopic: kmsg.ACLResourceTypeTopic, OnGroup: kmsg.ACLResourceTypeGroup}
	operations := map[Operation]kmsg.ACLOperation{Read: kmsg.ACLOperationRead, Write: kmsg.ACLOperationWrite, Describe: kmsg.ACLOperationDescribe}
	var out []right
	for _, u := range users {
		for _, a := range u.ACLs {
			r := right{"User:" + u.Name, resources[a.Resource], a.Name, kmsg.ACLResourcePatternTypeLiteral, operations[a.Operation]}
			if a.Prefixed {
				r.pattern = kmsg.ACLResourcePatternTypePrefixed
			}
			if r.resource == 0 || r.operation == 0 || r.name == "" {
				return nil, fmt.Errorf("right of user %s names no known resource, operation or name: %+v", u.Name, a)
			}
			out = append(out, r)
		}
	}
	return out, nil
}

func seedACLs(ctx context.Context, cl *kgo.Client, users []User) error {
	want, err := rights(users)
	if err != nil {
		return err
	}
	have, err := describeACLs(ctx, cl)
	if err != nil {
		return err
	}
	drop := kmsg.NewPtrDeleteACLsRequest()
	for _, r := range have {
		if !slices.Contains(want, r) {
			drop.Filters = append(drop.Filters, filterOf(r))
		}
	}
	add := kmsg.NewPtrCreateACLsRequest()
	for _, r := range want {
		if !slices.Contains(have, r) {
			add.Creations = append(add.Creations, creationOf(r))
		}
	}
	if len(drop.Filters) > 0 {
		resp, err := drop.RequestWith(ctx, cl)
		if err != nil {
			return fmt.Errorf("remove rights: %w", err)
		}
		for _, r := range resp.Results {
			if err := answer(r.ErrorCode, r.ErrorMessage); err != nil {
				return fmt.Errorf("remove rights: %w", err)
			}
		}
	}
	if len(add.Creations) == 0 {
		return nil
	}
	resp, err := add.RequestWith(ctx, cl)
	if err != nil {
		return fmt.Errorf("grant rights: %w", err)
	}
	for i, r := range resp.Results {
		if err := answer(r.ErrorCode, r.ErrorMessage); err != nil {
			return fmt.Errorf("grant %s on %s: %w", add.Creations[i].Principal, add.Creations[i].ResourceName, err)
		}
	}
	return nil
}

func describeACLs(ctx context.Context, cl *kgo.Client) ([]right, error) {
	req := kmsg.NewPtrDescribeACLsRequest()
	req.ResourceType = kmsg.ACLResourceTypeAny
	req.ResourcePatternType = kmsg.ACLResourcePatternTypeAny
	req.Operation = kmsg.ACLOperationAny
	req.PermissionType = kmsg.ACLPermissionTypeAny
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return nil, fmt.Errorf("list rights: %w", err)
	}
	if err := answer(resp.ErrorCode, resp.ErrorMessage); err != nil {
		return nil, fmt.Errorf("list rights: %w", err)
	}
	var have []right
	for _, r := range resp.Resources {
		for _, a := range r.ACLs {
			have = append(have, right{a.Principal, r.ResourceType, r.ResourceName, r.ResourcePatternType, a.Operation})
		}
	}
	return have, nil
}

func filterOf(r right) kmsg.DeleteACLsRequestFilter {
	f := kmsg.NewDeleteACLsRequestFilter()
	f.ResourceType, f.ResourceName, f.ResourcePatternType = r.resource, kmsg.StringPtr(r.name), r.pattern
	f.Principal, f.Operation, f.PermissionType = kmsg.StringPtr(r.principal), r.operation, kmsg.ACLPermissionTypeAny
	return f
}

func creationOf(r right) kmsg.CreateACLsRequestCreation {
	c := kmsg.NewCreateACLsRequestCreation()
	c.ResourceType, c.ResourceName, c.ResourcePatternType = r.resource, r.name, r.pattern
	c.Principal, c.Host, c.Operation, c.PermissionType = r.principal, "*", r.operation, kmsg.ACLPermissionTypeAllow
	return c
}
