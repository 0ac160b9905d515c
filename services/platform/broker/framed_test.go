package broker_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/platform/broker"
)

// Who has not even signed in makes the broker neither break down nor run out of memory.
func TestARequestThatNobodyCouldTakeEndsItsConnectionAlone(t *testing.T) {
	cfg, trust := site(t)
	b := must(broker.Start(cfg))
	defer b.Close()
	request := func(size uint32, kind int16) []byte {
		return append(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(nil, size), uint16(kind)), make([]byte, 20)...)
	}
	const most = 64 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, raw := range map[string][]byte{
		"four gigabytes":          request(1<<32-1, 3),
		"a kind of no request":    request(22, 9999),
		"a kind below all":        request(22, -1),
		"no room for its kind":    request(1, 3),
		"nothing":                 request(0, 3),
		"a kind cut in its midst": request(22, 3)[:5],
	} {
		conn := must(tls.Dial("tcp", b.Addr(), trust))
		must(conn.Write(raw))
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if answer := must(io.ReadAll(conn)); len(answer) > 0 {
			t.Errorf("%s is answered: %x", name, answer)
		}
		conn.Close()
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > most {
		t.Errorf("%d bytes were allocated", n)
	}
	if err := publish(t, client(b, trust, "alice", "alice-password"), "a.events", "v"); err != nil {
		t.Errorf("nobody else is served: %v", err)
	}
}

// kfake makes room for each element that a list says to have, of dozens of bytes for each byte of the request.
func TestAStrangersListIsNotMadeRoomFor(t *testing.T) {
	cfg, trust := site(t)
	b := must(broker.Start(cfg))
	defer b.Close()
	const size, most = 8 << 20, 64 << 20
	raw := make([]byte, 4+size)
	binary.BigEndian.PutUint32(raw, size)
	copy(raw[4:], []byte{0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff}) // Metadata, version 1, id 1, no client's name
	binary.BigEndian.PutUint32(raw[14:], size-14)             // topics
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	conn := must(tls.Dial("tcp", b.Addr(), trust))
	defer conn.Close()
	_, _ = conn.Write(raw) // it may be cut off in its midst
	if answer, _ := io.ReadAll(conn); len(answer) > 0 {
		t.Errorf("it is answered: %x", answer)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > most {
		t.Errorf("%d bytes were allocated for %d", n, size)
	}
}

// outOfFiles is a listener at a time when the process has no file left.
type outOfFiles struct {
	net.Listener
	times *atomic.Int32
}

func (l outOfFiles) Accept() (net.Conn, error) {
	if l.times.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestABrokerThatRanOutOfFilesTakesClientsAgain(t *testing.T) {
	cfg, trust := site(t)
	times := new(atomic.Int32)
	times.Store(3)
	cfg.Listen = func(network, addr string) (net.Listener, error) {
		l, err := net.Listen(network, addr)
		return outOfFiles{l, times}, err
	}
	b := must(broker.Start(cfg))
	defer b.Close()
	if err := publish(t, client(b, trust, "alice", "alice-password"), "a.events", "v"); err != nil {
		t.Errorf("nobody is served any more: %v", err)
	}
}

func TestConnectionsOfStrangersAreLimitedAndTheirPlacesComeBack(t *testing.T) {
	cfg, trust := site(t)
	b := must(broker.Start(cfg))
	defer b.Close()
	// who has signed in needs no place of a stranger
	if err := publish(t, client(b, trust, "alice", "alice-password"), "a.events", "v"); err != nil {
		t.Fatal(err)
	}
	const many = 300
	var conns []net.Conn
	refused := 0
	for range many {
		conns = append(conns, must(net.Dial("tcp", b.Addr())))
	}
	for _, c := range conns[many-20:] {
		if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err != nil && !isTimeout(err) {
			refused++
		}
	}
	if refused != 20 {
		t.Errorf("of %d who say nothing the last 20 were to be sent away, %d were", many, refused)
	}
	for _, c := range conns {
		c.Close()
	}
	if err := publish(t, client(b, trust, "alice", "alice-password"), "a.events", "v"); err != nil {
		t.Errorf("nobody is served after they left: %v", err)
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}
