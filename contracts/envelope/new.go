package envelope

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// New makes the record of an event, the only way to the wire. It checks everything that Open checks of it (payload by
// schema, subject, topic, writer, sizes) but not the standing of the key, and signs. Times are written in UTC, cut to
// the millisecond, those of the payload too. Errors for a bad draft or payload are *Error.
func New(s signing.Signer, d Draft, p Payload) (Record, error) {
	r, err := build(s, d, p)
	if err != nil {
		return Record{}, fmt.Errorf("make %s: %w", p.EventType(), err)
	}
	return r, nil
}

func build(s signing.Signer, d Draft, p Payload) (Record, error) {
	c, ok := topics.Lookup(p.EventType())
	if !ok {
		return Record{}, reason.New(CodeUnknownType, "type", "%s", "no contract has this type")
	}
	if d.Source != s.Source() {
		return Record{}, reason.New(CodeKeySourceMismatch, "source", "%s", "the signer's source is "+s.Source())
	}
	data, err := encode(p)
	if err != nil {
		return Record{}, err
	}
	version := first(d.Version, c.Newest())
	if !slices.Contains(c.Versions, version) {
		return Record{}, reason.New(CodeUnsupportedVersion, "dataschema", "%s", "there is no such version of "+c.Type)
	}
	payload, err := judge(c, version, data, schemas.Closed)
	if err != nil {
		return Record{}, err
	}
	e := Event{ID: d.ID, Source: d.Source, Type: c.Type, Subject: d.Subject, DataSchema: c.SchemaName(version),
		Time: d.Time, Attributes: d.Attributes, KeyID: s.KeyID(), Data: data}
	if err := complete(c, &e, d.Topic, payload); err != nil {
		return Record{}, err
	}
	return sign(s, c, &e, payload)
}

// complete fills in what follows from the contract.
func complete(c topics.Contract, e *Event, topic string, payload any) error {
	site, _, ok := topics.ParseSource(e.Source)
	if !ok {
		return reason.New(CodeEnvelope, "source", "%s", "not /sites/<site>/<service>, nor the source of the operator")
	}
	if topic == "" {
		topic = c.At(site)
	}
	key := ""
	if receiver, ok := topics.InboxOwner(topic); ok {
		key = site
		e.Audience = first(e.Audience, receiver)
	}
	if e.Subject == "" {
		subject, err := subjectOf(c, payload)
		if err != nil {
			return err
		}
		e.Subject = subject
	}
	e.Site = first(e.Site, site)
	e.CorrelationID = first(e.CorrelationID, e.ID)
	e.DataClassification = first(e.DataClassification, c.DataClass)
	e.Record = Record{Topic: topic, Key: []byte(first(key, e.Subject)), Value: e.Data}
	return nil
}

// sign writes the headers, reads them back by the reader's own rules, and signs.
func sign(s signing.Signer, c topics.Contract, e *Event, payload any) (Record, error) {
	r := e.Record
	headers, signed := headersOf(e)
	r.Headers = headers
	if _, err := read(r); err != nil {
		return Record{}, err
	}
	if err := place(c, e, r.Topic, string(r.Key)); err != nil {
		return Record{}, err
	}
	if err := fits(c, e, payload); err != nil {
		return Record{}, err
	}
	signature := signing.EncodeSignature(s.Sign(signing.Message(signed, r.Topic, r.Key, r.Value)))
	r.Headers = append(r.Headers, Header{prefix + "signature", []byte(signature)})
	return r, nil
}

// times writes every time in a payload in UTC, cut to the millisecond.
func times() *json.Marshalers {
	return json.MarshalToFunc(func(enc *jsontext.Encoder, t time.Time) error {
		return enc.WriteToken(jsontext.String(t.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)))
	})
}

func encode(p Payload) ([]byte, error) {
	data, err := json.Marshal(p, json.WithMarshalers(times()), json.Deterministic(true))
	if err != nil {
		return nil, reason.New(CodeSchema, "", "%s", "the payload cannot be written as JSON: "+err.Error())
	}
	return data, nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
