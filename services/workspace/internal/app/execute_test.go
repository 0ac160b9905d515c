package app

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// The known answers were made with R survival 3.5-3 on the same files.
func TestJobsOnTheRealFilesMeetTheKnownAnswers(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	for _, c := range []struct {
		dataset                         string
		asked                           vocabulary.Analysis
		difference, variance, chiSquare float64
	}{
		{"rotterdam", recurrence, 35.34012319651, 131.6824025204, 9.484367566511},
		{"gbsg", recurrence, -24.65691704167, 70.98413473521, 8.564780853539},
		{"lung", survival, math.NaN(), math.NaN(), 8.524467363323},
	} {
		o, d := b.sealed(b.submit(g, c.dataset, c.asked))
		r := d.Results[0].(documents.LogRank)
		for what, pair := range map[string][2]float64{"O-E": {r.Groups[1].OMinusE, c.difference}, "V": {r.Variance, c.variance}, "chi-square": {r.ChiSquare, c.chiSquare}} {
			if math.Abs(pair[0]-pair[1]) > 1e-9*math.Abs(pair[1]) {
				t.Errorf("%s %s: %.13g, known %.13g", c.dataset, what, pair[0], pair[1])
			}
		}
		if o.PermitID != g.PermitID || !slices.Equal(o.Kinds, []string{"log-rank"}) || o.Claim.Class != "aggregate" ||
			o.Claim.MediaType != documents.MediaType || o.Destination != (vocabulary.Destination{Kind: "researcher", Site: "molgenis"}) {
			t.Errorf("%+v", o)
		}
	}
}

func TestAnalysesOfOneJobAreOfTheSamePeople(t *testing.T) {
	b := newBench(t)
	_, d := b.sealed(b.submit(b.permit(), "lung", survival, vocabulary.Analysis{Kind: "count", By: []string{"sex"}},
		vocabulary.Analysis{Kind: "count"}))
	test, table, all := d.Results[0].(documents.LogRank), d.Results[1].(documents.Count), d.Results[2].(documents.Count)
	if test.Groups[0].N != table.Cells[0].N || test.Groups[1].N != table.Cells[1].N || all.Cells[0].N != 227 {
		t.Errorf("%+v %+v %+v", test.Groups, table.Cells, all.Cells)
	}
	_, d = b.sealed(b.submit(b.permit(), "lung", vocabulary.Analysis{Kind: "count"}))
	if n := d.Results[0].(documents.Count).Cells[0].N; n != 228 {
		t.Errorf("%d people in all", n)
	}
}

func TestTheActIsTheCauseOfAllThatAJobLeadsTo(t *testing.T) {
	b := newBench(t)
	j := b.job(b.permit(), "gbsg", recurrence)
	act := b.Act(b.researcher, j)
	b.sealed(j.JobID)
	n := 0
	for _, e := range b.Outbox() {
		if e.Subject == "job/"+j.JobID || strings.HasPrefix(e.Subject, "output/") {
			n++
			if e.CausationID != act.ID || e.CorrelationID != act.CorrelationID || e.Project != j.ProjectID {
				t.Errorf("%s: cause %s, correlation %s", e.Type, e.CausationID, e.CorrelationID)
			}
		}
	}
	if n != 9 { // four states, each in both majors, and the output
		t.Errorf("%d events", n)
	}
}

func TestNothingIsSealedOnceThePermitHasEnded(t *testing.T) {
	for reason, end := range map[string]func(*bench, approval.PermitGranted){
		ReasonPermitRevoked: func(b *bench, g approval.PermitGranted) {
			b.Deliver("approval", approval.PermitRevoked{PermitID: g.PermitID, ProjectID: g.ProjectID, Reason: "misuse"})
		},
		ReasonPermitExpired: func(b *bench, g approval.PermitGranted) {
			b.Deliver("approval", approval.PermitExpired{PermitID: g.PermitID, ProjectID: g.ProjectID})
		},
	} {
		t.Run(reason, func(t *testing.T) {
			b := newBench(t)
			g := b.permit()
			b.hold()
			ids := []string{b.submit(g, "gbsg", recurrence), b.submit(g, "rotterdam", recurrence), b.submit(g, "lung", survival)}
			b.held(2)
			end(b, g)
			for _, id := range ids {
				if last := b.ended(id); last.State != "CANCELED" || last.Reason != reason {
					t.Errorf("%+v", last)
				}
			}
			frozen, gone := runtest.Last[events.WorkspaceFrozen](b.Bench), runtest.Last[events.AccessTerminated](b.Bench)
			if frozen.Reason != reason || frozen.PermitID != g.PermitID || !slices.Equal(gone.Persons, g.Persons) {
				t.Errorf("%+v %+v", frozen, gone)
			}
			// Two jobs of another project take the places of the interrupted ones while these would still be held, and end.
			probe := b.permit()
			ids = []string{b.submit(probe, "gbsg", recurrence), b.submit(probe, "lung", survival)}
			b.held(4)
			b.Env.Failpoints.Release("workspace/running")
			b.sealed(ids[0])
			b.sealed(ids[1])
			for _, o := range runtest.Sent[events.OutputSealed](b.Bench) {
				if o.PermitID == g.PermitID {
					t.Errorf("sealed %s", o.OutputID)
				}
			}
			b.submit(g, "gbsg", recurrence)
			if b.reason() != reason {
				t.Error(b.reason())
			}
		})
	}
}

func TestAPermitWhoseTimePassedUnsaidSealsNothing(t *testing.T) {
	b := newBench(t)
	g := b.permit(func(g *approval.PermitGranted) { g.ExpiresAt = b.Clock.Now().Add(aMinute) })
	b.hold()
	id := b.submit(g, "gbsg", recurrence)
	b.held(1)
	b.Advance(aMinute)
	b.Env.Failpoints.Release("workspace/running")
	if last := b.ended(id); last.State != "CANCELED" || last.Reason != ReasonPermitExpired {
		t.Errorf("%+v", last)
	}
}

func TestAnInterruptedJobRunsAgainToTheSameOutput(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	_, first := b.sealed(b.submit(g, "gbsg", recurrence, curves))
	b.hold()
	id := b.submit(g, "gbsg", recurrence, curves)
	b.held(1)
	b.Restart()
	b.held(2)
	b.Env.Failpoints.Release("workspace/running")
	o, second := b.sealed(id)
	text, err := documents.Encode(first)
	if err != nil {
		t.Fatal(err)
	}
	if documents.Digest(text) != o.Claim.Digest || len(second.Results) != 2 {
		t.Error("the second run gave other bytes")
	}
	if want := []string{"QUEUED", "INITIALIZING", "RUNNING", "COMPLETE"}; !slices.Equal(b.states(id), want) {
		t.Errorf("%v", b.states(id))
	}
	b.Restart()
	b.sealed(b.submit(g, "gbsg", recurrence))
	if n := len(runtest.Sent[events.OutputSealed](b.Bench)); n != 3 {
		t.Errorf("%d outputs, not three", n)
	}
}

func TestTwoJobsRunAtOnceAndTheThirdWaitsItsTurn(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	b.hold()
	b.submit(g, "gbsg", recurrence)
	b.submit(g, "gbsg", recurrence)
	third := b.submit(g, "gbsg", recurrence)
	b.held(2)
	if !slices.Equal(b.states(third), []string{"QUEUED"}) {
		t.Errorf("%v", b.states(third))
	}
	b.Env.Failpoints.Release("workspace/running")
	b.sealed(third)
}

func TestWhatTheMachineMakesFailIsTriedAgain(t *testing.T) {
	b := newBench(t)
	if err := b.Env.Failpoints.Arm("workspace/running", "error"); err != nil {
		t.Fatal(err)
	}
	id := b.submit(b.permit(), "gbsg", recurrence)
	b.held(1)
	b.Env.Failpoints.Release("workspace/running")
	b.Until("the job to be tried again", func() bool {
		b.Advance(pause)
		return len(runtest.Sent[events.OutputSealed](b.Bench)) == 1
	})
	b.sealed(id)
}

func TestAJobIsGivenUpAfterItsDeadline(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	b.hold()
	j := b.job(g, "gbsg", recurrence)
	j.Deadline = b.Clock.Now().Add(aMinute)
	b.Act(b.researcher, j)
	b.held(1)
	b.Advance(time.Hour)
	if last := b.ended(j.JobID); last.State != "CANCELED" || last.Reason != ReasonDeadline {
		t.Errorf("%+v", last)
	}
}

func TestJobsThatCannotBeDoneEndWithAReason(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	b := benchWith(t, map[string]string{
		"gbsg":      file("gbsg.csv", "pid,hormon,rfstime\n1,0,5\n"),                // no status
		"rotterdam": filepath.Join(dir, "none.csv"),                                 // no file
		"lung":      file("lung.csv", "inst,time,status,sex\n3,306,2,1\n3,9,1,1\n"), // one sex
	})
	g := b.permit()
	wrong := survival
	wrong.Stratum, wrong.Arm = "", "survival-time"
	unstratified := survival
	unstratified.Stratum = ""
	for _, c := range []struct {
		dataset, reason string
		asked           vocabulary.Analysis
	}{
		{"gbsg", ReasonUnreadableData, recurrence},
		{"rotterdam", ReasonUnreadableData, recurrence},
		{"lung", ReasonNoInformation, unstratified},
		{"lung", ReasonVariableType, wrong},
	} {
		id := b.submit(g, c.dataset, c.asked)
		if last := b.ended(id); last.State != "EXECUTOR_ERROR" || last.Reason != c.reason {
			t.Errorf("%s: %+v", c.dataset, last)
		}
	}
	if n := len(runtest.Sent[events.OutputSealed](b.Bench)); n != 0 {
		t.Errorf("%d outputs", n)
	}
}

func TestAStoppedWorkspaceForgetsNoCauseOfAWaitingJob(t *testing.T) {
	b := newBench(t)
	b.hold()
	j := b.job(b.permit(), "gbsg", recurrence)
	act := b.Act(b.researcher, j)
	b.held(1)
	b.Restart()
	b.Env.Failpoints.Release("workspace/running")
	b.sealed(j.JobID)
	for _, e := range b.Outbox() {
		if e.Subject == "job/"+j.JobID && e.CausationID != act.ID {
			t.Errorf("%s %s", e.Type, e.CausationID)
		}
	}
}

func TestAFaultOfTheProgramEndsTheAnalysisNotTheService(t *testing.T) {
	_, _, _, err := (&workspace{}).analyse(t.Context(), job{}) // without a service to ask
	var fault *panicError
	if !errors.As(err, &fault) {
		t.Errorf("%v", err)
	}
}
