package app

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestDataHostedForAHolderAreUsedUnderTheHoldersPermitAlone(t *testing.T) {
	b := newBench(t, runtest.Profile(runtest.DefaultProfile+"hosting: {workspace: own, for: [harbour]}\n"))
	b.Deliver("catalog", catalog.DatasetUpdated{DatasetID: "gbsg", Title: "A trial", Holder: "harbour", Version: "2", PreviousVersion: "1",
		AccessRights: "RESTRICTED", Dictionary: trials["gbsg"]})
	own := b.permit(func(g *approval.PermitGranted) { g.Datasets = []string{"gbsg"} })
	b.submit(own, "gbsg", recurrence)
	b.Advance(time.Minute)
	if r := runtest.Last[events.ActRefused](b.Bench); r.Reason != ReasonNoWorkspace {
		t.Fatalf("under this site's own permit: %s", r.Reason)
	}
	told := events.PermitHonour{PermitID: b.NewID(), ProjectID: b.NewID(), HostSite: "molgenis", Persons: []string{b.researcher.ID},
		Datasets: []string{"gbsg"}, Concepts: own.Concepts, Analyses: own.Analyses, ExpiresAt: own.ExpiresAt, Holder: "denbi", Status: "GRANTED", Sponsor: "acme"}
	b.Deliver("gateway", told, func(d *envelope.Draft) { d.CausationID = b.NewID() })
	if r := runtest.Last[events.ActRefused](b.Bench); r.Reason != ReasonNotHosted {
		t.Fatalf("of a site that nothing is hosted for: %s", r.Reason)
	}
	told.Holder = "harbour"
	b.Deliver("gateway", told, func(d *envelope.Draft) { d.CausationID = b.NewID() })
	g := own
	g.PermitID, g.ProjectID = told.PermitID, told.ProjectID
	if o, _ := b.sealed(b.submit(g, "gbsg", recurrence)); o.PermitID != told.PermitID || o.Sponsor != "acme" {
		t.Fatalf("%+v", o)
	}
	told.Status = "REVOKED"
	b.Deliver("gateway", told, func(d *envelope.Draft) { d.CausationID = b.NewID() })
	if frozen := runtest.Last[events.WorkspaceFrozen](b.Bench); frozen.PermitID != told.PermitID {
		t.Fatalf("frozen %+v", frozen)
	}
	b.submit(g, "gbsg", recurrence)
	if r := runtest.Last[events.ActRefused](b.Bench); r.Reason != ReasonPermitRevoked {
		t.Fatalf("after its end: %s", r.Reason)
	}
}
