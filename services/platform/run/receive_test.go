package run_test

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/envelope/envelopetest"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// echo answers each question with what the workspace counted; a count of a question not asked yet waits.
func echo(s *run.Service) {
	asked := map[string]bool{}
	run.Handle(s, func(_ *run.Tx, _ envelope.Event, q catalog.QuestionAsked) error {
		asked[q.QuestionID] = true
		return nil
	})
	run.Handle(s, func(tx *run.Tx, e envelope.Event, c workspace.CountAnswered) error {
		switch {
		case c.Reason == "panic":
			panic("a mistake in the handler")
		case !asked[c.QuestionID]:
			return run.AwaitFact(e.Subject, "question-unknown")
		}
		_, err := tx.Emit(e.Subject, catalog.QuestionAnswered(c))
		return err
	})
}

func count(id string) workspace.CountAnswered {
	return workspace.CountAnswered{QuestionID: id, DatasetID: "lung", Outcome: "suppressed"}
}

func asked(id string) catalog.QuestionAsked {
	return catalog.QuestionAsked{QuestionID: id, DatasetID: "lung"}
}

func answers(b *runtest.Bench) int { return len(runtest.Sent[catalog.QuestionAnswered](b)) }

func reasons(b *runtest.Bench) (out []string) {
	for _, d := range runtest.Sent[catalog.RecordDeadLettered](b) {
		out = append(out, d.Reason)
	}
	return out
}

// probe proves that a valid event still takes effect.
func probe(t *testing.T, b *runtest.Bench) {
	t.Helper()
	before, id := answers(b), b.NewID()
	b.Deliver("catalog", asked(id))
	b.Deliver("workspace", count(id))
	if answers(b) != before+1 {
		t.Fatal("a valid event after it had no effect")
	}
}

func TestHostileRecordsAreDeadLettersWithAReasonAndHaveNoEffect(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(envelope.Record) envelope.Record
		want  string
	}{
		"a changed byte": {func(r envelope.Record) envelope.Record {
			r.Value = append([]byte{}, r.Value...)
			r.Value[len(r.Value)-3]++
			return r
		}, envelope.CodeSignature},
		"another key":  {func(r envelope.Record) envelope.Record { r.Key = []byte("question/else"); return r }, envelope.CodeSignature},
		"no signature": {func(r envelope.Record) envelope.Record { return envelopetest.Without(r, "ce_signature") }, envelope.CodeUnsigned},
		"a header twice": {func(r envelope.Record) envelope.Record {
			r.Headers = append(r.Headers, r.Headers[0])
			return r
		}, envelope.CodeDuplicateHeader},
		"too large": {func(r envelope.Record) envelope.Record { r.Value = make([]byte, 70<<10); return r }, envelope.CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			b := runtest.New(t, "catalog", echo)
			id := b.NewID()
			b.Deliver("catalog", asked(id))
			b.DeliverRecord(c.spoil(b.Sign("workspace", count(id), func(d *envelope.Draft) { d.Sequence = 1 })))
			if got := reasons(b); answers(b) != 0 || len(got) != 1 || got[0] != c.want {
				t.Fatalf("%d effects, dead letters %v, want one for %s", answers(b), got, c.want)
			}
			probe(t, b)
		})
	}
}

func TestAnEventThatCameTwiceTakesEffectOnceAlsoAfterARestart(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	id := b.NewID()
	b.Deliver("catalog", asked(id))
	r := b.Sign("workspace", count(id))
	b.DeliverRecord(r)
	b.DeliverRecord(r)
	b.Restart()
	b.DeliverRecord(r)
	if answers(b) != 1 || len(reasons(b)) != 0 {
		t.Fatalf("%d effects, dead letters %v", answers(b), reasons(b))
	}
}

func TestTheSameIdWithOtherContentIsRefused(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	id := b.NewID()
	b.Deliver("catalog", asked(id))
	e := b.Deliver("workspace", count(id))
	other := count(id)
	other.Outcome = "not-answered"
	b.Deliver("workspace", other, func(d *envelope.Draft) { d.ID = e.ID })
	if got := reasons(b); answers(b) != 1 || len(got) != 1 || got[0] != "id-conflict" {
		t.Fatalf("%d effects, dead letters %v", answers(b), got)
	}
}

func TestReorderedEventsTakeEffectInOrder(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	id := b.NewID()
	b.Deliver("catalog", asked(id))
	first, second := b.Sign("workspace", count(id)), b.Sign("workspace", count(id))
	b.DeliverRecord(second)
	if answers(b) != 0 {
		t.Fatal("the second took effect before the first")
	}
	b.DeliverRecord(first)
	if answers(b) != 2 || len(reasons(b)) != 0 {
		t.Fatalf("%d effects, dead letters %v", answers(b), reasons(b))
	}
}

func TestANumberThatWasSeenBeforeIsStale(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	id := b.NewID()
	b.Deliver("catalog", asked(id))
	b.Deliver("workspace", count(id))
	b.Deliver("workspace", count(id), func(d *envelope.Draft) { d.Sequence = 1 })
	if got := reasons(b); answers(b) != 1 || len(got) != 1 || got[0] != "sequence-stale" {
		t.Fatalf("%d effects, dead letters %v", answers(b), got)
	}
}

func TestAnEventWaitsForItsFactAcrossARestart(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	id := b.NewID()
	b.Deliver("workspace", count(id))
	b.Restart()
	b.Deliver("catalog", asked(id))
	if answers(b) != 1 {
		t.Fatalf("%d effects", answers(b))
	}
}

func TestAFactThatNeverComesEndsInARefusal(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	b.Deliver("workspace", count(b.NewID()))
	b.Advance(time.Hour)
	if got := reasons(b); answers(b) != 0 || len(got) != 1 || got[0] != "question-unknown" {
		t.Fatalf("%d effects, dead letters %v", answers(b), got)
	}
	probe(t, b)
}

func TestAPanicInAHandlerStopsNobodyElse(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	poison := count(b.NewID())
	poison.Reason = "panic"
	b.Deliver("workspace", poison)
	if got := reasons(b); len(got) != 1 || got[0] != "handler-panic" {
		t.Fatalf("dead letters %v", got)
	}
	probe(t, b)
}
