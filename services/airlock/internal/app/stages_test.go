package app

import (
	"slices"
	"strings"
	"testing"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// inSteps is a site where one checker and then two of a committee decide.
var inSteps = strings.Replace(blindedPair, "review: {reviewers: 2, blinded: true, deadline: 2wd}",
	`review: {reviewers: 3, blinded: true, deadline: 2wd, stages: [{role: output-checker, quorum: 1}, {role: release-committee, quorum: 2}]}`, 1)

func (b *bench) wantTurn(role string, stage int64) {
	b.t.Helper()
	if got := runtest.Last[events.ReleaseAssigned](b.Bench); got.Role != role || got.Stage != stage || len(got.Reviewers) > 0 {
		b.t.Fatalf("the turn is of %s, stage %d, reviewers %v", got.Role, got.Stage, got.Reviewers)
	}
}

func TestAStageBeginsWhenTheOneBeforeHasItsQuorum(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher, runtest.Profile(inSteps))
	r := b.request()
	b.wantTurn("output-checker", 1)
	first, second, both := b.Person("release-committee"), b.Person("release-committee"), b.Person("output-checker", "release-committee")
	b.review(first, r, "Approved")
	b.wantRefused(ReasonTurn)
	b.review(both, r, "Approved")
	b.wantTurn("release-committee", 2)
	b.review(both, r, "Approved")
	b.wantRefused(ReasonAlreadyReviewed)
	b.review(b.Person("output-checker"), r, "Approved")
	b.wantRefused(ReasonTurn)
	b.review(first, r, "Approved")
	if told := runtest.Last[events.ReleaseReviewed](b.Bench); told.Role != "release-committee" || told.Reviewer != "" || told.Ordinal != 2 || told.Needed != 3 {
		t.Fatalf("told %+v", told)
	}
	b.wantReleased(0)
	b.review(second, r, "Approved")
	b.wantReleased(1)
	d := runtest.Last[events.ReleaseApproved](b.Bench)
	if len(d.Stages) != 2 || !slices.Equal(d.Stages[0].Reviewers, []string{both.ID}) || !slices.Equal(d.Stages[1].Reviewers, []string{first.ID, second.ID}) ||
		d.Stages[1].Role != "release-committee" || d.Rules.Reviewers != 3 || len(d.Reviewers) != 3 {
		t.Fatalf("the record says %+v", d)
	}
	if n := len(runtest.Sent[events.ReleaseAssigned](b.Bench)); n != 2 {
		t.Fatalf("assigned %d times", n)
	}
}

func TestALaterStageCanReject(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher, runtest.Profile(inSteps))
	r := b.request()
	b.review(b.Person("output-checker"), r, "Approved")
	b.review(b.Person("release-committee"), r, "Rejected")
	if got := runtest.Last[events.ReleaseRejected](b.Bench); got.Reason != ReasonRejected {
		t.Fatalf("got %+v", got)
	}
	b.wantReleased(0)
}

func TestStagesOutliveARestart(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher, runtest.Profile(inSteps))
	r := b.request()
	b.review(b.Person("output-checker"), r, "Approved")
	b.Restart()
	b.review(b.Person("release-committee"), r, "Approved")
	b.wantReleased(0)
	b.review(b.Person("release-committee"), r, "Approved")
	b.wantReleased(1)
}
