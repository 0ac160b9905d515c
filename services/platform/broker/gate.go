package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// gate is the broker's listener. Until it is opened, only the broker's own set-up gets in, through memory: so no client
// meets a broker whose topics and rights are not yet there, and the set-up needs no certificate.
type gate struct {
	net.Listener
	strangers chan struct{} // the places of those who have not signed in; nil where nobody has to
	conns     chan net.Conn
	opened    chan struct{}
	done      chan struct{}
	once      sync.Once
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
	g := &gate{Listener: l, conns: make(chan net.Conn), opened: make(chan struct{}), done: make(chan struct{})}
	if cfg.secured() {
		g.strangers = make(chan struct{}, maxStrangers)
	}
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
		switch {
		case err == nil:
			g.admit(c)
		case errors.Is(err, net.ErrClosed):
			return
		default: // no file is left, or the client went away: neither lasts
			select {
			case <-g.done:
				return
			case <-time.After(restAfter):
			}
		}
	}
}

// restAfter is how long the listener rests after a connection that could not be taken.
const restAfter = 50 * time.Millisecond

// admit hands a client to kfake, unless too many have yet to sign in.
func (g *gate) admit(raw net.Conn) {
	var c net.Conn = &framed{Conn: raw}
	if g.strangers != nil {
		select {
		case g.strangers <- struct{}{}:
		default:
			raw.Close()
			return
		}
		c = greet(raw, func() { <-g.strangers })
	}
	if g.hand(context.Background(), c) != nil {
		c.Close()
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
