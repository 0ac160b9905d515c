package bus

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"errors"
	"fmt"
	"slices"

	"github.com/segmentio/kafka-go"

	"github.com/fairway-tre/fairway/contracts/topics"
)

// User is a name and password on a broker.
type User struct{ Name, Password string }

const (
	// iterations of SCRAM: the number of RFC 7677 section 4, and the only one that the embedded broker announces.
	iterations = 4096
	saltSize   = 16
	anyHost    = "*"
)

// EnsureUsers gives each user its password by SCRAM-SHA-512. Connections that are open stay so. A broker may refuse the
// user for a moment longer. Needs the superuser.
func (a *Admin) EnsureUsers(ctx context.Context, users []User) error {
	req := &kafka.AlterUserScramCredentialsRequest{}
	for _, u := range users {
		salted, salt, err := salted(u.Password)
		if err != nil {
			return fmt.Errorf("set the password of %s: %w", u.Name, err)
		}
		req.Upsertions = append(req.Upsertions, kafka.UserScramCredentialsUpsertion{Name: u.Name,
			Mechanism: kafka.ScramMechanismSha512, Iterations: iterations, Salt: salt, SaltedPassword: salted})
	}
	err := a.request(ctx, func(ctx context.Context) error {
		resp, err := a.client.AlterUserScramCredentials(ctx, req)
		if err != nil {
			return err
		}
		for _, r := range resp.Results {
			if r.Error != nil {
				return fmt.Errorf("user %s: %w", r.User, r.Error)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("set passwords: %w", a.cfg.explain(err, "alter", "users"))
	}
	return nil
}

// salted is SaltedPassword of RFC 5802 section 3, with SHA-512.
func salted(password string) (salted, salt []byte, err error) {
	salt = make([]byte, saltSize)
	rand.Read(salt) // never fails
	salted, err = pbkdf2.Key(sha512.New, password, salt, iterations, sha512.Size)
	return salted, salt, err
}

// EnsureRights grants what is listed, and takes away every other right on the same topics and of the same principals.
// Needs the superuser.
func (a *Admin) EnsureRights(ctx context.Context, grants []topics.Grant) error {
	var want []kafka.ACLEntry
	for _, g := range grants {
		want = append(want, entryOf(g))
	}
	err := a.request(ctx, func(ctx context.Context) error {
		resp, err := a.client.CreateACLs(ctx, &kafka.CreateACLsRequest{ACLs: want})
		if err != nil {
			return err
		}
		return errors.Join(resp.Errors...)
	})
	if err == nil {
		err = a.request(ctx, func(ctx context.Context) error { return a.dropOthers(ctx, want) })
	}
	if err != nil {
		return fmt.Errorf("set rights: %w", a.cfg.explain(err, "alter", "rights"))
	}
	return nil
}

func entryOf(g topics.Grant) kafka.ACLEntry {
	operations := map[string]kafka.ACLOperationType{topics.Read: kafka.ACLOperationTypeRead,
		topics.Write: kafka.ACLOperationTypeWrite, topics.Describe: kafka.ACLOperationTypeDescribe}
	e := kafka.ACLEntry{Principal: "User:" + g.Principal, Host: anyHost, Operation: operations[g.Operation],
		PermissionType: kafka.ACLPermissionTypeAllow, ResourceType: kafka.ResourceTypeTopic, ResourceName: g.Topic,
		ResourcePatternType: kafka.PatternTypeLiteral}
	if g.Topic == "" {
		e.ResourceType, e.ResourceName, e.ResourcePatternType = kafka.ResourceTypeGroup, g.Group, kafka.PatternTypePrefixed
	}
	return e
}

func (a *Admin) dropOthers(ctx context.Context, want []kafka.ACLEntry) error {
	have, err := a.rights(ctx)
	if err != nil {
		return err
	}
	req := &kafka.DeleteACLsRequest{}
	for _, e := range have {
		ours := func(w kafka.ACLEntry) bool {
			return w.Principal == e.Principal || w.ResourceType == e.ResourceType && w.ResourceName == e.ResourceName
		}
		if slices.Contains(want, e) || !slices.ContainsFunc(want, ours) {
			continue
		}
		req.Filters = append(req.Filters, kafka.DeleteACLsFilter{ResourceTypeFilter: e.ResourceType, ResourceNameFilter: e.ResourceName,
			ResourcePatternTypeFilter: e.ResourcePatternType, PrincipalFilter: e.Principal, HostFilter: e.Host,
			Operation: e.Operation, PermissionType: e.PermissionType})
	}
	if len(req.Filters) == 0 {
		return nil
	}
	resp, err := a.client.DeleteACLs(ctx, req)
	if err != nil {
		return err
	}
	for _, r := range resp.Results {
		err = errors.Join(err, r.Error)
	}
	return err
}

// rights lists all that the broker knows.
func (a *Admin) rights(ctx context.Context) ([]kafka.ACLEntry, error) {
	resp, err := a.client.DescribeACLs(ctx, &kafka.DescribeACLsRequest{Filter: kafka.ACLFilter{
		ResourceTypeFilter: kafka.ResourceTypeAny, ResourcePatternTypeFilter: kafka.PatternTypeAny,
		Operation: kafka.ACLOperationTypeAny, PermissionType: kafka.ACLPermissionTypeAny}})
	if err != nil {
		return nil, err
	}
	if resp.Error != nil {
		return nil, resp.Error
	}
	var all []kafka.ACLEntry
	for _, r := range resp.Resources {
		for _, acl := range r.ACLs {
			all = append(all, kafka.ACLEntry{ResourceType: r.ResourceType, ResourceName: r.ResourceName, ResourcePatternType: r.PatternType,
				Principal: acl.Principal, Host: acl.Host, Operation: acl.Operation, PermissionType: acl.PermissionType})
		}
	}
	return all, nil
}

// SignIn asks the broker for nothing but to let this user in. Errors: ErrDenied.
func (a *Admin) SignIn(ctx context.Context) error {
	_, err := a.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{}})
	if err != nil {
		return fmt.Errorf("sign in: %w", a.cfg.explain(err, "describe", "the cluster"))
	}
	return nil
}

// request retries temporary failures until Config.Timeout.
func (a *Admin) request(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, a.cfg.Timeout)
	defer cancel()
	return a.cfg.retry(ctx, func() error { return do(ctx) })
}
