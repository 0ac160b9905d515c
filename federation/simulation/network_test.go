package simulation

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// network is what all machines are connected by. Every request takes some time on its way, so that a failure at any
// moment finds work half done.
type network struct {
	virtual kfake.VirtualNetwork
	chance  *chance
}

// line is one service's way into the network. It can be cut from a broker, lose acknowledgements,
// and go dead with its machine.
type line struct {
	net *network

	mu     sync.Mutex
	conns  map[*wire]bool
	cuts   map[string]chan struct{} // by port; closed when the cut heals
	lose   int                      // acknowledgements yet to be lost
	lag    time.Duration            // how much longer a request is on its way
	stop   chan struct{}            // while not nil, the next write stops before it leaves; closed when it does
	lost   chan struct{}            // while not nil, closed when an acknowledgement is lost
	leaves chan struct{}            // closed: nobody waits for a connection any more
	dead   bool
}

var (
	errDead    = errors.New("the machine is off")
	errNoRoute = errors.New("no route to the broker")
)

func (n *network) line() *line {
	return &line{net: n, conns: map[*wire]bool{}, cuts: map[string]chan struct{}{}, leaves: make(chan struct{})}
}

// Dial connects to a broker. Into a cut it waits as into a network that swallows everything: until the cut heals, the
// caller gives up, or its machine shuts down.
func (l *line) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	for {
		l.mu.Lock()
		dead, healed := l.dead, l.cuts[portOf(addr)]
		l.mu.Unlock()
		if dead {
			return nil, errDead
		}
		if healed == nil {
			break
		}
		select {
		case <-healed:
		case <-l.leaves:
			return nil, errNoRoute
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	conn, err := l.net.virtual.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: conn, of: l, port: portOf(addr), closed: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead || l.cuts[w.port] != nil {
		conn.Close()
		return nil, errNoRoute
	}
	l.conns[w] = true
	return w, nil
}

// cut takes the way to a broker: connections break, new ones go nowhere until heal.
func (l *line) cut(addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	port := portOf(addr)
	if l.cuts[port] == nil {
		l.cuts[port] = make(chan struct{})
	}
	l.breakAll(port)
}

// portOf is what tells brokers apart: all are on this machine, which has two names.
func portOf(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

func (l *line) breakAll(port string) {
	for w := range l.conns {
		if port == "" || w.port == port {
			w.Conn.Close()
		}
	}
}

func (l *line) heal(addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	port := portOf(addr)
	if healed := l.cuts[port]; healed != nil {
		close(healed)
		delete(l.cuts, port)
	}
}

// leave lets nobody wait for a connection any more; what is connected stays.
func (l *line) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.leaves:
	default:
		close(l.leaves)
	}
}

// kill is the end of the machine.
func (l *line) kill() {
	l.leave()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	l.breakAll("")
}

// loseAcks lets the broker's next n answers to a write not arrive: it has written, and the writer does not know.
func (l *line) loseAcks(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose += n
}

// stopNext stops the next write before it leaves, until the end of the machine. The channel is closed when that happens.
func (l *line) stopNext() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop = make(chan struct{})
	return l.stop
}

// loseNext loses the next acknowledgement. The channel is closed when that happens.
func (l *line) loseNext() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose++
	l.lost = make(chan struct{})
	return l.lost
}

// hold makes half of the present readers wait until let go, so that topics overtake each other.
func (l *line) hold() (letGo func()) {
	return l.holdThose(func() bool { return l.net.chance.one(2) })
}

// stall makes all present readers wait: the machine keeps its connections and its place in each group, and takes nothing in.
func (l *line) stall() (letGo func()) { return l.holdThose(func() bool { return true }) }

func (l *line) holdThose(one func() bool) (letGo func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	slow := make(chan struct{})
	for w := range l.conns {
		if w.fetches && one() {
			w.slow = slow
		}
	}
	return sync.OnceFunc(func() { close(slow) })
}

// delay makes every request that writes or reads take so much longer.
func (l *line) delay(by time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lag = by
}

// wire is a connection that understands as much of Kafka's protocol as it takes to harm it: where a request begins,
// and whether it writes or reads.
type wire struct {
	net.Conn
	of     *line
	port   string
	closed chan struct{}
	once   sync.Once

	// of the writing side
	head []byte // of the request that begins, until its kind is known
	rest int    // bytes of the present request still to come

	// under the line's mutex
	fetches bool          // it reads topics
	losing  bool          // the next answer is lost
	slow    chan struct{} // answers wait for it
}

const (
	produceRequest = 0
	fetchRequest   = 1
)

func (w *wire) Write(b []byte) (int, error) {
	for i := 0; i < len(b); {
		if w.rest > 0 {
			n := min(w.rest, len(b)-i)
			w.rest -= n
			i += n
			continue
		}
		w.head = append(w.head, b[i])
		i++
		if len(w.head) == 6 {
			w.begin(int(binary.BigEndian.Uint32(w.head)), binary.BigEndian.Uint16(w.head[4:]))
		}
	}
	return w.Conn.Write(b)
}

// begin notes a request of a size and kind. Writing and reading topics take their time. Other requests do not: kafka-go
// sends them with a mutex locked for which others may wait, and virtual time stands still as long as one waits for a mutex.
func (w *wire) begin(size int, kind uint16) {
	w.rest, w.head = size-2, nil
	w.of.mu.Lock()
	lag := w.of.lag
	w.of.mu.Unlock()
	if kind == produceRequest || kind == fetchRequest {
		time.Sleep(w.of.net.chance.latency() + lag)
	}
	w.of.mu.Lock()
	if stop := w.of.stop; stop != nil && kind == produceRequest {
		w.of.stop = nil
		w.of.mu.Unlock()
		close(stop)
		<-w.of.leaves
		return
	}
	defer w.of.mu.Unlock()
	w.fetches = w.fetches || kind == fetchRequest
	if kind == produceRequest && w.of.lose > 0 {
		w.of.lose--
		w.losing = true
	}
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.of.mu.Lock()
	slow, losing := w.slow, w.losing
	if losing && w.of.lost != nil {
		close(w.of.lost)
		w.of.lost = nil
	}
	w.of.mu.Unlock()
	if losing && err == nil {
		w.Conn.Close()
		return 0, io.ErrUnexpectedEOF
	}
	if slow != nil {
		select {
		case <-slow:
		case <-w.closed:
		case <-w.of.leaves:
		}
	}
	return n, err
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	w.of.mu.Lock()
	delete(w.of.conns, w)
	w.of.mu.Unlock()
	return w.Conn.Close()
}
