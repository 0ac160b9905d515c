package app

import (
	"strings"
	"testing"
	"time"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

var toStudy = vocabulary.Destination{Kind: "study", Site: "denbi"}

// round is a cox model's part of a round at the given parameter.
func round(n int, at float64) documents.ModelPart {
	return documents.ModelPart{Regression: documents.Regression{Analysis: "cox", Time: "time", Event: "death", N: 1000, Events: 400, Strata: 1, Levels: []documents.LevelSize{}},
		Dropped: "0", Round: n, Terms: []string{"age"}, At: []float64{at}, Gradient: []float64{3}, Information: []float64{40}, Deviance: 500}
}

func ofRound(results ...documents.Result) documents.Document {
	return documents.Document{Schema: documents.Schema, Dataset: "rotterdam", Results: results}
}

// next seals another output of the study's jobs and asks for its release.
func (b *bench) next(d documents.Document, change func(*workspace.OutputSealed)) events.ReleaseRequest {
	b.t.Helper()
	raw, err := documents.Encode(d)
	if err != nil {
		b.t.Fatal(err)
	}
	digest, err := b.Objects("workspace").Put(b.t.Context(), raw)
	if err != nil {
		b.t.Fatal(err)
	}
	b.output.OutputID, b.output.JobID = b.NewID(), b.NewID()
	b.output.Claim.Digest, b.output.Claim.Size = digest, int64(len(raw))
	o := b.output
	if change != nil {
		change(&o)
	}
	b.Deliver("workspace", o)
	r := events.ReleaseRequest{ReleaseID: b.NewID(), OutputID: o.OutputID, Requester: o.Author, Digest: digest}
	b.Deliver("gateway", r)
	return r
}

// begun is an airlock whose reviewer has approved the first round of a study.
func begun(t *testing.T, options ...runtest.Option) (*bench, runtest.Person, events.ReleaseRequest) {
	t.Helper()
	b := newBench(t, table(10, 20), toStudy, options...)
	b.output.StudyID = b.NewID()
	first := b.next(ofRound(round(1, 0)), nil)
	b.wantReleased(0)
	reviewer := b.Person("output-checker")
	b.review(reviewer, first, "Approved")
	b.wantReleased(1)
	return b, reviewer, first
}

func TestTheApprovalOfAFirstRoundCoversTheLaterOnes(t *testing.T) {
	b, reviewer, first := begun(t)
	b.next(ofRound(round(2, 0.01)), nil)
	d := runtest.Await[events.ReleaseApproved](b.Bench, 2)[1]
	if d.CoveredBy != first.ReleaseID || len(d.Reviewers) != 1 || d.Reviewers[0] != reviewer.ID || d.Claim != b.output.Claim || d.Rules.Threshold != 5 {
		t.Fatalf("%+v", d)
	}
	b.next(ofRound(round(5, 0.012)), nil)
	if d := runtest.Await[events.ReleaseApproved](b.Bench, 3)[2]; d.CoveredBy != first.ReleaseID {
		t.Fatalf("%+v", d)
	}
	if n := len(runtest.Sent[events.ReleaseChecked](b.Bench)); n != 3 {
		t.Fatalf("%d checks", n)
	}
}

func TestWhatAFirstRoundDoesNotCoverGoesToPeople(t *testing.T) {
	other := func(change func(*documents.ModelPart)) documents.Document {
		p := round(2, 0.01)
		change(&p)
		return ofRound(p)
	}
	for name, c := range map[string]struct {
		document documents.Document
		change   func(*bench, *workspace.OutputSealed)
	}{
		"another study":  {ofRound(round(2, 0.01)), func(b *bench, o *workspace.OutputSealed) { o.StudyID = b.NewID() }},
		"another permit": {ofRound(round(2, 0.01)), func(b *bench, o *workspace.OutputSealed) { o.PermitID = b.NewID() }},
		"another author": {ofRound(round(2, 0.01)), func(b *bench, o *workspace.OutputSealed) { o.Author = b.Person("researcher").ID }},
		"another host":   {ofRound(round(2, 0.01)), func(_ *bench, o *workspace.OutputSealed) { o.Destination.Site = "tsd" }},
		"another version": {ofRound(round(2, 0.01)), func(_ *bench, o *workspace.OutputSealed) {
			o.Lineage.Datasets = []vocabulary.DatasetVersion{{DatasetID: "rotterdam", Version: "2"}}
			o.Lineage.Steps = []vocabulary.LineageStep{}
		}},
		"another dataset":     {documents.Document{Schema: documents.Schema, Dataset: "gbsg", Results: []documents.Result{round(2, 0.01)}}, nil},
		"another question":    {other(func(p *documents.ModelPart) { p.Terms[0] = "nodes" }), nil},
		"other people":        {other(func(p *documents.ModelPart) { p.N = 900 }), nil},
		"the round once more": {ofRound(round(1, 0)), func(_ *bench, o *workspace.OutputSealed) {}},
		"a table beside it":   {ofRound(round(2, 0.01), documents.Count{Dropped: "0", Cells: []documents.Cell{{By: []documents.Level{}, N: 1000}}}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			b, _, _ := begun(t)
			r := b.next(c.document, func(o *workspace.OutputSealed) {
				if c.change != nil {
					c.change(b, o)
				}
			})
			runtest.Await[events.ReleaseChecked](b.Bench, 2)
			b.wantReleased(1)
			b.review(b.Person("output-checker"), r, "Approved")
			b.wantReleased(2)
			if d := runtest.Last[events.ReleaseApproved](b.Bench); d.CoveredBy != "" {
				t.Fatalf("%+v", d)
			}
		})
	}
}

func TestAStandingApprovalEnds(t *testing.T) {
	t.Run("with the release's validity", func(t *testing.T) {
		b, _, _ := begun(t)
		b.Advance(31 * 24 * time.Hour)
		b.next(ofRound(round(2, 0.01)), nil)
		runtest.Await[events.ReleaseChecked](b.Bench, 2)
		b.wantReleased(1)
	})
	t.Run("with the release that it is of", func(t *testing.T) {
		b, _, first := begun(t)
		b.Act(b.Person("output-checker"), events.ReleaseRevoke{ReleaseID: first.ReleaseID, Reason: "consent-withdrawn"})
		b.next(ofRound(round(2, 0.01)), nil)
		runtest.Await[events.ReleaseChecked](b.Bench, 2)
		b.wantReleased(1)
	})
	t.Run("with the last round", func(t *testing.T) {
		b, _, _ := begun(t)
		for n := 2; n <= 25; n++ {
			b.next(ofRound(round(n, float64(n)/1000)), nil)
		}
		runtest.Await[events.ReleaseApproved](b.Bench, 25)
		b.next(ofRound(round(26, 0.5)), nil)
		if got := runtest.Await[events.ReleaseRejected](b.Bench, 1)[0]; got.Reason != "round-parameters-refused" {
			t.Fatalf("%+v", got)
		}
	})
	t.Run("where a rule is broken", func(t *testing.T) {
		b, _, _ := begun(t)
		p := round(2, 0.01)
		p.Events = 3
		b.next(ofRound(p), nil)
		if got := runtest.Await[events.ReleaseRejected](b.Bench, 1)[0]; !strings.Contains(got.Reason, "events") {
			t.Fatalf("%+v", got)
		}
	})
	t.Run("by the site's profile", func(t *testing.T) {
		b, _, _ := begun(t, runtest.Profile(strings.Replace(strings.Replace(blindedPair, "reviewers: 2", "reviewers: 1", 1), "deadline: 2wd}", "deadline: 2wd, rounds: each}", 1)))
		b.next(ofRound(round(2, 0.01)), nil)
		runtest.Await[events.ReleaseChecked](b.Bench, 2)
		b.wantReleased(1)
	})
}
