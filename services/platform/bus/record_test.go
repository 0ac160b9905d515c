package bus_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

func TestRecordArrivesExactlyAsSentAlsoAfterNack(t *testing.T) {
	t.Parallel()
	topic := newTopic(t, testConfig, 1)
	sent := envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte(`{"a":1}`), Headers: []envelope.Header{
		{Key: "ce_id", Value: []byte("first")}, {Key: "ce_id", Value: []byte("second")}, {Key: "empty", Value: []byte{}}, {Key: "a", Value: []byte{0, 255}},
	}}
	publish(t, newPublisher(t, testConfig), sent)
	sub := newSubscriber(t, testConfig, groupOf(topic))
	messages := must(sub.Subscribe(t.Context(), topic))
	for attempt := range 2 {
		m := <-messages
		got, ok := bus.RecordOf(m)
		if !ok || !same(got, sent) {
			t.Fatalf("attempt %d: got %+v, want %+v", attempt, got, sent)
		}
		if m.UUID != "first" || m.Metadata.Get("ce_id") != "first" {
			t.Errorf("attempt %d: id %q, metadata %v", attempt, m.UUID, m.Metadata)
		}
		pos, ok := bus.PositionOf(m.Context())
		if !ok || pos.Topic != topic || pos.Partition != 0 || pos.Offset != 0 || pos.Time.IsZero() {
			t.Errorf("attempt %d: position %+v", attempt, pos)
		}
		if attempt == 0 {
			m.Nack()
		} else {
			m.Ack()
		}
		<-m.Context().Done()
	}
}

func same(a, b envelope.Record) bool {
	return a.Topic == b.Topic && bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value) &&
		slices.EqualFunc(a.Headers, b.Headers, func(x, y envelope.Header) bool { return x.Key == y.Key && bytes.Equal(x.Value, y.Value) })
}

func TestPublishRefusesRecordOfAnotherTopic(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, testConfig)
	err := p.Publish("b", bus.NewMessage(envelope.Record{Topic: "a", Key: []byte("k")}))
	if err == nil || !strings.Contains(err.Error(), "made for topic a") {
		t.Errorf("got %v", err)
	}
}

func TestMessageWithoutRecordIsSentFromItsMetadata(t *testing.T) {
	t.Parallel()
	topic := newTopic(t, testConfig, 1)
	m := message.NewMessage("an-id", []byte("v"))
	m.Metadata.Set("k", "v")
	if err := newPublisher(t, testConfig).Publish(topic, m); err != nil {
		t.Fatal(err)
	}
	got := <-must(newSubscriber(t, testConfig, bus.SubscriberConfig{}).Subscribe(t.Context(), topic))
	if got.UUID != "an-id" || got.Metadata.Get("k") != "v" || len(got.Metadata) != 1 {
		t.Errorf("got %q %v", got.UUID, got.Metadata)
	}
	got.Ack()
}

func TestOversizeRecordIsRefusedAndNothingSent(t *testing.T) {
	t.Parallel()
	topic := newTopic(t, testConfig, 1)
	p := newPublisher(t, testConfig)
	small := envelope.Record{Topic: topic, Key: []byte("k"), Value: []byte("valid probe")}
	large := envelope.Record{Topic: topic, Key: []byte("k"), Value: make([]byte, bus.MaxRecordBytes)}
	err := p.PublishRecords(t.Context(), small, large)
	if !errors.Is(err, bus.ErrTooLarge) || !strings.Contains(err.Error(), topic) {
		t.Fatalf("got %v", err)
	}
	publish(t, p, small)
	m := <-must(newSubscriber(t, testConfig, bus.SubscriberConfig{}).Subscribe(t.Context(), topic))
	if pos, _ := bus.PositionOf(m.Context()); pos.Offset != 0 || string(m.Payload) != "valid probe" {
		t.Errorf("first record is %q at %d", m.Payload, pos.Offset)
	}
	m.Ack()
}
