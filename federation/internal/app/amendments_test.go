package app

import (
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestAnAmendmentCrossesFromTheHostToTheSiteOfThePermit(t *testing.T) {
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	applicant := host + ":" + f.host.NewID()
	asked := approval.AmendmentSubmitted{PermitID: f.host.NewID(), Site: data, HostSite: host, Applicant: applicant,
		Datasets: []string{"gbsg", "west"}, Justification: "West agreed."}
	f.host.Deliver(topics.Approval, asked)
	f.carry()
	if got := runtest.Last[approval.PermitAmend](f.data); got.PermitID != asked.PermitID || got.HostSite != host || got.Applicant != applicant ||
		!slices.Equal(got.Datasets, asked.Datasets) {
		t.Fatalf("asked its site for %+v", got)
	}
	longer := approval.AmendmentSubmitted{PermitID: asked.PermitID, Site: data, HostSite: host, Applicant: applicant,
		ExpiresAt: f.host.Clock.Now().AddDate(1, 0, 0), Justification: "It takes longer."}
	f.host.Deliver(topics.Approval, longer)
	f.carry()
	if got := runtest.Last[approval.PermitRenew](f.data); !got.ExpiresAt.Equal(longer.ExpiresAt) {
		t.Fatalf("asked its site for %+v", got)
	}
	foreign := asked
	foreign.Applicant = "harbour:" + f.host.NewID()
	f.host.Deliver(topics.Approval, foreign)
	f.carry()
	refusedFor(t, f.data, in, border.AttestationMismatch)
	if n := count[approval.PermitAmend](f.data); n != 1 {
		t.Fatalf("asked its site %d times", n)
	}
}

func TestAHostIsToldWhyItsApplicationWasNotEvenTakenIn(t *testing.T) {
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	applicant := host + ":" + f.host.NewID()
	f.host.Deliver(topics.Approval, approval.ApplicationSubmitted{ApplicationID: f.host.NewID(), ProjectID: f.host.NewID(), HostSite: host,
		Applicant: applicant, Persons: []string{applicant}, Purpose: "e", Sites: []string{host, data}, Partner: "industry", Sponsor: "acme",
		Datasets: []vocabulary.DatasetRef{{Site: host, DatasetID: "rotterdam"}, {Site: data, DatasetID: "gbsg"}}, Analyses: []string{"cox"},
		ExpiresAt: f.host.Clock.Now().AddDate(1, 0, 0), Attestation: vocabulary.Attestation{Person: applicant, HomeSite: host, Assurance: "aal2",
			TrainingCompletedAt: f.host.Clock.Now().AddDate(0, -1, 0), Agreement: "data-use-agreement", AgreementVersion: "1.0"}})
	f.carry()
	var act string
	for _, e := range f.data.Outbox() {
		if e.Type == approval.TypeApplicationSubmit {
			act = e.ID
		}
	}
	f.data.Deliver(topics.Approval, approval.ActRefused{ActID: act, ActType: approval.TypeApplicationSubmit, ActSubject: "application/x",
		Reason: "partner-refused", Detail: "no companies"})
	f.carry()
	told := runtest.Last[approval.DecisionIssued](f.data)
	if told.Decision != "Negative" || !slices.Equal(told.Datasets, []vocabulary.DatasetDecision{{DatasetID: "gbsg", Decision: "Negative", Reason: "partner-refused"}}) {
		t.Fatalf("told the host %+v", told)
	}
	f.host.View(func(tx *run.Tx) error {
		v, found, err := decisions.Get(tx.Tx, told.ApplicationID+" "+data)
		if !found || v.Decision != "Negative" || !slices.Equal(v.Datasets, told.Datasets) {
			t.Errorf("the host knows %+v", v)
		}
		return err
	})
}

func TestTheGatewayFollowsAPermitThatLastsLonger(t *testing.T) {
	b := gatewayAt(t, data)
	g := approval.PermitGranted{PermitID: b.NewID(), ApplicationID: b.NewID(), ProjectID: b.NewID(), HostSite: host, Persons: []string{host + ":" + b.NewID()},
		Datasets: []string{"gbsg"}, ExpiresAt: b.Clock.Now().Add(time.Hour)}
	b.Deliver(topics.Approval, g)
	later := g.ExpiresAt.Add(time.Hour)
	b.Deliver(topics.Approval, approval.PermitRenewed{PermitID: g.PermitID, ProjectID: g.ProjectID, ExpiresAt: later})
	b.Deliver(topics.Approval, approval.PermitAmended{PermitID: g.PermitID, ProjectID: g.ProjectID, Revision: 2, Persons: g.Persons, Datasets: g.Datasets,
		ExpiresAt: later})
	b.View(func(tx *run.Tx) error {
		p, _, err := permits.Get(tx.Tx, g.PermitID)
		if err := p.Allows(g.ExpiresAt); err != nil {
			t.Errorf("a renewed permit: %v", err)
		}
		if err := p.Allows(later); err == nil {
			t.Error("it holds beyond its new end")
		}
		return err
	})
}
