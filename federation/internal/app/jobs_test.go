package app

import (
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// state is what the data site's workspace says about the job.
func (f *two) state(state, reason string) {
	f.Helper()
	j := f.job(f.data)
	f.data.Deliver(topics.Workspace, workspace.JobStateChanged{JobID: j.JobID, StudyID: j.StudyID, ProjectID: j.ProjectID, State: state, Reason: reason})
}

func lastOf(b *runtest.Bench, kind string) (last envelope.Event) {
	for _, e := range b.Outbox() {
		if e.Type == kind {
			last = e
		}
	}
	return last
}

func TestTheHostIsToldOnceWhyAJobGivesNoResult(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(*two)
		reason string
	}{
		"stopped for the permit": {func(f *two) { f.state("CANCELED", "permit-revoked") }, "permit-revoked"},
		"failed with a reason":   {func(f *two) { f.state("EXECUTOR_ERROR", "too-few-events") }, border.NotComputed},
		"failed without":         {func(f *two) { f.state("SYSTEM_ERROR", "") }, border.NotComputed},
		"rejected by the airlock": {func(f *two) {
			r := f.seal(f.data, result(f.T, 2))
			f.data.Deliver(topics.Airlock, airlock.ReleaseRejected{ReleaseID: runtest.Last[airlock.ReleaseRequest](f.data).ReleaseID,
				OutputID: r.sealed.OutputID, JobID: r.sealed.JobID, StudyID: r.sealed.StudyID, ProjectID: r.sealed.ProjectID,
				Digest: r.sealed.Claim.Digest, Reason: "cell-under-threshold", Findings: []vocabulary.Finding{}})
		}, border.NotReleased},
		"release not even taken": {func(f *two) {
			f.seal(f.data, result(f.T, 2))
			e := lastOf(f.data, airlock.TypeReleaseRequest)
			f.data.Deliver(topics.Airlock, airlock.ActRefused{ActID: e.ID, ActType: e.Type, ActSubject: e.Subject, Reason: "permit-ended", Detail: "over"})
		}, "permit-ended"},
		"in review when the time of its permit was over": {func(f *two) {
			r := f.seal(f.data, result(f.T, 2))
			f.data.Deliver(topics.Approval, approval.PermitExpired{PermitID: r.permit.PermitID, ProjectID: r.permit.ProjectID})
			f.data.Deliver(topics.Airlock, airlock.ReleaseRejected{ReleaseID: runtest.Last[airlock.ReleaseRequest](f.data).ReleaseID,
				OutputID: r.sealed.OutputID, JobID: r.sealed.JobID, StudyID: r.sealed.StudyID, ProjectID: r.sealed.ProjectID,
				Digest: r.sealed.Claim.Digest, Reason: "permit-ended", Findings: []vocabulary.Finding{}})
		}, "permit-expired"},
	} {
		t.Run(name, func(t *testing.T) {
			f := federated(t)
			c.end(f)
			f.state("CANCELED", "deadline-passed")
			told := runtest.Sent[federation.JobRefused](f.data)
			if len(told) != 1 || told[0].Reason != c.reason {
				t.Fatalf("told %+v, expected once %s", told, c.reason)
			}
			if strings.Contains(told[0].Detail, "few") || strings.Contains(told[0].Detail, "threshold") {
				t.Fatalf("the detail tells of the data: %s", told[0].Detail)
			}
			f.carry()
			f.host.Advance(time.Hour)
			for _, m := range runtest.Last[federation.StudyCompleted](f.host).Manifest {
				if m.Site == data && (m.Outcome != string(study.Refused) || m.Reason != c.reason) {
					t.Fatalf("manifest %+v", m)
				}
			}
		})
	}
}

func TestTheHostKnowsASiteThatTookTheJobFromOneThatWasNeverThere(t *testing.T) {
	f := federated(t)
	f.state("QUEUED", "")
	f.state("QUEUED", "")
	if n := count[federation.JobAccepted](f.data); n != 1 {
		t.Fatalf("accepted %d times", n)
	}
	f.carry()
	f.host.Advance(time.Hour)
	for _, m := range runtest.Last[federation.StudyCompleted](f.host).Manifest {
		if took := m.Detail == "the site took the job and returned no result before the deadline"; took != (m.Site == data) {
			t.Fatalf("manifest %+v", m)
		}
	}
}

func TestAJobThatMayNotEnterIsRefusedAtTheBorder(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*federation.JobDispatched)
		reason string
	}{
		"for another's person":    {func(p *federation.JobDispatched) { p.Requester = "harbour:" + p.JobID }, border.AttestationMismatch},
		"attested by another":     {func(p *federation.JobDispatched) { p.Attestation.HomeSite = "harbour" }, border.AttestationMismatch},
		"after its deadline":      {func(p *federation.JobDispatched) { p.Deadline = runtest.Start }, border.DeadlinePassed},
		"in another host's name":  {func(p *federation.JobDispatched) { p.HostSite = "harbour" }, border.OriginMismatch},
		"under an id that is old": {func(*federation.JobDispatched) {}, border.JobExists},
	} {
		t.Run(name, func(t *testing.T) {
			f := federated(t)
			p := runtest.Last[federation.JobDispatched](f.host)
			second := func(d *envelope.Draft) { d.Sequence = 2 }
			if c.reason != border.JobExists {
				p.JobID, second = f.data.NewID(), func(*envelope.Draft) {}
			}
			c.change(&p)
			f.data.Deliver("/sites/"+host+"/gateway", p, second)
			refusedFor(t, f.data, in, c.reason)
			if n := count[workspace.JobSubmit](f.data); n != 1 {
				t.Fatalf("%d jobs were submitted", n)
			}
		})
	}
}

func TestAnAnswerForAJobOfAnotherSiteOrOfNobodyIsRefused(t *testing.T) {
	f := federated(t)
	own := f.job(f.host)
	for _, p := range []federation.JobRefused{
		{JobID: own.JobID, StudyID: own.StudyID, Site: data, HostSite: host, Reason: "x", Detail: "not mine"},
		{JobID: f.host.NewID(), StudyID: own.StudyID, Site: data, HostSite: host, Reason: "x", Detail: "nobody's"},
		{JobID: f.host.NewID(), StudyID: f.host.NewID(), Site: data, HostSite: host, Reason: "x", Detail: "no study"},
	} {
		f.host.Deliver("/sites/"+data+"/gateway", p)
		if got := refusedFor(t, f.host, in, border.JobUnknown); got.From != "/sites/"+data+"/gateway" {
			t.Fatalf("refused %+v", got)
		}
	}
	if n := count[federation.BorderRefused](f.host); n != 3 {
		t.Fatalf("%d refusals", n)
	}
}

func TestARevokedPermitIsRememberedThoughItsGrantComesLater(t *testing.T) {
	f := federated(t)
	permit := approval.PermitGranted{PermitID: f.data.NewID(), ApplicationID: f.data.NewID(), ProjectID: f.study.ProjectID, HostSite: host,
		Persons: []string{f.researcher.ID}, Datasets: []string{"gbsg"}, Concepts: []string{"time"}, Analyses: []string{"log-rank"},
		ExpiresAt: f.data.Clock.Now().Add(time.Hour)}
	granted := f.data.Sign(topics.Approval, permit)
	f.data.Deliver(topics.Approval, approval.PermitRevoked{PermitID: permit.PermitID, ProjectID: permit.ProjectID, Reason: "withdrawn"})
	f.data.DeliverRecord(granted)
	f.data.View(func(tx *run.Tx) error {
		p, found, err := permits.Get(tx.Tx, permit.PermitID)
		if err == nil && (!found || !p.Revoked) {
			t.Errorf("the gateway sees %+v", p)
		}
		return err
	})
}

func TestAJobOfSomebodyWhoDoesNotMeetThisSitesOwnRulesIsRefusedAndTheHostToldWhy(t *testing.T) {
	for reason, change := range map[string]func(*federation.JobDispatched){
		people.TrainingExpired: func(p *federation.JobDispatched) { p.Attestation.TrainingCompletedAt = runtest.Start.AddDate(-3, 0, 0) },
		people.AssuranceTooLow: func(p *federation.JobDispatched) { p.Attestation.Assurance = "aal1" },
	} {
		t.Run(reason, func(t *testing.T) {
			f := federated(t)
			p := runtest.Last[federation.JobDispatched](f.host)
			p.JobID = f.data.NewID()
			change(&p)
			f.data.Deliver("/sites/"+host+"/gateway", p)
			if told := runtest.Last[federation.JobRefused](f.data); told.JobID != p.JobID || told.Reason != reason {
				t.Fatalf("told %+v", told)
			}
			if n := count[workspace.JobSubmit](f.data); n != 1 {
				t.Fatalf("%d jobs were submitted", n)
			}
		})
	}
}
