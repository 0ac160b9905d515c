// Package broker is the embedded Kafka broker of a site: one process-local node that speaks the Kafka protocol, keeps
// its records on disk and asks every client for TLS, a SCRAM-SHA-512 password and a right.
package broker

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Resource is what a right is about.
type Resource int

// The resources a right can name.
const (
	OnTopic Resource = iota + 1
	OnGroup
)

// Operation is what a right allows.
type Operation int

// The operations a right can allow. Read and Write include Describe, as in Apache Kafka.
const (
	Read Operation = iota + 1
	Write
	Describe
)

// ACL allows its user one operation on one resource, or on all whose name begins with Name.
type ACL struct {
	Resource  Resource
	Name      string
	Prefixed  bool
	Operation Operation
}

// User may sign in by SCRAM-SHA-512 and do what its ACLs allow, nothing else.
type User struct {
	Name, Password string
	ACLs           []ACL
}

// Topic is a topic that exists once Start returns.
type Topic struct {
	Name       string
	Partitions int
	// Retention is how long records stay at least; 0 is Kafka's week, a negative one is for ever. They go once a day,
	// and the newest of each partition stays.
	Retention time.Duration
}

// Config says where a broker keeps its data, where it listens and who may do what.
type Config struct {
	// Dir holds the data, one broker at a time; it is created when missing.
	Dir string
	// Port on 127.0.0.1; 0 takes a free one. Clients find a restarted broker only on a fixed port.
	Port int
	// TLS for every client. Without it the broker speaks plain text, which is for unit tests only.
	TLS *tls.Config
	// Superuser passes every check. Required as soon as there are Users.
	Superuser, SuperPassword string
	// Users and their rights. The list is the whole truth at each start: users and rights not in it are gone.
	// With neither Users nor Superuser, anybody may do anything (unit tests only).
	Users []User
	// Topics are created when missing; the partitions of existing ones are checked.
	Topics []Topic
	// SyncWrites makes every acknowledged record survive a power failure; without it, the death of the process only.
	SyncWrites bool
	// MaxSession is the longest session that a member of a group may ask for; 0 is Kafka's 5 minutes.
	MaxSession time.Duration
	// Listen opens the listener; nil is net.Listen.
	Listen func(network, addr string) (net.Listener, error)
	// Cluster is given what runs, so that a test can let it fail; nil in production.
	Cluster func(*kfake.Cluster)
}

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	gate    *gate
	lock    *dirLock
	addr    string
	closing chan struct{}
	once    sync.Once
	working sync.WaitGroup
}

// SASL mechanism of every user.
const mechanism = "SCRAM-SHA-512"

// minSessionTimeout lets consumer groups find a dead member sooner than Kafka's default minimum of 6 s allows.
const minSessionTimeout = time.Second

// Start opens the data directory, brings topics, users and rights to what cfg says, and only then accepts clients.
// Errors: ErrPortInUse, ErrLocked, ErrForeign, ErrFormat, or what the system said about the directory.
func Start(cfg Config) (_ *Broker, err error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			lock.release()
		}
	}()
	b := &Broker{lock: lock, closing: make(chan struct{})}
	listen := func(network, addr string) (net.Listener, error) {
		g, err := newGate(cfg, network, addr)
		b.gate = g
		return g, err
	}
	if err := forgetUsers(cfg.Dir); err != nil {
		return nil, err
	}
	b.cluster, err = kfake.NewCluster(append(cfg.options(), kfake.ListenFn(listen))...)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("broker cannot listen on 127.0.0.1:%d: %w: stop the other program or choose another port", cfg.Port, ErrPortInUse)
	}
	if err != nil {
		return nil, fmt.Errorf("start broker on 127.0.0.1:%d with data in %s: %w: if its files are damaged, restore the whole folder of the site or federation from a backup", cfg.Port, cfg.Dir, err)
	}
	b.addr = b.gate.Addr().String()
	if err := b.seed(cfg); err != nil {
		b.cluster.Close()
		return nil, fmt.Errorf("set up broker in %s: %w", cfg.Dir, err)
	}
	refuseMalformed(b.cluster)
	if cfg.Cluster != nil {
		cfg.Cluster(b.cluster)
	}
	b.gate.open()
	b.working.Go(func() { b.forgetDaily(cfg) })
	return b, nil
}

// Addr is host:port for clients.
func (b *Broker) Addr() string { return b.addr }

// Close stops accepting, writes everything down and gives the directory free. It may be called more than once.
func (b *Broker) Close() error {
	b.once.Do(func() { close(b.closing) })
	b.working.Wait()
	b.cluster.Close()
	return b.lock.release()
}

func (c Config) options() []kfake.Opt {
	opts := []kfake.Opt{
		kfake.Ports(c.Port), kfake.DataDir(dataDir(c.Dir)), kfake.ClusterID("fairway"),
		kfake.GroupMinSessionTimeout(minSessionTimeout),
	}
	if c.MaxSession > 0 {
		opts = append(opts, kfake.GroupMaxSessionTimeout(c.MaxSession))
	}
	if c.SyncWrites {
		opts = append(opts, kfake.SyncWrites())
	}
	if !c.secured() {
		return opts
	}
	opts = append(opts, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser(mechanism, c.Superuser, c.SuperPassword))
	for _, u := range c.Users {
		opts = append(opts, kfake.User(mechanism, u.Name, u.Password))
	}
	return opts
}

func (c Config) secured() bool { return c.Superuser != "" || len(c.Users) > 0 }

func (c Config) check() error {
	switch {
	case c.Dir == "":
		return errors.New("broker: Dir is empty: name a directory for its data")
	case c.Port < 0 || c.Port > 65535:
		return fmt.Errorf("broker: port %d is not between 0 and 65535", c.Port)
	case c.secured() && (c.Superuser == "" || c.SuperPassword == ""):
		return errors.New("broker: users need a superuser with a password, by whom topics and rights are set up")
	}
	seen := map[string]bool{c.Superuser: true}
	for _, u := range c.Users {
		if u.Name == "" || u.Password == "" {
			return fmt.Errorf("broker: user %q needs a name and a password", u.Name)
		}
		if seen[u.Name] {
			return fmt.Errorf("broker: user %q is listed twice", u.Name)
		}
		seen[u.Name] = true
	}
	for _, t := range c.Topics {
		if t.Name == "" || t.Partitions < 1 {
			return fmt.Errorf("broker: topic %q needs a name and at least one partition, has %d", t.Name, t.Partitions)
		}
	}
	return nil
}
