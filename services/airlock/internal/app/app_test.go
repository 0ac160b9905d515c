package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/disclosure"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// bench is an airlock with one sealed output of a researcher.
type bench struct {
	*runtest.Bench
	t      *testing.T
	author runtest.Person
	output workspace.OutputSealed
}

// table is a cross-tabulation of one variable with the given counts.
func table(n ...int) documents.Document {
	var c documents.Count
	c.Dropped = documents.DroppedRows(0, 5)
	for i, count := range n {
		c.Cells = append(c.Cells, documents.Cell{By: []documents.Level{{Concept: "grade", Level: string(rune('a' + i))}}, N: count})
	}
	return documents.Document{Schema: documents.Schema, Dataset: "rotterdam", Results: []documents.Result{c}}
}

func newBench(t *testing.T, d documents.Document, destination vocabulary.Destination, options ...runtest.Option) *bench {
	t.Helper()
	b := &bench{Bench: runtest.New(t, "airlock", Register, options...), t: t}
	b.author = b.Person("researcher", "output-checker")
	raw, err := documents.Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := b.Objects("workspace").Put(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	b.output = workspace.OutputSealed{OutputID: b.NewID(), JobID: b.NewID(), ProjectID: b.NewID(), PermitID: b.NewID(), Author: b.author.ID,
		Claim: vocabulary.Claim{Digest: digest, Size: int64(len(raw)), MediaType: documents.MediaType, Class: "aggregate"},
		Kinds: []string{"count"}, Destination: destination}
	b.Deliver("workspace", b.output)
	return b
}

var toResearcher = vocabulary.Destination{Kind: "researcher", Site: "molgenis"}

func (b *bench) request() events.ReleaseRequest {
	b.t.Helper()
	r := events.ReleaseRequest{ReleaseID: b.NewID(), OutputID: b.output.OutputID, Requester: b.author.ID, Digest: b.output.Claim.Digest}
	b.Act(b.author, r)
	return r
}

func (b *bench) review(by runtest.Person, r events.ReleaseRequest, decision string) {
	b.t.Helper()
	b.Act(by, events.ReleaseReview{ReleaseID: r.ReleaseID, Digest: r.Digest, Decision: decision})
}

func (b *bench) wantRefused(reason string) {
	b.t.Helper()
	if got := runtest.Last[events.ActRefused](b.Bench); got.Reason != reason {
		b.t.Fatalf("refused for %q, want %q", got.Reason, reason)
	}
}

func (b *bench) wantReleased(n int) {
	b.t.Helper()
	if got := len(runtest.Sent[events.ReleaseApproved](b.Bench)); got != n {
		b.t.Fatalf("%d decisions to release, want %d", got, n)
	}
}

func TestAnIndependentReviewerReleasesExactlyTheseBytes(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	r := b.request()
	b.review(b.Person("output-checker"), r, "Approved")
	d := runtest.Last[events.ReleaseApproved](b.Bench)
	if d.Claim != b.output.Claim || len(d.Reviewers) != 1 || d.Reviewers[0] == b.author.ID || d.Rules.Threshold != 5 {
		t.Fatalf("got %+v", d)
	}
	if !slices.Contains(d.ChecksPassed, string(disclosure.RuleCell)) || slices.Contains(d.ChecksPassed, string(disclosure.RuleCurveEmpty)) {
		t.Fatalf("passed %v: what has to be met is named, what reviewers look at is not", d.ChecksPassed)
	}
	if p := runtest.Last[events.ReleasePublished](b.Bench); len(p.Recipients) != 1 || p.Recipients[0] != b.author.ID {
		t.Fatalf("got %+v", p)
	}
}

func TestAuthorsNeverReviewTheirOwnOutput(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	r := b.request()
	b.review(b.author, r, "Approved")
	b.wantRefused(ReasonDuties)
	b.wantReleased(0)
	b.review(b.Person("output-checker"), r, "Approved")
	b.wantReleased(1)
}

func TestWhoActsForTheSponsorReviewsNothingOfItsProject(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	b.output.Sponsor = "acme"
	b.output.OutputID = b.NewID()
	b.Deliver("workspace", b.output)
	r := b.request()
	own, rival := b.Person("output-checker"), b.Person("output-checker")
	b.Deliver("identity", identity.RoleGranted{PersonID: own.ID, Role: "output-checker", Organisation: "acme"})
	b.Deliver("identity", identity.RoleGranted{PersonID: rival.ID, Role: "output-checker", Organisation: "rival"})
	b.review(own, r, "Approved")
	b.wantRefused(ReasonDuties)
	b.wantReleased(0)
	b.review(rival, r, "Approved")
	b.wantReleased(1)
}

func TestWhatIsToldOfThePeopleOfAllSitesIsHeldToTheStrictestOfTheirThresholds(t *testing.T) {
	for name, c := range map[string]struct {
		smallest int
		outcome  string
	}{"under the stricter": {8, "fail"}, "at the stricter": {10, "pass"}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, table(10, 20), toResearcher)
			part := table(c.smallest, 20)
			raw, err := documents.Encode(part)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Objects("gateway").Put(t.Context(), raw); err != nil {
				t.Fatal(err)
			}
			input := documents.Digest(raw)
			b.Deliver("gateway", federation.ResultReceived{JobID: b.NewID(), StudyID: b.NewID(), Site: "denbi", ReleaseID: b.NewID(), Digest: input, Size: int64(len(raw)), Threshold: 10})
			whole := part.Results[0].(documents.Count)
			whole.Combined = []documents.Source{{Site: "denbi", Dataset: "rotterdam", OutputDigest: input, N: c.smallest + 20}}
			r := b.forStudy(documents.Document{Schema: documents.Schema, Dataset: "study", Results: []documents.Result{whole}},
				func(o *workspace.OutputSealed) { o.JobID, o.Inputs = "", []string{input} })
			checked := runtest.Last[events.ReleaseChecked](b.Bench)
			if checked.Outcome != c.outcome || checked.Threshold != 10 {
				t.Fatalf("%+v", checked)
			}
			if c.outcome == "fail" {
				return
			}
			b.review(b.Person("output-checker"), r, "Approved")
			if d := runtest.Last[events.ReleaseApproved](b.Bench); d.Rules.Threshold != 10 {
				t.Fatalf("%+v", d.Rules)
			}
		})
	}
}

func TestASmallCellIsRejectedBeforeAnybodyLooks(t *testing.T) {
	b := newBench(t, table(10, 4), toResearcher)
	r := b.request()
	if got := runtest.Last[events.ReleaseRejected](b.Bench); got.Reason != "cell-under-threshold" || len(got.Findings) == 0 {
		t.Fatalf("got %+v", got)
	}
	b.review(b.Person("output-checker"), r, "Approved")
	b.wantRefused(ReasonTransition)
	b.wantReleased(0)
}

func TestAReviewOfOtherBytesCountsForNothing(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	r := b.request()
	r.Digest = documents.Digest([]byte("other"))
	b.review(b.Person("output-checker"), r, "Approved")
	b.wantRefused(ReasonDigest)
	b.wantReleased(0)
}

func TestNobodyReviewsWithoutTheRole(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	r := b.request()
	b.review(b.Person("researcher"), r, "Approved")
	b.wantRefused("role-missing")
	b.wantReleased(0)
}

// blindedPair is a site with two reviewers who do not see each other.
var blindedPair = strings.Replace(runtest.DefaultProfile, "review: {reviewers: 1, blinded: false, deadline: 5wd}", "review: {reviewers: 2, blinded: true, deadline: 2wd}", 1)

func TestTwoBlindedReviewersDoNotSeeEachOther(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher, runtest.Profile(blindedPair))
	r := b.request()
	first := b.Person("output-checker")
	b.review(first, r, "Approved")
	b.wantReleased(0)
	if told := runtest.Last[events.ReleaseReviewed](b.Bench); told.Reviewer != "" || told.Decision != "" || told.Needed != 2 {
		t.Fatalf("told %+v", told)
	}
	b.review(first, r, "Approved")
	b.wantRefused(ReasonAlreadyReviewed)
	b.review(b.Person("output-checker"), r, "Approved")
	b.wantReleased(1)
}

func TestAReviewThatNobodyMakesEndsAtItsDeadline(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	b.request()
	b.Advance(14 * 24 * time.Hour)
	if got := runtest.Last[events.ReleaseRejected](b.Bench); got.Reason != ReasonOverdue {
		t.Fatalf("got %+v", got)
	}
}

func TestNothingIsReleasedUnderAPermitThatEnded(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	r := b.request()
	b.Deliver("approval", approval.PermitRevoked{PermitID: b.output.PermitID, ProjectID: b.output.ProjectID, Reason: "consent-withdrawn"})
	if got := runtest.Last[events.ReleaseRejected](b.Bench); got.Reason != ReasonPermitEnded {
		t.Fatalf("got %+v", got)
	}
	b.review(b.Person("output-checker"), r, "Approved")
	b.request()
	b.wantRefused(ReasonPermitEnded)
	b.wantReleased(0)
}

func TestNothingIsReleasedFromAWorkspaceThatWasClosed(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	r := b.request()
	b.Deliver("workspace", workspace.WorkspaceClosed{WorkspaceID: b.NewID(), PermitID: b.output.PermitID, ProjectID: b.output.ProjectID, Reason: "project-ended"})
	if got := runtest.Last[events.ReleaseRejected](b.Bench); got.Reason != ReasonPermitEnded {
		t.Fatalf("got %+v", got)
	}
	b.review(b.Person("output-checker"), r, "Approved")
	b.request()
	b.wantRefused(ReasonPermitEnded)
	b.wantReleased(0)
}

func TestACombinationWaitsForItsInputsToBeKnownAsReleased(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	input := documents.Digest([]byte("a result of another site"))
	combined := b.output
	combined.OutputID, combined.JobID, combined.StudyID, combined.Inputs = b.NewID(), "", b.NewID(), []string{input}
	b.Deliver("workspace", combined)
	b.output = combined
	b.request()
	if n := len(runtest.Sent[events.ReleaseRequested](b.Bench)); n != 0 {
		t.Fatal("taken in before its input was released")
	}
	b.Deliver("gateway", federation.ResultReceived{JobID: b.NewID(), StudyID: combined.StudyID, Site: "denbi", ReleaseID: b.NewID(), Digest: input, Size: 9})
	if n := len(runtest.Sent[events.ReleaseRequested](b.Bench)); n != 1 {
		t.Fatalf("taken in %d times after its input was released", n)
	}
}

func TestATableWithMoreFindingsThanAnEventHoldsIsRejectedToo(t *testing.T) {
	d := table(10, 20)
	c := d.Results[0].(documents.Count)
	for i := range 400 {
		c.Cells = append(c.Cells, documents.Cell{By: []documents.Level{{Concept: "grade", Level: fmt.Sprintf("x%d", i)}}, N: 1})
	}
	d.Results[0] = c
	b := newBench(t, d, toResearcher)
	b.request()
	if got := runtest.Last[events.ReleaseRejected](b.Bench); got.Reason != "cell-under-threshold" || len(got.Findings) != maxFindings {
		t.Fatalf("rejected for %s with %d findings", got.Reason, len(got.Findings))
	}
}

func TestAnOutputIsNotAskedForAgainUntilAReviewerSaysYes(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	first := b.request()
	b.request()
	b.wantRefused(ReasonReleaseExists)
	b.review(b.Person("output-checker"), first, "Rejected")
	second := b.request()
	b.wantRefused(ReasonRejected)
	b.review(b.Person("output-checker"), second, "Approved")
	b.Advance(time.Minute)
	b.wantReleased(0)
}

func TestAnOutputThatNobodyReviewedInTimeIsAskedForAgain(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	b.request()
	b.Advance(14 * 24 * time.Hour)
	b.author = b.SignIn(b.author)
	again := b.request()
	b.review(b.Person("output-checker"), again, "Approved")
	b.wantReleased(1)
}

// another seals a further output about the same dataset, under the same permit.
func (b *bench) another(d documents.Document) {
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
	b.Deliver("workspace", b.output)
}

func TestASecondReleaseThatDiffersByOnePersonIsRejected(t *testing.T) {
	for name, decide := range map[string]func(*bench, events.ReleaseRequest){
		"the first was released":     func(b *bench, r events.ReleaseRequest) { b.review(b.Person("output-checker"), r, "Approved") },
		"the first is under review":  func(*bench, events.ReleaseRequest) {},
		"also after a restart of it": func(b *bench, _ events.ReleaseRequest) { b.Restart() },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, table(10, 20), toResearcher)
			decide(b, b.request())
			b.another(table(10, 21))
			second := b.request()
			if got := runtest.Last[events.ReleaseRejected](b.Bench); got.ReleaseID != second.ReleaseID || got.Reason != "difference-under-threshold" {
				t.Fatalf("got %+v", got)
			}
		})
	}
}

func TestASecondReleaseIsNotHeldAgainstWhatNeverLeftOrSaysTheSame(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	b.review(b.Person("output-checker"), b.request(), "Rejected")
	for _, d := range []documents.Document{table(10, 21), table(10, 21), table(10, 40)} {
		b.another(d)
		b.review(b.Person("output-checker"), b.request(), "Approved")
	}
	b.wantReleased(3)
}
