package disclosure

import (
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
)

// question is a logistic model of 1,000 people by age and sex.
func question() outputs.Regression {
	return outputs.Regression{Analysis: "logistic-regression", Outcome: "ill", N: 1000, Events: 400, Strata: 1, Levels: []outputs.LevelSize{
		{Concept: "sex", Level: "female", N: 600, Reference: true}, {Concept: "sex", Level: "male", N: 400}}}
}

func model() outputs.Model {
	m := outputs.Model{Regression: question(), Dropped: "0", Deviance: 1200, DF: 997}
	for i, name := range []string{outputs.Intercept, "age", "sex=male"} {
		z := float64(i) - 0.5
		m.Terms = append(m.Terms, outputs.Estimate{Term: name, Estimate: z / 4, SE: 0.25, Statistic: z, P: rounds.Normal(z)})
	}
	return m
}

// part is that model at zero: the intercept's information is a quarter of the people; 160 of 400 men are ill.
func part() outputs.ModelPart {
	return outputs.ModelPart{Regression: question(), Dropped: "0", Round: 1, Terms: []string{outputs.Intercept, "age", "sex=male"},
		At: []float64{0, 0, 0}, Gradient: []float64{-100, 50, -40}, Information: []float64{250, 12500, 100, 700000, 5000, 100}, Deviance: 1386}
}

func overSites() outputs.Model {
	m := model()
	m.Dropped, m.Method, m.Rounds = "", "shared-gradients", 6
	m.From = []outputs.Source{{Site: "a", OutputDigest: released, N: 700}, {Site: "b", OutputDigest: released, N: 300}}
	return m
}

func TestASafeModelAndItsRoundsPass(t *testing.T) {
	later := part()
	later.Round, later.At = 2, []float64{-0.5, 0.01, 0.2}
	for _, d := range []outputs.Document{document(model()), document(overSites()), document(part()), document(later)} {
		if report := Check(d, Rules{Threshold: 10, Released: rules.Released, Earlier: []Release{{Document: document(part())}}}); report.Outcome != Pass {
			t.Errorf("%s: %+v", d.Results[0].Kind(), report)
		}
	}
}

func TestEachRuleOfModelsIsFoundWhereItIsBroken(t *testing.T) {
	with := func(change func(*outputs.Model)) outputs.Result { m := model(); change(&m); return m }
	sites := func(change func(*outputs.Model)) outputs.Result { m := overSites(); change(&m); return m }
	round := func(change func(*outputs.ModelPart)) outputs.Result { p := part(); change(&p); return p }
	at := func(n int, v float64) outputs.Document {
		return document(round(func(p *outputs.ModelPart) { p.Round, p.At = n, []float64{v, 0, 0} }))
	}
	var many []outputs.Document
	for i := range 24 {
		many = append(many, at(i+2, float64(i+1)/100))
	}
	small := func(p *outputs.ModelPart) {
		p.N, p.Events, p.Levels = 40, 20, nil
		p.Terms, p.Gradient, p.Information = []string{outputs.Intercept, "a", "b", "c", "d"}, make([]float64, 5), make([]float64, 15)
		p.Information[0], p.At = 10, []float64{9, 0, 0, 0, 0}
		p.Round = 11
	}
	var asked []outputs.Document
	for i := range 10 {
		asked = append(asked, document(round(func(p *outputs.ModelPart) { small(p); p.Round, p.At = i+1, []float64{float64(i), 0, 0, 0, 0} })))
	}
	for name, c := range map[string]struct {
		result  outputs.Result
		earlier []outputs.Document
		rule    Rule
		outcome Outcome
	}{
		"few people":              {with(func(m *outputs.Model) { m.N, m.Events = 9, 4 }), nil, RuleGroup, Fail},
		"few events":              {with(func(m *outputs.Model) { m.Events = 9 }), nil, RuleEvents, Fail},
		"few without the outcome": {with(func(m *outputs.Model) { m.Events = 991 }), nil, RuleEventFree, Fail},
		"a small level":           {round(func(p *outputs.ModelPart) { p.Levels[0].N, p.Levels[1].N = 991, 9 }), nil, RuleLevel, Fail},
		"an empty level": {round(func(p *outputs.ModelPart) {
			p.Levels[0].N, p.Levels[1].N = 1000, 0
			p.Information[2], p.Information[4], p.Information[5], p.Gradient[2] = 0, 0, 0, 0
		}), nil, RuleLevelEmpty, Review},
		"hidden size of a level":      {with(func(m *outputs.Model) { m.Levels[1].N = 401 }), nil, RuleInconsistent, Fail},
		"9 degrees of freedom":        {with(func(m *outputs.Model) { m.N, m.Events, m.DF, m.Levels = 12, 6, 9, nil }), nil, RuleFreedom, Fail},
		"hidden degrees of freedom":   {with(func(m *outputs.Model) { m.DF = 998 }), nil, RuleInconsistent, Fail},
		"saturated":                   {with(func(m *outputs.Model) { m.Terms = []outputs.Estimate{m.Terms[0], m.Terms[2]}; m.DF = 998 }), nil, RuleSaturated, Fail},
		"hidden statistic":            {with(func(m *outputs.Model) { m.Terms[1].Statistic = 0.51 }), nil, RuleInconsistent, Fail},
		"hidden p":                    {with(func(m *outputs.Model) { m.Terms[1].P = 0.6 }), nil, RuleInconsistent, Fail},
		"dropped":                     {with(func(m *outputs.Model) { m.Dropped = "3" }), nil, RuleDropped, Fail},
		"more digits than people":     {with(func(m *outputs.Model) { m.N, m.Events, m.DF, m.Levels = 60, 30, 57, nil }), nil, RuleOrder, Review},
		"input not released":          {sites(func(m *outputs.Model) { m.From[1].OutputDigest = outputs.Digest(nil) }), nil, RuleInputNotReleased, Fail},
		"not the sum of its sites":    {sites(func(m *outputs.Model) { m.From[1].N = 299 }), nil, RuleCombinationUnknown, Fail},
		"first round not at zero":     {round(func(p *outputs.ModelPart) { p.At[1] = 0.5 }), nil, RuleParameters, Fail},
		"beyond the last round":       {at(26, 1).Results[0], nil, RuleParameters, Fail},
		"few people have weight":      {round(func(p *outputs.ModelPart) { p.Round, p.At[0], p.Information[0] = 2, -8, 3.2 }), nil, RuleParameters, Fail},
		"more weight than people":     {round(func(p *outputs.ModelPart) { p.Information[0] = 251 }), nil, RuleInconsistent, Fail},
		"few ill in a level":          {round(func(p *outputs.ModelPart) { p.Gradient[2] = -195 }), nil, RuleImplicit, Review},
		"as many numbers as values":   {round(small), asked, RuleSolvable, Fail},
		"three people fewer":          {round(func(p *outputs.ModelPart) { p.N, p.Levels[0].N, p.Information[0] = 997, 597, 249.25 }), []outputs.Document{document(part())}, RuleDifference, Fail},
		"three people fewer, fitted":  {model(), []outputs.Document{document(round(func(p *outputs.ModelPart) { p.Events = 403 }))}, RuleDifference, Fail},
		"one of a level, and a table": {model(), []outputs.Document{document(outputs.Count{Dropped: "0", Cells: []outputs.Cell{{By: []outputs.Level{{Concept: "sex", Level: "male"}}, N: 401}, {By: []outputs.Level{{Concept: "sex", Level: "female"}}, N: 599}}})}, RuleDifference, Fail},
	} {
		report := Check(document(c.result), Rules{Threshold: 10, Released: rules.Released, Earlier: releases(c.earlier)})
		if report.Outcome != c.outcome || !slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Rule == c.rule && strings.HasPrefix(f.Where, "result 1 (model") }) {
			t.Errorf("%s: want %s with %s, got %+v", name, c.outcome, c.rule, report)
		}
	}
	if report := Check(document(at(26-1, 0.5).Results[0]), Rules{Threshold: 10, Earlier: releases(many[:23])}); report.Outcome != Pass {
		t.Errorf("the last round of many people: %+v", report)
	}
	if report := Check(document(round(small)), Rules{Threshold: 10, Earlier: releases(asked[:8])}); slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Rule == RuleSolvable }) {
		t.Errorf("one round fewer: %+v", report)
	}
}

func releases(documents []outputs.Document) (all []Release) {
	for _, d := range documents {
		all = append(all, Release{Document: d})
	}
	return all
}

func TestAModelOverSitesIsHeldToTheStrictestThresholdAndCurvesOfASiteToItsOwn(t *testing.T) {
	m := overSites()
	m.Events, m.N, m.Levels, m.DF = 12, 1000, nil, 997
	for strictest, want := range map[int]Outcome{0: Pass, 12: Pass, 13: Fail} {
		report := Check(document(m), Rules{Threshold: 5, Strictest: strictest, Released: rules.Released})
		if report.Outcome != want || report.Threshold != max(5, strictest) {
			t.Errorf("strictest %d: %+v", strictest, report)
		}
	}
	// Beside a result of one site the document keeps the site's own threshold, the model the stricter one.
	mixed := outputs.Document{Schema: outputs.Schema, Dataset: "s", Results: []outputs.Result{m, model()}}
	report := Check(mixed, Rules{Threshold: 5, Strictest: 13, Released: rules.Released})
	if report.Threshold != 5 || !slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Rule == RuleEvents && strings.HasPrefix(f.Where, "result 1") }) {
		t.Errorf("%+v", report)
	}
}
