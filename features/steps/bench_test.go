package steps

import (
	"context"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/bench"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/data"
	"github.com/fairway-tre/fairway/features/harness"
)

const (
	benchJourneys = 80
	benchWarm     = 5 // the first journeys warm connections and caches
	// benchHops is how many records follow one another from a job that is asked for to its table being published:
	// job-submit, output-sealed, release-request, release-checked, release-review, release-published.
	benchHops  = 6
	benchBytes = 1024
	// benchGoal: the whole journey, with people's HTTP, signatures, six durable transactions and checks, takes at most
	// three times as long as the bare hops.
	benchGoal = 3.0
)

const benchFeature = `Feature: A site for measuring
  Scenario: Ready
    Given the environments
      | site     | name     | country | dataset   | file             | holds     | sign-in       | analyses                 |
      | molgenis | Molgenis | NL      | rotterdam | rotterdam.csv.gz | Rotterdam | second factor | aggregate functions only |
    And every environment publishes its policy
    When the first identity officer of each environment enrols with its one-time code
    And these people join, complete the course "safe-researcher" and sign the "data-use-agreement" in version "1.0"
      | site     | person                  | roles                 |
      | molgenis | data manager            | data-manager          |
      | molgenis | researcher              | researcher            |
      | molgenis | first committee member  | data-access-committee |
      | molgenis | second committee member | data-access-committee |
      | molgenis | checker                 | output-checker        |
    Then the data manager at molgenis publishes the dataset "rotterdam" of "erasmus-mc", titled "Rotterdam tumour bank", with the dictionary
      | concept         | column | type     | unit | event value | levels                     |
      | hormone-therapy | hormon | category |      |             | 0 = untreated, 1 = treated |
    Given the researcher at molgenis applies for the project "tables" to compute count of hormone-therapy in
      | site     | dataset   |
      | molgenis | rotterdam |
    And the first committee member at molgenis decides positively on the project "tables" for the data-access-committee
    And the second committee member at molgenis decides positively on the project "tables" for the data-access-committee
    And molgenis grants a permit for the project "tables" and provisions a workspace
`

// TestBench measures the journey from asked to released at one site, without the time of the computation, against the
// same number of bare kafka-go hops over the same broker, in turn, and appends its row to FAIRWAY_BENCH_OUT.
func TestBench(t *testing.T) {
	bench.Only(t)
	ctx := t.Context()
	dir := t.TempDir()
	if err := data.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	w := New(harness.Config{Dir: t.TempDir()}, harness.Whole, dir)
	defer w.Close(context.WithoutCancel(ctx)) //nolint:errcheck // measured by now
	result, err := harness.Run(ctx, harness.Options{FS: fstest.MapFS{"bench.feature": {Data: []byte(benchFeature)}},
		Paths: []string{"bench.feature"}, Steps: w.Bind})
	if err != nil || !result.Met() {
		t.Fatalf("make ready: %v %+v", err, result.Problems)
	}
	site, err := w.site("molgenis")
	if err != nil {
		t.Fatal(err)
	}
	hop, err := site.NewHop(ctx, benchBytes)
	if err != nil {
		t.Fatal(err)
	}
	defer hop.Close() //nolint:errcheck // measured by now
	ours, peer := bench.Turns(benchWarm+benchJourneys,
		func() float64 { return milliseconds(w.journey(t, ctx)) }, func() float64 { return milliseconds(bare(t, ctx, hop)) })
	bench.Write(t, bench.Compare("asked-to-released", "ms", bench.Lower, benchGoal, ours[benchWarm:], peer[benchWarm:]))
}

// journey is one table from asked to published, less its computation.
func (w *World) journey(t *testing.T, ctx context.Context) time.Duration {
	t.Helper()
	researcher, err := w.who("researcher", "molgenis")
	if err != nil {
		t.Fatal(err)
	}
	checker, err := w.who("checker", "molgenis")
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	asked, err := w.table(ctx, researcher, "rotterdam", "hormone-therapy", "tables")
	if err != nil {
		t.Fatal(err)
	}
	r, err := checker.Act(ctx, airlock.ReleaseReview{ReleaseID: asked.ReleaseID, Digest: asked.Digest, Decision: "Approved"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: "the table's publication", About: []string{asked.ReleaseID, r.ActID},
		Match: harness.Of(func(_ harness.Seen, p airlock.ReleasePublished) bool { return p.ReleaseID == asked.ReleaseID })})
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(begun) - w.computing(asked.JobID)
}

// computing is the time between a job's RUNNING and COMPLETE, by the clock of the workspace.
func (w *World) computing(jobID string) time.Duration {
	var from, to time.Time
	for _, s := range w.tap().Find(harness.Of(func(_ harness.Seen, c workspace.JobStateChanged) bool { return c.JobID == jobID })) {
		c, _ := harness.Payload[workspace.JobStateChanged](s)
		switch c.State {
		case "RUNNING":
			from = s.Event.Time
		case "COMPLETE":
			to = s.Event.Time
		}
	}
	return to.Sub(from)
}

func bare(t *testing.T, ctx context.Context, h *harness.Hop) time.Duration {
	t.Helper()
	begun := time.Now()
	for range benchHops {
		if err := h.Once(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(begun)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
