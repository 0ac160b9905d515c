package app

import (
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestAStudyOverTwoSitesIsCombinedReviewedAndCompleted(t *testing.T) {
	f := federated(t)
	far := result(t, 2)
	f.answer(f.host, result(t, 1))
	f.answer(f.data, far)
	f.partsFrom(1)
	f.carry()
	received := runtest.Await[federation.ResultReceived](f.host, 2)
	if !slices.ContainsFunc(received, func(r federation.ResultReceived) bool { return r.Site == data && r.Digest == outputs.Digest(far) }) {
		t.Fatalf("received %+v", received)
	}
	c := f.publish()
	if c.Outcome != study.OutcomeCompleted || !slices.Equal(outcomes(c), []string{"denbi returned", "molgenis returned"}) {
		t.Fatalf("completed %+v", c)
	}
	text, err := f.host.Env.Objects.Get(t.Context(), c.Digest)
	if err != nil {
		t.Fatal(err)
	}
	document, canonical, err := outputs.Canonical(text)
	if err != nil || !canonical {
		t.Fatalf("the combination is not canonical: %v", err)
	}
	if got := document.Results[0].(outputs.Combination); len(got.Sites) != 2 || got.Variance != 23 {
		t.Fatalf("combined %+v", got)
	}
	opened, submitted := lastOf(f.host, federation.TypeStudyOpened), lastOf(f.data, workspace.TypeJobSubmit)
	if submitted.CorrelationID != opened.CorrelationID || submitted.CausationID != lastOf(f.host, federation.TypeJobDispatched).ID {
		t.Fatalf("the data site's job %+v does not follow from the study %+v", submitted.Attributes, opened.Attributes)
	}
	if n := count[federation.BorderRefused](f.host) + count[federation.BorderRefused](f.data); n != 0 {
		t.Fatalf("%d refusals on the happy path", n)
	}
}

func TestASilentSiteIsNamedAndItsLateResultChangesNothing(t *testing.T) {
	f := federated(t)
	f.answer(f.host, result(t, 1))
	runtest.Await[federation.ResultReceived](f.host, 1)
	f.answer(f.data, result(t, 2))
	f.partsFrom(1)
	f.host.Advance(time.Hour)
	c := f.publish()
	if c.Outcome != study.OutcomePartial || !slices.Equal(outcomes(c), []string{"denbi timed-out", "molgenis returned"}) {
		t.Fatalf("completed %+v", c)
	}
	f.carry()
	refusedFor(t, f.host, in, border.Late)
	if count[federation.StudyCompleted](f.host) != 1 || count[federation.ResultReceived](f.host) != 1 {
		t.Fatal("the late result had an effect")
	}
}

func TestASiteThatRefusesHasAnsweredForItself(t *testing.T) {
	f := federated(t)
	f.answer(f.host, result(t, 1))
	j := f.job(f.data)
	var act string
	for _, e := range f.data.Outbox() {
		if e.Type == workspace.TypeJobSubmit {
			act = e.ID
		}
	}
	f.data.Deliver(topics.Workspace, workspace.ActRefused{ActID: act, ActType: workspace.TypeJobSubmit, ActSubject: "job/" + j.JobID,
		Reason: "variable-unknown", Detail: "no concept hormone-therapy here"})
	f.carry()
	runtest.Await[federation.ResultReceived](f.host, 1)
	c := f.publish()
	if c.Outcome != study.OutcomeCompleted || !slices.Equal(outcomes(c), []string{"denbi refused", "molgenis returned"}) {
		t.Fatalf("completed %+v", c)
	}
	for _, m := range c.Manifest {
		if m.Site == data && (m.Reason != "variable-unknown" || m.Digest != "") {
			t.Fatalf("manifest %+v", m)
		}
	}
}

func TestAStudyWithoutAnyResultFails(t *testing.T) {
	f := federated(t)
	f.host.Advance(time.Hour)
	c := runtest.Last[federation.StudyCompleted](f.host)
	if c.Outcome != study.OutcomeFailed || c.Reason != "nothing-returned" || c.Digest != "" {
		t.Fatalf("completed %+v", c)
	}
}

func TestACombinationThatIsNotReleasedFailsTheStudy(t *testing.T) {
	for name, c := range map[string]struct {
		reason string
		end    func(*two, workspace.OutputSeal)
	}{
		"rejected by the airlock": {"rejected-by-reviewer", func(f *two, s workspace.OutputSeal) {
			f.host.Deliver(topics.Airlock, airlock.ReleaseRejected{ReleaseID: runtest.Last[airlock.ReleaseRequest](f.host).ReleaseID,
				OutputID: s.OutputID, StudyID: s.StudyID, ProjectID: s.ProjectID, Digest: s.Claim.Digest, Reason: "rejected-by-reviewer",
				Findings: []vocabulary.Finding{}})
		}},
		"sent back by a reviewer": {border.ReleaseReturned, func(f *two, s workspace.OutputSeal) {
			f.host.Deliver(topics.Airlock, airlock.ReleaseReturned{ReleaseID: runtest.Last[airlock.ReleaseRequest](f.host).ReleaseID,
				OutputID: s.OutputID, ProjectID: s.ProjectID, Digest: s.Claim.Digest, Reason: "name-the-people", Findings: []vocabulary.Finding{}})
		}},
		"withdrawn by its author": {border.ReleaseWithdrawn, func(f *two, s workspace.OutputSeal) {
			f.host.Deliver(topics.Airlock, airlock.ReleaseWithdrawn{ReleaseID: runtest.Last[airlock.ReleaseRequest](f.host).ReleaseID,
				OutputID: s.OutputID, ProjectID: s.ProjectID, Digest: s.Claim.Digest})
		}},
		"never decided": {ReviewOverdue, func(f *two, _ workspace.OutputSeal) { f.host.Advance(30 * 24 * time.Hour) }},
	} {
		t.Run(name, func(t *testing.T) {
			f := federated(t)
			f.answer(f.host, result(t, 1))
			runtest.Await[federation.ResultReceived](f.host, 1)
			f.host.Advance(time.Hour)
			c.end(f, f.sealCombination())
			if got := runtest.Last[federation.StudyCompleted](f.host); got.Outcome != study.OutcomeFailed || got.Reason != c.reason || got.Digest != "" {
				t.Fatalf("completed %+v", got)
			}
		})
	}
}

func TestAStudyCaughtWhileCombiningIsCombinedOnceAfterARestart(t *testing.T) {
	f := federated(t)
	if err := f.host.Env.Failpoints.Arm(combiningPoint, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
	f.answer(f.host, result(t, 1))
	runtest.Await[federation.ResultReceived](f.host, 1)
	f.host.Advance(time.Hour)
	f.host.Until("the failpoint", func() bool { return f.host.Env.Failpoints.Hits(combiningPoint) > 0 })
	f.host.Restart()
	if n := count[workspace.OutputSeal](f.host); n != 0 {
		t.Fatalf("sealed %d times at the failpoint", n)
	}
	f.host.Env.Failpoints.Release(combiningPoint)
	if c := f.publish(); c.Outcome != study.OutcomePartial {
		t.Fatalf("completed %+v", c)
	}
	f.host.Restart()
	if n := count[workspace.OutputSeal](f.host); n != 1 {
		t.Fatalf("sealed %d times", n)
	}
}

func TestAStudyIsNotOpenedAgainstTheRules(t *testing.T) {
	b := gatewayAt(t, host)
	researcher, stranger, manager := b.Person("researcher"), b.Stranger("researcher"), b.Person("data-manager")
	known := question1(b, researcher)
	b.Act(researcher, known)
	for name, c := range map[string]struct {
		by     runtest.Person
		change func(*federation.StudyOpen)
		reason string
	}{
		"no researcher":           {manager, nil, people.RoleMissing},
		"no training":             {stranger, nil, people.TrainingMissing},
		"in another's name":       {researcher, func(s *federation.StudyOpen) { s.Requester = manager.ID }, RequesterMismatch},
		"beyond the profile":      {researcher, func(s *federation.StudyOpen) { s.DeadlineSeconds = 72*3600 + 1 }, DeadlineTooLong},
		"beyond an int64 of time": {researcher, func(s *federation.StudyOpen) { s.DeadlineSeconds = 1 << 52 }, DeadlineTooLong},
		"a site twice":            {researcher, func(s *federation.StudyOpen) { s.Targets = append(s.Targets, s.Targets[0]) }, TargetRepeated},
		"a site of no federation": {researcher, func(s *federation.StudyOpen) { s.Targets[0].Site = "nowhere" }, border.SiteUnknown},
		"no such analysis":        {researcher, func(s *federation.StudyOpen) { s.Analyses[0].Arm = "" }, AnalysisInvalid},
		"curves only": {researcher, func(s *federation.StudyOpen) {
			s.Analyses = []vocabulary.Analysis{{Kind: "kaplan-meier", Time: "time", Event: "death", Arm: "sex"}}
		}, NothingToCombine},
		"an id that is taken": {researcher, func(s *federation.StudyOpen) { s.StudyID = known.StudyID }, StudyExists},
	} {
		t.Run(name, func(t *testing.T) {
			s := question1(b, c.by)
			if c.change != nil {
				c.change(&s)
			}
			b.Act(c.by, s)
			if got := runtest.Last[federation.ActRefused](b); got.Reason != c.reason || got.ActSubject != "study/"+s.StudyID {
				t.Fatalf("refused for %s (%s), expected %s", got.Reason, got.Detail, c.reason)
			}
		})
	}
	if n := count[federation.StudyOpened](b); n != 1 {
		t.Fatalf("%d studies were opened", n)
	}
}
