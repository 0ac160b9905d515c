package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestAJobIsRefusedForTheFirstReasonInTheOrderOfTheChecks(t *testing.T) {
	b := newBench(t, runtest.Profile(catalogued))
	g := b.permit(func(g *approval.PermitGranted) {
		g.Datasets, g.Concepts = []string{"gbsg", "rotterdam"}, []string{"recurrence-time", "recurrence", "hormone-therapy"}
	})
	other := b.permit(func(g *approval.PermitGranted) { g.Persons = []string{"denbi:" + b.NewID()} })
	revoked, expired := b.permit(), b.permit()
	b.Deliver("approval", approval.PermitRevoked{PermitID: revoked.PermitID, ProjectID: revoked.ProjectID, Reason: "misuse"})
	b.Deliver("approval", approval.PermitExpired{PermitID: expired.PermitID, ProjectID: expired.ProjectID})

	unknown, curve := recurrence, curves
	unknown.Arm, unknown.Event = "chemotherapy", ""
	incomplete := recurrence
	incomplete.Event = ""
	// Each row would also fail all checks below its own.
	for _, c := range []struct {
		name, reason, dataset, project string
		asked                          vocabulary.Analysis
	}{
		{"dataset", ReasonDatasetUnknown, "nafld", revoked.ProjectID, unknown},
		{"concept", ReasonVariableUnknown, "gbsg", revoked.ProjectID, unknown},
		{"rows", ReasonHoldsRows, "gbsg", revoked.ProjectID, vocabulary.Analysis{Kind: "support-vector-machine", Outcome: "recurrence"}},
		{"analysis", ReasonAnalysis, "gbsg", revoked.ProjectID, incomplete},
		{"profile", ReasonNotAllowed, "gbsg", revoked.ProjectID, curve},
		{"revoked", ReasonPermitRevoked, "lung", revoked.ProjectID, survival},
		{"expired", ReasonPermitExpired, "lung", expired.ProjectID, survival},
		{"person", ReasonPerson, "lung", other.ProjectID, survival},
		{"beyond", ReasonBeyond, "lung", g.ProjectID, survival},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := b.job(approval.PermitGranted{ProjectID: c.project}, c.dataset, c.asked)
			b.Deliver("gateway", j)
			if got := b.reason(); got != c.reason {
				t.Errorf("refused for %s, not %s", got, c.reason)
			}
			if len(b.states(j.JobID)) != 0 {
				t.Errorf("a refused job became %v", b.states(j.JobID))
			}
		})
	}
	b.sealed(b.submit(g, "gbsg", recurrence))
}

func TestWhoAsksIsCheckedFirst(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	b.Act(b.Person("data-manager"), b.job(g, "gbsg", recurrence))
	if b.reason() != people.RoleMissing {
		t.Error(b.reason())
	}
	b.Act(b.Stranger("researcher"), b.job(g, "gbsg", recurrence))
	if b.reason() != people.TrainingMissing {
		t.Error(b.reason())
	}
	b.Act(b.Person("researcher"), b.job(g, "gbsg", recurrence))
	if b.reason() != ReasonNotTheRequester {
		t.Error(b.reason())
	}
	study := b.job(g, "gbsg", recurrence)
	study.StudyID = b.NewID()
	b.Act(b.researcher, study)
	if b.reason() != ReasonNotFromGateway {
		t.Error(b.reason())
	}
	elsewhere := study
	elsewhere.HostSite = "denbi"
	b.Deliver("gateway", elsewhere)
	if b.reason() != ReasonBeyond {
		t.Error(b.reason())
	}
	b.Deliver("gateway", study)
	o, _ := b.sealed(study.JobID)
	if want := (vocabulary.Destination{Kind: "study", Site: "molgenis"}); o.Destination != want || o.StudyID != study.StudyID || o.Author != b.researcher.ID {
		t.Errorf("%+v", o)
	}
	b.Deliver("gateway", study)
	if b.reason() != ReasonJobExists {
		t.Error(b.reason())
	}
}

func TestAJobWaitsForThePermitOfItsProjectButNotForEver(t *testing.T) {
	b := newBench(t)
	project := b.NewID()
	early := b.submit(approval.PermitGranted{ProjectID: project}, "gbsg", recurrence)
	never := b.submit(approval.PermitGranted{ProjectID: b.NewID()}, "gbsg", recurrence)
	b.permit(func(g *approval.PermitGranted) { g.ProjectID = project })
	b.sealed(early)
	b.Advance(aMinute)
	if b.reason() != ReasonPermitMissing || len(b.states(never)) != 0 {
		t.Errorf("%s, %v", b.reason(), b.states(never))
	}
}

func TestAJobIsCanceledByWhoAskedForIt(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	b.hold()
	id := b.submit(g, "gbsg", recurrence)
	b.held(1)
	b.Act(b.Person("researcher"), events.JobCancel{JobID: id})
	if b.reason() != ReasonNotTheRequester {
		t.Error(b.reason())
	}
	b.Act(b.researcher, events.JobCancel{JobID: id})
	if want := []string{"QUEUED", "INITIALIZING", "RUNNING", "CANCELED"}; !slices.Equal(b.states(id), want) {
		t.Errorf("%v", b.states(id))
	}
	b.Act(b.researcher, events.JobCancel{JobID: id})
	if b.reason() != ReasonTransition {
		t.Error(b.reason())
	}
	b.Act(b.researcher, events.JobCancel{JobID: b.NewID()})
	b.Advance(aMinute)
	if b.reason() != ReasonJobUnknown {
		t.Error(b.reason())
	}
	second := b.submit(g, "gbsg", recurrence)
	b.Deliver("gateway", events.JobCancel{JobID: second})
	if last := b.ended(second); last.Reason != ReasonCanceled {
		t.Errorf("%+v", last)
	}
	b.Env.Failpoints.Release("workspace/running")
	b.sealed(b.submit(g, "gbsg", recurrence))
	if n := len(runtest.Sent[events.OutputSealed](b.Bench)); n != 1 {
		t.Errorf("%d outputs, not one", n)
	}
}

// catalogued is a site that runs no curves.
var catalogued = strings.NewReplacer("threshold: 5", "threshold: 10", "analyses: {mode: aggregate, catalogued: []}",
	"analyses: {mode: catalogued, catalogued: [count, log-rank]}").Replace(runtest.DefaultProfile)
