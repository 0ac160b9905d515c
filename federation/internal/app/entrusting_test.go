package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
	"github.com/fairway-tre/fairway/services/platform/upheld"
)

// gatewayWith is the gateway of a site with another profile.
func gatewayWith(t *testing.T, site, section string) *runtest.Bench {
	t.Helper()
	return gatewayAt(t, site, runtest.Profile(strings.Replace(runtest.DefaultProfile, "name: molgenis", "name: "+site, 1)+section))
}

func TestAHoldersPermitGovernsItsDataAtTheSiteThatHostsThem(t *testing.T) {
	f := &two{T: t, host: gatewayWith(t, host, "hosting: {workspace: none, at: denbi}\n"), data: gatewayWith(t, data, "hosting: {workspace: own, for: [molgenis]}\n"),
		carried: map[string]bool{}}
	now := f.host.Clock.Now()
	g := approval.PermitGranted{PermitID: f.host.NewID(), ApplicationID: f.host.NewID(), ProjectID: f.host.NewID(), HostSite: "harbour",
		Persons: []string{"harbour:" + f.host.NewID()}, Datasets: []string{"registers"}, Concepts: []string{"age"}, Analyses: []string{"count"}, ExpiresAt: now.Add(time.Hour), Sponsor: "acme"}
	f.host.Deliver(topics.Approval, g)
	f.carry()
	if got := runtest.Last[workspace.PermitHonour](f.data); got.PermitID != g.PermitID || got.Holder != host || got.HostSite != "harbour" || got.Status != granted || got.Sponsor != "acme" {
		t.Fatalf("honours %+v", got)
	}
	later := now.Add(2 * time.Hour)
	f.host.Deliver(topics.Approval, approval.PermitAmended{PermitID: g.PermitID, ProjectID: g.ProjectID, Revision: 2, Persons: g.Persons,
		Datasets: []string{"registers", "visits"}, Concepts: g.Concepts, Analyses: g.Analyses, ExpiresAt: g.ExpiresAt})
	f.host.Deliver(topics.Approval, approval.PermitRenewed{PermitID: g.PermitID, ProjectID: g.ProjectID, ExpiresAt: later})
	f.carry()
	if got := runtest.Last[workspace.PermitHonour](f.data); !slices.Equal(got.Datasets, []string{"registers", "visits"}) || !got.ExpiresAt.Equal(later) {
		t.Fatalf("honours %+v", got)
	}
	f.host.Deliver(topics.Approval, approval.PermitRevoked{PermitID: g.PermitID, ProjectID: g.ProjectID, Reason: "objection"})
	f.carry()
	if got := runtest.Last[workspace.PermitHonour](f.data); got.Status != revoked {
		t.Fatalf("honours %+v", got)
	}
	f.data.View(func(tx *run.Tx) error {
		p, _, err := permits.Get(tx.Tx, g.PermitID)
		if p.Allows(now) == nil {
			t.Error("results still leave under it")
		}
		return err
	})
}

func TestNobodyPermitsWhatIsNotHostedForThem(t *testing.T) {
	f := &two{T: t, host: gatewayWith(t, host, "hosting: {workspace: none, at: denbi}\n"), data: gatewayWith(t, data, "hosting: {workspace: own, for: [harbour]}\n"),
		carried: map[string]bool{}}
	f.host.Deliver(topics.Approval, approval.PermitGranted{PermitID: f.host.NewID(), ApplicationID: f.host.NewID(), ProjectID: f.host.NewID(), HostSite: host,
		Persons: []string{host + ":" + f.host.NewID()}, Datasets: []string{"registers"}, ExpiresAt: f.host.Clock.Now().Add(time.Hour)})
	f.carry()
	refusedFor(t, f.data, in, border.HolderNotHosted)
	if n := count[workspace.PermitHonour](f.data); n != 0 {
		t.Fatalf("honoured %d times", n)
	}
}

func TestAHoldersAffirmationIsTakenByTheSiteThatHostsItsDataAndOfNobodyElse(t *testing.T) {
	hosting := "hosting: {workspace: own, for: [molgenis]}\n"
	f := &two{T: t, host: gatewayWith(t, host, "hosting: {workspace: none, at: denbi}\n"), data: gatewayWith(t, data, hosting), carried: map[string]bool{}}
	until := f.host.Clock.Now().Add(10 * time.Minute)
	affirmed := approval.PermitsAffirmed{Holder: host, HostingSite: data, Permits: []string{f.host.NewID()}, Until: until}
	f.host.Deliver(topics.Approval, affirmed)
	f.carry()
	if got := runtest.Last[federation.PermitsUpheld](f.data); got.Holder != host || !slices.Equal(got.Permits, affirmed.Permits) || !got.Until.Equal(until) {
		t.Fatalf("upheld %+v", got)
	}
	other := &two{T: t, host: gatewayWith(t, host, "hosting: {workspace: none, at: denbi}\n"), data: gatewayAt(t, data), carried: map[string]bool{}}
	other.host.Deliver(topics.Approval, affirmed)
	other.carry()
	refusedFor(t, other.data, in, border.HolderNotHosted)
	if n := count[federation.PermitsUpheld](other.data); n != 0 {
		t.Fatalf("upheld %d times", n)
	}
}

// A holder's word for ten years would outlive its revocation, which may never come through.
func TestAHolderIsNotBelievedForLongerThanAnyProfileAllows(t *testing.T) {
	f := &two{T: t, host: gatewayWith(t, host, "hosting: {workspace: none, at: denbi}\n"), data: gatewayWith(t, data, "hosting: {workspace: own, for: [molgenis]}\n"), carried: map[string]bool{}}
	id, now := f.host.NewID(), f.host.Clock.Now()
	f.host.Deliver(topics.Approval, approval.PermitsAffirmed{Holder: host, HostingSite: data, Permits: []string{id}, Until: now.AddDate(10, 0, 0)})
	f.carry()
	if got := runtest.Last[federation.PermitsUpheld](f.data); !got.Until.Equal(now.Add(profile.MostLease)) {
		t.Errorf("upheld until %v, affirmed at %v", got.Until, now)
	}
	f.data.View(func(tx *run.Tx) error {
		if name, err := upheld.Silent(tx, upheld.Name(host, id)); err != nil || name != "" {
			t.Errorf("it is silent at once: %v", err)
		}
		return nil
	})
	f.data.Advance(profile.MostLease)
	f.data.View(func(tx *run.Tx) error {
		if name, err := upheld.Silent(tx, upheld.Name(host, id)); err != nil || name == "" {
			t.Errorf("after %v without a word its permit is gone by: %v", profile.MostLease, err)
		}
		return nil
	})
}

func TestAResultDoesNotLeaveWhileTheHolderOfItsDataIsSilent(t *testing.T) {
	f := federated(t)
	r := f.seal(f.data, result(t, 2))
	r.sealed.Entrusted = []string{"harbour:" + r.permit.PermitID}
	f.data.Deliver(topics.Workspace, r.sealed)
	f.data.Deliver(topics.Airlock, decision(f.data, r))
	runtest.Await[federation.BorderRefused](f.data, 1)
	refusedFor(t, f.data, out, upheld.ReasonSilent)
	if told := runtest.Last[federation.JobRefused](f.data); told.Reason != upheld.ReasonSilent || count[federation.ResultPart](f.data) != 0 {
		t.Fatalf("the host was told %+v, %d parts left", told, count[federation.ResultPart](f.data))
	}
}
