package app

import (
	"testing"
	"time"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestAReturnedOutputMayBeAskedForAgain(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	r := b.request()
	back := events.ReleaseReturn{ReleaseID: r.ReleaseID, Digest: r.Digest, Reason: "name-the-population", Findings: []vocabulary.Finding{}}
	b.Act(b.author, back)
	b.wantRefused(ReasonDuties)
	checker := b.Person("output-checker")
	b.Act(checker, back)
	if got := runtest.Last[events.ReleaseReturned](b.Bench); got.Reason != "name-the-population" || got.OutputID != b.output.OutputID {
		t.Fatalf("got %+v", got)
	}
	b.review(b.Person("output-checker"), r, "Approved")
	b.wantRefused(ReasonTransition)
	b.Advance(7 * 24 * time.Hour)
	if n := len(runtest.Sent[events.ReleaseRejected](b.Bench)); n != 0 {
		t.Fatalf("what was returned was rejected %d times", n)
	}
	b.author = b.SignIn(b.author)
	b.review(b.SignIn(checker), b.request(), "Approved")
	b.wantReleased(1)
}

func TestOnlyTheAuthorWithdrawsAndOnlyBeforeTheDecision(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	r := b.request()
	b.Act(b.Person("researcher"), events.ReleaseWithdraw{ReleaseID: r.ReleaseID})
	b.wantRefused(ReasonNotTheAuthor)
	b.Act(b.author, events.ReleaseWithdraw{ReleaseID: r.ReleaseID})
	if got := runtest.Last[events.ReleaseWithdrawn](b.Bench); got.ReleaseID != r.ReleaseID {
		t.Fatalf("got %+v", got)
	}
	b.review(b.Person("output-checker"), r, "Approved")
	b.wantRefused(ReasonTransition)
	again := b.request()
	b.review(b.Person("output-checker"), again, "Approved")
	b.Act(b.author, events.ReleaseWithdraw{ReleaseID: again.ReleaseID})
	b.wantRefused(ReasonTransition)
	b.wantReleased(1)
}

func TestARevokedReleaseIsOverForGood(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	r := b.request()
	end := events.ReleaseRevoke{ReleaseID: r.ReleaseID, Reason: "consent-withdrawn"}
	b.Act(b.Person("output-checker"), end)
	b.wantRefused(ReasonTransition)
	b.review(b.Person("output-checker"), r, "Approved")
	b.Act(b.Person("researcher"), end)
	b.wantRefused(people.RoleMissing)
	b.Act(b.Person("output-checker"), end)
	if got := runtest.Last[events.ReleaseRevoked](b.Bench); got.ReleaseID != r.ReleaseID || got.Reason != "consent-withdrawn" {
		t.Fatalf("got %+v", got)
	}
	b.request()
	b.wantRefused(ReasonRevoked)
	combined := b.output
	combined.OutputID, combined.JobID, combined.Inputs = b.NewID(), "", []string{r.Digest}
	b.Deliver("workspace", combined)
	b.output = combined
	b.request()
	b.Advance(time.Minute)
	b.wantRefused(ReasonInput)
}

func TestAnApprovalForAStudyEndsByItself(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	b.review(b.Person("output-checker"), b.request(), "Approved")
	r := b.forStudy(table(50, 90), func(o *workspace.OutputSealed) {
		o.StudyID, o.Destination = b.NewID(), vocabulary.Destination{Kind: "study", Site: "denbi"}
	})
	b.review(b.Person("output-checker"), r, "Approved")
	b.wantReleased(2)
	b.Restart()
	b.Advance(31 * 24 * time.Hour)
	expired := runtest.Sent[events.ReleaseExpired](b.Bench)
	if len(expired) != 1 || expired[0].ReleaseID != r.ReleaseID {
		t.Fatalf("expired: %+v", expired)
	}
	b.Act(b.Person("output-checker"), events.ReleaseRevoke{ReleaseID: r.ReleaseID, Reason: "late"})
	b.wantRefused(ReasonTransition)
}
