package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/lift"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// A fact that is said in two majors is two records of one source, each naming the other as its twin. Whichever has its
// turn first in a major that is known here takes effect, and the other gives way: so each reader applies the fact once,
// whatever majors it knows, and also one that learns the newer major between the two records.

// register adds a handler for a type and, lifting them, for every older major of it.
func (s *Service) register(handlers map[string][]handler, kind string, h handler) {
	stem := topics.Stem(kind)
	if other, ok := s.speaks[stem]; ok && other != kind {
		panic(fmt.Sprintf("run: handlers for %s and for %s; a service speaks one major of an event and is given older ones lifted", other, kind))
	}
	s.speaks[stem] = kind
	handlers[kind] = append(handlers[kind], h)
	if c, ok := topics.Lookup(kind); ok {
		s.concerns.add(c.At(s.env.Site), kindOf(c.Subject))
	}
	for _, older := range lift.Older(kind) {
		handlers[older] = append(handlers[older], lifting(kind, h))
	}
}

// lifting gives a handler what was said in an older major in the words of its own.
func lifting(kind string, h handler) handler {
	return func(tx *Tx, e envelope.Event) error {
		lifted, err := lift.To(kind, e)
		if err != nil {
			return Refuse(envelope.CodeSchema, "the data of %s could not be lifted: %v", e.Type, err)
		}
		return h(tx, lifted)
	}
}

// saidTwice reports that a record in an unknown major, which was believed as far as it can be, has a twin in a known
// one: its fact comes in words that are understood, and there is nothing to park.
func saidTwice(e envelope.Event, why error) bool {
	if envelope.CodeOf(why) != envelope.CodeUnsupportedVersion || !e.Signed || e.Twin.ID == "" {
		return false
	}
	_, known := topics.MajorOf(e.Type, e.Twin.Major)
	return known
}

// passOver lets such a record have its turn, and nothing more: its twin is still to take effect.
func (s *Service) passOver(ctx context.Context, in incoming, e envelope.Event) (facts map[string]bool, err error) {
	err = s.store.Update(ctx, func(t *store.Tx) error {
		tx := s.newTx(t, cause{id: e.ID, kind: e.Type, correlation: correlationOf(e)})
		err := errors.Join(tx.read(in), tx.giveWay(in, e))
		facts = tx.facts
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("pass over %s %s: %w", e.Type, e.ID, err)
	}
	return facts, nil
}

// givesWay reports whether an event is to leave its fact to its twin: because that was applied, or because the handlers
// are for the twin's major.
func (tx *Tx) givesWay(in incoming, e envelope.Event) (bool, error) {
	if e.Twin.ID == "" || in.link != "" {
		return false, nil
	}
	if len(tx.s.handlersFor(in.link, e.Type)) == 0 {
		return true, nil
	}
	digest, err := tx.Applied(e.Source, e.Twin.ID)
	return digest != "", err
}

// giveWay marks an event's place in its subject as passed, in its turn, and does nothing else.
func (tx *Tx) giveWay(in incoming, e envelope.Event) error {
	await, err := tx.gap(e)
	if err != nil {
		return err
	}
	if await != nil {
		if err := tx.park(in, e, await); !errors.Is(err, store.ErrTooManyWaiting) {
			return err
		}
	}
	return tx.passed(e)
}

// giveUpUnknown ends the wait of a record in an unknown major for its predecessor: it has its turn, and is parked for
// replay unless its twin is to take effect. It was believed when it began to wait.
func (s *Service) giveUpUnknown(ctx context.Context, p store.Parked, e envelope.Event, why error) error {
	e.Signed = true
	var facts map[string]bool
	err := s.store.Update(ctx, func(t *store.Tx) error {
		tx := s.newTx(t, cause{id: e.ID, kind: e.Type, correlation: correlationOf(e)})
		if err := tx.passed(e); err != nil {
			return err
		}
		facts = tx.facts
		if saidTwice(e, why) {
			return nil
		}
		return s.refuse(tx, waited(p), e, &Refusal{envelope.CodeUnsupportedVersion, clip(why.Error())})
	})
	if err != nil {
		return err
	}
	return s.wake(ctx, facts)
}

// twinTookEffect reports whether the fact of an event took effect in another major. A twin that was refused did not.
func (tx *Tx) twinTookEffect(in incoming, e envelope.Event) (bool, error) {
	if e.Twin.ID == "" || in.link != "" {
		return false, nil
	}
	digest, err := tx.Applied(e.Source, e.Twin.ID)
	if err != nil || digest == "" {
		return false, err
	}
	_, refused, err := refusals.Get(tx.Tx, refusalID(e.Source, e.Twin.ID))
	return !refused, err
}

// lastOf is the last number in its subject that an event's fact has.
func lastOf(e envelope.Event) uint64 {
	// contracts/README.md: "two records of one subject, next to each other, the newer first"
	if c, _ := topics.Lookup(e.Type); e.Twin.ID != "" && e.Twin.Major < c.Major {
		return e.Sequence + 1
	}
	return e.Sequence
}

// emitTwins is what Emit does for an event that supersedes another major of itself: it says the fact in both, the newer
// first, until the contract of the older one goes. Older readers take the second record, newer ones the first.
func (tx *Tx) emitTwins(subject string, newer, older envelope.Payload, options []Option) (Fact, error) {
	first, _ := topics.Lookup(newer.EventType())
	second, _ := topics.Lookup(older.EventType())
	firstID, secondID := tx.NewID(), tx.NewID()
	named := func(id string, twin envelope.Twin) Option {
		return func(s *sending) {
			s.draft.ID, s.draft.Twin = id, twin
			if tx.cause.correlation == "" { // twins have one root
				s.draft.CorrelationID = firstID
			}
		}
	}
	said, err := tx.say(subject, newer, options, named(firstID, envelope.Twin{Major: second.Major, ID: secondID}))
	if err != nil {
		return said, err
	}
	beside, err := tx.say(subject, older, options, named(secondID, envelope.Twin{Major: first.Major, ID: firstID}),
		func(s *sending) { s.draft.Version = "" })
	// Who rests on the fact rests on both records: a reader of the older major has acted only on the second.
	said.Sequence = beside.Sequence
	return said, err
}
