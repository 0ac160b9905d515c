package bus

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/segmentio/kafka-go"
)

const (
	// uuidHeader carries the id of a message that is not an event.
	uuidHeader = "_watermill_message_uuid"
	// eventIDHeader carries the id of an event: attribute id in the CloudEvents Kafka binding.
	eventIDHeader = "ce_id"
)

// Position is where a consumed record lies. Time is the record's timestamp.
type Position struct {
	Topic     string
	Partition int
	Offset    int64
	Time      time.Time
}

type (
	recordKey   struct{}
	positionKey struct{}
)

// NewMessage returns a message that carries the record whole: its key, and its headers as a list with order and
// repetitions. UUID is the event's id; Metadata holds the first value of each header, for middlewares. Publishing it
// sends the record, not the metadata; a message whose context was replaced by a foreign one no longer carries it.
func NewMessage(r envelope.Record) *message.Message {
	m := newMessage(r)
	m.SetContext(context.WithValue(context.Background(), recordKey{}, &r))
	return m
}

func newMessage(r envelope.Record) *message.Message {
	m := message.NewMessage("", r.Value)
	for _, h := range r.Headers {
		if _, again := m.Metadata[h.Key]; !again {
			m.Metadata[h.Key] = string(h.Value)
		}
	}
	if v, ok := m.Metadata[eventIDHeader]; ok {
		m.UUID = v
	}
	if v, ok := m.Metadata[uuidHeader]; ok {
		m.UUID = v
		delete(m.Metadata, uuidHeader)
	}
	return m
}

// RecordOf returns the record that the message carries, for a consumed message exactly as it was on the wire; only
// an empty and an absent value look the same.
func RecordOf(m *message.Message) (envelope.Record, bool) {
	r, ok := m.Context().Value(recordKey{}).(*envelope.Record)
	if !ok {
		return envelope.Record{}, false
	}
	return *r, true
}

// PositionOf returns the position of the consumed message whose context this is.
func PositionOf(ctx context.Context) (Position, bool) {
	p, ok := ctx.Value(positionKey{}).(*Position)
	if !ok {
		return Position{}, false
	}
	return *p, true
}

// outgoing returns what to send for a message: the record that it carries, or else its payload with the metadata as
// headers and no key.
func outgoing(topic string, m *message.Message) (envelope.Record, error) {
	if r, ok := RecordOf(m); ok {
		if r.Topic != "" && r.Topic != topic {
			return r, fmt.Errorf("publish message %s to topic %s: its record was made for topic %s, which its signature may cover: make a new one with NewMessage", m.UUID, topic, r.Topic)
		}
		r.Topic = topic
		return r, nil
	}
	r := envelope.Record{Topic: topic, Value: m.Payload, Headers: make([]envelope.Header, 0, len(m.Metadata)+1)}
	r.Headers = append(r.Headers, envelope.Header{Key: uuidHeader, Value: []byte(m.UUID)})
	for k, v := range m.Metadata {
		r.Headers = append(r.Headers, envelope.Header{Key: k, Value: []byte(v)})
	}
	return r, nil
}

func recordOf(km kafka.Message) envelope.Record {
	r := envelope.Record{Topic: km.Topic, Key: km.Key, Value: km.Value, Headers: make([]envelope.Header, len(km.Headers))}
	for i, h := range km.Headers {
		r.Headers[i] = envelope.Header(h)
	}
	return r
}

// delivery is the context of one delivery: what the message carries, ended with it.
type delivery struct {
	context.Context
	record   envelope.Record
	position Position
}

// Value implements context.Context.
func (d *delivery) Value(key any) any {
	switch key.(type) {
	case recordKey:
		return &d.record
	case positionKey:
		return &d.position
	}
	return d.Context.Value(key)
}

// incoming returns a fresh message for a consumed record, so that a message delivered again is whole again. Its
// context ends by cancel.
func incoming(ctx context.Context, km kafka.Message) (*message.Message, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	d := &delivery{ctx, recordOf(km), Position{km.Topic, km.Partition, km.Offset, km.Time}}
	m := newMessage(d.record)
	if m.UUID == "" {
		id := make([]byte, 0, 128)
		id = strconv.AppendInt(append(append(id, km.Topic...), '/'), int64(km.Partition), 10)
		m.UUID = string(strconv.AppendInt(append(id, '/'), km.Offset, 10))
	}
	m.SetContext(d)
	return m, cancel
}
