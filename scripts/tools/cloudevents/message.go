package cloudevents

import (
	"bytes"
	"context"
	"strings"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/binding/format"
	"github.com/cloudevents/sdk-go/v2/binding/spec"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

// message shows a Kafka record to the SDK.
type message struct {
	headers map[string]string
	value   []byte
}

var specs = spec.WithPrefix("ce_")

func newMessage(r envelope.Record) *message {
	m := &message{headers: map[string]string{}, value: r.Value}
	for _, h := range r.Headers {
		m.headers[strings.ToLower(h.Key)] = string(h.Value)
	}
	return m
}

func (m *message) ReadEncoding() binding.Encoding {
	switch {
	case format.IsFormat(m.headers["content-type"]):
		return binding.EncodingStructured
	case specs.Version(m.headers["ce_specversion"]) != nil:
		return binding.EncodingBinary
	}
	return binding.EncodingUnknown
}

func (m *message) ReadStructured(ctx context.Context, w binding.StructuredWriter) error {
	if m.ReadEncoding() != binding.EncodingStructured {
		return binding.ErrNotStructured
	}
	return w.SetStructuredEvent(ctx, format.Lookup(m.headers["content-type"]), bytes.NewReader(m.value))
}

func (m *message) ReadBinary(ctx context.Context, w binding.BinaryWriter) error {
	if m.ReadEncoding() != binding.EncodingBinary {
		return binding.ErrNotBinary
	}
	version := specs.Version(m.headers["ce_specversion"])
	for name, value := range m.headers {
		var err error
		switch attribute := version.Attribute(name); {
		case name == "content-type":
			err = w.SetAttribute(version.AttributeFromKind(spec.DataContentType), value)
		case attribute != nil:
			err = w.SetAttribute(attribute, value)
		case strings.HasPrefix(name, "ce_"):
			err = w.SetExtension(strings.TrimPrefix(name, "ce_"), value)
		}
		if err != nil {
			return err
		}
	}
	return w.SetData(bytes.NewReader(m.value))
}

func (m *message) GetAttribute(k spec.Kind) (spec.Attribute, any) {
	version := specs.Version(m.headers["ce_specversion"])
	attribute := version.AttributeFromKind(k)
	if attribute == nil {
		return nil, nil
	}
	if k == spec.DataContentType {
		return attribute, m.headers["content-type"]
	}
	return attribute, m.headers[attribute.PrefixedName()]
}

func (m *message) GetExtension(name string) any { return m.headers["ce_"+name] }

func (m *message) Finish(error) error { return nil }
