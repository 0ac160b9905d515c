package broker

import (
	"bytes"
	"encoding/binary"
	"net"
)

// greeting completes what kfake answers to a SASL handshake that it takes: it names no mechanism there, and KafkaJS and
// kafka-python sign in only by one that is named, as Apache Kafka does. All else passes unchanged.
type greeting struct {
	net.Conn
	said bool // the handshake was answered; read and set by the writer of the connection alone
}

// taken is how the answer to a handshake (SaslHandshake, versions 0 and 1) ends that names no mechanism: no error (int16),
// an empty list (int32).
var taken = make([]byte, 6)

// head is the size of a frame (int32), and the id by which an answer finds its request (int32).
const head = 8

// Write is given one whole frame. Before somebody has signed in, only ApiVersions and SaslHandshake are answered, and the
// former is longer.
func (g *greeting) Write(frame []byte) (int, error) {
	if g.said || len(frame) != head+len(taken) {
		return g.Conn.Write(frame)
	}
	g.said = true
	if !bytes.Equal(frame[head:], taken) {
		return g.Conn.Write(frame)
	}
	named := binary.BigEndian.AppendUint32(nil, uint32(4+2+4+2+len(mechanism)))
	named = append(named, frame[4:head]...)
	named = append(named, 0, 0, 0, 0, 0, 1, 0, byte(len(mechanism)))
	if _, err := g.Conn.Write(append(named, mechanism...)); err != nil {
		return 0, err
	}
	return len(frame), nil
}
