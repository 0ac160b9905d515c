package app

import (
	"strings"
	"testing"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// exporting is a site with one reviewer and these limits.
func exporting(limits string) runtest.Option {
	return runtest.Profile(runtest.DefaultProfile + "export: {" + limits + "}\n")
}

func (b *bench) ask(change func(*events.ReleaseRequest)) events.ReleaseRequest {
	b.t.Helper()
	r := events.ReleaseRequest{ReleaseID: b.NewID(), OutputID: b.output.OutputID, Requester: b.author.ID, Digest: b.output.Claim.Digest}
	change(&r)
	b.Act(b.author, r)
	return r
}

func TestWhatIsBeyondTheLimitsOfTheSiteIsNotTakenIn(t *testing.T) {
	for name, c := range map[string]struct {
		limits, reason string
		within         string // limits under which the same request is taken in
		change         func(*events.ReleaseRequest)
	}{
		"too many bytes":     {"maxBytes: 20", ReasonTooLarge, "maxBytes: 2000", func(*events.ReleaseRequest) {}},
		"another media type": {"mediaTypes: [text/csv]", ReasonMediaType, "mediaTypes: [application/vnd.fairway.output.v1+json]", func(*events.ReleaseRequest) {}},
		"another name": {"namePattern: '^[a-z]+[.]json$'", ReasonName, "namePattern: '^[A-Z]+[.]json$'",
			func(r *events.ReleaseRequest) { r.Name = "RESULTS.json" }},
		"no declared type": {"resultTypes: [table, figure]", ReasonResultType, "maxBytes: 2000", func(*events.ReleaseRequest) {}},
		"another type": {"resultTypes: [figure]", ReasonResultType, "resultTypes: [table]",
			func(r *events.ReleaseRequest) { r.ResultType = "table" }},
		"not of the export group": {"group: export-group", people.RoleMissing, "maxBytes: 2000", func(*events.ReleaseRequest) {}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, table(10, 20), toResearcher, exporting(c.limits))
			b.ask(c.change)
			b.wantRefused(c.reason)
			if n := len(runtest.Sent[events.ReleaseRequested](b.Bench)); n != 0 {
				t.Fatalf("taken in %d times", n)
			}
			within := newBench(t, table(10, 20), toResearcher, exporting(c.within))
			within.ask(c.change)
			if n := len(runtest.Sent[events.ReleaseRequested](within.Bench)); n != 1 {
				t.Fatalf("taken in %d times within the limits", n)
			}
		})
	}
}

func TestAnExportGroupAsksForItsOwnAndTakesOnWhatOthersAskFor(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher, exporting("group: export-group"))
	b.author = b.Person("researcher", "export-group")
	b.output.OutputID, b.output.Author = b.NewID(), b.author.ID
	b.Deliver("workspace", b.output)
	b.review(b.Person("output-checker"), b.request(), "Approved")
	b.wantReleased(1)

	b.forStudy(table(10, 20), func(o *workspace.OutputSealed) {
		o.Author, o.StudyID, o.Destination = "denbi:"+b.NewID(), b.NewID(), vocabulary.Destination{Kind: "study", Site: "denbi"}
	})
	b.wantTurn("export-group", 1)
	r := runtest.Last[events.ReleaseRequested](b.Bench)
	of := events.ReleaseRequest{ReleaseID: r.ReleaseID, Digest: r.Digest}
	b.review(b.Person("output-checker"), of, "Approved")
	b.wantRefused(ReasonTurn)
	b.review(b.Person("export-group"), of, "Approved")
	b.wantReleased(1)
	b.review(b.Person("output-checker"), of, "Approved")
	b.wantReleased(2)
}

func logRank() documents.Document {
	g := func(level string, observed int, expected float64) documents.Group {
		return documents.Group{Level: level, N: 100, Observed: observed, Expected: expected, OMinusE: float64(observed) - expected, Variance: 25}
	}
	return documents.Document{Schema: documents.Schema, Dataset: "rotterdam", Results: []documents.Result{documents.LogRank{Time: "time", Event: "death", Arm: "sex", Groups: []documents.Group{
		g("a", 55, 50), g("b", 45, 50)}, ChiSquare: 1, DF: 1, P: 0.31731050786291415, Variance: 25, Strata: 1, Dropped: documents.DroppedRows(0, 5)}}}
}

func TestADeclaredResultOfLowRiskLeavesByTheRulesAlone(t *testing.T) {
	limits := "resultTypes: [table, statistic], lowRisk: [statistic]"
	declare := func(as string) func(*events.ReleaseRequest) {
		return func(r *events.ReleaseRequest) { r.ResultType = as }
	}
	for name, c := range map[string]struct {
		document documents.Document
		kinds    []string
		as       string
		leaves   int
	}{
		"a statistic":                     {logRank(), []string{documents.KindLogRank}, "statistic", 1},
		"a statistic declared as a table": {logRank(), []string{documents.KindLogRank}, "table", 0},
		"a table declared as a statistic": {table(10, 20), []string{documents.KindCount}, "statistic", 0},
		"a statistic beside a table":      {logRank(), []string{documents.KindLogRank, documents.KindCount}, "statistic", 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.document, toResearcher, exporting(limits))
			b.output.OutputID, b.output.Kinds = b.NewID(), c.kinds
			b.Deliver("workspace", b.output)
			r := b.ask(declare(c.as))
			b.wantReleased(c.leaves)
			if c.leaves == 1 {
				if d := runtest.Last[events.ReleaseApproved](b.Bench); d.DeclaredAs != c.as || len(d.Reviewers) != 0 || d.Rules.Reviewers != 0 || len(d.Stages) != 0 {
					t.Fatalf("the record says %+v", d)
				}
				return
			}
			b.review(b.Person("output-checker"), r, "Approved")
			if d := runtest.Last[events.ReleaseApproved](b.Bench); d.DeclaredAs != "" || len(d.Reviewers) != 1 {
				t.Fatalf("the record says %+v", d)
			}
		})
	}
}

func TestNobodyDeclaresTheResultsOfStudies(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher, exporting("resultTypes: [table, statistic], lowRisk: [statistic]"))
	b.forStudy(logRank(), func(o *workspace.OutputSealed) { o.StudyID, o.Kinds = b.NewID(), []string{documents.KindLogRank} })
	if r := runtest.Last[events.ReleaseRequested](b.Bench); r.ResultType != "statistic" {
		t.Fatalf("taken in as %q", r.ResultType)
	}
	b.wantReleased(0)
	b.wantTurn("output-checker", 1)
}

func TestWhatIsNotCleanIsNotReviewed(t *testing.T) {
	for verdict, dirty := range map[string]bool{"clean": false, "not-clean": true} {
		t.Run(verdict, func(t *testing.T) {
			b := newBench(t, table(10, 20), toResearcher, exporting("scanRequired: true"))
			if dirty {
				b.seal([]byte(`{"schema":"something else","macro":"AutoOpen"}`))
			}
			b.request()
			if got := runtest.Last[events.ReleaseChecked](b.Bench); got.Scan != verdict {
				t.Fatalf("got %+v", got)
			}
			rejected := runtest.Sent[events.ReleaseRejected](b.Bench)
			if dirty != (len(rejected) == 1 && rejected[0].Reason == ReasonScan) {
				t.Fatalf("rejected: %+v", rejected)
			}
		})
	}
}

// seal has the workspace seal any bytes.
func (b *bench) seal(raw []byte) {
	b.t.Helper()
	digest, err := b.Objects("workspace").Put(b.t.Context(), raw)
	if err != nil {
		b.t.Fatal(err)
	}
	b.output.OutputID, b.output.Claim.Digest, b.output.Claim.Size = b.NewID(), digest, int64(len(raw))
	b.Deliver("workspace", b.output)
}

func TestAReleasedFileIsPublishedUnderItsName(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	b.review(b.Person("output-checker"), b.ask(func(r *events.ReleaseRequest) { r.Name = "grades.json" }), "Approved")
	if p := runtest.Last[events.ReleasePublished](b.Bench); p.Name != "grades.json" {
		t.Fatalf("published as %q", p.Name)
	}
	b.another(table(40, 90))
	b.review(b.Person("output-checker"), b.request(), "Approved")
	if p := runtest.Last[events.ReleasePublished](b.Bench); p.Name != strings.ToLower(b.output.OutputID)+".json" {
		t.Fatalf("published as %q", p.Name)
	}
}

// forStudy has the workspace seal an output of a study's job, and the gateway ask for its release.
func (b *bench) forStudy(d documents.Document, change func(*workspace.OutputSealed)) events.ReleaseRequest {
	b.t.Helper()
	raw, err := documents.Encode(d)
	if err != nil {
		b.t.Fatal(err)
	}
	o := b.output
	b.output.JobID = b.NewID()
	change(&b.output)
	b.seal(raw)
	r := events.ReleaseRequest{ReleaseID: b.NewID(), OutputID: b.output.OutputID, Requester: b.output.Author, Digest: b.output.Claim.Digest}
	b.Deliver("gateway", r)
	b.output = o
	return r
}
