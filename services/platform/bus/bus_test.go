package bus_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

// eventually fails the test when the fact does not come true.
func eventually(t *testing.T, what string, fact func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !fact() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("never came true: %s", what)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newTopic(t *testing.T, cfg bus.Config, partitions int) string {
	t.Helper()
	admin := must(bus.NewAdmin(cfg))
	defer admin.Close()
	name := fmt.Sprintf("test.%d.%d", os.Getpid(), topicNumber.Add(1))
	if err := admin.EnsureTopics(t.Context(), []bus.Topic{{Name: name, Partitions: partitions}}); err != nil {
		t.Fatal(err)
	}
	return name
}

func newPublisher(t *testing.T, cfg bus.Config) *bus.Publisher {
	t.Helper()
	p := must(bus.NewPublisher(cfg))
	t.Cleanup(func() { p.Close() })
	return p
}

func newSubscriber(t *testing.T, cfg bus.Config, sub bus.SubscriberConfig) *bus.Subscriber {
	t.Helper()
	s := must(bus.NewSubscriber(cfg, sub))
	t.Cleanup(func() { s.Close() })
	return s
}

func publish(t *testing.T, p *bus.Publisher, recs ...envelope.Record) {
	t.Helper()
	if err := p.PublishRecords(t.Context(), recs...); err != nil {
		t.Fatal(err)
	}
}

// cable is a network that can be cut, so that open connections break and new ones fail, and mended.
type cable struct {
	mu    sync.Mutex
	conns []net.Conn
	down  bool
}

func newCable() *cable { return &cable{} }

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = true
	for _, conn := range c.conns {
		conn.Close()
	}
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = false
}

func (c *cable) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return nil, net.ErrClosed
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err == nil {
		c.conns = append(c.conns, conn)
	}
	return conn, err
}
