package bus

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/segmentio/kafka-go"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

// FuzzAMessageCarriesItsRecord: what lay on a topic comes to a handler whole, with a name, and goes out again as it came.
func FuzzAMessageCarriesItsRecord(f *testing.F) {
	f.Add([]byte("k"), []byte("v"), "ce_id", []byte("1"), "ce_id", []byte("2"))
	f.Add([]byte(nil), []byte(nil), uuidHeader, []byte{}, "\xff", []byte{0xff})
	f.Add([]byte{}, []byte{0}, "", []byte(nil), uuidHeader, []byte("id"))
	f.Fuzz(func(t *testing.T, key, value []byte, first string, a []byte, second string, b []byte) {
		km := kafka.Message{Topic: "t", Partition: 3, Offset: 7, Key: key, Value: value, Headers: []kafka.Header{{Key: first, Value: a}, {Key: second, Value: b}}}
		m, cancel := incoming(context.Background(), km)
		defer cancel()
		want := envelope.Record{Topic: "t", Key: key, Value: value, Headers: []envelope.Header{{Key: first, Value: a}, {Key: second, Value: b}}}
		got, ok := RecordOf(m)
		if !ok || !alike(got, want) || !bytes.Equal(m.Payload, value) {
			t.Fatalf("%q came as %q", want, got)
		}
		if m.UUID == "" {
			t.Fatal("a message without a name")
		}
		if out, err := outgoing("t", m); err != nil || !alike(out, want) {
			t.Fatalf("%q goes out as %q (%v)", want, out, err)
		}
		if _, err := outgoing("other", m); err == nil {
			t.Fatal("a record goes out on another topic than its own")
		}
		if at, ok := PositionOf(m.Context()); !ok || at.Partition != 3 || at.Offset != 7 {
			t.Fatalf("it lies at %+v", at)
		}
	})
}

func alike(a, b envelope.Record) bool {
	return a.Topic == b.Topic && bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value) &&
		slices.EqualFunc(a.Headers, b.Headers, func(x, y envelope.Header) bool { return x.Key == y.Key && bytes.Equal(x.Value, y.Value) })
}
