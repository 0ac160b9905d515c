package app

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

var (
	identifier = vocabulary.Variable{Concept: "person", Column: "id", Type: "identifier"}
	enrolled   = []vocabulary.Variable{identifier, {Concept: "sex", Column: "male", Type: "category",
		Levels: []vocabulary.Level{{Code: "0", Label: "female"}, {Code: "1", Label: "male"}}}}
	diagnoses = []vocabulary.Variable{identifier, {Concept: "diagnosis", Column: "event", Type: "category"}}
	byDisease = []vocabulary.Preparation{{Op: analyses.Aggregate, Dataset: "nafld3", How: analyses.Any, As: "diabetes",
		Where: []vocabulary.Condition{{Concept: "diagnosis", Op: analyses.In, Levels: []string{"diabetes"}}}},
		{Op: analyses.Link, Dataset: "nafld3"}}
	bySexAndDisease = vocabulary.Analysis{Kind: analyses.Count, By: []string{"sex", "diabetes"}, SmallCells: analyses.Suppress}
)

// registers has the people and their diagnoses, which two holders permit apart.
func registers(t *testing.T, options ...runtest.Option) (*bench, approval.PermitGranted) {
	t.Helper()
	files := map[string]string{}
	for _, dataset := range []string{"nafld1", "nafld3"} {
		path, err := filepath.Abs("../../../../features/data/" + dataset + ".csv.gz")
		if err != nil {
			t.Fatal(err)
		}
		files[dataset] = path
	}
	b := benchWith(t, files, options...)
	b.describe("nafld1", enrolled)
	b.describe("nafld3", diagnoses)
	g := b.permit(func(g *approval.PermitGranted) {
		g.Datasets, g.Concepts, g.Analyses = []string{"nafld1"}, []string{"sex"}, []string{analyses.Count}
	})
	return b, g
}

func TestAnOutputNamesThePermitOfAHolderElsewhereWhoseDataWereOnlyLinked(t *testing.T) {
	b, g := registers(t, hostingForHarbour)
	b.Deliver("catalog", catalog.DatasetUpdated{DatasetID: "nafld3", Title: "Diagnoses", Holder: "harbour", Version: "2", PreviousVersion: "1",
		AccessRights: "RESTRICTED", Dictionary: diagnoses})
	other := events.PermitHonour{PermitID: b.NewID(), ProjectID: g.ProjectID, HostSite: "molgenis", Persons: g.Persons, Datasets: []string{"nafld3"},
		Concepts: []string{"diagnosis"}, Analyses: g.Analyses, ExpiresAt: g.ExpiresAt, Holder: "harbour", Status: "GRANTED"}
	caused := func(d *envelope.Draft) { d.CausationID = b.NewID() }
	b.Deliver("gateway", other, caused)
	b.Deliver("gateway", federation.PermitsUpheld{Holder: "harbour", Permits: []string{other.PermitID}, Until: b.Clock.Now().Add(10 * time.Minute)}, caused)
	j := b.job(g, "nafld1", bySexAndDisease)
	j.Prepare = byDisease
	b.Act(b.researcher, j)
	if o, _ := b.sealed(j.JobID); o.PermitID != g.PermitID || !slices.Equal(o.Entrusted, []string{"harbour:" + other.PermitID}) {
		t.Errorf("under %s and %v", o.PermitID, o.Entrusted)
	}
}

func TestLinkedDatasetsAreReadUnderThePermitOfEachAndTheOutputTellsWhereItComesFrom(t *testing.T) {
	b, g := registers(t)
	j := b.job(g, "nafld1", bySexAndDisease)
	j.Prepare = byDisease
	b.Act(b.researcher, j)
	if got := b.reason(); got != ReasonBeyond {
		t.Fatalf("linked without a permit of the other holder: %q", got)
	}
	other := b.permit(func(o *approval.PermitGranted) {
		o.ProjectID, o.Datasets, o.Concepts, o.Analyses = g.ProjectID, []string{"nafld3"}, []string{"diagnosis"}, []string{analyses.Count}
	})
	j.JobID = b.NewID()
	b.Act(b.researcher, j)
	output, document := b.sealed(j.JobID)
	var ns []int
	for _, cell := range document.Results[0].(documents.Count).Cells {
		ns = append(ns, cell.N)
	}
	if !slices.Equal(ns, []int{7635, 1713, 6462, 1739, 9348, 8201, 14097, 3452, 17549}) {
		t.Errorf("%v", ns)
	}
	lineage := output.Lineage
	if len(lineage.Datasets) != 2 || lineage.Datasets[1] != (vocabulary.DatasetVersion{DatasetID: "nafld3", Version: "1"}) ||
		len(lineage.Steps) != 2 || lineage.Steps[1] != (vocabulary.LineageStep{Op: "link", Digest: analyses.Digest(byDisease[1])}) {
		t.Errorf("%+v", lineage)
	}
	text, err := b.Env.Objects.GetClass(t.Context(), objects.Evidence, output.Evidence.Digest)
	if err != nil {
		t.Fatal(err)
	}
	evidence, err := documents.DecodeEvidence(text)
	if err != nil || evidence.Output != output.Claim.Digest || len(evidence.Prepare) != 2 {
		t.Errorf("%+v %v", evidence, err)
	}
	b.Deliver("approval", approval.PermitRevoked{PermitID: other.PermitID, ProjectID: g.ProjectID, Reason: "misuse"})
	j.JobID = b.NewID()
	b.Act(b.researcher, j)
	if got := b.reason(); got != ReasonBeyond {
		t.Errorf("after one holder revoked: %q", got)
	}
}

func TestADatasetWithSeveralRowsAPersonIsNotAnalysedAsItIs(t *testing.T) {
	b, _ := registers(t)
	g := b.permit(func(g *approval.PermitGranted) {
		g.Datasets, g.Concepts, g.Analyses = []string{"nafld3"}, []string{"diagnosis"}, []string{analyses.Count}
	})
	b.wantFailed(b.submit(g, "nafld3", vocabulary.Analysis{Kind: analyses.Count, By: []string{"diagnosis"}}), ReasonRows)
}
