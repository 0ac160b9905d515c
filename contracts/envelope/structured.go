package envelope

import (
	"bytes"
	"encoding/base64"
	"errors"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/strict"
)

// structuredType is the content type of a record whose value holds the attributes too.
const structuredType = "application/cloudevents+json"

// maxStructured is how large the value of such a record may be: data and attributes, each within its own limit.
const maxStructured = strict.MaxSize + MaxHeaderBytes

// structured reports whether a record is in the structured mode, which its content type says in any spelling
// (CloudEvents 1.0.2, Kafka protocol binding, §3).
func structured(r Record) bool {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Key, contentType) && strings.HasPrefix(strings.ToLower(string(h.Value)), "application/cloudevents") {
			return true
		}
	}
	return false
}

// readStructured reads the attributes from the value. Data keeps its bytes as they stand there, and they are what the
// signature covers, as in binary mode.
func readStructured(r Record) (wire, error) {
	w := wire{event: Event{Record: r}}
	if err := bounds(r, maxStructured); err != nil {
		return w, err
	}
	if err := oneMode(r); err != nil {
		return w, err
	}
	dec := jsontext.NewDecoder(bytes.NewReader(r.Value)) // refuses names that are there twice, and invalid UTF-8
	if dec.PeekKind() != '{' {
		return w, reason.New(reason.Malformed, "data", "the value is no JSON object with attributes")
	}
	if _, err := dec.ReadToken(); err != nil {
		return w, unreadable(r.Value, err)
	}
	for dec.PeekKind() == '"' {
		if err := w.member(dec, r.Value); err != nil {
			return w, err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return w, unreadable(r.Value, err)
	}
	if trailing := bytes.TrimLeft(r.Value[dec.InputOffset():], " \t\r\n"); len(trailing) > 0 {
		return w, reason.New(reason.Malformed, "data", "something follows the event")
	}
	switch {
	case len(w.event.Data) == 0:
		return w, reason.New(reason.Malformed, "data", "there is no data; events are never tombstones")
	case len(w.event.Data) > strict.MaxSize:
		return w, reason.New(reason.TooLarge, "data", "%d bytes, at most %d are allowed", len(w.event.Data), strict.MaxSize)
	}
	return w, w.complete()
}

// oneMode refuses headers that say what the value says too, and content types that are not exactly the one.
func oneMode(r Record) error {
	types := 0
	for _, h := range r.Headers {
		name, ours := attributeName(h.Key)
		switch {
		case ours && name != "datacontenttype":
			return reason.New(reason.Envelope, clip(h.Key), "a context attribute in a header beside those in the value")
		case ours && h.Key != contentType:
			return reason.New(reason.Envelope, clip(h.Key), "not the spelling of a context attribute")
		case ours:
			types++
		}
		if ours && !structuredMedia(string(h.Value)) {
			return reason.New(reason.Envelope, "datacontenttype", "only %s is spoken here", structuredType)
		}
	}
	if types > 1 {
		return reason.New(reason.DuplicateHeader, "datacontenttype", "the header is there twice")
	}
	return nil
}

func structuredMedia(value string) bool {
	media, params, err := mime.ParseMediaType(value)
	charset, named := params["charset"]
	return err == nil && media == structuredType && (len(params) == 0 || len(params) == 1 && named && strings.EqualFold(charset, "utf-8"))
}

// member takes one member of the value: an attribute, which is text, or the data.
func (w *wire) member(dec *jsontext.Decoder, value []byte) error {
	token, err := dec.ReadToken()
	if err != nil {
		return unreadable(value, err)
	}
	name := token.String()
	raw, err := dec.ReadValue()
	if err != nil {
		return unreadable(value, err)
	}
	switch {
	case name == "data" || name == "data_base64":
		return w.data(name, raw)
	case raw.Kind() != '"':
		return reason.New(reason.Envelope, clip(name), "a context attribute that is no text")
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return unreadable(value, err)
	}
	return w.header(Header{headerName(name), text})
}

func (w *wire) data(name string, raw jsontext.Value) error {
	if w.event.Data != nil {
		return reason.New(reason.DuplicateMember, "data", "both data and data_base64 are there")
	}
	if name == "data" {
		w.event.Data = bytes.Clone(raw)
		return nil
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	if err == nil {
		w.event.Data, err = base64.StdEncoding.Strict().DecodeString(string(text))
	}
	if err != nil || raw.Kind() != '"' {
		return reason.New(reason.Malformed, "data_base64", "not base64")
	}
	return nil
}

// unreadable names why the value cannot be read.
func unreadable(value []byte, err error) error {
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return reason.New(reason.DuplicateMember, "data", "a name is there twice")
	case !utf8.Valid(value):
		return reason.New(reason.Encoding, "data", "invalid UTF-8")
	default:
		return reason.New(reason.Malformed, "data", "the value is not JSON")
	}
}
