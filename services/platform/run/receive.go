package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/bus"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// incoming is one record and where it lay. A record tried again after waiting has no position.
type incoming struct {
	link   string
	record envelope.Record
	at     bus.Position
}

// errSkip ends a transaction that has nothing to do.
var errSkip = errors.New("nothing to do")

// receive makes one record take effect exactly once: it is applied, refused, parked or dead-lettered in one
// transaction. An error means that nothing happened and the record must come again.
func (s *Service) receive(ctx context.Context, in incoming) error {
	e, err := s.open(in)
	if errors.Is(err, envelope.ErrForeign) {
		return nil // another organisation's own events: not ours to judge
	}
	if err != nil {
		return s.deadLetter(ctx, in, e, err)
	}
	digest := objects.Digest(e.Data)
	var facts map[string]bool
	err = s.store.Update(ctx, func(t *store.Tx) error {
		tx := s.newTx(t, cause{id: e.ID, kind: e.Type, correlation: correlationOf(e), actor: e.Actor, digest: digest})
		before, err := tx.Applied(e.Source, e.ID)
		if err != nil {
			return err
		}
		if before == digest {
			return errSkip
		}
		if before != "" {
			return s.refuse(tx, in, e, &Refusal{"id-conflict", "another event with this source and id was applied before"})
		}
		err = tx.attempt(func() error { return s.apply(tx, in, e) })
		var refusal *Refusal
		var await *Await
		switch {
		case err == nil:
			err = s.applied(tx, in, e, digest)
		case errors.As(err, &refusal):
			err = errors.Join(s.mark(tx, e, digest), s.refuse(tx, in, e, refusal))
		case errors.As(err, &await):
			tx.After(s.kickTimers)
			err = tx.Park(store.Parked{Link: in.link, Source: e.Source, EventID: e.ID, Awaits: await.Fact,
				Deadline: tx.Now().Add(await.Within), Reason: await.Reason, Record: in.record})
		}
		facts = tx.facts
		return err
	})
	if errors.Is(err, errSkip) {
		s.counters.duplicates.Add(1)
		return nil
	}
	if err != nil {
		return fmt.Errorf("process %s %s: %w", e.Type, e.ID, err)
	}
	if err := s.wake(ctx, facts); err != nil {
		s.env.Log.Warn("waiting events are tried again later", "error", err.Error())
		s.wakeAll.Store(true)
		s.kickTimers()
	}
	return nil
}

func correlationOf(e envelope.Event) string {
	if e.CorrelationID != "" {
		return e.CorrelationID
	}
	return e.ID
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
	seen, err := tx.Seen(in.record.Topic, e.Source, e.Subject)
	if err != nil {
		return err
	}
	if e.Sequence != 0 && e.Sequence <= seen {
		return Refuse("sequence-stale", "number %d of %s came after number %d", e.Sequence, e.Subject, seen)
	}
	if e.Sequence > seen+1 {
		return &Await{Fact: e.Subject, Within: gapPatience, Reason: "sequence-gap"}
	}
	for _, rest := range e.RestsOn {
		ok, err := tx.SeenFact(rest.Source, rest.Subject, rest.Sequence)
		if err != nil {
			return err
		}
		if !ok {
			return AwaitFact(rest.Subject, "fact-unknown")
		}
	}
	for _, h := range s.handlersFor(in.link, e.Type) {
		if err := h(tx, e); err != nil {
			return err
		}
	}
	return nil
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
	tx.facts[e.Subject] = true
	if err := tx.MarkSeen(e.Record.Topic, e.Source, e.Subject, e.Sequence); err != nil {
		return err
	}
	return tx.Unpark(e.Source, e.ID)
}

func (s *Service) applied(tx *Tx, in incoming, e envelope.Event, digest string) error {
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
		err = s.quarantine(tx, in, r, leaf)
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

// wake tries again what waited for these facts.
func (s *Service) wake(ctx context.Context, facts map[string]bool) error {
	if len(facts) == 0 {
		return nil
	}
	var parked []store.Parked
	err := s.store.View(ctx, func(t *store.Tx) error {
		for fact := range facts {
			waiting, err := t.Waiting(fact)
			if err != nil {
				return err
			}
			parked = append(parked, waiting...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range parked {
		if err := s.receive(ctx, incoming{link: p.Link, record: p.Record}); err != nil {
			return err
		}
	}
	return nil
}
