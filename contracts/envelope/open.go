package envelope

import (
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/signing"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// Open reads a record and believes it only step by step: attributes, signature and key, place, time and audience, and
// only then the data, by its schema in the consumer's view: unknown members and values of extensible enumerations pass.
func Open(r Record, k signing.Keys, now time.Time) (Event, error) {
	return open(r, k, now, schemas.Open)
}

// OpenBorder is Open in the closed view: at the border of a site nothing unknown passes. Of an event that says it is in a
// newer minor than the newest that is known, unknown members are passed over, as every reader does: what is said on goes
// out of the struct that Decode makes, which has none of them.
func OpenBorder(r Record, k signing.Keys, now time.Time) (Event, error) {
	return open(r, k, now, schemas.Closed)
}

func open(r Record, k signing.Keys, now time.Time, view schemas.View) (Event, error) {
	w, err := read(r)
	if err != nil {
		if w.contract.Type != "" { // it may still have been said, in words that are not known here: see Event.Signed
			_ = w.verify(k, now)
		}
		return w.event, err
	}
	if err := w.verify(k, now); err != nil {
		return w.event, err
	}
	if newer(w.contract, w.event.DataSchema) {
		view = schemas.Open
	}
	payload, err := judge(w.contract, w.contract.Newest(), w.event.Data, view)
	if err != nil {
		return w.event, err
	}
	return w.event, fits(w.contract, &w.event, payload)
}

// newer reports whether a schema, valid for the contract, is of a later minor than the newest that is known.
func newer(c topics.Contract, schema string) bool {
	said, known := schemaVersion.FindStringSubmatch(versionOf(schema)), schemaVersion.FindStringSubmatch(c.Newest())
	return len(said) > 2 && number(said[2]) > number(known[2])
}

func versionOf(schema string) string {
	_, version, _ := cutLast(schema, ":")
	return version
}

func number(text string) int {
	n, _ := strconv.Atoi(text) // digits, by the pattern
	return n
}

// judge holds data against a version of the schema. The newest that is known reads every other minor of its major.
func judge(c topics.Contract, version string, data []byte, view schemas.View) (any, error) {
	payload, err := strict.Value(data)
	if err != nil {
		return nil, err
	}
	j, err := schemas.Of(c.Service, c.Name(), version)
	if err != nil {
		return nil, fmt.Errorf("judge %s: %w", c.Type, err)
	}
	return payload, j.Check(payload, view)
}

// Decode turns the data of an opened event into its struct.
func Decode[T Payload](e Event) (T, error) {
	var payload T
	if want := payload.EventType(); e.Type != want {
		return payload, reason.New(reason.UnknownType, "type", "the event is %s, not %s", e.Type, want)
	}
	if err := strict.DecodeOpen(e.Data, &payload); err != nil {
		return payload, err
	}
	return payload, nil
}

// Known is the data of an opened event as far as the newest minor that is known here has words for it, and how many
// members and values are left out; where none is, the data as on the wire. See schemas.Judge.Known.
func Known(e Event) (data []byte, left int, err error) {
	c, ok := topics.Lookup(e.Type)
	if !ok {
		return nil, 0, reason.New(reason.UnknownType, "type", "no contract has this type")
	}
	j, err := schemas.Of(c.Service, c.Name(), c.Newest())
	if err != nil {
		return nil, 0, fmt.Errorf("read what is known of %s: %w", e.Type, err)
	}
	payload, err := strict.Value(e.Data)
	if err != nil {
		return nil, 0, err
	}
	known, left := j.Known(payload)
	if left == 0 {
		return e.Data, 0, nil
	}
	data, err = json.Marshal(known, json.Deterministic(true))
	return data, left, err
}
