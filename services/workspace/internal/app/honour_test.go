package app

import (
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
	"github.com/fairway-tre/fairway/services/platform/upheld"
)

var hostingForHarbour = runtest.Profile(runtest.DefaultProfile + "hosting: {workspace: own, for: [harbour]}\n")

func TestDataHostedForAHolderAreUsedUnderTheHoldersPermitAlone(t *testing.T) {
	b := newBench(t, hostingForHarbour)
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
	affirm := func(until time.Time) {
		b.Deliver("gateway", federation.PermitsUpheld{Holder: told.Holder, Permits: []string{told.PermitID}, Until: until}, func(d *envelope.Draft) { d.CausationID = b.NewID() })
	}
	affirm(b.Clock.Now().Add(10 * time.Minute))
	g := own
	g.PermitID, g.ProjectID = told.PermitID, told.ProjectID
	if o, _ := b.sealed(b.submit(g, "gbsg", recurrence)); o.PermitID != told.PermitID || o.Sponsor != "acme" || !slices.Equal(o.Entrusted, []string{"harbour:" + told.PermitID}) {
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

// hostedPermit is a permit of harbour, whose data are hosted here, and how harbour affirms it.
func hostedPermit(t *testing.T) (b *bench, g approval.PermitGranted, affirm func(holder string, until time.Time)) {
	t.Helper()
	b = newBench(t, hostingForHarbour)
	b.Deliver("catalog", catalog.DatasetUpdated{DatasetID: "gbsg", Title: "A trial", Holder: "harbour", Version: "2", PreviousVersion: "1",
		AccessRights: "RESTRICTED", Dictionary: trials["gbsg"]})
	g = b.permit(func(g *approval.PermitGranted) { g.Datasets = []string{"gbsg"} })
	g.PermitID, g.ProjectID = b.NewID(), b.NewID()
	caused := func(d *envelope.Draft) { d.CausationID = b.NewID() }
	b.Deliver("gateway", events.PermitHonour{PermitID: g.PermitID, ProjectID: g.ProjectID, HostSite: "molgenis", Persons: g.Persons, Datasets: g.Datasets,
		Concepts: g.Concepts, Analyses: g.Analyses, ExpiresAt: g.ExpiresAt, Holder: "harbour", Status: "GRANTED"}, caused)
	return b, g, func(holder string, until time.Time) {
		b.Deliver("gateway", federation.PermitsUpheld{Holder: holder, Permits: []string{g.PermitID}, Until: until}, caused)
	}
}

func TestNothingIsComputedUnderAPermitWhoseHolderIsSilent(t *testing.T) {
	b, g, affirm := hostedPermit(t)
	refused := func(why string) {
		t.Helper()
		b.submit(g, "gbsg", recurrence)
		b.Advance(time.Minute)
		if r := runtest.Last[events.ActRefused](b.Bench); r.Reason != upheld.ReasonSilent {
			t.Fatalf("%s: %s", why, r.Reason)
		}
	}
	refused("before it is affirmed")
	affirm("denbi", b.Clock.Now().Add(time.Hour))
	refused("affirmed by another site")
	affirm("harbour", b.Clock.Now().Add(10*time.Minute))
	b.sealed(b.submit(g, "gbsg", recurrence))
	b.Advance(10 * time.Minute)
	affirm("harbour", b.Clock.Now().Add(-time.Minute))
	refused("after its time, with an old word that came late")
	affirm("harbour", b.Clock.Now().Add(10*time.Minute))
	b.sealed(b.submit(g, "gbsg", recurrence))
}

func TestAJobThatWaitsForTheHoldersWordGoesOnWithIt(t *testing.T) {
	b, g, affirm := hostedPermit(t)
	id := b.submit(g, "gbsg", recurrence)
	affirm("harbour", b.Clock.Now().Add(10*time.Minute))
	b.sealed(id)
}

func TestAJobWhoseHolderFallsSilentSealsNothing(t *testing.T) {
	b, g, affirm := hostedPermit(t)
	affirm("harbour", b.Clock.Now().Add(10*time.Minute))
	b.hold()
	id := b.submit(g, "gbsg", recurrence)
	b.held(1)
	b.Advance(10 * time.Minute)
	b.Env.Failpoints.Release("workspace/running")
	if j := b.ended(id); j.State != "CANCELED" || j.Reason != upheld.ReasonSilent {
		t.Fatalf("%+v", j)
	}
	if n := len(runtest.Sent[events.OutputSealed](b.Bench)); n != 0 {
		t.Fatalf("%d outputs were sealed", n)
	}
}

func TestAnOutputOfTheSitesOwnDataRestsOnNoHolderElsewhere(t *testing.T) {
	b, g, affirm := hostedPermit(t)
	affirm("harbour", b.Clock.Now().Add(10*time.Minute))
	own := b.permit(func(o *approval.PermitGranted) { o.ProjectID, o.Datasets = g.ProjectID, []string{"rotterdam"} })
	if o, _ := b.sealed(b.submit(own, "rotterdam", recurrence)); o.PermitID != own.PermitID || len(o.Entrusted) != 0 {
		t.Errorf("of the site's own data: %+v", o)
	}
}
