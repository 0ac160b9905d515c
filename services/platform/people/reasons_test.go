package people_test

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// asking lets researchers ask.
func asking(s *run.Service) {
	people.Register(s)
	run.Handle(s, func(tx *run.Tx, e envelope.Event, q catalog.QuestionAsk) error {
		if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}, Standing: true}); err != nil {
			return err
		}
		_, err := tx.Emit(e.Subject, catalog.QuestionAsked{QuestionID: q.QuestionID, DatasetID: q.DatasetID, Filters: q.Filters})
		return err
	})
}

func TestAnActWithoutASessionThatHoldsIsRefusedAndHasNoEffect(t *testing.T) {
	for reason, ask := range map[string]func(*runtest.Bench, runtest.Person, catalog.QuestionAsk){
		people.NotFromADoor: func(b *runtest.Bench, _ runtest.Person, q catalog.QuestionAsk) { b.Deliver("portal", q) },
		people.SessionEnded: func(b *runtest.Bench, p runtest.Person, q catalog.QuestionAsk) {
			b.Deliver("identity", identity.SessionEnded{SessionID: p.Session, PersonID: p.ID})
			b.Act(p, q)
		},
		people.Suspended: func(b *runtest.Bench, p runtest.Person, q catalog.QuestionAsk) {
			b.Deliver("identity", identity.PersonSuspended{PersonID: p.ID, Reason: "misuse"})
			b.Act(p, q)
			b.Deliver("identity", identity.PersonReinstated{PersonID: p.ID, Reason: "cleared"})
		},
		people.SecondFactorStale: func(b *runtest.Bench, p runtest.Person, q catalog.QuestionAsk) {
			p.Session = b.NewID()
			now := b.Clock.Now()
			factor := now.Add(-b.Env.Profile.SignIn.SecondFactorMaxAge.Std() - time.Second)
			b.Deliver("identity", identity.SessionAttested{SessionID: p.Session, PersonID: p.ID, Assurance: "aal2", AuthenticatedAt: factor,
				SecondFactorAt: factor, ExpiresAt: now.Add(time.Hour)})
			b.Act(p, q)
		},
	} {
		t.Run(reason, func(t *testing.T) {
			b := runtest.New(t, "catalog", asking)
			p := b.Person("researcher")
			ask(b, p, catalog.QuestionAsk{QuestionID: b.NewID(), DatasetID: "lung"})
			if got := runtest.Last[catalog.ActRefused](b); got.Reason != reason {
				t.Fatalf("refused for %s, not %s", got.Reason, reason)
			}
			if n := len(runtest.Sent[catalog.QuestionAsked](b)); n != 0 {
				t.Fatalf("asked %d times", n)
			}
			b.Act(b.SignIn(p), catalog.QuestionAsk{QuestionID: b.NewID(), DatasetID: "lung"})
			if n := len(runtest.Sent[catalog.QuestionAsked](b)); n != 1 {
				t.Fatalf("asked %d times under a new session, not once", n)
			}
		})
	}
}

func TestASessionEndsByItself(t *testing.T) {
	b := runtest.New(t, "catalog", asking)
	p := b.Person("researcher")
	b.Advance(b.Env.Profile.SignIn.SecondFactorMaxAge.Std())
	b.Act(p, catalog.QuestionAsk{QuestionID: b.NewID(), DatasetID: "lung"})
	if got := runtest.Last[catalog.ActRefused](b); got.Reason != people.SessionEnded {
		t.Fatalf("refused for %s", got.Reason)
	}
}
