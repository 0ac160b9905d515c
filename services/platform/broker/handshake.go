package broker

import (
	"bytes"
	"encoding/binary"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// greeting is the connection of somebody who has to sign in, in some time. Of all answers it changes one, see named.
type greeting struct {
	*framed
}

// greet begins the time that a client has. It is a stranger until leave is called, which is once.
func greet(c net.Conn, leave func()) *greeting {
	g := &greeting{&framed{Conn: c, stranger: &stranger{leave: leave}}}
	_ = c.SetDeadline(time.Now().Add(signInWithin)) // where it cannot be set, nothing more can be read either
	return g
}

// head is the size of a frame (int32), and the id by which an answer finds its request (int32).
const head = 8

// Write is given one whole frame: the answer to the oldest request that has none.
func (g *greeting) Write(frame []byte) (int, error) {
	asked, ok := g.answered()
	if !ok {
		return g.Conn.Write(frame)
	}
	switch kmsg.Key(asked.kind) {
	case kmsg.SASLHandshake:
		if _, err := g.Conn.Write(named(frame)); err != nil {
			return 0, err
		}
		return len(frame), nil
	case kmsg.SASLAuthenticate:
		if accepted(asked, frame) && g.proves() {
			g.gone()
			if err := g.SetDeadline(time.Time{}); err != nil {
				return 0, err
			}
		}
	}
	return g.Conn.Write(frame)
}

// Close implements net.Conn.
func (g *greeting) Close() error {
	g.gone()
	return g.Conn.Close()
}

// accepted tells whether an answer to SaslAuthenticate begins without an error (int16); from version 2 on there is a byte
// of tags before.
func accepted(asked request, frame []byte) bool {
	at := head
	if asked.version >= 2 {
		at++
	}
	return len(frame) >= at+2 && binary.BigEndian.Uint16(frame[at:]) == 0
}

// taken is how the answer to a handshake (SaslHandshake, versions 0 and 1) ends that names no mechanism: no error (int16),
// an empty list (int32).
var taken = make([]byte, 6)

// named completes what kfake answers to a SASL handshake that it takes: it names no mechanism there, and KafkaJS and
// kafka-python sign in only by one that is named, as Apache Kafka does.
func named(frame []byte) []byte {
	if len(frame) != head+len(taken) || !bytes.Equal(frame[head:], taken) {
		return frame
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(4+2+4+2+len(mechanism)))
	out = append(out, frame[4:head]...)
	out = append(out, 0, 0, 0, 0, 0, 1, 0, byte(len(mechanism)))
	return append(out, mechanism...)
}
