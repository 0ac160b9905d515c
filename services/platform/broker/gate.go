package broker

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// gate is the broker's listener. Until it is opened, only the broker's own set-up gets in, through memory: so no client
// meets a broker whose topics and rights are not yet there, and the set-up needs no certificate.
type gate struct {
	net.Listener
	secured bool // clients have to sign in
	conns   chan net.Conn
	opened  chan struct{}
	done    chan struct{}
	once    sync.Once
}

func newGate(cfg Config, network, addr string) (*gate, error) {
	listen := cfg.Listen
	if listen == nil {
		listen = net.Listen
	}
	l, err := listen(network, addr)
	if err != nil {
		return nil, err
	}
	if cfg.TLS != nil {
		l = tls.NewListener(l, cfg.TLS)
	}
	g := &gate{Listener: l, secured: cfg.secured(), conns: make(chan net.Conn), opened: make(chan struct{}), done: make(chan struct{})}
	go g.pump()
	return g, nil
}

func (g *gate) open() { close(g.opened) }

func (g *gate) pump() {
	select {
	case <-g.opened:
	case <-g.done:
		return
	}
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return
		}
		c = &framed{Conn: c}
		if g.secured {
			c = &greeting{Conn: c}
		}
		if g.hand(context.Background(), c) != nil {
			c.Close()
			return
		}
	}
}

func (g *gate) hand(ctx context.Context, c net.Conn) error {
	select {
	case g.conns <- c:
		return nil
	case <-g.done:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dial connects through memory, whatever the address.
func (g *gate) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	inside, outside := net.Pipe()
	if err := g.hand(ctx, inside); err != nil {
		return nil, err
	}
	return outside, nil
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	select {
	case c := <-g.conns:
		return c, nil
	case <-g.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (g *gate) Close() error {
	g.once.Do(func() { close(g.done) })
	return g.Listener.Close()
}
