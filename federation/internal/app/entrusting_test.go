package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
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
