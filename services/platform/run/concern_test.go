package run_test

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestOfWhatAServiceNeverActsOnItKeepsNothing(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	job := workspace.JobStateChanged{JobID: b.NewID(), ProjectID: b.NewID(), State: "QUEUED"}
	b.Deliver("workspace", job, func(d *envelope.Draft) { d.Sequence = 7 }) // a gap, were it counted
	b.Advance(0)
	if got := len(b.Outbox()); got != 0 {
		t.Fatalf("said %d events about a job", got)
	}
	probe(t, b)
}

func TestDataThatHaveTakenEffectInAnotherWayArePassedOverAndNothingElseIs(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	one, other := b.NewID(), b.NewID()
	b.Deliver("catalog", asked(one))
	b.Deliver("catalog", asked(other))
	first, second := b.Sign("workspace", count(one)), b.Sign("workspace", count(other))
	b.Service.Settled(first.Topic, []string{objects.Digest(first.Value)})
	b.DeliverRecord(first)
	b.DeliverRecord(second)
	if n := len(runtest.Sent[catalog.QuestionAnswered](b)); n != 1 {
		t.Fatalf("answered %d times, want once", n)
	}
}

func TestAFactThatAServiceDoesNotKeepHoldsNothingUp(t *testing.T) {
	b := runtest.New(t, "catalog", echo)
	id := b.NewID()
	b.Deliver("catalog", asked(id), func(d *envelope.Draft) {
		d.RestsOn = []envelope.Rest{{Source: "/sites/molgenis/workspace", Subject: "job/" + b.NewID(), Sequence: 1}}
	})
	b.Deliver("workspace", count(id))
	if n := len(runtest.Sent[catalog.QuestionAnswered](b)); n != 1 {
		t.Fatalf("answered %d times, want once", n)
	}
}
