package broker

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// maxRequest bounds a request. Ours have a megabyte, and other clients as much for each partition that they write to at once.
const maxRequest = 32 << 20

// framed is a connection that ends at a request which kfake cannot take: kfake makes room for whatever a request says to be
// long, and breaks down over one whose kind it does not know, both before anybody has signed in.
type framed struct {
	net.Conn
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

// next looks at the head of the next request: its length from there on, and its kind.
func (c *framed) next() error {
	const toKind, length = 4, 6
	head := make([]byte, length)
	if _, err := io.ReadFull(c.Conn, head); err != nil {
		return err
	}
	size, kind := binary.BigEndian.Uint32(head), int16(binary.BigEndian.Uint16(head[toKind:]))
	if size < length-toKind || size > maxRequest || kmsg.RequestForKey(kind) == nil {
		return fmt.Errorf("a request of kind %d and %d bytes, of at most %d: not for this broker", kind, size, maxRequest)
	}
	c.head, c.left = head, int(size)-(length-toKind)
	return nil
}
