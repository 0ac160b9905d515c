package runtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// publisher publishes what a data manager describes, and again an hour later.
func publisher(s *run.Service) {
	people.Register(s)
	run.Handle(s, func(tx *run.Tx, e envelope.Event, d catalog.DatasetDescribe) error {
		if err := people.Authorize(tx, e, people.Need{Roles: []string{"data-manager"}, Standing: true}); err != nil {
			return err
		}
		published := catalog.DatasetPublished(d)
		if err := tx.Alarm("again", e.Subject, tx.Now().Add(time.Hour), published); err != nil {
			return err
		}
		_, err := tx.Emit(e.Subject, published)
		return err
	})
	run.HandleTimer(s, "again", func(tx *run.Tx, subject string, published catalog.DatasetPublished) error {
		_, err := tx.Emit(subject, published)
		return err
	})
	s.Worker("idle", func(ctx context.Context) error { <-ctx.Done(); return nil })
}

func description() catalog.DatasetDescribe {
	return catalog.DatasetDescribe{DatasetID: "trial-7", Title: "Trial 7", Holder: "A holder", Version: "1", AccessRights: "RESTRICTED",
		Dictionary: []vocabulary.Variable{{Concept: "age", Column: "age", Type: "number"}}}
}

func TestAnActTakesEffectOnceAndItsTimerFiresInVirtualTimeAlsoAfterARestart(t *testing.T) {
	b := runtest.New(t, "catalog", publisher)
	manager := b.Person("data-manager")
	act := b.Sign("portal", description(), manager.By(b.Clock.Now()))
	b.DeliverRecord(act)
	b.DeliverRecord(act)
	if n := len(runtest.Sent[catalog.DatasetPublished](b)); n != 1 {
		t.Fatalf("published %d times after a duplicate, not once", n)
	}
	b.Restart()
	b.Advance(59 * time.Minute)
	if n := len(runtest.Sent[catalog.DatasetPublished](b)); n != 1 {
		t.Fatalf("published %d times before the hour, not once", n)
	}
	b.Advance(time.Minute)
	if n := len(runtest.Sent[catalog.DatasetPublished](b)); n != 2 {
		t.Fatalf("published %d times after the hour, not twice", n)
	}
}

func TestAnActWithoutTheRoleOrWithAChangedByteIsRefused(t *testing.T) {
	b := runtest.New(t, "catalog", publisher)
	b.Act(b.Person("researcher"), description())
	if r := runtest.Last[catalog.ActRefused](b); r.Reason != people.RoleMissing {
		t.Fatalf("refused for %s", r.Reason)
	}
	forged := b.Sign("portal", description(), b.Person("data-manager").By(b.Clock.Now()))
	forged.Value[len(forged.Value)-3]++
	b.DeliverRecord(forged)
	if r := runtest.Last[catalog.RecordDeadLettered](b); r.Reason != envelope.CodeSignature {
		t.Fatalf("dead letter for %s", r.Reason)
	}
	if n := len(runtest.Sent[catalog.DatasetPublished](b)); n != 0 {
		t.Fatalf("published %d times", n)
	}
}

func TestAnActWaitsForItsSession(t *testing.T) {
	b := runtest.New(t, "catalog", publisher)
	late := b.Person("data-manager")
	late.Session = b.NewID()
	b.Act(late, description())
	if n := len(b.Outbox()); n != 0 {
		t.Fatalf("said %d events before the session was known", n)
	}
	b.Advance(time.Minute)
	if r := runtest.Last[catalog.ActRefused](b); r.Reason != people.SessionUnknown {
		t.Fatalf("refused for %s", r.Reason)
	}
}
