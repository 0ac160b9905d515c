package run_test

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestWhatNeverComesIsWaitedForAndThenADeadLetterWithTheReason(t *testing.T) {
	for reason, change := range map[string]func(*envelope.Draft){
		"sequence-gap": func(d *envelope.Draft) { d.Sequence = 2 },
		"fact-unknown": func(d *envelope.Draft) {
			d.RestsOn = []envelope.Rest{{Source: topics.Source("molgenis", topics.Catalog), Subject: d.Subject, Sequence: 2}}
		},
	} {
		t.Run(reason, func(t *testing.T) {
			b := runtest.New(t, "catalog", echo)
			id := b.NewID()
			b.Deliver("catalog", asked(id))
			b.Deliver("workspace", count(id), func(d *envelope.Draft) { d.Subject = "question/" + id }, change)
			if got := reasons(b); answers(b) != 0 || len(got) != 0 {
				t.Fatalf("%d effects, dead letters %v before the wait was over", answers(b), got)
			}
			b.Advance(2 * time.Minute)
			if got := reasons(b); answers(b) != 0 || len(got) != 1 || got[0] != reason {
				t.Fatalf("%d effects, dead letters %v, want one for %s", answers(b), got, reason)
			}
			probe(t, b)
		})
	}
}
