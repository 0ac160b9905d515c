// Package strict decodes JSON from outside so that every reader sees the same thing or nothing. It refuses what
// parsers are known to disagree about: a member named twice or in two spellings, invalid UTF-8, trailing data, deep
// nesting, numbers that a double cannot hold. Errors are *reason.Error with a JSON pointer and never quote the data.
package strict

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/reason"
)

// Limits of every document.
const (
	MaxSize    = 64 << 10  // bytes
	MaxDepth   = 16        // objects and arrays within each other
	MaxMembers = 1024      // of one object
	MaxInteger = 1<<53 - 1 // the greatest integer that every JSON reader holds exactly
)

// Decode checks data, then decodes it into v, a pointer. A member that v has no field for is refused.
func Decode(data []byte, v any) error { return decode(data, v, true) }

// DecodeOpen is Decode for readers that must ignore members they do not know: those of a newer minor version.
func DecodeOpen(data []byte, v any) error { return decode(data, v, false) }

func decode(data []byte, v any, closed bool) error {
	if err := Check(data); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v, json.RejectUnknownMembers(closed)); err != nil {
		return semantic(err)
	}
	return nil
}

// Check reports the first reason, if any, why data is not one strict JSON document.
func Check(data []byte) error {
	_, err := read(data, false)
	return err
}

// Value checks data and returns it as map[string]any, []any, string, bool, nil, int64 for numbers written as
// integers, and float64 for the others.
func Value(data []byte) (any, error) { return read(data, true) }

func read(data []byte, build bool) (any, error) {
	if len(data) > MaxSize {
		return nil, reason.New(reason.TooLarge, "", "%d bytes, at most %d are allowed", len(data), MaxSize)
	}
	r := reader{dec: jsontext.NewDecoder(bytes.NewBuffer(data)), build: build}
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, reason.New(reason.Malformed, "", "data after the end of the document")
	}
	return v, nil
}

type reader struct {
	dec   *jsontext.Decoder
	build bool
}

func (r *reader) value() (any, error) {
	t, err := r.dec.ReadToken()
	if err != nil {
		return nil, r.syntactic(err)
	}
	switch t.Kind() {
	case '{':
		return r.object()
	case '[':
		return r.array()
	case '0':
		return r.number(t.String())
	case '"':
		if r.build {
			return t.String(), nil
		}
	case 't', 'f':
		return t.Bool(), nil
	}
	return nil, nil
}

func (r *reader) object() (any, error) {
	if err := r.depth(); err != nil {
		return nil, err
	}
	var members map[string]any
	if r.build {
		members = map[string]any{}
	}
	names := make([]string, 0, 16)
	for r.dec.PeekKind() != '}' {
		t, err := r.dec.ReadToken()
		if err != nil {
			return nil, r.syntactic(err)
		}
		name := t.String()
		if err := r.named(name, names); err != nil {
			return nil, err
		}
		names = append(names, name)
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		if r.build {
			members[name] = v
		}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return nil, r.syntactic(err)
	}
	return members, nil
}

// named refuses a name that is another spelling of one that its object has already.
func (r *reader) named(name string, seen []string) error {
	if len(seen) == MaxMembers {
		return reason.New(reason.TooLarge, string(r.dec.StackPointer()), "more than %d members", MaxMembers)
	}
	for _, s := range seen {
		if SameFold(s, name) {
			return reason.New(reason.UnknownMember, string(r.dec.StackPointer()), "another spelling of a member that is there already")
		}
	}
	return nil
}

func (r *reader) array() (any, error) {
	if err := r.depth(); err != nil {
		return nil, err
	}
	items := []any{}
	for r.dec.PeekKind() != ']' {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		if r.build {
			items = append(items, v)
		}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return nil, r.syntactic(err)
	}
	return items, nil
}

func (r *reader) depth() error {
	if r.dec.StackDepth() > MaxDepth {
		return reason.New(reason.TooDeep, string(r.dec.StackPointer()), "nested deeper than %d", MaxDepth)
	}
	return nil
}

func (r *reader) number(text string) (any, error) {
	refuse := func(what string) (any, error) {
		return nil, reason.New(reason.Number, string(r.dec.StackPointer()), "%s", what)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return refuse("not a finite double")
	}
	if f == 0 && text[0] == '-' {
		return refuse("minus zero")
	}
	if strings.ContainsAny(text, ".eE") {
		return f, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > MaxInteger || n < -MaxInteger {
		return refuse("an integer beyond 2^53-1")
	}
	return n, nil
}

func (r *reader) syntactic(err error) error {
	var s *jsontext.SyntacticError
	where := string(r.dec.StackPointer())
	if errors.As(err, &s) {
		where = string(s.JSONPointer)
	}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return reason.New(reason.DuplicateMember, where, "a member named twice")
	case s != nil && (strings.Contains(s.Err.Error(), "UTF-8") || strings.Contains(s.Err.Error(), "surrogate")):
		return reason.New(reason.Encoding, where, "text that is not valid Unicode")
	default:
		return reason.New(reason.Malformed, where, "not a complete JSON document")
	}
}

func semantic(err error) error {
	var s *json.SemanticError
	if !errors.As(err, &s) {
		return reason.New(reason.Malformed, "", "not the expected JSON document")
	}
	if errors.Is(err, json.ErrUnknownName) {
		return reason.New(reason.UnknownMember, string(s.JSONPointer), "a member that is not expected here")
	}
	return reason.New(reason.Schema, string(s.JSONPointer), "not a value that fits %v", s.GoType)
}

// SameFold reports whether two names differ at most by case, U+017F and U+212A included.
func SameFold(a, b string) bool { return strings.EqualFold(a, b) }
