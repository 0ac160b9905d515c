// Package external sets up a broker that is not ours, Apache Kafka above all, for a site or a federation: the users,
// topics and rights that the embedded broker has by itself.
package external

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/provision"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

const (
	// timeout of one request with its retries: a broker that has just started may need a while to elect itself.
	timeout = 60 * time.Second
	// interval between two attempts to sign in.
	interval = 50 * time.Millisecond
)

// Provision brings the broker at addr (host:port) to what the folder of a site or a federation says, as the superuser
// of its broker/users.yaml, whom the broker must know already: a password for each user, the topics with the broker's
// own number of replicas, the rights of the topic table. Rights of these users or on these topics that the table does
// not give are taken away. It may be repeated; a folder with a new participant wants it. At the end the address is
// written where the services and the harness look for it, so that nobody meets a broker that is half set up.
// The broker's certificate must be one that ca.pem of the folder vouches for.
func Provision(ctx context.Context, dir, addr string) error {
	p, err := planOf(dir)
	if err != nil {
		return fmt.Errorf("provision broker: %w", err)
	}
	super, err := busConfig(dir, addr)
	if err == nil {
		err = p.carryOut(ctx, super)
	}
	if err == nil {
		err = p.signIn(ctx, super)
	}
	if err != nil {
		return fmt.Errorf("provision broker %s for %s: %w", addr, dir, err)
	}
	return setup.AnnounceBroker(dir, addr)
}

// plan is what a folder says about its broker: what the embedded one would be given.
type plan struct{ config broker.Config }

func planOf(dir string) (p plan, err error) {
	_, err = os.Stat(filepath.Join(dir, provision.FederationFile))
	switch {
	case err == nil:
		p.config, err = provision.BrokerConfig(dir)
	case errors.Is(err, fs.ErrNotExist):
		p.config, err = setup.SiteBroker(dir)
	}
	return p, err
}

var operations = map[broker.Operation]string{broker.Read: topics.Read, broker.Write: topics.Write, broker.Describe: topics.Describe}

func (p plan) grants() []topics.Grant {
	var all []topics.Grant
	for _, u := range p.config.Users {
		for _, a := range u.ACLs {
			g := topics.Grant{Principal: u.Name, Topic: a.Name, Operation: operations[a.Operation]}
			if a.Resource == broker.OnGroup {
				g.Topic, g.Group = "", a.Name
			}
			all = append(all, g)
		}
	}
	return all
}

// busConfig is how to reach the broker; who does is still open.
func busConfig(dir, addr string) (bus.Config, error) {
	name := filepath.Join(dir, setup.CAFile)
	text, err := os.ReadFile(name)
	if err != nil {
		return bus.Config{}, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return bus.Config{}, fmt.Errorf("%s holds no certificate in PEM: restore it", name)
	}
	return bus.Config{Brokers: strings.Split(addr, ","), TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13},
		ClientID: "fairway-provision", Timeout: timeout}, nil
}

// carryOut grants rights before passwords: nobody signs in who would then be denied.
func (p plan) carryOut(ctx context.Context, super bus.Config) error {
	super.Username, super.Password = p.config.Superuser, p.config.SuperPassword
	admin, err := bus.NewAdmin(super)
	if err != nil {
		return err
	}
	defer admin.Close() //nolint:errcheck // nothing is pending
	var wanted []bus.Topic
	for _, t := range p.config.Topics {
		wanted = append(wanted, bus.Topic{Name: t.Name, Partitions: t.Partitions, Configs: retention(t.Retention)})
	}
	if err := admin.EnsureTopics(ctx, wanted); err != nil {
		return err
	}
	if err := admin.EnsureRights(ctx, p.grants()); err != nil {
		return err
	}
	var users []bus.User
	for _, u := range p.config.Users {
		users = append(users, bus.User{Name: u.Name, Password: u.Password})
	}
	return admin.EnsureUsers(ctx, users)
}

// retention is the configuration of a topic that keeps its records for a time; see broker.Topic. What its broker does by
// itself needs none.
func retention(d time.Duration) map[string]string {
	switch {
	case d == 0:
		return nil
	case d < 0:
		return map[string]string{"retention.ms": "-1"}
	}
	return map[string]string{"retention.ms": strconv.FormatInt(d.Milliseconds(), 10)}
}

// signIn returns when the broker lets every user in: it learns of passwords a moment after it has taken them.
func (p plan) signIn(ctx context.Context, as bus.Config) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for _, u := range p.config.Users {
		as.Username, as.Password = u.Name, u.Password
		if err := untilLetIn(ctx, as); err != nil {
			return fmt.Errorf("user %s has a new password and cannot sign in: %w", u.Name, err)
		}
	}
	return nil
}

func untilLetIn(ctx context.Context, as bus.Config) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		err := tryOnce(ctx, as)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// tryOnce has a client of its own: one whose password was refused remembers that for a while.
func tryOnce(ctx context.Context, as bus.Config) error {
	admin, err := bus.NewAdmin(as)
	if err != nil {
		return err
	}
	defer admin.Close() //nolint:errcheck // nothing is pending
	return admin.SignIn(ctx)
}
