package analysis_test

import (
	"context"
	"errors"
	"flag"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
)

// The known answers were made with R survival 3.5-3 on the same files.

var update = flag.Bool("update", false, "write the examples of the contracts anew")

var (
	breast = analysis.Survival{Time: "recurrence-time", Event: "recurrence", Arm: "hormone-therapy"}
	death  = analysis.Survival{Time: "death-time", Event: "death", Arm: "hormone-therapy"}
	bySex  = analysis.Survival{Time: "survival-time", Event: "death", Arm: "sex"}
)

func load(t *testing.T, file string, dictionary holdings.Dictionary, concepts ...string) analysis.Table {
	t.Helper()
	data, err := filepath.Abs("../../../../features/data")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "holdings.yaml")
	if err := os.WriteFile(path, []byte("datasets: {d: {file: "+filepath.Join(data, file)+"}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := holdings.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	table, err := h.Load(context.Background(), "d", dictionary, concepts)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

var treated = map[string]string{"0": "no hormone therapy", "1": "hormone therapy"}

func rotterdam(t *testing.T) analysis.Table {
	return load(t, "rotterdam.csv.gz", holdings.Dictionary{
		{Concept: "recurrence-time", Column: "rtime", Type: holdings.Number, Unit: "day"},
		{Concept: "recurrence", Column: "recur", Type: holdings.Event, EventValue: "1"},
		{Concept: "hormone-therapy", Column: "hormon", Type: holdings.Category, Levels: treated},
		{Concept: "death-time", Column: "dtime", Type: holdings.Number, Unit: "day"},
		{Concept: "death", Column: "death", Type: holdings.Event, EventValue: "1"},
	}, "recurrence-time", "recurrence", "hormone-therapy", "death-time", "death")
}

func gbsg(t *testing.T) analysis.Table {
	return load(t, "gbsg.csv.gz", holdings.Dictionary{
		{Concept: "recurrence-time", Column: "rfstime", Type: holdings.Number, Unit: "day"},
		{Concept: "recurrence", Column: "status", Type: holdings.Event, EventValue: "1"},
		{Concept: "hormone-therapy", Column: "hormon", Type: holdings.Category, Levels: treated},
	}, "recurrence-time", "recurrence", "hormone-therapy")
}

func lung(t *testing.T, sexes map[string]string) analysis.Table {
	return load(t, "lung.csv.gz", holdings.Dictionary{
		{Concept: "survival-time", Column: "time", Type: holdings.Integer, Unit: "day"},
		{Concept: "death", Column: "status", Type: holdings.Event, EventValue: "2"},
		{Concept: "sex", Column: "sex", Type: holdings.Category, Levels: sexes},
		{Concept: "institution", Column: "inst", Type: holdings.Category},
	}, "survival-time", "death", "sex", "institution")
}

var sexes = map[string]string{"1": "male", "2": "female"}

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	t.Logf("%s: ours %.14g, known %.14g", what, got, want)
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s: got %.14g, want %.14g within %g", what, got, want, relative)
	}
}

func logRank(t *testing.T, table analysis.Table, q analysis.Survival, stratum string) outputs.LogRank {
	t.Helper()
	r, err := analysis.LogRank(context.Background(), table, q, stratum, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: []outputs.Result{r}}); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLogRankOfHormoneTherapyMeetsTheKnownAnswers(t *testing.T) {
	r := logRank(t, rotterdam(t), breast, "")
	near(t, "Rotterdam recurrence O-E", r.Groups[1].OMinusE, 35.34012319651, 1e-9)
	near(t, "Rotterdam recurrence V", r.Variance, 131.6824025204, 1e-9)
	near(t, "Rotterdam recurrence chi2", r.ChiSquare, 9.484367566511, 1e-9)
	r = logRank(t, rotterdam(t), death, "")
	near(t, "Rotterdam death O-E", r.Groups[1].OMinusE, 48.62987286, 1e-9)
	near(t, "Rotterdam death V", r.Variance, 99.83946116, 1e-9)
	near(t, "Rotterdam death chi2", r.ChiSquare, 23.68667165, 1e-9)
	r = logRank(t, gbsg(t), breast, "")
	near(t, "GBSG O-E", r.Groups[1].OMinusE, -24.65691704167, 1e-9)
	near(t, "GBSG V", r.Variance, 70.98413473521, 1e-9)
	near(t, "GBSG chi2", r.ChiSquare, 8.564780853539, 1e-9)
	if r.Groups[1].Level != "hormone therapy" || r.DF != 1 || r.Dropped != "0" {
		t.Errorf("%+v", r)
	}
}

func TestLogRankOfSexMeetsTheKnownAnswersWithAndWithoutStrata(t *testing.T) {
	r := logRank(t, lung(t, sexes), bySex, "")
	near(t, "lung chi2", r.ChiSquare, 10.32674195, 1e-9)
	near(t, "lung expected male", r.Groups[0].Expected, 91.58173903, 1e-9)
	near(t, "lung expected female", r.Groups[1].Expected, 73.41826097, 1e-9)
	r = logRank(t, lung(t, sexes), bySex, "institution")
	near(t, "lung by institution chi2", r.ChiSquare, 8.524467363323, 1e-9)
	near(t, "lung by institution expected male", r.Groups[0].Expected, 93.9245859, 1e-8)
	near(t, "lung by institution expected female", r.Groups[1].Expected, 70.0754141, 1e-8)
	if r.Strata != 18 || r.Dropped != outputs.Suppressed || r.Groups[0].N+r.Groups[1].N != 227 {
		t.Errorf("strata %d, dropped %s", r.Strata, r.Dropped)
	}
}

// at is S(t) of a step function.
func at(steps []outputs.Step, time float64) float64 {
	survival := 1.0
	for _, s := range steps {
		if s.Time <= time {
			survival = s.Survival
		}
	}
	return survival
}

func TestKaplanMeierMeetsTheKnownAnswersBeforeThinning(t *testing.T) {
	table := lung(t, map[string]string{"1": "all", "2": "all"})
	km, err := analysis.KaplanMeier(context.Background(), table, bySex, 1)
	if err != nil {
		t.Fatal(err)
	}
	for time, want := range map[float64]float64{90: .8815789474, 180: .7216706534, 365: .4092416245, 540: .2554494108, 730: .1156930983} {
		near(t, "lung S(t)", at(km.Groups[0].Steps, time), want, 1e-9)
	}
}

func TestThinnedCurvesTellOfEnoughPeopleEverywhere(t *testing.T) {
	for name, c := range map[string]struct {
		table     analysis.Table
		question  analysis.Survival
		threshold int
	}{"rotterdam": {rotterdam(t), breast, 5}, "gbsg": {gbsg(t), breast, 10}, "lung": {lung(t, sexes), bySex, 10}} {
		full, err := analysis.KaplanMeier(context.Background(), c.table, c.question, 1)
		if err != nil {
			t.Fatal(err)
		}
		km, err := analysis.KaplanMeier(context.Background(), c.table, c.question, c.threshold)
		if err != nil {
			t.Fatal(err)
		}
		test := logRank(t, c.table, c.question, "")
		for g, group := range km.Groups {
			published := 0
			for _, s := range group.Steps {
				if s.Events < c.threshold || s.AtRisk < c.threshold {
					t.Errorf("%s %s: step of %d events, %d at risk", name, group.Level, s.Events, s.AtRisk)
				}
				if s.Survival != at(full.Groups[g].Steps, s.Time) {
					t.Errorf("%s: thinning changed S(%g)", name, s.Time)
				}
				published += s.Events
			}
			if rest := test.Groups[g].Observed - published; rest > 0 && rest < c.threshold {
				t.Errorf("%s %s: %d events are derivable after the last step", name, group.Level, rest)
			}
			t.Logf("%s %s: n %d, steps %d of %d", name, group.Level, group.N, len(group.Steps), len(full.Groups[g].Steps))
		}
	}
}

func TestCountOfTwoConceptsAddsUp(t *testing.T) {
	r, err := analysis.Count(context.Background(), lung(t, sexes), []string{"sex", "institution"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, cell := range r.Cells {
		total += cell.N
	}
	if total != 227 || len(r.Cells) != 36 || r.Dropped != outputs.Suppressed {
		t.Fatalf("total %d, cells %d, dropped %s", total, len(r.Cells), r.Dropped)
	}
	if r, err = analysis.Count(context.Background(), rotterdam(t), nil, 5); err != nil || len(r.Cells) != 1 || r.Cells[0].N != 2982 {
		t.Fatal(r, err)
	}
}

// The contracts carry what the three sites release as examples; the judge, the
// airlock and the combination are tested on them.
func TestExamplesOfTheContractsAreWhatTheSitesRelease(t *testing.T) {
	for name, c := range map[string]struct {
		table     analysis.Table
		question  analysis.Survival
		threshold int
		stratum   string
	}{"rotterdam": {rotterdam(t), breast, 5, ""}, "gbsg": {gbsg(t), breast, 10, ""}, "lung": {lung(t, sexes), bySex, 10, "institution"}} {
		table, err := c.table.Complete()
		if err != nil {
			t.Fatal(err)
		}
		count, err := analysis.Count(context.Background(), table, []string{c.question.Arm}, c.threshold)
		if err != nil {
			t.Fatal(err)
		}
		test, err := analysis.LogRank(context.Background(), table, c.question, c.stratum, c.threshold)
		if err != nil {
			t.Fatal(err)
		}
		curves, err := analysis.KaplanMeier(context.Background(), table, c.question, c.threshold)
		if err != nil {
			t.Fatal(err)
		}
		text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: name, Results: []outputs.Result{count, test, curves}})
		if err != nil {
			t.Fatal(err)
		}
		sameAsExample(t, name, text)
	}
}

func sameAsExample(t *testing.T, name string, text []byte) {
	t.Helper()
	path := filepath.Join("../../../../contracts/outputs/examples", name+".json")
	if *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	example, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var ours, theirs any
	if err := errors.Join(json.Unmarshal(text, &ours), json.Unmarshal(example, &theirs)); err != nil {
		t.Fatal(err)
	}
	if !alike(ours, theirs) {
		t.Errorf("%s differs from %s; run this test with -update and review the change", name, path)
	}
}

// alike allows for the last digits, which differ between processors.
func alike(a, b any) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && math.Abs(x-y) <= 1e-11*math.Abs(x)
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, alike)
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && maps.EqualFunc(x, y, alike)
	}
	return a == b
}
