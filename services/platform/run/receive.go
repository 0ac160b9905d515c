package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/store"
	"github.com/fairway-tre/fairway/services/platform/telemetry"
)

// incoming is one record and where it lay.
type incoming struct {
	link   string
	record envelope.Record
	at     bus.Position
	turn   turn // nil: it is taken now
	next   bool // all that lies before it in its partition was read
}

// errSkip ends a transaction that has nothing to do.
var errSkip = errors.New("nothing to do")

// Reasons of the chassis itself, besides those of package envelope.
const (
	reasonConflict    = "id-conflict"
	reasonStale       = "sequence-stale"
	reasonGap         = "sequence-gap"
	reasonFactUnknown = "fact-unknown"
	reasonWaiting     = "too-many-waiting"
	reasonConsequence = "consequence-invalid"
	reasonNotRead     = "type-not-read"
)

// receive makes one record take effect exactly once, and then what had waited for it. An error means that nothing
// happened and the record must come again.
func (s *Service) receive(ctx context.Context, in incoming) error {
	if known := s.settled[in.record.Topic]; known != nil && known[objects.Digest(in.record.Value)] {
		return nil
	}
	facts, err := s.take(ctx, in)
	if err != nil {
		return err
	}
	if err := s.wake(ctx, facts); err != nil {
		s.env.Log.Warn("waiting events are tried again later", "error", err.Error())
		s.wakeAll.Store(true)
		s.timer.Now()
	}
	return nil
}

// take applies, refuses, parks or dead-letters one record in one transaction, and returns what others may have waited
// for.
func (s *Service) take(ctx context.Context, in incoming) (facts map[string]bool, err error) {
	if s.concerns.passes(in) {
		return nil, nil
	}
	e, err := s.open(in)
	if now, err := s.isTurn(ctx, in, e, err); err != nil || !now {
		return nil, err
	}
	if s.mayBeNew(in, err) {
		if err := s.newKeys(ctx); err != nil {
			return nil, fmt.Errorf("learn whether a key is new: %w", err)
		}
		e, err = s.open(in)
	}
	if errors.Is(err, envelope.ErrForeign) {
		return nil, nil // another organisation's own events: not ours to judge
	}
	ctx, span := s.processing(ctx, in, e)
	defer span.End()
	if err != nil && saidTwice(e, err) {
		return s.passOver(ctx, in, e)
	}
	if err != nil {
		return s.deadLetter(ctx, in, e, err)
	}
	digest := objects.Digest(e.Data)
	err = s.store.Update(ctx, func(t *store.Tx) error {
		tx := s.newTx(t, cause{id: e.ID, kind: e.Type, correlation: correlationOf(e), actor: e.Actor, digest: digest})
		before, err := tx.Applied(e.Source, e.ID)
		if err != nil {
			return err
		}
		if before == digest {
			return errSkip
		}
		if err := tx.read(in); err != nil {
			return err
		}
		if before != "" {
			return s.refuse(tx, in, e, &Refusal{reasonConflict, "another event with this source and id was applied before"})
		}
		if gives, err := tx.givesWay(in, e); err != nil || gives {
			err = errors.Join(err, tx.giveWay(in, e))
			facts = tx.facts
			return err
		}
		err = s.settle(tx, in, e, digest, tx.attempt(func() error { return s.apply(tx, in, e) }))
		facts = tx.facts
		return err
	})
	if errors.Is(err, errSkip) {
		s.counters.duplicates.Add(1)
		return nil, s.readInVain(ctx, in)
	}
	if err != nil {
		telemetry.Refused(ctx, "retry")
		return nil, fmt.Errorf("process %s %s: %w", e.Type, e.ID, err)
	}
	return facts, nil
}

// settle records what came of an event: nil, a refusal, a wait, or an error that may pass.
func (s *Service) settle(tx *Tx, in incoming, e envelope.Event, digest string, outcome error) error {
	if outcome == nil {
		return s.applied(tx, in, e, digest)
	}
	var refusal *Refusal
	var await *Await
	var wire *envelope.Error
	switch {
	case errors.As(outcome, &refusal):
	case errors.As(outcome, &await):
		err := tx.park(in, e, await)
		if !errors.Is(err, store.ErrTooManyWaiting) {
			return err
		}
		refusal = &Refusal{reasonWaiting, "too many events of its source wait for facts already; send it again later"}
	case errors.As(outcome, &wire): // what the handler would say breaks its contract, and would at every further try
		s.env.Log.Error("a consequence breaks its contract", "event_id", e.ID, "event_type", e.Type, "error", outcome.Error())
		refusal = &Refusal{reasonConsequence, "what would follow from this breaks the contract of events (" + wire.Error() + ")"}
	default:
		return outcome
	}
	return errors.Join(s.mark(tx, e, digest), tx.markRefused(e, refusal.Reason), s.refuse(tx, in, e, refusal))
}

func correlationOf(e envelope.Event) string {
	if e.CorrelationID != "" {
		return e.CorrelationID
	}
	return e.ID
}

// isTurn asks for a record's turn, as far as anybody vouches for the site that it is of. All who sign for a site have one
// quota. What was signed and cannot be taken for another reason is paid for by who signed it, as a record of any type.
func (s *Service) isTurn(ctx context.Context, in incoming, e envelope.Event, why error) (bool, error) {
	switch {
	case in.turn == nil:
		return true, nil
	case why == nil:
		return in.turn(ctx, in, siteOf(e.Source), e.Type)
	case e.Signed:
		return in.turn(ctx, in, siteOf(e.Source), "")
	}
	return in.turn(ctx, in, nobody, "")
}

// mayBeNew reports that a record is signed by a key that is not known, and that somebody can find out whether it is just
// new: news of keys and what is signed with them come by different topics.
func (s *Service) mayBeNew(in incoming, why error) bool {
	_, inbox := topics.InboxOwner(in.record.Topic)
	return inbox && s.newKeys != nil && envelope.CodeOf(why) == envelope.CodeUnknownKey
}

func (s *Service) open(in incoming) (envelope.Event, error) {
	var e envelope.Event
	var err error
	if in.link == "" {
		e, err = envelope.Open(in.record, s.env.Trust, s.env.Clock.Now())
	} else {
		e, err = envelope.OpenBorder(in.record, s.env.Trust, s.env.Clock.Now())
	}
	if err == nil && e.Audience != "" && e.Audience != s.env.Site {
		err = &envelope.Error{Code: envelope.CodeAudience, Where: "ce_audience", Detail: "the event is addressed to another site"}
	}
	return e, err
}

// apply checks order and what the event rests on, then runs the handlers.
func (s *Service) apply(tx *Tx, in incoming, e envelope.Event) error {
	seen, err := tx.Seen(e.Record.Topic, e.Source, e.Subject)
	if err != nil {
		return err
	}
	if e.Sequence != 0 && e.Sequence <= seen {
		return Refuse(reasonStale, "number %d of %s came after number %d", e.Sequence, e.Subject, seen)
	}
	if await := gapAfter(seen, e); await != nil {
		return await
	}
	return s.effect(tx, in, e)
}

// effect checks what the event rests on and runs the handlers.
func (s *Service) effect(tx *Tx, in incoming, e envelope.Event) error {
	for _, rest := range e.RestsOn {
		if !s.concerns.rests(rest) {
			continue
		}
		ok, err := tx.SeenFact(rest.Source, rest.Subject, rest.Sequence)
		if err != nil {
			return err
		}
		if !ok {
			return AwaitFact(rest.Subject, reasonFactUnknown)
		}
	}
	handlers := s.handlersFor(in.link, e.Type)
	// Default deny at the border. A contract may let a type in that this release does not read.
	if in.link != "" && len(handlers) == 0 {
		return Refuse(reasonNotRead, "nothing here reads %s from other sites", e.Type)
	}
	if c, _ := topics.Lookup(e.Type); c.Kind == topics.KindAct && len(handlers) == 0 {
		return Refuse(reasonNotRead, "this release of the service does nothing about %s", e.Type)
	}
	for _, h := range handlers {
		if err := h(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// gap is the wait for an event's predecessor, nil when it is the event's turn.
func (tx *Tx) gap(e envelope.Event) (*Await, error) {
	seen, err := tx.Seen(e.Record.Topic, e.Source, e.Subject)
	if err != nil {
		return nil, err
	}
	return gapAfter(seen, e), nil
}

func gapAfter(seen uint64, e envelope.Event) *Await {
	if e.Sequence <= seen+1 {
		return nil
	}
	return &Await{Fact: place(e, e.Sequence-1), Within: gapPatience, Reason: reasonGap}
}

// place names one number of a subject, so that an event wakes its own successor and not the whole line.
func place(e envelope.Event, number uint64) string {
	return fmt.Sprintf("number %d of %s of %s", number, e.Subject, e.Source)
}

func (tx *Tx) park(in incoming, e envelope.Event, await *Await) error {
	tx.After(tx.s.timer.Now)
	return tx.Park(store.Parked{Link: in.link, Source: e.Source, EventID: e.ID, Awaits: await.Fact,
		Deadline: tx.Now().Add(await.Within), Reason: await.Reason, Record: in.record,
		Partition: in.at.Partition, Offset: in.at.Offset})
}

// waited is a record that was parked.
func waited(p store.Parked) incoming {
	return incoming{link: p.Link, record: p.Record, at: bus.Position{Topic: p.Record.Topic, Partition: p.Partition, Offset: p.Offset}}
}

// gapPatience is how long an event waits for its predecessor: longer than a broker's fail-over.
const gapPatience = time.Minute

func (s *Service) handlersFor(link, kind string) []handler {
	if link != "" {
		return s.border[kind]
	}
	return s.handlers[kind]
}

func (s *Service) mark(tx *Tx, e envelope.Event, digest string) error {
	if err := tx.MarkApplied(e.Source, e.ID, digest); err != nil {
		return err
	}
	return tx.passed(e)
}

// passed notes that an event had its turn, whatever came of it.
func (tx *Tx) passed(e envelope.Event) error {
	tx.facts[e.Subject], tx.facts[place(e, e.Sequence)] = true, true
	if err := tx.MarkSeen(e.Record.Topic, e.Source, e.Subject, e.Sequence); err != nil {
		return err
	}
	return tx.Unpark(e.Source, e.ID)
}

func (s *Service) applied(tx *Tx, in incoming, e envelope.Event, digest string) error {
	tx.countIn(in, e)
	if err := s.mark(tx, e, digest); err != nil {
		return err
	}
	if len(s.handlersFor(in.link, e.Type)) == 0 {
		return nil
	}
	_, err := tx.closeLeaf("applied", "")
	return err
}

// refuse announces and audits a refusal: an act gets its answer, anything else becomes a dead letter.
func (s *Service) refuse(tx *Tx, in incoming, e envelope.Event, r *Refusal) error {
	telemetry.Refused(tx.Context(), r.Reason)
	leaf, err := tx.NextLeaf()
	if err != nil {
		return err
	}
	action := "refused"
	if contract, ok := topics.Lookup(e.Type); ok && contract.Kind == "act" && in.link == "" {
		_, err = tx.Emit("act/"+e.ID, actRefused{service: s.name, ActID: e.ID, ActType: e.Type, ActSubject: e.Subject,
			Actor: e.Actor, Reason: r.Reason, Detail: clip(r.Detail), AuditLeaf: leaf})
	} else {
		action = "dead-lettered"
		fresh := false
		if fresh, err = s.quarantine(tx, in, r, leaf); err == nil && !fresh {
			return nil // this very record was announced before
		}
	}
	if err != nil {
		return err
	}
	if s.refused != nil {
		if err := s.refused(tx, e, *r, leaf); err != nil {
			return err
		}
	}
	s.env.Log.Info("refused", "event_id", e.ID, "event_type", e.Type, "reason", r.Reason)
	_, err = tx.closeLeaf(action, r.Reason)
	return err
}

// wake tries again what waited for these facts, and what waited for that. It goes on after an error, so that one event
// holds up no other.
func (s *Service) wake(ctx context.Context, facts map[string]bool) error {
	var failed error
	for len(facts) > 0 {
		parked, err := s.waiting(ctx, facts)
		if err != nil {
			return errors.Join(failed, err)
		}
		facts = map[string]bool{}
		for _, p := range parked {
			more, err := s.take(ctx, waited(p))
			failed = errors.Join(failed, err)
			maps.Copy(facts, more)
		}
	}
	return failed
}

func (s *Service) waiting(ctx context.Context, facts map[string]bool) (parked []store.Parked, err error) {
	err = s.store.View(ctx, func(t *store.Tx) (err error) {
		parked, err = t.Waiting(slices.Sorted(maps.Keys(facts))...)
		return err
	})
	return parked, err
}
