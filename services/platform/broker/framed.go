package broker

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Bounds of a request. kfake makes room for as many elements as a list in it says to have, up to one for each byte that is
// left, and some have a hundred bytes of room and more: what a request costs is many times its size.
const (
	maxStranger = 8 << 10   // of somebody who has not signed in: a name, a mechanism, a proof
	maxRequest  = 256 << 10 // lists of topics and partitions
	maxProduce  = 4 << 20   // ours have a megabyte, and other clients as much for each partition that they write to at once
)

// framed is a connection that ends at a request which kfake cannot take: kfake makes room for whatever a request says to be
// long, and breaks down over one whose kind it does not know, both before anybody has signed in.
type framed struct {
	net.Conn
	*stranger // nil where nobody has to sign in

	head []byte // of a request, looked at and yet to be read
	left int    // bytes of the request behind its head
}

// Read implements net.Conn.
func (c *framed) Read(p []byte) (int, error) {
	if len(c.head) == 0 && c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// request is what the head of one says: the bytes behind its size, its kind, and in which version it is spelled.
type request struct {
	size          uint32
	kind, version int16
}

// next looks at the head of the next request.
func (c *framed) next() error {
	const toKind, toVersion, length = 4, 6, 8
	head := make([]byte, length)
	if _, err := io.ReadFull(c.Conn, head); err != nil {
		return err
	}
	r := request{binary.BigEndian.Uint32(head), int16(binary.BigEndian.Uint16(head[toKind:])), int16(binary.BigEndian.Uint16(head[toVersion:]))}
	if most := c.most(kmsg.Key(r.kind)); r.size < length-toKind || r.size > most {
		return fmt.Errorf("a request of kind %d and %d bytes, of at most %d: not for this broker", r.kind, r.size, most)
	}
	c.asks(r)
	c.head, c.left = head, int(r.size)-(length-toKind)
	return nil
}

// most is how many bytes a request of a kind may have; 0 where none is taken.
func (c *framed) most(kind kmsg.Key) uint32 {
	switch stranger := !c.signedIn(); {
	case kmsg.RequestForKey(int16(kind)) == nil, stranger && !slices.Contains(beforeSignIn, kind):
		return 0
	case stranger:
		return maxStranger
	case kind == kmsg.Produce:
		return maxProduce
	}
	return maxRequest
}
