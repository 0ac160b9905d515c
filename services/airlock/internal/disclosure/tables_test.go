package disclosure

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/suppression"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

type step = vocabulary.Preparation

// hidden stands for a suppressed cell.
const hidden = -1

func cell(n int, by ...string) outputs.Cell {
	c := outputs.Cell{By: []outputs.Level{}, N: max(n, 0), Suppressed: n == hidden}
	for i := 0; i < len(by); i += 2 {
		c.By = append(c.By, outputs.Level{Concept: by[i], Level: by[i+1]})
	}
	return c
}

func counted(all ...outputs.Cell) outputs.Document {
	return document(outputs.Count{Cells: all, Dropped: "0"})
}

// cross is a table of sex by region with margins.
func cross(n ...int) outputs.Document {
	var all []outputs.Cell
	for i, sex := range []string{"f", "m"} {
		for j, region := range []string{"n", "s", "w"} {
			all = append(all, cell(n[3*i+j], "sex", sex, "region", region))
		}
	}
	for i, at := range [][2]string{{"sex", "f"}, {"sex", "m"}, {"region", "n"}, {"region", "s"}, {"region", "w"}} {
		all = append(all, cell(n[6+i], at[0], at[1]))
	}
	return counted(append(all, cell(n[11]))...)
}

func found(r Report, rule Rule) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == rule })
}

func filtered(steps ...step) Origin { return Origin{Prepared: len(steps) > 0, Prepare: steps} }

func where(concept, op string, to ...string) step {
	c := vocabulary.Condition{Concept: concept, Op: op}
	if op == analyses.In || op == analyses.NotIn {
		c.Levels = to
	} else {
		c.Value = to[0]
	}
	return step{Op: analyses.Filter, Where: []vocabulary.Condition{c}}
}

func TestASuppressedTableIsAuditedByItself(t *testing.T) {
	for name, c := range map[string]struct {
		n    []int
		want Rule
	}{
		"all is told":               {[]int{20, 30, 40, 25, 35, 45, 90, 105, 45, 65, 85, 195}, ""},
		"four are suppressed":       {[]int{hidden, hidden, 40, hidden, hidden, 45, 90, 105, 45, 65, 85, 195}, ""},
		"one is suppressed":         {[]int{hidden, 30, 40, 25, 35, 45, 90, 105, 45, 65, 85, 195}, RuleDerivable},
		"two in a row":              {[]int{hidden, hidden, 40, 25, 35, 45, 90, 105, 45, 65, 85, 195}, RuleDerivable},
		"four, but small":           {[]int{hidden, hidden, 40, hidden, hidden, 45, 46, 105, 11, 55, 85, 151}, RuleDerivable},
		"a small one is told":       {[]int{9, 30, 40, 25, 35, 45, 79, 105, 34, 65, 85, 184}, RuleCell},
		"margins of no such table":  {[]int{hidden, hidden, 40, hidden, hidden, 45, 30, 105, 45, 65, 85, 135}, RuleInconsistent},
		"the margins are told only": {[]int{hidden, hidden, hidden, hidden, hidden, hidden, 90, 105, 45, 65, 85, 195}, ""},
	} {
		r := Check(cross(c.n...), rules)
		if c.want == "" && r.Outcome != Pass || c.want != "" && !found(r, c.want) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestASuppressedCellIsNotRecoveredByMarginsOfAnotherRelease(t *testing.T) {
	// By itself the table tells neither its row margins nor the total.
	table := cross(hidden, 30, 40, hidden, 35, 45, hidden, hidden, hidden, 65, 85, hidden)
	if r := Check(table, rules); r.Outcome != Pass {
		t.Fatalf("%+v", r)
	}
	margins := counted(cell(73, "sex", "f"), cell(105, "sex", "m"))
	for name, c := range map[string]struct {
		now, before outputs.Document
		origin      Origin
		want        bool
	}{
		"margins released earlier":        {table, margins, Origin{}, true},
		"margins released later":          {margins, table, Origin{}, true},
		"a summary's sizes":               {table, document(sizesOnly(73, 105)), Origin{}, true},
		"of other people":                 {table, margins, filtered(where("diabetes", analyses.In, "yes")), false},
		"of another version of the data":  {table, margins, Origin{Version: "2"}, false},
		"the same people in other words":  {table, margins, filtered(where("sex", analyses.In, "f", "m")), true},
		"margins that do not fit the sum": {table, counted(cell(60, "sex", "f")), Origin{}, false},
	} {
		with := rules
		with.Earlier = []Release{{Document: c.before, Origin: c.origin}}
		if r := Check(c.now, with); found(r, RuleDerivable) != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestASuppressedCellIsNotRecoveredFromSeveralCellsTogether(t *testing.T) {
	table := cross(hidden, hidden, 40, hidden, hidden, 45, 90, 105, 45, 65, 85, 195)
	one := counted(cell(60))
	women := where("sex", analyses.In, "f")
	for name, c := range map[string]struct {
		now, before outputs.Document
		origin      Origin
		want        bool
	}{
		"the small one and one that is told":  {table, one, filtered(women, where("region", analyses.In, "n", "w")), true},
		"the same, the table after it":        {table, one, filtered(where("region", analyses.In, "n", "w"), women), true},
		"all but one":                         {table, one, filtered(women, where("region", analyses.NotIn, "s")), true},
		"by the levels of the other concept":  {table, counted(cell(60, "sex", "f")), filtered(where("region", analyses.NotIn, "s")), true},
		"those that are not told, together":   {table, counted(cell(50)), filtered(women, where("region", analyses.In, "n", "s")), false},
		"margins together":                    {table, counted(cell(130)), filtered(where("region", analyses.In, "n", "w")), false},
		"with a level that the table has not": {table, one, filtered(women, where("region", analyses.In, "n", "e")), false},
		"of other people":                     {table, one, filtered(women, where("region", analyses.In, "n", "w"), where("age", analyses.GT, "40")), false},
		"of another version of the data": {table, one, Origin{Version: "2", Prepared: true,
			Prepare: []step{women, where("region", analyses.In, "n", "w")}}, false},
		"more than all are": {table, counted(cell(30)), filtered(women, where("region", analyses.In, "n", "w")), false},
	} {
		with := rules
		with.Earlier = []Release{{Document: c.before, Origin: c.origin}}
		if r := Check(c.now, with); found(r, RuleDerivable) != c.want {
			t.Errorf("%s: %+v", name, r)
		}
		now := rules
		now.Origin, now.Earlier = c.origin, []Release{{Document: c.now}}
		if r := Check(c.before, now); found(r, RuleDerivable) != c.want {
			t.Errorf("%s, told after the table: %+v", name, r)
		}
	}
}

// sizesOnly is a summary by sex.
func sizesOnly(women, men int) outputs.Summary {
	s := outputs.Summary{Measure: "age", Dropped: "0"}
	for i, sex := range []string{"f", "m"} {
		s.Groups = append(s.Groups, outputs.Summarised{By: cell(0, "sex", sex).By, N: []int{women, men}[i], Percentiles: []outputs.Percentile{}})
	}
	return s
}

func TestDifferencesAreOfPeopleOfWhomTheOnesAreAmongTheOthers(t *testing.T) {
	all := counted(cell(500, "sex", "f"), cell(600, "sex", "m"))
	fewer := counted(cell(497, "sex", "f"), cell(580, "sex", "m"))
	cut := func(at string) step {
		return step{Op: analyses.Derive, Concept: "age", Cuts: []string{at}, Levels: []string{"young", "old"}, As: "age-group"}
	}
	young := func(n, rest int) outputs.Document {
		return counted(cell(n, "age-group", "young"), cell(rest, "age-group", "old"))
	}
	any := step{Op: analyses.Aggregate, Dataset: "events", How: analyses.Any, As: "ill", Where: where("diagnosis", analyses.In, "x").Where}
	for name, c := range map[string]struct {
		now, before  outputs.Document
		of, ofBefore Origin
		want         bool
	}{
		"three people less by a filter":     {fewer, all, filtered(where("age", analyses.LT, "90")), Origin{}, true},
		"and the other way round":           {all, fewer, Origin{}, filtered(where("age", analyses.LT, "90")), true},
		"a filter that is a little wider":   {fewer, all, filtered(where("age", analyses.LT, "89")), filtered(where("age", analyses.LE, "89")), true},
		"one level less":                    {fewer, all, filtered(where("region", analyses.In, "n")), filtered(where("region", analyses.In, "n", "s")), true},
		"all but one level":                 {fewer, all, filtered(where("region", analyses.NotIn, "n", "s")), filtered(where("region", analyses.NotIn, "n")), true},
		"another level":                     {fewer, all, filtered(where("region", analyses.In, "n")), filtered(where("region", analyses.In, "s")), false},
		"filters of two concepts":           {fewer, all, filtered(where("region", analyses.In, "n")), filtered(where("age", analyses.LT, "50")), false},
		"both filters after one":            {fewer, all, filtered(where("region", analyses.In, "n"), where("age", analyses.LT, "50")), filtered(where("age", analyses.LT, "50")), true},
		"somebody objects in a new version": {counted(cell(499, "sex", "f"), cell(600, "sex", "m")), all, Origin{Version: "2"}, Origin{Version: "1"}, true},
		"the same in a new version":         {all, all, Origin{Version: "2"}, Origin{Version: "1"}, false},
		"many object":                       {counted(cell(480, "sex", "f"), cell(600, "sex", "m")), all, Origin{Version: "2"}, Origin{Version: "1"}, false},
		"a cut one year on":                 {young(305, 795), young(300, 800), filtered(cut("41")), filtered(cut("40")), true},
		"a cut far on":                      {young(400, 700), young(300, 800), filtered(cut("50")), filtered(cut("40")), false},
		"a group against a filter":          {counted(cell(305)), young(300, 800), filtered(where("age", analyses.LT, "41")), filtered(cut("40")), true},
		"what a linked dataset tells":       {fewer, all, filtered(any, step{Op: analyses.Link, Dataset: "events"}, where("ill", analyses.In, "no")), Origin{}, true},
	} {
		with := rules
		with.Origin, with.Earlier = c.of, []Release{{Document: c.before, Origin: c.ofBefore}}
		if r := Check(c.now, with); found(r, RuleDifference) != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestAPreparedTableWithoutItsStepsIsRefused(t *testing.T) {
	with := rules
	with.Prepared = true
	if r := Check(counted(cell(50)), with); !found(r, RuleEvidence) {
		t.Errorf("%+v", r)
	}
}

func TestASummaryIsJudgedByItsEvidence(t *testing.T) {
	g := outputs.Summarised{By: []outputs.Level{}, N: 40, Mean: 10, SD: 2, Percentiles: []outputs.Percentile{{Percent: 50, Value: 9}}}
	good := outputs.GroupEvidence{N: 40, Sum: 400, Largest: 30, Second: 20, Fewest: 40}
	for name, c := range map[string]struct {
		change   func(*outputs.Summarised)
		evidence func(*outputs.GroupEvidence)
		want     Rule
		outcome  Outcome
	}{
		"even":                   {nil, nil, "", Pass},
		"two make nearly all":    {nil, func(e *outputs.GroupEvidence) { e.Largest, e.Second = 200, 165 }, RuleDominance, Fail},
		"one makes nearly all":   {nil, func(e *outputs.GroupEvidence) { e.Largest, e.Second = 365, 5 }, RuleDominance, Fail},
		"somebody is below":      {nil, func(e *outputs.GroupEvidence) { e.Negatives = 1 }, RuleNegatives, Review},
		"evidence of others":     {nil, func(e *outputs.GroupEvidence) { e.N = 41 }, RuleInconsistent, Fail},
		"few have another value": {nil, func(e *outputs.GroupEvidence) { e.Fewest = 9 }, RuleValues, Fail},
		"all have one value":     {nil, func(e *outputs.GroupEvidence) { e.Fewest = 0 }, RuleValues, Fail},
		"another sum":            {nil, func(e *outputs.GroupEvidence) { e.Sum = 401 }, RuleInconsistent, Fail},
		"few":                    {func(g *outputs.Summarised) { g.N, g.Mean = 9, 400.0/9 }, func(e *outputs.GroupEvidence) { e.N = 9 }, RuleGroup, Fail},
		"ten have too few df":    {func(g *outputs.Summarised) { g.N, g.Mean = 10, 40 }, func(e *outputs.GroupEvidence) { e.N = 10 }, RuleFreedom, Fail},
		"a percentile of a few":  {func(g *outputs.Summarised) { g.Percentiles[0].Percent = 90 }, nil, RulePercentile, Fail},
	} {
		group, e := g, good
		group.Percentiles = slices.Clone(g.Percentiles)
		if c.change != nil {
			c.change(&group)
		}
		if c.evidence != nil {
			c.evidence(&e)
		}
		with := rules
		with.Evidence = []outputs.ResultEvidence{{Groups: []outputs.GroupEvidence{e}}}
		d := document(outputs.Summary{Measure: "income", Dropped: "0", Groups: []outputs.Summarised{group}})
		if r := Check(d, with); r.Outcome != c.outcome || c.want != "" && !found(r, c.want) {
			t.Errorf("%s: %+v", name, r)
		}
		if r := Check(d, rules); !found(r, RuleEvidence) {
			t.Errorf("%s without evidence: %+v", name, r)
		}
	}
}

func TestASumOverSitesTellsNoSiteThatKeptSilent(t *testing.T) {
	inputs := map[string]outputs.Document{
		outputs.Digest([]byte("a")): counted(cell(50, "sex", "f"), cell(hidden, "sex", "m"), cell(hidden, "sex", "o"), cell(70)),
		outputs.Digest([]byte("b")): counted(cell(30, "sex", "f"), cell(40, "sex", "m"), cell(20, "sex", "o"), cell(90)),
	}
	with := Rules{Threshold: 10, Released: func(digest string) bool { _, known := inputs[digest]; return known },
		Input: func(digest string) (outputs.Document, error) {
			if d, known := inputs[digest]; known {
				return d, nil
			}
			return outputs.Document{}, errors.New("no such object")
		}}
	sum := func(n ...int) outputs.Count {
		return outputs.Count{Dropped: "0", Cells: []outputs.Cell{cell(n[0], "sex", "f"), cell(n[1], "sex", "m"), cell(n[2], "sex", "o"), cell(n[3])},
			Combined: []outputs.Source{{Site: "a", OutputDigest: outputs.Digest([]byte("a"))}, {Site: "b", OutputDigest: outputs.Digest([]byte("b"))}}}
	}
	for name, c := range map[string]struct {
		count outputs.Count
		want  Rule
	}{
		"what both told":        {sum(80, hidden, hidden, 160), ""},
		"what one told":         {sum(80, 44, hidden, 160), RuleCombinationUnknown},
		"another sum":           {sum(81, hidden, hidden, 160), RuleCombinationUnknown},
		"one of them is hidden": {sum(80, hidden, 36, 160), RuleCombinationUnknown},
	} {
		if r := Check(document(c.count), with); c.want == "" && r.Outcome != Pass || c.want != "" && !found(r, c.want) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	unknown := sum(80, hidden, hidden, 160)
	unknown.Combined[1].OutputDigest = outputs.Digest([]byte("c"))
	if r := Check(document(unknown), with); !found(r, RuleInputNotReleased) {
		t.Errorf("%+v", r)
	}
	// The total of three sites less that of two is the third's.
	later := with
	later.Origin.Sources = []string{"a d", "b d"}
	before := document(outputs.Count{Dropped: "0", Cells: []outputs.Cell{cell(74, "sex", "f")}, Combined: unknown.Combined[:1]})
	later.Earlier = []Release{{Document: before, Origin: Origin{Sources: []string{"a d"}}}}
	if r := Check(document(sum(80, hidden, hidden, 160)), later); !found(r, RuleDifference) {
		t.Errorf("%+v", r)
	}
	later.Earlier[0].Sources = []string{"c d"}
	if r := Check(document(sum(80, hidden, hidden, 160)), later); found(r, RuleDifference) {
		t.Errorf("sites of which none is the other's: %+v", r)
	}
}

func TestPercentilesOfASumAreThoseOfItsOnlySite(t *testing.T) {
	summary := func(value float64, n int, from ...string) outputs.Summary {
		s := outputs.Summary{Measure: "age", Dropped: "0", Groups: []outputs.Summarised{{By: []outputs.Level{}, N: n, Mean: 50, SD: 9,
			Percentiles: []outputs.Percentile{{Percent: 50, Value: value}}}}}
		for _, site := range from {
			s.Combined = append(s.Combined, outputs.Source{Site: site, OutputDigest: outputs.Digest([]byte(site))})
		}
		return s
	}
	with := Rules{Threshold: 10, Released: func(string) bool { return true },
		Input: func(string) (outputs.Document, error) { return document(summary(49, 40)), nil }}
	for name, c := range map[string]struct {
		sum  outputs.Summary
		want bool
	}{
		"its own":     {summary(49, 40, "a"), false},
		"another one": {summary(48, 40, "a"), true},
		"of two":      {summary(49, 80, "a", "b"), true},
	} {
		if r := Check(document(c.sum), with); found(r, RuleCombinationUnknown) != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestWhatASumSaysOfEachSiteIsWhatThatSiteReleased(t *testing.T) {
	group := func(median float64, n int) []outputs.Summarised {
		return []outputs.Summarised{{By: []outputs.Level{}, N: n, Mean: 50, SD: 9, Percentiles: []outputs.Percentile{{Percent: 50, Value: median}}}}
	}
	with := Rules{Threshold: 10, Released: func(string) bool { return true },
		Input: func(string) (outputs.Document, error) {
			// a second summary of the same measure does not hide the first
			return document(outputs.Summary{Measure: "age", Dropped: "0", Groups: group(49, 40)}, outputs.Summary{Measure: "age", Dropped: "0", Groups: group(51, 40)}), nil
		}}
	for name, c := range map[string]struct {
		told []outputs.Summarised
		rule Rule
	}{
		"as it was":        {group(49, 40), ""},
		"as the second":    {group(51, 40), ""},
		"another median":   {group(48, 40), RuleCombinationUnknown},
		"of other people":  {group(49, 41), RuleCombinationUnknown},
		"of nine people":   {group(49, 9), RuleGroup},
		"too near the end": {group(49, 15), RulePercentile},
	} {
		pooled := outputs.Pool([]outputs.Summarised{group(49, 40)[0], group(49, 40)[0]})
		pooled.By = []outputs.Level{}
		sum := outputs.Summary{Measure: "age", Dropped: "0", Groups: []outputs.Summarised{pooled}}
		for _, site := range []string{"a", "b"} {
			sum.Combined = append(sum.Combined, outputs.Source{Site: site, OutputDigest: outputs.Digest([]byte(site)), N: 40})
			sum.BySite = append(sum.BySite, outputs.SiteSummary{Site: site, Groups: group(49, 40)})
		}
		sum.BySite[1].Groups = c.told
		r := Check(document(sum), with)
		if c.rule == "" && len(r.Findings) > 0 || c.rule != "" && !found(r, c.rule) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// synthetic is ACRO's table of people: 11 in each combination of four variables
// of three levels, but 5 where the first, third and fourth are C. Those of one to
// four dimensions are asked for with the others held at C.
func synthetic(dimensions int) outputs.Count {
	levels := []string{"A", "B", "C"}
	n := func(v ...string) int {
		if v[0] == "C" && v[2] == "C" && v[3] == "C" {
			return 5
		}
		return 11
	}
	c := outputs.Count{Dropped: "0"}
	for _, first := range levels {
		if dimensions == 1 {
			c.Cells = append(c.Cells, cell(n(first, "C", "C", "C"), "v1", first))
			continue
		}
		for _, second := range levels {
			c.Cells = append(c.Cells, cell(n(first, second, "C", "C"), "v1", first, "v2", second))
		}
	}
	return c
}

func TestACROsSyntheticTableHasItsUnsafeCellsAndIsProtected(t *testing.T) {
	for dimensions, want := range map[int]int{1: 1, 2: 3} {
		count := synthetic(dimensions)
		unsafe := 0
		for _, f := range Check(document(count), rules).Findings {
			if f.Rule == RuleCell {
				unsafe++
			}
		}
		if unsafe != want {
			t.Errorf("%d dimensions: %d unsafe cells, want %d", dimensions, unsafe, want)
		}
		levels := suppression.LevelsOf(count.Cells)
		table := levels.Table()
		for _, c := range count.Cells {
			for _, sum := range levels.Sums(c.By) {
				row, column, _ := levels.At(sum)
				at := table.At(row, column)
				at.N, at.Told = at.N+c.N, true
			}
		}
		if err := table.Protect(10); err != nil {
			t.Fatal(err)
		}
		protected := outputs.Count{Dropped: "0"}
		for _, by := range levels.Places() {
			row, column, _ := levels.At(by)
			protected.Cells = append(protected.Cells, outputs.Cell{By: by, N: table.At(row, column).N, Suppressed: !table.At(row, column).Told})
		}
		if r := Check(document(protected), rules); r.Outcome != Pass {
			t.Errorf("%d dimensions: %+v", dimensions, r)
		}
		if last := protected.Cells[len(protected.Cells)-1]; last.Suppressed {
			t.Errorf("%d dimensions: not even the total is told: %v", dimensions, fmt.Sprint(protected.Cells))
		}
	}
}
