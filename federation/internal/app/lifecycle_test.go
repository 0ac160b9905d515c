package app

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestAnApprovalThatEndsLetsNothingOutAnyMore(t *testing.T) {
	for reason, end := range map[string]func(*two, airlock.ReleaseApproved){
		border.ReleaseRevoked: func(f *two, d airlock.ReleaseApproved) {
			f.data.Deliver(topics.Airlock, airlock.ReleaseRevoked{ReleaseID: d.ReleaseID, OutputID: d.OutputID, ProjectID: d.ProjectID,
				Digest: d.Claim.Digest, Reason: "consent-withdrawn", AuditLeaf: 3})
		},
		border.ReleaseExpired: func(f *two, d airlock.ReleaseApproved) {
			f.data.Deliver(topics.Airlock, airlock.ReleaseExpired{ReleaseID: d.ReleaseID, OutputID: d.OutputID, ProjectID: d.ProjectID,
				Digest: d.Claim.Digest, ExpiredAt: f.data.Clock.Now()})
		},
	} {
		t.Run(reason, func(t *testing.T) {
			f := federated(t)
			if err := f.data.Env.Failpoints.Arm(beforePart, failpoint.Hold); err != nil {
				t.Fatal(err)
			}
			d := decision(f.data, f.seal(f.data, result(t, 2)))
			f.data.Deliver(topics.Airlock, d)
			f.data.Until("the failpoint", func() bool { return f.data.Env.Failpoints.Hits(beforePart) > 0 })
			end(f, d)
			f.data.Env.Failpoints.Release(beforePart)
			f.data.Restart()
			if got := refusedFor(t, f.data, out, reason); got.To != host {
				t.Fatalf("refused %+v", got)
			}
			if told := runtest.Await[federation.JobRefused](f.data, 1)[0]; told.Reason != reason || count[federation.ResultPart](f.data) != 0 {
				t.Fatalf("the host was told %+v, %d parts left", told, count[federation.ResultPart](f.data))
			}
		})
	}
}

func TestWhatHasLeftHasLeft(t *testing.T) {
	f := federated(t)
	f.answer(f.data, result(t, 2))
	part := f.partsFrom(1)[0]
	f.data.Deliver(topics.Airlock, airlock.ReleaseRevoked{ReleaseID: part.ReleaseID, OutputID: f.data.NewID(), ProjectID: part.ProjectID,
		Digest: part.Digest, Reason: "consent-withdrawn", AuditLeaf: 3})
	if n := count[federation.JobRefused](f.data) + count[federation.BorderRefused](f.data); n != 0 {
		t.Fatalf("%d refusals of what had left", n)
	}
}

func TestAHostIsToldThatNobodyDecidesAboutAnOutputAnyMore(t *testing.T) {
	for name, end := range map[string]func(*two, released, string){
		"returned": func(f *two, r released, id string) {
			f.data.Deliver(topics.Airlock, airlock.ReleaseReturned{ReleaseID: id, OutputID: r.sealed.OutputID, ProjectID: r.sealed.ProjectID,
				Digest: r.sealed.Claim.Digest, Reason: "too-few-categories", Findings: []vocabulary.Finding{}})
		},
		"withdrawn": func(f *two, r released, id string) {
			f.data.Deliver(topics.Airlock, airlock.ReleaseWithdrawn{ReleaseID: id, OutputID: r.sealed.OutputID, ProjectID: r.sealed.ProjectID,
				Digest: r.sealed.Claim.Digest})
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := federated(t)
			r := f.seal(f.data, result(t, 2))
			end(f, r, runtest.Last[airlock.ReleaseRequest](f.data).ReleaseID)
			if told := runtest.Last[federation.JobRefused](f.data); told.Reason != border.NotReleased || told.Detail != withheld {
				t.Fatalf("the host was told %+v", told)
			}
		})
	}
}

func TestThePolicyNamesStagesRulesAndSettings(t *testing.T) {
	b := runtest.New(t, "federation", func(s *run.Service) { register(s, runtest.Members(t, s.Env().Site, s.Env().Trust)) },
		runtest.Profile(runtest.DefaultProfile+`disclosure: {ruleSet: datashield, settings: [{name: nfilter.tab, value: "5"}]}
export: {resultTypes: [table, statistic], lowRisk: [statistic]}
`))
	p := runtest.Await[federation.PolicyPublished](b, 1)[0]
	if len(p.Stages) != 1 || p.Stages[0].Role != "output-checker" || p.Stages[0].Quorum != 1 || p.RuleSet != "datashield" ||
		len(p.Settings) != 1 || p.Settings[0].Name != "nfilter.tab" || p.Settings[0].Value != "5" || len(p.LowRisk) != 1 {
		t.Fatalf("published %+v", p)
	}
}
