package app

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// estimated opens a study of a cox model over both sites, with a log-rank test beside it that is asked once.
func estimated(t *testing.T) *two {
	t.Helper()
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	f.researcher = f.host.Person("researcher")
	f.study = question1(f.host, f.researcher)
	f.study.Analyses = append(f.study.Analyses, vocabulary.Analysis{Kind: "cox", Time: "time", Event: "recurrence", Covariates: []string{"age"}})
	f.host.Act(f.researcher, f.study)
	f.carry()
	return f
}

// quadratic is a site whose log-likelihood is −weight(at − best)²/2, so that Newton's step ends at the weighted mean.
// It adds to the deviance what it has no reason to.
type quadratic struct{ weight, best, more float64 }

// part answers the round that a site was asked last; beside a first one the log-rank test.
func (f *two) part(b *runtest.Bench, q quadratic) []byte {
	f.Helper()
	return f.partOf(f.job(b), q)
}

func (f *two) partOf(j workspace.JobSubmit, q quadratic) []byte {
	f.Helper()
	var results []outputs.Result
	for _, a := range j.Analyses {
		if a.Kind == "log-rank" {
			document, err := outputs.Decode(result(f.T, int(q.weight)))
			if err != nil {
				f.Fatal(err)
			}
			results = append(results, document.Results...)
			continue
		}
		at, err := rounds.Numbers(a.At)
		if err != nil {
			f.Fatal(err)
		}
		if at == nil {
			at = []float64{0}
		}
		results = append(results, outputs.ModelPart{Regression: outputs.Regression{Analysis: "cox", Time: "time", Event: "recurrence", N: 100, Events: 50, Strata: 1,
			Levels: []outputs.LevelSize{}}, Dropped: "0", Round: int(a.Round), Terms: []string{"age"}, At: at, Gradient: []float64{q.weight * (q.best - at[0])},
			Information: []float64{q.weight}, Deviance: 100 + q.more + q.weight*(at[0]-q.best)*(at[0]-q.best)})
	}
	text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: j.DatasetID, Results: results})
	if err != nil {
		f.Fatal(err)
	}
	return text
}

// submitted waits for the n-th job that a gateway gave to its workspace.
func (f *two) submitted(b *runtest.Bench, n int) workspace.JobSubmit {
	f.Helper()
	return runtest.Await[workspace.JobSubmit](b, n)[n-1]
}

// dispatched waits until the host has asked the data site for the n-th time, and brings it there.
func (f *two) dispatched(n int) {
	f.Helper()
	runtest.Await[federation.JobDispatched](f.host, n)
	f.carry()
	f.submitted(f.data, n)
}

func (f *two) returns(n int, q quadratic) {
	f.Helper()
	f.answer(f.data, f.part(f.data, q))
	f.partsFrom(n)
	f.carry()
}

var atHost, atData = quadratic{10, 1, 0}, quadratic{30, 2, 0}

func (f *two) model(c federation.StudyCompleted) outputs.Model {
	f.Helper()
	text, err := f.host.Env.Objects.Get(f.Context(), c.Digest)
	if err != nil {
		f.Fatal(err)
	}
	document, err := outputs.Decode(text)
	if err != nil {
		f.Fatal(err)
	}
	if _, ok := document.Results[0].(outputs.Combination); !ok || len(document.Results) != 2 {
		f.Fatalf("%+v", document)
	}
	return document.Results[1].(outputs.Model)
}

func TestAStudyInRoundsEndsAtTheEstimateOfAllSites(t *testing.T) {
	f := estimated(t)
	if opened := runtest.Last[federation.StudyOpened](f.host); opened.Rounds != rounds.Most {
		t.Fatalf("%+v", opened)
	}
	f.answer(f.host, f.part(f.host, atHost))
	f.returns(1, atData)
	f.dispatched(2)
	j := f.submitted(f.host, 2)
	if len(j.Analyses) != 1 || j.Analyses[0].Round != 2 || j.Analyses[0].At[0] != "1.75" || !slices.Equal(j.CompleteFor, []string{"hormone-therapy"}) || !j.Deadline.Before(f.host.Clock.Now().Add(time.Hour)) {
		t.Fatalf("%+v", j)
	}
	f.answer(f.host, f.part(f.host, atHost))
	f.returns(2, atData)
	c := f.publish()
	m := f.model(c)
	if c.Outcome != study.OutcomeCompleted || c.Rounds != 2 || c.Manifest[0].Round != 2 || c.Manifest[1].Round != 2 || m.Terms[0].Estimate != 1.75 || m.N != 200 || m.Rounds != 2 ||
		math.Abs(m.Terms[0].SE-1/math.Sqrt(40)) > 1e-12 {
		t.Fatalf("%+v %+v", c, m)
	}
	seal := runtest.Last[workspace.OutputSeal](f.host)
	if len(seal.Inputs) != 4 {
		t.Errorf("made of %d results: the test of the first round's, the model of the last", len(seal.Inputs))
	}
}

func TestTwoDatasetsOfOneSiteAnswerEachRoundByThemselves(t *testing.T) {
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	f.researcher = f.host.Person("researcher")
	f.study = question1(f.host, f.researcher)
	f.study.Targets = []vocabulary.DatasetRef{{Site: host, DatasetID: "rotterdam"}, {Site: data, DatasetID: "south"}, {Site: data, DatasetID: "west"}}
	f.study.Analyses = []vocabulary.Analysis{{Kind: "cox", Time: "time", Event: "recurrence", Covariates: []string{"age"}}}
	f.host.Act(f.researcher, f.study)
	f.carry()
	of := map[string]quadratic{"south": {30, 2, 0}, "west": {40, 3, 0}}
	for round := 1; round <= 2; round++ {
		f.submitted(f.host, round)
		f.answer(f.host, f.part(f.host, atHost))
		runtest.Await[federation.JobDispatched](f.host, 2*round)
		f.carry()
		for _, j := range runtest.Await[workspace.JobSubmit](f.data, 2*round)[2*round-2:] {
			f.data.Deliver(topics.Airlock, decision(f.data, f.sealOf(f.data, j, f.partOf(j, of[j.DatasetID]))))
		}
		f.partsFrom(2 * round)
		f.carry()
	}
	c := f.publish()
	if c.Outcome != study.OutcomeCompleted || len(c.Manifest) != 3 || c.Manifest[1].DatasetID != "south" || c.Manifest[2].DatasetID != "west" ||
		c.Manifest[1].Digest == c.Manifest[2].Digest {
		t.Fatalf("%+v", c)
	}
	text, err := f.host.Env.Objects.Get(t.Context(), c.Digest)
	if err != nil {
		t.Fatal(err)
	}
	document, err := outputs.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	// (10·1 + 30·2 + 40·3) / 80
	if m := document.Results[0].(outputs.Model); m.Terms[0].Estimate != 2.375 || m.N != 300 || len(m.From) != 3 || m.From[1].Dataset == m.From[2].Dataset {
		t.Errorf("%+v", m)
	}
}

func TestASiteThatFallsSilentInARoundIsNamedAndTheOthersFinish(t *testing.T) {
	f := estimated(t)
	f.answer(f.host, f.part(f.host, atHost))
	f.returns(1, atData)
	f.dispatched(2)
	f.answer(f.host, f.part(f.host, atHost))
	runtest.Await[federation.ResultReceived](f.host, 3)
	late := f.part(f.data, atData)
	f.host.Advance(31 * time.Minute) // half of what the study had left
	j := f.submitted(f.host, 3)
	if j.Analyses[0].Round != 3 || j.Analyses[0].At[0] != "1" {
		t.Fatalf("from where it was the host goes to its own estimate: %+v", j.Analyses)
	}
	f.answer(f.host, f.part(f.host, atHost))
	c := f.publish()
	m := f.model(c)
	if c.Outcome != study.OutcomePartial || c.Rounds != 3 || m.Terms[0].Estimate != 1 || len(m.From) != 1 || !slices.Equal(outcomes(c), []string{"denbi timed-out", "molgenis returned"}) {
		t.Fatalf("%+v %+v", c, m)
	}
	for _, e := range c.Manifest {
		if e.Site == data && (e.Round != 2 || e.Digest != "") {
			t.Fatalf("%+v", e)
		}
	}
	f.data.Advance(31 * time.Minute)
	f.answer(f.data, late)
	f.partsFrom(2)
	f.carry()
	refusedFor(t, f.host, in, border.Late)
	if n := count[federation.StudyCompleted](f.host); n != 1 {
		t.Fatalf("completed %d times", n)
	}
}

// objects lets a site's workspace refuse the parameters of the last round.
func (f *two) objects(b *runtest.Bench) {
	f.Helper()
	j := f.job(b)
	b.Deliver(topics.Workspace, workspacev2.JobStateChanged{JobID: j.JobID, StudyID: j.StudyID, ProjectID: j.ProjectID, State: "EXECUTOR_ERROR",
		Reason: vocabulary.StateReason{Code: study.ParametersRefused, Detail: "too few"}})
	f.carry()
}

func TestASiteThatObjectsToTheParametersIsAskedAtHalfTheStep(t *testing.T) {
	f := estimated(t)
	f.answer(f.host, f.part(f.host, atHost))
	f.returns(1, atData)
	f.dispatched(2)
	f.answer(f.host, f.part(f.host, atHost))
	f.objects(f.data)
	f.dispatched(3)
	if a := f.job(f.data).Analyses[0]; a.Round != 3 || a.At[0] != "0.875" {
		t.Fatalf("%+v", a)
	}
	for round := 3; round <= 4; round++ {
		f.answer(f.host, f.part(f.host, atHost))
		f.returns(round-1, atData)
		if round == 3 {
			f.dispatched(4)
		}
	}
	if c := f.publish(); f.model(c).Terms[0].Estimate != 1.75 || c.Rounds != 4 || c.Outcome != study.OutcomeCompleted {
		t.Fatalf("%+v", c)
	}
}

func TestASiteThatObjectsToAllParametersHasRefused(t *testing.T) {
	f := estimated(t)
	f.answer(f.host, f.part(f.host, atHost))
	f.returns(1, atData)
	for n := 2; count[workspace.OutputSeal](f.host) == 0 && n < 20; n++ {
		f.submitted(f.host, n)
		f.carry()
		f.answer(f.host, f.part(f.host, atHost))
		if f.job(f.data).Analyses[0].Round == f.job(f.host).Analyses[0].Round {
			f.objects(f.data)
		}
		f.host.Until("the next step", func() bool {
			return count[workspace.OutputSeal](f.host) > 0 || count[workspace.JobSubmit](f.host) > n
		})
	}
	c := f.publish()
	if f.model(c).Terms[0].Estimate != 1 || !slices.Equal(outcomes(c), []string{"denbi refused", "molgenis returned"}) || c.Outcome != study.OutcomeCompleted {
		t.Fatalf("%+v", c)
	}
	for _, e := range c.Manifest {
		if e.Site == data && (e.Reason != study.ParametersRefused || e.Round < 3) {
			t.Fatalf("%+v", e)
		}
	}
}

func TestAStudyCaughtBetweenTwoRoundsGoesOnOnceAfterARestart(t *testing.T) {
	f := estimated(t)
	if err := f.host.Env.Failpoints.Arm(combiningPoint, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
	f.answer(f.host, f.part(f.host, atHost))
	f.returns(1, atData)
	f.host.Until("the failpoint", func() bool { return f.host.Env.Failpoints.Hits(combiningPoint) > 0 })
	f.host.Restart()
	f.host.Env.Failpoints.Release(combiningPoint)
	f.dispatched(2)
	f.host.Restart()
	f.answer(f.host, f.part(f.host, atHost))
	f.returns(2, atData)
	if c := f.publish(); f.model(c).Terms[0].Estimate != 1.75 || count[federation.JobDispatched](f.host) != 2 {
		t.Fatalf("%+v", c)
	}
}

func TestAStudyWhoseTimeIsOverBetweenTwoRoundsIsUnfinished(t *testing.T) {
	f := estimated(t)
	if err := f.host.Env.Failpoints.Arm(combiningPoint, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
	f.answer(f.host, f.part(f.host, atHost))
	f.returns(1, atData)
	f.host.Until("the failpoint", func() bool { return f.host.Env.Failpoints.Hits(combiningPoint) > 0 })
	f.host.Advance(time.Hour)
	f.host.Env.Failpoints.Release(combiningPoint)
	if c := runtest.Await[federation.StudyCompleted](f.host, 1)[0]; c.Reason != ReasonRoundsUnfinished || c.Outcome != study.OutcomeFailed {
		t.Fatalf("%+v", c)
	}
}

func TestAModelThatCannotBeEstimatedFailsItsStudyWithAReason(t *testing.T) {
	for reason, q := range map[string]quadratic{ModelSingular: {0, 1, 0}, NotConverged: {10, 1, 0}} {
		t.Run(reason, func(t *testing.T) {
			f := estimated(t)
			f.answer(f.host, f.part(f.host, q))
			f.returns(1, q)
			q.more = 900 // less likely, whatever the step
			for n := 2; reason == NotConverged && count[federation.StudyCompleted](f.host) == 0; n++ {
				f.dispatched(n)
				f.answer(f.host, f.part(f.host, q))
				f.returns(n, q)
				f.host.Until("what follows", func() bool {
					return count[federation.StudyCompleted](f.host) > 0 || count[federation.JobDispatched](f.host) > n
				})
			}
			if c := runtest.Await[federation.StudyCompleted](f.host, 1)[0]; c.Outcome != study.OutcomeFailed || c.Reason != reason {
				t.Fatalf("%+v", c)
			}
		})
	}
}

func TestAnUnstratifiedCoxAndRoundsOfSomebodyElseAreRefused(t *testing.T) {
	b := gatewayAt(t, host)
	researcher := b.Person("researcher")
	for reason, a := range map[string]vocabulary.Analysis{
		ReasonCoxUnstratified: {Kind: "cox", Time: "time", Event: "recurrence", Covariates: []string{"age"}, Combine: "pooled"},
		ModelHoldsRows:        {Kind: "k-nearest-neighbours", Outcome: "recurrence", Covariates: []string{"age"}},
		AnalysisInvalid:       {Kind: "cox", Time: "time", Event: "recurrence", Covariates: []string{"age"}, Round: 3, At: []string{"40"}},
	} {
		s := question1(b, researcher)
		s.Analyses = []vocabulary.Analysis{a}
		b.Act(researcher, s)
		if got := runtest.Last[federation.ActRefused](b); got.Reason != reason {
			t.Errorf("refused for %s (%s), expected %s", got.Reason, got.Detail, reason)
		}
	}
	b.Act(researcher, question1(b, researcher))
	runtest.Await[federation.StudyOpened](b, 1)
}
