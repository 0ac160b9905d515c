package broker

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// visit is a client that has connected, the connection as kfake sees it, and how often its place was given up.
func visit(t *testing.T) (client net.Conn, seen *greeting, left *int) {
	client, inside := net.Pipe()
	left = new(int)
	seen = greet(inside, func() { *left++ })
	t.Cleanup(func() { client.Close(); seen.Close() })
	return client, seen, left
}

// asks lets a client send the head of a request and an empty rest, and gives what kfake reads of it.
func asks(client net.Conn, seen *greeting, kind kmsg.Key, version int16, size uint32) error {
	raw := binary.BigEndian.AppendUint32(nil, size)
	raw = binary.BigEndian.AppendUint16(raw, uint16(kind))
	raw = binary.BigEndian.AppendUint16(raw, uint16(version))
	go client.Write(append(raw, make([]byte, size-4)...)) //nolint:errcheck // ends with the connection
	_, err := io.ReadFull(seen, make([]byte, 4+size))
	return err
}

// answers lets kfake answer with an error code.
func answers(t *testing.T, client net.Conn, seen *greeting, tags int, code uint16) {
	frame := append(make([]byte, head+tags), byte(code>>8), byte(code), 0)
	go io.ReadFull(client, make([]byte, len(frame))) //nolint:errcheck // what it reads is of no interest
	if _, err := seen.Write(frame); err != nil {
		t.Fatal(err)
	}
}

func TestAClientHasATimeToSignInAndNoneAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, silent, left := visit(t)
		begun := time.Now()
		if _, err := silent.Read(make([]byte, 8)); err == nil || time.Since(begun) != signInWithin {
			t.Errorf("who says nothing was held for %v: %v", time.Since(begun), err)
		}
		silent.Close()
		silent.Close()
		if *left != 1 {
			t.Errorf("its place was given up %d times", *left)
		}
		client, seen, left := visit(t)
		for i, version := range []int16{1, 2} {
			if err := asks(client, seen, kmsg.SASLAuthenticate, version, 64); err != nil {
				t.Fatal(err)
			}
			if seen.signedIn() || *left > 0 {
				t.Fatalf("after %d of two proofs nothing more is asked", i)
			}
			answers(t, client, seen, i, 0)
		}
		if !seen.signedIn() || *left != 1 {
			t.Fatal("with both proofs a client is a stranger still")
		}
		time.Sleep(2 * signInWithin)
		if err := asks(client, seen, kmsg.Metadata, 1, maxRequest); err != nil {
			t.Errorf("who has signed in is cut off: %v", err)
		}
	})
}

func TestWhoHasNotProvenWhoTheyAreAsksNothingElseAndNothingLong(t *testing.T) {
	for name, c := range map[string]struct {
		kind kmsg.Key
		size uint32
	}{
		"a list of topics":        {kmsg.Metadata, 64},
		"records":                 {kmsg.Produce, 64},
		"a proof of a megabyte":   {kmsg.SASLAuthenticate, 1 << 20},
		"a client's long version": {kmsg.ApiVersions, maxStranger + 1},
	} {
		t.Run(name, func(t *testing.T) {
			client, seen, _ := visit(t)
			const refused = 34 // ILLEGAL_SASL_STATE
			for range 2 * proofs {
				if err := asks(client, seen, kmsg.SASLAuthenticate, 2, 64); err != nil {
					t.Fatal(err)
				}
				answers(t, client, seen, 1, refused)
			}
			if err := asks(client, seen, c.kind, 1, c.size); err == nil {
				t.Error("it was read")
			}
		})
	}
}
