package analysis_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
)

type step = vocabulary.Preparation

// registers are the three files of the study, as one project sees them.
func registers(t *testing.T) map[string]analysis.Table {
	t.Helper()
	data, err := filepath.Abs("../../../../features/data")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("datasets:\n")
	for _, name := range []string{"nafld1", "nafld2", "nafld3"} {
		fmt.Fprintf(&text, "  %s: {file: %q}\n", name, filepath.Join(data, name+".csv.gz"))
	}
	path := filepath.Join(t.TempDir(), "holdings.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := holdings.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	person := holdings.Variable{Concept: "person", Column: "id", Type: holdings.Identity}
	days := holdings.Variable{Concept: "days", Column: "days", Type: holdings.Integer, Unit: "day"}
	tables := map[string]analysis.Table{}
	for dataset, d := range map[string]holdings.Dictionary{
		"nafld1": {person, {Concept: "age", Column: "age", Type: holdings.Integer, Unit: "year"}, {Concept: "bmi", Column: "bmi", Type: holdings.Number},
			{Concept: "sex", Column: "male", Type: holdings.Category, Levels: map[string]string{"0": "female", "1": "male"}}},
		"nafld2": {person, days, {Concept: "laboratory-test", Column: "test", Type: holdings.Category}, {Concept: "laboratory-value", Column: "value", Type: holdings.Number}},
		"nafld3": {person, days, {Concept: "diagnosis", Column: "event", Type: holdings.Category}},
	} {
		var concepts []string
		for _, v := range d {
			concepts = append(concepts, v.Concept)
		}
		if tables[dataset], err = h.LoadFor(context.Background(), make([]byte, 32), dataset, d, concepts); err != nil {
			t.Fatal(err)
		}
	}
	tables[""] = tables["nafld1"]
	return tables
}

var (
	diabetes = step{Op: analyses.Aggregate, Dataset: "nafld3", How: analyses.Any, As: "diabetes",
		Where: []vocabulary.Condition{{Concept: "diagnosis", Op: analyses.In, Levels: []string{"diabetes"}}}}
	hdl = step{Op: analyses.Aggregate, Dataset: "nafld2", Concept: "laboratory-value", How: analyses.Mean, As: "hdl", Where: []vocabulary.Condition{
		{Concept: "laboratory-test", Op: analyses.In, Levels: []string{"hdl"}}, {Concept: "days", Op: analyses.LE, Value: "0"}}}
	tests  = step{Op: analyses.Aggregate, Dataset: "nafld2", How: analyses.Counts, As: "tests"}
	events = step{Op: analyses.Link, Dataset: "nafld3"}
	labs   = step{Op: analyses.Link, Dataset: "nafld2"}
	ages   = step{Op: analyses.Derive, Concept: "age", Cuts: []string{"40", "50", "60", "70"},
		Levels: []string{"18-39", "40-49", "50-59", "60-69", "70 or more"}, As: "age-group"}
)

// The known answers were made with R on the same files.
func TestLinkedRegistersGiveTheKnownAnswers(t *testing.T) {
	tables := registers(t)
	table, err := analysis.Prepare(context.Background(), tables, []step{diabetes,
		{Op: analyses.Aggregate, Dataset: "nafld3", How: analyses.Counts, As: "events"}, events, tests, hdl, labs, ages,
		{Op: analyses.Derive, Where: []vocabulary.Condition{{Concept: "tests", Op: analyses.GT, Value: "0"}}, As: "tested"},
		{Op: analyses.Derive, Where: []vocabulary.Condition{{Concept: "events", Op: analyses.GT, Value: "0"}}, As: "registered"}})
	if err != nil {
		t.Fatal(err)
	}
	counted := func(by ...string) (ns []int) {
		count, err := analysis.Count(context.Background(), table, by, 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range count.Cells {
			ns = append(ns, cell.N)
		}
		return ns
	}
	for name, c := range map[string]struct{ got, want []int }{
		"people":     {counted(), []int{17549}},
		"by sex":     {counted("sex", "diabetes"), []int{7635, 1713, 6462, 1739}},
		"by age":     {counted("diabetes", "age-group"), []int{3215, 3203, 3758, 2368, 1553, 286, 523, 938, 939, 766}},
		"laboratory": {counted("tested"), []int{17549 - 15666, 15666}},
		"events":     {counted("registered"), []int{17549 - 12454, 12454}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	summary, _, err := analysis.Summary(context.Background(), table, "hdl", []string{"diabetes"}, []int64{50}, 10)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		n    int
		mean float64
	}{{10726, 54.14544818763}, {3262, 45.98034601189}} {
		g := summary.Groups[i]
		if g.N != want.n || math.Abs(g.Mean-want.mean) > 1e-9*want.mean || len(g.Percentiles) != 1 || g.SD <= 0 {
			t.Errorf("%+v, want %+v", g, want)
		}
	}
	complete, err := table.Complete("diabetes", "age", "sex", "bmi")
	if err != nil || complete.Rows() != 12588 {
		t.Errorf("%d complete rows: %v", complete.Rows(), err)
	}
	if tables[""].Columns["age-group"].Values != nil || len(tables["nafld3"].Columns) != 3 {
		t.Error("the tables were changed")
	}
}

// small is a table of people, their sex and visits.
func small() map[string]analysis.Table {
	present := func(numbers ...float64) (out []analysis.Value) {
		for _, n := range numbers {
			out = append(out, analysis.Value{Number: n, Present: !math.IsNaN(n)})
		}
		return out
	}
	none := math.NaN()
	return map[string]analysis.Table{
		"": {Columns: map[string]analysis.Column{"person": {Type: analysis.Category, Levels: []string{"a", "b", "c"}, Values: present(0, 1, 2)},
			"age": {Type: analysis.Number, Values: present(30, 40, none)},
			"sex": {Type: analysis.Category, Levels: []string{"f", "m"}, Values: present(0, 1, 1)}}},
		"visits": {Columns: map[string]analysis.Column{"person": {Type: analysis.Category, Levels: []string{"b", "a", "z"}, Values: present(0, 0, 1, 2, 1)},
			"day":   {Type: analysis.Number, Values: present(1, 3, 2, 9, none)},
			"ward":  {Type: analysis.Category, Levels: []string{"x", "y"}, Values: present(0, 1, 1, 0, 0)},
			"value": {Type: analysis.Number, Values: present(10, none, 5, 7, 8)}}},
	}
}

func TestWhatEachStepMakes(t *testing.T) {
	of := func(how, concept, order string, where ...vocabulary.Condition) []step {
		return []step{{Op: analyses.Aggregate, Dataset: "visits", How: how, Concept: concept, Order: order, Where: where, As: "made"}, {Op: analyses.Link, Dataset: "visits"}}
	}
	inX := vocabulary.Condition{Concept: "ward", Op: analyses.In, Levels: []string{"x"}}
	for name, c := range map[string]struct {
		steps []step
		want  string // of a, b and c; - is missing
	}{
		"any":             {of(analyses.Any, "", "", inX), "1 1 0"},
		"count":           {of(analyses.Counts, "", ""), "2 2 0"},
		"mean":            {of(analyses.Mean, "value", ""), "6.5 10 -"},
		"mean of few":     {of(analyses.Mean, "value", "", vocabulary.Condition{Concept: "day", Op: analyses.GE, Value: "2"}), "5 - -"},
		"min":             {of(analyses.Min, "value", ""), "5 10 -"},
		"max":             {of(analyses.Max, "value", ""), "8 10 -"},
		"last":            {of(analyses.Last, "ward", "day"), "1 1 -"},
		"not in":          {of(analyses.Counts, "", "", vocabulary.Condition{Concept: "ward", Op: analyses.NotIn, Levels: []string{"x"}}), "1 1 0"},
		"groups":          {[]step{{Op: analyses.Derive, Concept: "age", Cuts: []string{"30.5", "40"}, Levels: []string{"p", "q", "r"}, As: "made"}}, "0 2 -"},
		"yes or no":       {[]step{{Op: analyses.Derive, Where: []vocabulary.Condition{{Concept: "age", Op: analyses.LT, Value: "40"}}, As: "made"}}, "1 0 -"},
		"one no decides":  {[]step{{Op: analyses.Derive, Where: []vocabulary.Condition{{Concept: "age", Op: analyses.LT, Value: "40"}, {Concept: "sex", Op: analyses.In, Levels: []string{"f"}}}, As: "made"}}, "1 0 0"},
		"recoded":         {[]step{{Op: analyses.Recode, Concept: "sex", Recodes: []vocabulary.Recode{{From: "f", To: "m"}}, As: "made"}}, "0 0 0"},
		"filter":          {append([]step{{Op: analyses.Filter, Where: []vocabulary.Condition{{Concept: "age", Op: analyses.GT, Value: "30"}}}}, of(analyses.Any, "", "", inX)...), "1"},
		"filtered before": {append([]step{{Op: analyses.Filter, Dataset: "visits", Where: []vocabulary.Condition{inX}}}, of(analyses.Counts, "", "")...), "1 1 0"},
	} {
		table, err := analysis.Prepare(context.Background(), small(), c.steps)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, v := range table.Columns["made"].Values {
			if text := fmt.Sprint(v.Number); v.Present {
				got = append(got, text)
			} else {
				got = append(got, "-")
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
		if _, told := table.Columns["person"]; told {
			t.Errorf("%s: pseudonyms are left", name)
		}
	}
}

func TestTablesThatCannotBePreparedAreRefused(t *testing.T) {
	visits := small()["visits"]
	for name, c := range map[string]struct {
		tables map[string]analysis.Table
		steps  []step
		want   error
	}{
		"several rows a person":      {map[string]analysis.Table{"": visits}, nil, analysis.ErrRows},
		"linked with several rows":   {small(), []step{{Op: analyses.Link, Dataset: "visits"}}, analysis.ErrRows},
		"no such concept":            {small(), []step{{Op: analyses.Derive, Concept: "weight", Cuts: []string{"1"}, Levels: []string{"a", "b"}, As: "x"}}, analysis.ErrConcept},
		"a category as a number":     {small(), []step{{Op: analyses.Derive, Concept: "sex", Cuts: []string{"1"}, Levels: []string{"a", "b"}, As: "x"}}, analysis.ErrConcept},
		"no such level":              {small(), []step{{Op: analyses.Filter, Where: []vocabulary.Condition{{Concept: "sex", Op: analyses.In, Levels: []string{"w"}}}}}, analysis.ErrRequest},
		"a concept that is there":    {small(), []step{{Op: analyses.Recode, Concept: "sex", Recodes: []vocabulary.Recode{{From: "f", To: "w"}}, As: "age"}}, analysis.ErrRequest},
		"a step that is not of ours": {small(), []step{{Op: "sql"}}, analyses.ErrAsked},
	} {
		if _, err := analysis.Prepare(context.Background(), c.tables, c.steps); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASuppressedTableTellsNoSmallCellAndKeepsItsMargins(t *testing.T) {
	count := outputs.Count{Dropped: "0"}
	for i, n := range []int{20, 3, 40, 30, 25, 50, 60, 70, 80} {
		count.Cells = append(count.Cells, outputs.Cell{N: n, By: []outputs.Level{{Concept: "r", Level: fmt.Sprint(i / 3)}, {Concept: "c", Level: fmt.Sprint(i % 3)}}})
	}
	got, err := analysis.Suppress(count, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Cells) != 9+3+3+1 || !got.Cells[1].Suppressed || got.Cells[15].N != 378 || len(got.Cells[15].By) != 0 {
		t.Errorf("%+v", got.Cells)
	}
	alone, err := analysis.Suppress(outputs.Count{Cells: []outputs.Cell{{By: []outputs.Level{}, N: 4}}, Dropped: "0"}, 10)
	if err != nil || len(alone.Cells) != 1 || !alone.Cells[0].Suppressed {
		t.Errorf("%+v %v", alone, err)
	}
}

func TestASummaryOfFewOrOfOneMansMoneyIsSuppressed(t *testing.T) {
	values := func(n int, top float64) (out []analysis.Value) {
		for i := range n {
			out = append(out, analysis.Value{Number: float64(1 + i%3), Present: true})
		}
		out[0].Number = top
		return out
	}
	for name, c := range map[string]struct {
		n    int
		top  float64
		want bool
	}{"even": {40, 2, false}, "small": {9, 2, true}, "rich": {40, 1e6, true}, "in debt": {40, -1e6, false}} {
		table := analysis.Table{Columns: map[string]analysis.Column{"income": {Type: analysis.Number, Values: values(c.n, c.top)}}}
		s, e, err := analysis.Summary(context.Background(), table, "income", nil, []int64{10, 25, 50, 99}, 10)
		if err != nil || len(s.Groups) != 1 || s.Groups[0].Suppressed != c.want || e.Groups[0].N != c.n {
			t.Errorf("%s: %+v %+v %v", name, s, e, err)
		}
		if p := s.Groups[0].Percentiles; !c.want && (len(p) != 2 || p[0].Percent != 25 || p[1].Value != 2) {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
