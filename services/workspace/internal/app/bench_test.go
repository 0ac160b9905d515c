package app

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// bench is a workspace that holds the three trials, all described.
type bench struct {
	*runtest.Bench
	t          *testing.T
	holdings   string
	researcher runtest.Person
}

var (
	hormone = []vocabulary.Level{{Code: "0", Label: "none"}, {Code: "1", Label: "hormone"}}
	sexes   = []vocabulary.Level{{Code: "1", Label: "male"}, {Code: "2", Label: "female"}}
)

// trials are the dictionaries of the three data files.
var trials = map[string][]vocabulary.Variable{
	"rotterdam": {
		{Concept: "recurrence-time", Column: "rtime", Type: "number", Unit: "day"},
		{Concept: "recurrence", Column: "recur", Type: "event", EventValue: "1"},
		{Concept: "hormone-therapy", Column: "hormon", Type: "category", Levels: hormone},
		{Concept: "age", Column: "age", Type: "integer", Unit: "year"},
		{Concept: "person", Column: "pid", Type: "identifier"},
	},
	"gbsg": {
		{Concept: "recurrence-time", Column: "rfstime", Type: "number", Unit: "day"},
		{Concept: "recurrence", Column: "status", Type: "event", EventValue: "1"},
		{Concept: "hormone-therapy", Column: "hormon", Type: "category", Levels: hormone},
		{Concept: "person", Column: "pid", Type: "identifier"},
	},
	"lung": {
		{Concept: "survival-time", Column: "time", Type: "integer", Unit: "day"},
		{Concept: "death", Column: "status", Type: "event", EventValue: "2"},
		{Concept: "sex", Column: "sex", Type: "category", Levels: sexes},
		{Concept: "institution", Column: "inst", Type: "category"},
	},
}

func newBench(t *testing.T, options ...runtest.Option) *bench {
	t.Helper()
	files := map[string]string{}
	for dataset := range trials {
		path, err := filepath.Abs("../../../../features/data/" + dataset + ".csv.gz")
		if err != nil {
			t.Fatal(err)
		}
		files[dataset] = path
	}
	return benchWith(t, files, options...)
}

func benchWith(t *testing.T, files map[string]string, options ...runtest.Option) *bench {
	t.Helper()
	b := &bench{t: t, holdings: filepath.Join(t.TempDir(), "holdings.yaml")}
	b.write(files)
	options = append(options, runtest.Settings(map[string]string{"holdings": b.holdings}))
	b.Bench = runtest.New(t, "workspace", Register, options...)
	for _, dataset := range slices.Sorted(maps.Keys(trials)) {
		b.describe(dataset, trials[dataset])
	}
	b.researcher = b.Person("researcher")
	return b
}

// write writes the list of data files.
func (b *bench) write(files map[string]string) {
	b.t.Helper()
	text := "datasets:\n"
	for _, dataset := range slices.Sorted(maps.Keys(files)) {
		text += fmt.Sprintf("  %s: {file: %q}\n", dataset, files[dataset])
	}
	if err := os.WriteFile(b.holdings, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) describe(dataset string, dictionary []vocabulary.Variable) {
	b.t.Helper()
	b.Deliver("catalog", catalog.DatasetPublished{DatasetID: dataset, Title: "A trial", Holder: "A holder", Version: "1",
		AccessRights: "RESTRICTED", Dictionary: dictionary})
}

// permit lets the researcher do everything with all trials, but what change takes away.
func (b *bench) permit(change ...func(*approval.PermitGranted)) approval.PermitGranted {
	b.t.Helper()
	g := approval.PermitGranted{PermitID: b.NewID(), ApplicationID: b.NewID(), ProjectID: b.NewID(), HostSite: "molgenis",
		Persons: []string{b.researcher.ID}, Datasets: []string{"gbsg", "lung", "rotterdam"},
		Concepts: []string{"recurrence-time", "recurrence", "hormone-therapy", "survival-time", "death", "sex", "institution", "person"},
		Analyses: []string{"count", "kaplan-meier", "log-rank"}, ExpiresAt: b.Clock.Now().AddDate(1, 0, 0)}
	for _, c := range change {
		c(&g)
	}
	b.Deliver("approval", g)
	return g
}

var (
	recurrence = vocabulary.Analysis{Kind: "log-rank", Time: "recurrence-time", Event: "recurrence", Arm: "hormone-therapy"}
	curves     = vocabulary.Analysis{Kind: "kaplan-meier", Time: "recurrence-time", Event: "recurrence", Arm: "hormone-therapy"}
	survival   = vocabulary.Analysis{Kind: "log-rank", Time: "survival-time", Event: "death", Arm: "sex", Stratum: "institution"}
)

// job is a job of the researcher's own.
func (b *bench) job(g approval.PermitGranted, dataset string, asked ...vocabulary.Analysis) events.JobSubmit {
	return events.JobSubmit{JobID: b.NewID(), ProjectID: g.ProjectID, HostSite: "molgenis", Requester: b.researcher.ID,
		DatasetID: dataset, Analyses: asked}
}

// submit submits as the researcher and returns the job's id.
func (b *bench) submit(g approval.PermitGranted, dataset string, asked ...vocabulary.Analysis) string {
	b.t.Helper()
	j := b.job(g, dataset, asked...)
	b.Act(b.researcher, j)
	return j.JobID
}

// states lists what has been said of a job.
func (b *bench) states(id string) (states []string) {
	b.t.Helper()
	for _, s := range runtest.Sent[events.JobStateChanged](b.Bench) {
		if s.JobID == id {
			states = append(states, s.State)
		}
	}
	return states
}

// ended waits for a job's last state.
func (b *bench) ended(id string) (last events.JobStateChanged) {
	b.t.Helper()
	b.Until("job "+id+" to end", func() bool {
		for _, s := range runtest.Sent[events.JobStateChanged](b.Bench) {
			if s.JobID == id && slices.Contains([]string{"COMPLETE", "EXECUTOR_ERROR", "SYSTEM_ERROR", "CANCELED"}, s.State) {
				last = s
				return true
			}
		}
		return false
	})
	return last
}

// sealed is the output of a completed job and what lies under its digest.
func (b *bench) sealed(jobID string) (events.OutputSealed, documents.Document) {
	b.t.Helper()
	if last := b.ended(jobID); last.State != "COMPLETE" {
		b.t.Fatalf("the job ended %s for %s", last.State, last.Reason)
	}
	for _, o := range runtest.Sent[events.OutputSealed](b.Bench) {
		if o.JobID != jobID {
			continue
		}
		text, err := b.Env.Objects.Get(b.t.Context(), o.Claim.Digest)
		if err != nil {
			b.t.Fatal(err)
		}
		d, canonical, err := documents.Canonical(text)
		if err != nil || !canonical || int64(len(text)) != o.Claim.Size {
			b.t.Fatalf("canonical %v, %d bytes of %d: %v", canonical, len(text), o.Claim.Size, err)
		}
		return o, d
	}
	b.t.Fatal("the job is complete and sealed nothing")
	return events.OutputSealed{}, documents.Document{}
}

// hold stops jobs where they begin to run.
func (b *bench) hold() {
	b.t.Helper()
	if err := b.Env.Failpoints.Arm("workspace/running", "hold"); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { b.Env.Failpoints.Release("workspace/running") })
}

// held waits until n have come there.
func (b *bench) held(n int) {
	b.t.Helper()
	b.Until(fmt.Sprintf("%d jobs to be running", n), func() bool { return b.Env.Failpoints.Hits("workspace/running") >= n })
}

// reason is why the last act was refused.
func (b *bench) reason() string {
	b.t.Helper()
	return runtest.Last[events.ActRefused](b.Bench).Reason
}

const aMinute = time.Minute
