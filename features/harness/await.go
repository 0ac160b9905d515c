package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fairway-tre/fairway/contracts/envelope"
)

// ErrNotSeen is when a fact did not come before its deadline.
var ErrNotSeen = errors.New("the fact was not seen")

// ErrContrary is when a fact came that says that the awaited one will not.
var ErrContrary = errors.New("the contrary was seen")

// Fact is something to be waited for.
type Fact struct {
	What  string          // in words, after "waiting for": "the permit of denbi"
	Match func(Seen) bool // on the record that shows it
	// Unless matches a record after which there is nothing left to wait for. May be nil.
	Unless func(Seen) bool
	// About is text, mostly an id, by which related records are found for the message of a failure.
	About []string
	From  int // only records from this place in the transcript on
}

// Of matches records of one type whose payload passes. With no function every payload does.
func Of[T envelope.Payload](pass func(Seen, T) bool) func(Seen) bool {
	return func(s Seen) bool {
		payload, ok := Payload[T](s)
		return ok && (pass == nil || pass(s, payload))
	}
}

// Await returns the first record that shows the fact, seen before or yet to come. The error tells what was awaited and
// what related records were seen last.
func (t *Tap) Await(ctx context.Context, f Fact) (Seen, error) {
	ctx, cancel := context.WithTimeout(ctx, t.deadline)
	defer cancel()
	for n := f.From; ; {
		records, more := t.since(n)
		for _, s := range records {
			if f.Match(s) {
				return s, nil
			}
			if f.Unless != nil && f.Unless(s) {
				return s, fmt.Errorf("waiting for %s: %w: %s\n%s", f.What, ErrContrary, describe(s), t.related(f.About))
			}
		}
		n += len(records)
		select {
		case <-more:
		case <-ctx.Done():
			return Seen{}, fmt.Errorf("waiting for %s: %w: %w\n%s", f.What, ErrNotSeen, t.why(ctx), t.related(f.About))
		}
	}
}

func (t *Tap) why(ctx context.Context) error {
	if err := t.Broken(); err != nil {
		return err
	}
	for _, b := range t.all() {
		if err := b.reached(); err != nil {
			return fmt.Errorf("%w; the broker of %s is not being read: %w", context.Cause(ctx), b.Name, err)
		}
	}
	return context.Cause(ctx)
}

// Find returns all records seen so far that match.
func (t *Tap) Find(match func(Seen) bool) []Seen {
	var found []Seen
	for _, s := range t.All() {
		if match(s) {
			found = append(found, s)
		}
	}
	return found
}

// relatedShown is how many related records a failure tells.
const relatedShown = 12

func (t *Tap) related(about []string) string {
	var lines []string
	for _, s := range t.All() {
		if s.mentions(about) {
			lines = append(lines, "  "+describe(s))
		}
	}
	if len(lines) == 0 {
		return "no related record was seen"
	}
	return "related records seen last:\n" + strings.Join(lines[max(0, len(lines)-relatedShown):], "\n")
}

func (s Seen) mentions(about []string) bool {
	for _, id := range about {
		if id != "" && (strings.Contains(s.Event.Subject, id) || s.Event.CorrelationID == id || s.Event.CausationID == id ||
			s.Event.ID == id || bytes.Contains(s.Record.Value, []byte(id))) {
			return true
		}
	}
	return false
}

// describe tells of a record in one line; of its data only reason and detail of a refusal.
func describe(s Seen) string {
	at := fmt.Sprintf("#%d %s %s/%d@%d", s.N, s.Time.UTC().Format("15:04:05.000"), s.Record.Topic, s.Partition, s.Offset)
	if s.Err != nil {
		return at + " unreadable: " + s.Err.Error()
	}
	text := fmt.Sprintf("%s %s of %s by %s", at, s.Event.Type, s.Event.Subject, s.Event.Source)
	if r, ok := RefusalOf(s); ok {
		text += fmt.Sprintf(" reason %s: %s", r.Reason, r.Detail)
	}
	return text
}
