package run

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/store"
)

type handler func(*Tx, envelope.Event) error

// Handle registers fn for events of T's type at this site, and subscribes to their topic. Several functions for one
// type run in order of registration, in the same transaction. fn returns nil, a Refusal, an Await, or an error that
// is retried until it passes; only in the last case does the partition wait. What was said in an older major of the
// event comes lifted; what was said in both comes once. A service registers for one major of an event.
func Handle[T envelope.Payload](s *Service, fn func(*Tx, envelope.Event, T) error) {
	var zero T
	kind := zero.EventType()
	if topic := topics.TopicOf(kind, s.env.Site); topic != "" {
		s.reads[topic] = ""
	}
	s.register(s.handlers, kind, decoding(fn))
}

// HandleBorder registers fn for events of T's type that other sites sent to this one over a link.
func HandleBorder[T envelope.Payload](s *Service, fn func(*Tx, envelope.Event, T) error) {
	var zero T
	s.register(s.border, zero.EventType(), decoding(fn))
}

func decoding[T envelope.Payload](fn func(*Tx, envelope.Event, T) error) handler {
	return func(tx *Tx, e envelope.Event) error {
		payload, err := envelope.Decode[T](e)
		if err != nil {
			return Refuse("schema", "the data of %s could not be understood: %v", e.Type, err)
		}
		return fn(tx, e, payload)
	}
}

// ReadLink subscribes to a topic of another broker; its events go to the functions of HandleBorder.
func (s *Service) ReadLink(link, topic string) { s.reads[topic] = link }

// HandleTimer registers fn for the timers set under a name. The name is stored with the timer: never rename it.
func HandleTimer[T any](s *Service, name string, fn func(tx *Tx, subject string, data T) error) {
	s.timers[name] = func(tx *Tx, t store.Timer) error {
		var data T
		if err := json.Unmarshal(t.Data, &data); err != nil {
			return fmt.Errorf("understand the data of timer %s for %s: %w", name, t.Subject, err)
		}
		return fn(tx, t.Subject, data)
	}
}
