package broker

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

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

// seedACLs removes the rights that users no longer have and grants the missing ones.
func seedACLs(ctx context.Context, cl *kgo.Client, users []User) error {
	want, err := rights(users)
	if err != nil {
		return err
	}
	have, err := describeACLs(ctx, cl)
	if err != nil {
		return err
	}
	if err := revoke(ctx, cl, without(have, want)); err != nil {
		return err
	}
	return grant(ctx, cl, without(want, have))
}

func without(all, some []right) []right {
	return slices.DeleteFunc(slices.Clone(all), func(r right) bool { return slices.Contains(some, r) })
}

func revoke(ctx context.Context, cl *kgo.Client, gone []right) error {
	if len(gone) == 0 {
		return nil
	}
	req := kmsg.NewPtrDeleteACLsRequest()
	for _, r := range gone {
		req.Filters = append(req.Filters, filterOf(r))
	}
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return fmt.Errorf("revoke rights: %w", err)
	}
	for i, r := range resp.Results {
		if err := answer(r.ErrorCode, r.ErrorMessage); err != nil {
			return fmt.Errorf("revoke right of %s on %s: %w", gone[i].principal, gone[i].name, err)
		}
	}
	return nil
}

func grant(ctx context.Context, cl *kgo.Client, missing []right) error {
	if len(missing) == 0 {
		return nil
	}
	req := kmsg.NewPtrCreateACLsRequest()
	for _, r := range missing {
		req.Creations = append(req.Creations, creationOf(r))
	}
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return fmt.Errorf("grant rights: %w", err)
	}
	for i, r := range resp.Results {
		if err := answer(r.ErrorCode, r.ErrorMessage); err != nil {
			return fmt.Errorf("grant %s a right on %s: %w", missing[i].principal, missing[i].name, err)
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
