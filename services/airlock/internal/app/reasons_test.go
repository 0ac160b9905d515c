package app

import (
	"testing"
	"time"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestWhatCannotBeAskedForIsRefusedAndNothingElseIsSaid(t *testing.T) {
	for reason, act := range map[string]func(*bench){
		ReasonOutputUnknown: func(b *bench) {
			b.output.OutputID = b.NewID()
			b.request()
		},
		ReasonReleaseUnknown: func(b *bench) {
			b.review(b.Person("output-checker"), events.ReleaseRequest{ReleaseID: b.NewID(), Digest: b.output.Claim.Digest}, "Approved")
		},
		ReasonNotTheAuthor: func(b *bench) {
			b.author = b.Person("researcher")
			b.request()
		},
		ReasonInput: func(b *bench) {
			b.output.OutputID, b.output.Inputs = b.NewID(), []string{documents.Digest([]byte("a part that nobody released"))}
			b.Deliver("workspace", b.output)
			b.request()
		},
	} {
		t.Run(reason, func(t *testing.T) {
			b := newBench(t, table(10, 20), toResearcher)
			act(b)
			b.Advance(time.Minute)
			b.wantRefused(reason)
			if said := len(b.Outbox()); said != 1 {
				t.Fatalf("said %d events, not the refusal alone", said)
			}
		})
	}
}

func TestNobodyAsksInTheNameOfTheAuthor(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	b.Act(b.Person("researcher"), events.ReleaseRequest{ReleaseID: b.NewID(), OutputID: b.output.OutputID, Requester: b.author.ID,
		Digest: b.output.Claim.Digest})
	b.wantRefused(ReasonNotTheAuthor)
	if n := len(runtest.Sent[events.ReleaseRequested](b.Bench)); n != 0 {
		t.Fatalf("asked for %d times", n)
	}
}
