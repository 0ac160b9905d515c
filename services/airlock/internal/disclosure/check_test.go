package disclosure

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

var rules = Rules{Threshold: 10, Released: func(digest string) bool { return digest == released }}

var released = outputs.Digest([]byte("released"))

func document(results ...outputs.Result) outputs.Document {
	return outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: results}
}

func logRank() outputs.LogRank {
	return outputs.LogRank{Time: "time", Event: "death", Arm: "sex", Strata: 1, Dropped: "0", Variance: 25, ChiSquare: 4, DF: 1, P: math.Erfc(math.Sqrt2),
		Groups: []outputs.Group{
			{Level: "male", N: 138, Observed: 112, Expected: 102, OMinusE: 10, Variance: 25},
			{Level: "female", N: 90, Observed: 53, Expected: 63, OMinusE: -10, Variance: 25},
		}}
}

func curves() outputs.KaplanMeier {
	return outputs.KaplanMeier{Time: "time", Event: "death", Arm: "sex", Threshold: 10, Dropped: "0",
		Groups: []outputs.Curve{
			{Level: "male", N: 138, Steps: []outputs.Step{{Time: 60, Survival: 0.925, AtRisk: 120, Events: 10}, {Time: 90, Survival: 0.2, AtRisk: 10, Events: 90}}},
			{Level: "female", N: 90, Steps: []outputs.Step{{Time: 100, Survival: 0.888, AtRisk: 79, Events: 10}}},
		}}
}

func combination() outputs.Combination {
	return outputs.Combination{Method: outputs.MethodStratifiedBySite, Time: "time", Event: "death", Arm: "sex", Compared: "female",
		Sites: []outputs.SiteResult{
			{Site: "a", OutputDigest: released, OMinusE: -6, Variance: 15, ChiSquare: 2.4, Direction: outputs.FewerEvents},
			{Site: "b", OutputDigest: released, OMinusE: -4, Variance: 10, ChiSquare: 1.6, Direction: outputs.FewerEvents}},
		Groups: logRank().Groups, Variance: 25, ChiSquare: 4, DF: 1, P: math.Erfc(math.Sqrt2),
		Heterogeneity: outputs.Heterogeneity{DF: 1, P: 1, Agree: true},
		LeaveOut:      []outputs.LeftOut{{Site: "a", ChiSquare: 1.6, P: math.Erfc(math.Sqrt(0.8))}, {Site: "b", ChiSquare: 2.4, P: math.Erfc(math.Sqrt(1.2))}},
		Curves:        []outputs.SiteCurves{{Site: "a", KaplanMeier: curves()}}}
}

func count(cells ...int) outputs.Count {
	c := outputs.Count{Dropped: "0"}
	for i, n := range cells {
		c.Cells = append(c.Cells, outputs.Cell{By: []outputs.Level{{Concept: "grade", Level: fmt.Sprint(i)}}, N: n})
	}
	return c
}

func TestSafeDocumentPasses(t *testing.T) {
	all := document(count(10, 218), logRank(), curves(), combination())
	if report := Check(all, rules); report.Outcome != Pass || len(report.Findings) != 0 {
		t.Fatalf("%+v", report)
	}
}

func TestEachRuleIsFoundWhereItIsBroken(t *testing.T) {
	group := func(change func(*outputs.Group)) outputs.LogRank {
		r := logRank()
		change(&r.Groups[1])
		return r
	}
	test := func(change func(*outputs.LogRank)) outputs.LogRank { r := logRank(); change(&r); return r }
	step := func(change func(*outputs.Step)) outputs.KaplanMeier {
		r := curves()
		change(&r.Groups[0].Steps[1])
		return r
	}
	combined := func(change func(*outputs.Combination)) outputs.Combination {
		r := combination()
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		document outputs.Document
		rules    Rules
		rule     Rule
		where    string
		outcome  Outcome
	}{
		"small cell":            {document(count(9, 200)), rules, RuleCell, "result 1 (count), cell 1", Fail},
		"one person":            {document(count(200, 1)), rules, RuleCell, "result 1 (count), cell 2", Fail},
		"empty cell":            {document(count(200, 0)), rules, RuleCell, "cell 2", Fail},
		"dropped":               {document(outputs.Count{Cells: count(50).Cells, Dropped: "3"}), rules, RuleDropped, "result 1", Fail},
		"dropped of a test":     {document(test(func(r *outputs.LogRank) { r.Dropped = "1" })), rules, RuleDropped, "result 1", Fail},
		"small group":           {document(group(func(g *outputs.Group) { g.N = 9; g.Observed = 9; g.Expected = 19 })), rules, RuleGroup, "group 2", Fail},
		"few events":            {document(group(func(g *outputs.Group) { g.Observed = 9; g.Expected = 19 })), rules, RuleEvents, "group 2", Fail},
		"few events of profile": {document(logRank()), Rules{Threshold: 10, MinEvents: 54}, RuleEvents, "group 2", Fail},
		"few without event":     {document(group(func(g *outputs.Group) { g.N = 55 })), rules, RuleEventFree, "group 2", Fail},
		"all have the event":    {document(group(func(g *outputs.Group) { g.N = 53 })), rules, RuleEventFree, "group 2", Fail},
		"hidden number":         {document(group(func(g *outputs.Group) { g.OMinusE = -10.001 })), rules, RuleInconsistent, "group 2", Fail},
		"hidden chi-square":     {document(test(func(r *outputs.LogRank) { r.ChiSquare = 4.0001 })), rules, RuleInconsistent, "result 1", Fail},
		"hidden strata":         {document(test(func(r *outputs.LogRank) { r.Strata = 7 })), rules, RuleInconsistent, "result 1", Fail},
		"hidden df":             {document(test(func(r *outputs.LogRank) { r.DF = 7 })), rules, RuleInconsistent, "result 1", Fail},
		"hidden p":              {document(test(func(r *outputs.LogRank) { r.P = 0.0456 })), rules, RuleInconsistent, "result 1", Fail},
		"hidden height":         {document(step(func(s *outputs.Step) { s.Survival = 0.24 })), rules, RuleInconsistent, "group 1, step 2", Fail},
		"hidden limit":          {document(func() outputs.KaplanMeier { r := curves(); r.Threshold = 11; return r }()), rules, RuleInconsistent, "group 1, step 1", Fail},
		"hidden Q":              {document(combined(func(r *outputs.Combination) { r.Heterogeneity.Q = 0.001 })), rules, RuleInconsistent, "result 1", Fail},
		"hidden I²":             {document(combined(func(r *outputs.Combination) { r.Heterogeneity.ISquared = 0.5 })), rules, RuleInconsistent, "result 1", Fail},
		"hidden disagreement":   {document(combined(func(r *outputs.Combination) { r.Heterogeneity.Agree = false })), rules, RuleInconsistent, "result 1", Fail},
		"hidden direction":      {document(combined(func(r *outputs.Combination) { r.Sites[0].Direction = outputs.MoreEvents })), rules, RuleInconsistent, "result 1", Fail},
		"hidden site's test":    {document(combined(func(r *outputs.Combination) { r.Sites[0].ChiSquare = 2.41 })), rules, RuleInconsistent, "result 1", Fail},
		"hidden leave-out":      {document(combined(func(r *outputs.Combination) { r.LeaveOut[1].ChiSquare = 2.5 })), rules, RuleInconsistent, "result 1", Fail},
		"too few for the digits": {document(outputs.LogRank{Time: "time", Event: "death", Arm: "sex", Strata: 1, Dropped: "0", Variance: 4, ChiSquare: 1, DF: 1,
			P: math.Erfc(math.Sqrt(0.5)), Groups: []outputs.Group{{Level: "male", N: 20, Observed: 10, Expected: 8, OMinusE: 2, Variance: 4},
				{Level: "female", N: 20, Observed: 10, Expected: 12, OMinusE: -2, Variance: 4}}}), rules, RuleOrder, "result 1", Review},
		"one event more": {document(logRank(), test(func(r *outputs.LogRank) { r.Groups[0].Observed++; r.Groups[1].Observed-- })), rules, RuleDifference,
			"result 2 (log-rank) against result 1", Fail},
		"unthinned events":   {document(step(func(s *outputs.Step) { s.Events = 9 })), rules, RuleStepEvents, "group 1, step 2", Fail},
		"unthinned at risk":  {document(step(func(s *outputs.Step) { s.AtRisk = 9 })), rules, RuleStepAtRisk, "group 1, step 2", Fail},
		"other threshold":    {document(curves()), Rules{Threshold: 11}, RuleStepEvents, "group 1, step 1", Fail},
		"too many at a step": {document(step(func(s *outputs.Step) { s.Events = 119 })), rules, RuleInconsistent, "group 1, step 2", Fail},
		"small rest": {document(step(func(s *outputs.Step) { s.Events = 99 }), logRank()), rules, RuleCurveRest,
			"result 1 (kaplan-meier), group 1", Fail},
		"empty curve": {document(outputs.KaplanMeier{Time: "time", Event: "death", Arm: "sex", Threshold: 10, Dropped: "0",
			Groups: []outputs.Curve{{Level: "male", N: 30}}}), rules, RuleCurveEmpty, "group 1", Review},
		"one row fewer": {document(curves(), group(func(g *outputs.Group) { g.N = 89 })), rules, RuleDifference,
			"result 2 (log-rank) against result 1", Fail},
		"total one row more":   {document(outputs.Count{Cells: []outputs.Cell{{N: 229}}, Dropped: "0"}, logRank()), rules, RuleDifference, "result 2", Fail},
		"input not released":   {document(combined(func(r *outputs.Combination) { r.Sites[1].OutputDigest = outputs.Digest(nil) })), rules, RuleInputNotReleased, "site 2", Fail},
		"no list of releases":  {document(combination()), Rules{Threshold: 10}, RuleInputNotReleased, "site 1", Fail},
		"not the sum":          {document(combined(func(r *outputs.Combination) { r.Sites[1].OMinusE = -3 })), rules, RuleCombinationUnknown, "result 1", Fail},
		"curve inside":         {document(combined(func(r *outputs.Combination) { r.Curves[0].KaplanMeier = step(func(s *outputs.Step) { s.Events = 2 }) })), rules, RuleStepEvents, "curves 1, group 1, step 2", Fail},
		"group inside":         {document(combined(func(r *outputs.Combination) { r.Groups[1].N = 53 })), rules, RuleEventFree, "group 2", Fail},
		"no threshold":         {document(count(50)), Rules{}, RuleThresholdUnset, "profile", Fail},
		"malformed":            {document(), rules, RuleMalformed, "document", Fail},
		"difference of tables": {document(count(50, 60), count(53, 60)), rules, RuleDifference, "result 2 (count) against result 1", Fail},
	} {
		t.Run(name, func(t *testing.T) {
			report := Check(c.document, c.rules)
			found := slices.ContainsFunc(report.Findings, func(f Finding) bool {
				return f.Rule == c.rule && strings.Contains(f.Where, c.where)
			})
			if report.Outcome != c.outcome || !found {
				t.Fatalf("want %s with %s at %s, got %+v", c.outcome, c.rule, c.where, report)
			}
		})
	}
}

func TestOrderOfPeopleIsCountedInBits(t *testing.T) {
	// 4!/(1!·1!·1!·1!) = 24 orders of four people who differ in arm or event.
	if bits := orders([]outputs.Group{{N: 2, Observed: 1}, {N: 2, Observed: 1}}); math.Abs(bits-math.Log2(24)) > 1e-12 {
		t.Fatal(bits)
	}
}

func TestFindingsTellNeitherNumbersNorNamesOfGroups(t *testing.T) {
	r := logRank()
	r.Groups[1].N, r.Groups[1].Observed, r.Groups[1].Level = 7, 7, "Hansen"
	c := outputs.Count{Cells: []outputs.Cell{{By: []outputs.Level{{Concept: "town", Level: "Hansen"}}, N: 7}}, Dropped: "7"}
	report := Check(document(c, r), rules)
	if report.Outcome != Fail || len(report.Findings) < 5 {
		t.Fatalf("%+v", report)
	}
	for _, f := range report.Findings {
		if text := f.Where + f.Reason; strings.Contains(text, "7") || strings.Contains(text, "Hansen") || strings.Contains(text, "town") {
			t.Errorf("tells too much: %s", text)
		}
	}
}

func TestEveryRuleHasItsSource(t *testing.T) {
	for id, rule := range table() {
		if id.Source() == "" || rule.reason == "" {
			t.Errorf("%s has no source or reason", id)
		}
	}
}

func example(t *testing.T, name string) (outputs.Document, string) {
	t.Helper()
	text, err := os.ReadFile("../../../../contracts/outputs/examples/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := outputs.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return document, outputs.Digest(text)
}

func TestRealOutputsPassUnderTheProfileOfTheirSite(t *testing.T) {
	inputs := map[string]bool{}
	for name, threshold := range map[string]int{"rotterdam": 5, "gbsg": 10, "lung": 10} {
		document, digest := example(t, name)
		inputs[digest] = true
		if report := Check(document, Rules{Threshold: threshold}); report.Outcome != Pass {
			t.Errorf("%s: %+v", name, report)
		}
	}
	document, _ := example(t, "breast-cancer")
	host := Rules{Threshold: 5, Released: func(digest string) bool { return inputs[digest] }}
	if report := Check(document, host); report.Outcome != Pass {
		t.Errorf("combination: %+v", report)
	}
	document, _ = example(t, "rotterdam")
	if report := Check(document, Rules{Threshold: 10}); report.Outcome != Fail {
		t.Errorf("curves thinned to 5 pass at 10: %+v", report)
	}
}
