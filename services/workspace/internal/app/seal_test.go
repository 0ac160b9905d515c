package app

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// combination is a document made of two results with these digests.
func combination(t *testing.T, inputs ...string) documents.Document {
	t.Helper()
	c := documents.Combination{Method: documents.MethodStratifiedBySite, Time: "time", Event: "death", Arm: "arm", Compared: "b",
		Variance: 8, ChiSquare: 2, DF: 1, P: 0.157, Heterogeneity: documents.Heterogeneity{DF: len(inputs) - 1, P: 1, Agree: true},
		Groups: []documents.Group{{Level: "a", N: 100, Observed: 40, Expected: 44, OMinusE: -4, Variance: 8},
			{Level: "b", N: 100, Observed: 48, Expected: 44, OMinusE: 4, Variance: 8}},
		LeaveOut: []documents.LeftOut{}, Curves: []documents.SiteCurves{}}
	for i, digest := range inputs {
		c.Sites = append(c.Sites, documents.SiteResult{Site: []string{"denbi", "molgenis", "harbour"}[i], OutputDigest: digest, OMinusE: 2,
			Variance: 4, ChiSquare: 1, Direction: documents.MoreEvents})
	}
	return documents.Document{Schema: documents.Schema, Dataset: "study", Results: []documents.Result{c}}
}

// stored puts bytes where the gateway puts a combination.
func (b *bench) stored(text []byte) vocabulary.Claim {
	b.t.Helper()
	digest, err := b.Objects("gateway").Put(b.t.Context(), text)
	if err != nil {
		b.t.Fatal(err)
	}
	return vocabulary.Claim{Digest: digest, Size: int64(len(text)), MediaType: documents.MediaType, Class: "aggregate"}
}

func TestOnlyTheCombinationThatTheGatewayStoredIsSealed(t *testing.T) {
	b := newBench(t)
	x, y, z := documents.Digest([]byte("x")), documents.Digest([]byte("y")), documents.Digest([]byte("z"))
	text, err := documents.Encode(combination(t, x, y))
	if err != nil {
		t.Fatal(err)
	}
	count, err := documents.Encode(documents.Document{Schema: documents.Schema, Dataset: "study",
		Results: []documents.Result{documents.Count{Cells: []documents.Cell{{By: []documents.Level{}, N: 9}}, Dropped: "0"}}})
	if err != nil {
		t.Fatal(err)
	}
	good := func() events.OutputSeal {
		return events.OutputSeal{OutputID: b.NewID(), StudyID: b.NewID(), ProjectID: b.NewID(), Author: b.researcher.ID,
			Claim: b.stored(text), Inputs: []string{x, y}}
	}
	for name, c := range map[string]struct {
		change func(*events.OutputSeal)
		reason string
	}{
		"nothing stored":   {func(a *events.OutputSeal) { a.Claim.Digest = z }, ReasonUnreadableOutput},
		"another size":     {func(a *events.OutputSeal) { a.Claim.Size++ }, ReasonClaim},
		"evidence":         {func(a *events.OutputSeal) { a.Claim.Class = "evidence" }, ReasonClaim},
		"another type":     {func(a *events.OutputSeal) { a.Claim.MediaType = "text/csv" }, ReasonClaim},
		"no document":      {func(a *events.OutputSeal) { a.Claim = b.stored([]byte("a,b\n")) }, ReasonNotCanonical},
		"other spelling":   {func(a *events.OutputSeal) { a.Claim = b.stored(append([]byte(" "), text...)) }, ReasonNotCanonical},
		"no combination":   {func(a *events.OutputSeal) { a.Claim = b.stored(count) }, ReasonClaim},
		"an input unnamed": {func(a *events.OutputSeal) { a.Inputs = []string{x} }, ReasonInputs},
		"an input unused":  {func(a *events.OutputSeal) { a.Inputs = []string{x, y, z} }, ReasonInputs},
	} {
		act := good()
		c.change(&act)
		b.Deliver("gateway", act)
		if b.reason() != c.reason {
			t.Errorf("%s: refused for %s, not %s", name, b.reason(), c.reason)
		}
	}
	if n := len(runtest.Sent[events.OutputSealed](b.Bench)); n != 0 {
		t.Fatalf("%d outputs", n)
	}
	act := good()
	b.Deliver("gateway", act)
	o := runtest.Last[events.OutputSealed](b.Bench)
	if o.OutputID != act.OutputID || o.Claim != act.Claim || o.Kinds[0] != "combination" || o.PermitID != "" || o.StudyID != act.StudyID ||
		o.Author != act.Author || len(o.Inputs) != 2 || o.Destination != (vocabulary.Destination{Kind: "researcher", Site: "molgenis"}) {
		t.Errorf("%+v", o)
	}
	b.Deliver("gateway", act)
	if b.reason() != ReasonAlreadySealed {
		t.Error(b.reason())
	}
}

func TestACombinationIsSealedUnderTheHostsOwnPermit(t *testing.T) {
	b := newBench(t)
	x := documents.Digest([]byte("x"))
	text, err := documents.Encode(combination(t, x))
	if err != nil {
		t.Fatal(err)
	}
	g := b.permit(func(g *approval.PermitGranted) { g.Sponsor = "acme" })
	act := events.OutputSeal{OutputID: b.NewID(), StudyID: b.NewID(), ProjectID: g.ProjectID, Author: b.researcher.ID,
		Claim: b.stored(text), Inputs: []string{x}}
	b.Deliver("gateway", act)
	if o := runtest.Last[events.OutputSealed](b.Bench); o.PermitID != g.PermitID || o.Sponsor != "acme" {
		t.Errorf("%+v", o)
	}
	b.Deliver("approval", approval.PermitRevoked{PermitID: g.PermitID, ProjectID: g.ProjectID, Reason: "misuse"})
	act.OutputID = b.NewID()
	b.Deliver("gateway", act)
	if b.reason() != ReasonPermitRevoked {
		t.Error(b.reason())
	}
	b.Act(b.researcher, b.job(g, "gbsg", recurrence))
	if b.reason() != ReasonPermitRevoked {
		t.Error(b.reason())
	}
}
