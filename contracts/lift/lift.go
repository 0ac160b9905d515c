// Package lift carries an event from one major of its type to the next, so that a reader needs to know the newest alone,
// and back, so that a writer can say both while older readers are left. Each step is a pure function, one major far.
package lift

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// ErrNoStep says that no steps lead from one type to another.
var ErrNoStep = errors.New("no step leads there")

// step is between a type and that of the next major.
type step struct {
	from, to string
	up       func(data []byte) ([]byte, error)
	down     func(envelope.Payload) envelope.Payload
	same     func(newer, older []byte) (bool, error)
}

// between makes a step of two functions. Up says everything that the older major said; down leaves out what it cannot.
func between[Old, New envelope.Payload](up func(Old) New, down func(New) Old) step {
	var older Old
	var newer New
	return step{older.EventType(), newer.EventType(),
		func(data []byte) ([]byte, error) {
			var payload Old
			if err := strict.DecodeOpen(data, &payload); err != nil {
				return nil, err
			}
			return json.Marshal(up(payload), json.Deterministic(true))
		},
		func(p envelope.Payload) envelope.Payload {
			if payload, ok := p.(New); ok {
				return down(payload)
			}
			return nil
		},
		func(newData, oldData []byte) (bool, error) {
			var newer New
			var older Old
			err := errors.Join(strict.DecodeOpen(newData, &newer), strict.DecodeOpen(oldData, &older))
			return err == nil && reflect.DeepEqual(down(newer), older), err
		}}
}

func from(eventType string) (step, bool) {
	for _, s := range steps() {
		if s.from == eventType {
			return s, true
		}
	}
	return step{}, false
}

func into(eventType string) (step, bool) {
	for _, s := range steps() {
		if s.to == eventType {
			return s, true
		}
	}
	return step{}, false
}

// Older lists the types that can be lifted to a type, the nearest major first.
func Older(eventType string) []string {
	var older []string
	for s, ok := into(eventType); ok; s, ok = into(s.from) {
		older = append(older, s.from)
	}
	return older
}

// To lifts an event that was opened, step by step, to another type: its type, schema and data are then those of the
// newer major. All else, the record above all, stays as it came. It is ErrNoStep if the type cannot be reached.
func To(eventType string, e envelope.Event) (envelope.Event, error) {
	for e.Type != eventType {
		s, ok := from(e.Type)
		if !ok {
			return e, fmt.Errorf("lift %s to %s: %w", e.Type, eventType, ErrNoStep)
		}
		data, err := s.up(e.Data)
		if err != nil {
			return e, fmt.Errorf("lift %s to %s: %w", e.Type, s.to, err)
		}
		c, known := topics.Lookup(s.to)
		if !known {
			return e, fmt.Errorf("lift %s to %s: %w", e.Type, s.to, ErrNoStep)
		}
		e.Type, e.DataSchema, e.Data = s.to, c.DataSchema(), data
	}
	return e, nil
}

// Beside is what has to be written beside a payload for readers of the major before; ok is false where there is none.
func Beside(p envelope.Payload) (older envelope.Payload, ok bool) {
	s, ok := into(p.EventType())
	if !ok {
		return nil, false
	}
	older = s.down(p)
	return older, older != nil
}

// Same reports whether an event says in its major what the older one says in the major before: lowered, it is the older
// one. Members that neither contract knows do not count. It is ErrNoStep if the one is not the major after the other,
// another error if data is not of its type.
func Same(newer, older envelope.Event) (bool, error) {
	s, ok := into(newer.Type)
	if !ok || s.from != older.Type {
		return false, fmt.Errorf("compare %s and %s: %w", newer.Type, older.Type, ErrNoStep)
	}
	same, err := s.same(newer.Data, older.Data)
	if err != nil {
		err = fmt.Errorf("compare %s and %s: %w", newer.Type, older.Type, err)
	}
	return same, err
}
