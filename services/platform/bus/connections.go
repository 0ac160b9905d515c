package bus

import (
	"context"
	"net"
	"sync"
)

// connections can be cut all at once. kafka-go has no other way to end a long poll or a request to a broker that no
// longer answers.
type connections struct {
	mu   sync.Mutex
	open map[*trackedConn]struct{}
	dead bool
}

type trackedConn struct {
	net.Conn
	of *connections
}

// Close implements net.Conn.
func (c *trackedConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

func newConnections() *connections {
	return &connections{open: map[*trackedConn]struct{}{}}
}

func (c *connections) dialer(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if c.cutOff() {
			return nil, net.ErrClosed
		}
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return c.track(conn)
	}
}

func (c *connections) cutOff() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead
}

func (c *connections) track(conn net.Conn) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		conn.Close()
		return nil, net.ErrClosed
	}
	t := &trackedConn{conn, c}
	c.open[t] = struct{}{}
	return t, nil
}

// cut closes every connection and refuses new ones.
func (c *connections) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = true
	for t := range c.open {
		t.Conn.Close()
	}
}
