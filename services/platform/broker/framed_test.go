package broker_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"runtime"
	"testing"

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
