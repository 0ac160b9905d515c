package envelope

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// Read decodes the attributes of a record strictly. It verifies no signature and does not look into the data.
func Read(r Record) (Event, error) {
	w, err := read(r)
	return w.event, err
}

// wire is a record whose attributes were read, with what its signature has to cover.
type wire struct {
	event     Event
	signed    []signing.Attribute
	signature string
	contract  topics.Contract // of the type; of the newest major that is known, where the event's is not
}

func read(r Record) (wire, error) {
	if structured(r) {
		return readStructured(r)
	}
	w := wire{event: Event{Data: r.Value, Record: r}}
	if err := bounds(r, strict.MaxSize); err != nil {
		return w, err
	}
	for _, h := range r.Headers {
		if err := w.header(h); err != nil {
			return w, err
		}
	}
	return w, w.complete()
}

// bounds holds sizes before anything is decoded.
func bounds(r Record, largest int) error {
	size := 0
	for _, h := range r.Headers {
		size += len(h.Key) + len(h.Value)
	}
	switch {
	case len(r.Value) > largest:
		return reason.New(reason.TooLarge, "data", "%d bytes, at most %d are allowed", len(r.Value), largest)
	case len(r.Headers) > MaxHeaders:
		return reason.New(reason.TooLarge, "headers", "%d headers, at most %d are allowed", len(r.Headers), MaxHeaders)
	case size > MaxHeaderBytes:
		return reason.New(reason.TooLarge, "headers", "%d bytes, at most %d are allowed", size, MaxHeaderBytes)
	case len(r.Value) == 0:
		return reason.New(reason.Malformed, "data", "there is no data; events are never tombstones")
	}
	return nil
}

// header takes one header. Headers that are no context attributes are not ours and are passed over, if their names are
// text at all; a variant in spelling of one that is ours is refused, since another reader might take it.
func (w *wire) header(h Header) error {
	name, ours := attributeName(h.Key)
	switch {
	case !utf8.ValidString(h.Key):
		return reason.New(reason.Encoding, clip(h.Key), "the name of a header is invalid UTF-8")
	case !ours:
		return nil
	}
	if h.Key != headerName(name) {
		return reason.New(reason.Envelope, clip(h.Key), "not the spelling of a context attribute")
	}
	value := string(h.Value)
	if err := validText(clip(name), value); err != nil {
		return err
	}
	if slices.ContainsFunc(w.signed, func(seen signing.Attribute) bool { return seen.Name == name }) {
		return reason.New(reason.DuplicateHeader, clip(name), "the attribute is there twice")
	}
	w.signed = append(w.signed, signing.Attribute{Name: name, Value: value})
	return w.take(name, value)
}

func (w *wire) take(name, value string) error {
	a, known := find(name)
	switch {
	case !known && name != "signature":
		return reason.New(reason.Envelope, clip(name), "no contract has this attribute")
	case value == "" && a.required:
		return reason.New(reason.MissingAttribute, name, "the attribute is empty")
	case value == "":
		return reason.New(reason.EmptyAttribute, name, "an attribute without value has to be left out")
	case name == "signature":
		w.signature = value
		return nil
	}
	err := a.read(&w.event, value)
	if _, refused := errors.AsType[*reason.Error](err); err == nil || refused {
		return err
	}
	return reason.New(reason.Envelope, name, "%s", err)
}

// complete checks that all required attributes are there and that the type is one to be read.
func (w *wire) complete() error {
	for _, a := range attributes {
		if a.required && !w.has(a.name) {
			return reason.New(reason.MissingAttribute, a.name, "the attribute is not there")
		}
	}
	return w.typed()
}

func (w *wire) has(name string) bool {
	return slices.ContainsFunc(w.signed, func(a signing.Attribute) bool { return a.Name == name })
}

func (w *wire) typed() error {
	e := &w.event
	if strings.HasPrefix(e.Type, "x.") {
		return ErrForeign
	}
	c, known := topics.Lookup(e.Type)
	if !known {
		var kin bool
		if w.contract, kin = topics.Kin(e.Type); kin {
			return reason.New(reason.UnsupportedVersion, "type", "this major version of the event is not known here")
		}
		return reason.New(reason.UnknownType, "type", "no contract has this type")
	}
	w.contract = c
	if !validSchema(c, e.DataSchema) {
		return reason.New(reason.Envelope, "dataschema", "not a schema of this type")
	}
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// clip keeps the name of an unknown header, which a stranger chose, short and printable.
func clip(name string) string {
	name = strings.Map(func(c rune) rune {
		if c <= ' ' || c > '~' {
			return '?'
		}
		return c
	}, name)
	return name[:min(len(name), 32)]
}

// verify holds the signature against its key, then the record's place against the contract, then time and audience.
func (w *wire) verify(k signing.Keys, now time.Time) error {
	e, r := &w.event, w.event.Record
	claim := signing.Claim{KeyID: e.KeyID, Source: e.Source, Type: w.contract.Type, Time: e.Time, Kept: r.Topic == topics.Registry}
	message := signing.Message(w.signed, r.Topic, r.Key, e.Data)
	if err := signing.Verify(k, claim, message, w.signature, now); err != nil {
		return err
	}
	if err := place(w.contract, e, r.Topic, string(r.Key)); err != nil {
		return err
	}
	e.Signed = true
	if e.Time.After(now.Add(Skew)) {
		return reason.New(reason.Future, "time", "the event is from the future")
	}
	if !e.Expiry.IsZero() && now.After(e.Expiry.Add(Skew)) {
		return reason.New(reason.Expired, "expirytime", "the event is past its expiry")
	}
	return nil
}
