package broker_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// shake asks for a mechanism and gives the answer.
func shake(t *testing.T, conn io.ReadWriter, mechanism string, id int32) *kmsg.SASLHandshakeResponse {
	t.Helper()
	req := kmsg.NewPtrSASLHandshakeRequest()
	req.Version, req.Mechanism = 1, mechanism
	if _, err := conn.Write(kmsg.NewRequestFormatter().AppendRequest(nil, req, id)); err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, 4)
	if _, err := io.ReadFull(conn, frame); err != nil {
		t.Fatal(err)
	}
	frame = make([]byte, binary.BigEndian.Uint32(frame))
	if _, err := io.ReadFull(conn, frame); err != nil {
		t.Fatal(err)
	}
	if got := int32(binary.BigEndian.Uint32(frame)); got != id {
		t.Fatalf("the answer is to request %d, asked was %d", got, id)
	}
	resp := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
	if err := resp.ReadFrom(frame[4:]); err != nil {
		t.Fatal(err)
	}
	return resp
}

// Clients that hold the mechanism against the list which a broker gives, such as KafkaJS, sign in only then.
func TestTheHandshakeNamesTheMechanismThatItTakes(t *testing.T) {
	cfg, trust := site(t)
	b, err := broker.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	conn, err := tls.Dial("tcp", b.Addr(), trust)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if resp := shake(t, conn, "GSSAPI", 7); resp.ErrorCode == 0 {
		t.Error("a mechanism that is not there was taken")
	}
	resp := shake(t, conn, "SCRAM-SHA-512", 8)
	if resp.ErrorCode != 0 || !slices.Equal(resp.SupportedMechanisms, []string{"SCRAM-SHA-512"}) {
		t.Errorf("answered %d %q, want 0 and the mechanism", resp.ErrorCode, resp.SupportedMechanisms)
	}
}
