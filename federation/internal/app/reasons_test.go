package app

import (
	"errors"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestWhatIsNotOnTheClosedListDoesNotLeaveTheSite(t *testing.T) {
	var g *gateway
	b := runtest.New(t, "federation", func(s *run.Service) { g = register(s, runtest.Members(t, s.Env().Site, s.Env().Trust)) })
	err := b.Service.Update(t.Context(), func(tx *run.Tx) error {
		return g.send(tx, data, "question/"+b.NewID(), catalog.QuestionAsked{QuestionID: b.NewID(), DatasetID: "lung"})
	})
	var refused *run.Refusal
	if !errors.As(err, &refused) || refused.Reason != border.NotListed {
		t.Fatalf("refused with %v", err)
	}
	for _, e := range b.Outbox() {
		if _, leaves := topics.InboxOwner(e.Record.Topic); leaves || e.Type == catalog.TypeQuestionAsked {
			t.Fatalf("%s was written to %s", e.Type, e.Record.Topic)
		}
	}
}

func TestTheEndOfAPermitThatNobodyGrantedIsADeadLetter(t *testing.T) {
	for name, end := range map[string]func(permit, project string) envelope.Payload{
		"revoked": func(permit, project string) envelope.Payload {
			return approval.PermitRevoked{PermitID: permit, ProjectID: project, Reason: "withdrawn"}
		},
		"expired": func(permit, project string) envelope.Payload {
			return approval.PermitExpired{PermitID: permit, ProjectID: project}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := gatewayAt(t, data)
			id := b.NewID()
			b.Deliver(topics.Approval, end(id, b.NewID()))
			b.Advance(time.Minute)
			if got := runtest.Sent[federation.RecordDeadLettered](b); len(got) != 1 || got[0].Reason != border.PermitUnknown {
				t.Fatalf("dead letters %+v", got)
			}
			b.View(func(tx *run.Tx) error {
				if _, found, err := permits.Get(tx.Tx, id); found || err != nil {
					t.Errorf("a permit is kept: %v, %v", found, err)
				}
				return nil
			})
		})
	}
}
