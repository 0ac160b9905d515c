package disclosure

import (
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// ratios are the sums over five trials of 38,664 people, the first of the BCG vaccine; two of the trials have a cell
// under ten.
func ratios(method string, sums ...float64) outputs.RatioPart {
	r := outputs.RatioPart{Method: method, Dropped: "0", Sums: sums, Regression: outputs.Regression{Analysis: outputs.RiskRatio, Outcome: "tuberculosis",
		Stratum: "trial", N: 38664, Events: 445, Strata: 5, Levels: []outputs.LevelSize{
			{Concept: "vaccination", Level: "no", N: 19337, Reference: true}, {Concept: "vaccination", Level: "yes", N: 19327}}}}
	if method == "random-effects" {
		r.Round = 1
	}
	return r
}

func arms() []outputs.ResultEvidence {
	return []outputs.ResultEvidence{{Groups: []outputs.GroupEvidence{{N: 19337, Sum: 337, Largest: 248, Second: 47}, {N: 19327, Sum: 108, Largest: 62, Second: 33}}}}
}

func firstRound() outputs.RatioPart { return ratios("random-effects", 80, -90, 120, 3000) }

func secondRound(tau float64) outputs.RatioPart {
	r := ratios("random-effects", 10+tau, -8-tau)
	r.Round, r.At = 2, []float64{tau}
	return r
}

func TestSumsOverTrialsOfWhichNoneIsToldAskForReviewersAtMost(t *testing.T) {
	var earlier []Release
	for _, r := range []outputs.RatioPart{firstRound(), ratios("fixed-effect", 80, -90, 120), ratios("mantel-haenszel", 50, 170, 200), secondRound(0.3)} {
		report := Check(document(r), Rules{Threshold: 10, Evidence: arms(), Earlier: earlier})
		for _, finding := range report.Findings {
			if finding.Rule != RuleOrder || finding.Outcome != Review {
				t.Errorf("%s round %d: %+v", r.Method, r.Round, finding)
			}
		}
		earlier = append(earlier, Release{Document: document(r)})
	}
}

func TestEachRuleOfSumsOverTrialsIsFoundWhereItIsBroken(t *testing.T) {
	with := func(change func(*outputs.RatioPart)) outputs.RatioPart { r := firstRound(); change(&r); return r }
	shown := func(change func([]outputs.GroupEvidence)) []outputs.ResultEvidence {
		e := arms()
		change(e[0].Groups)
		return e
	}
	one := Release{Document: document(firstRound())}
	byTrial := outputs.Count{Dropped: "0"}
	for _, name := range []string{"1", "2", "3", "4", "5"} {
		for _, arm := range []string{"no", "yes"} {
			byTrial.Cells = append(byTrial.Cells, outputs.Cell{N: 1000, By: []outputs.Level{{Concept: "trial", Level: name}, {Concept: "vaccination", Level: arm}}})
		}
	}
	filtered := Release{Document: document(with(func(r *outputs.RatioPart) { r.N, r.Strata, r.Levels[0].N = r.N-100, 4, r.Levels[0].N-100 })),
		Origin: Origin{Prepared: true, Prepare: []vocabulary.Preparation{{Op: "filter", Where: []vocabulary.Condition{{Concept: "trial", Op: "not-in", Levels: []string{"3"}}}}}}}
	for name, c := range map[string]struct {
		result   outputs.Result
		evidence []outputs.ResultEvidence
		earlier  []Release
		rule     Rule
		outcome  Outcome
	}{
		"two trials":                  {with(func(r *outputs.RatioPart) { r.Strata = 2 }), arms(), nil, RuleFewStrata, Fail},
		"one trial less than before":  {firstRound(), arms(), []Release{filtered}, RuleFewStrata, Fail},
		"no evidence":                 {firstRound(), nil, nil, RuleEvidence, Fail},
		"few ill in one arm":          {firstRound(), shown(func(g []outputs.GroupEvidence) { g[0].Sum, g[1].Sum = 436, 9 }), nil, RuleEvents, Fail},
		"few healthy in one arm":      {firstRound(), shown(func(g []outputs.GroupEvidence) { g[1].Sum = 19320 }), nil, RuleEventFree, Fail},
		"evidence of others":          {firstRound(), shown(func(g []outputs.GroupEvidence) { g[1].N-- }), nil, RuleInconsistent, Fail},
		"one trial has most":          {firstRound(), shown(func(g []outputs.GroupEvidence) { g[1].Largest, g[1].Second = 90, 10 }), nil, RuleStrataDominate, Review},
		"weights of no trials":        {with(func(r *outputs.RatioPart) { r.Sums[3] = 1 }), arms(), nil, RuleInconsistent, Fail},
		"ratios that cannot scatter":  {with(func(r *outputs.RatioPart) { r.Sums[2] = 1 }), arms(), nil, RuleInconsistent, Fail},
		"too many rounds":             {with(func(r *outputs.RatioPart) { r.Round, r.At, r.Sums = rounds.Most+1, []float64{1}, r.Sums[:2] }), arms(), nil, RuleParameters, Fail},
		"another τ², and another":     {secondRound(3), arms(), []Release{one, {Document: document(secondRound(1))}, {Document: document(secondRound(2))}}, RuleSolvable, Fail},
		"beside a table of the cells": {firstRound(), arms(), []Release{{Document: document(byTrial)}}, RuleSolvable, Fail},
		"a table of the cells beside": {byTrial, arms(), []Release{one}, RuleSolvable, Fail},
		"few people":                  {with(func(r *outputs.RatioPart) { r.N, r.Events, r.Levels[0].N, r.Levels[1].N = 15, 10, 8, 7 }), arms(), nil, RuleLevel, Fail},
	} {
		report := Check(document(c.result), Rules{Threshold: 10, Evidence: c.evidence, Earlier: c.earlier})
		if !slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Rule == c.rule && f.Outcome == c.outcome }) {
			t.Errorf("%s: %+v", name, report)
		}
	}
}

func TestARiskRatioOfAllSitesIsOfReleasedSumsAndOfSeveralStrata(t *testing.T) {
	z := -4.0
	m := outputs.Model{Regression: firstRound().Regression, Method: "mantel-haenszel", DF: 38663, From: []outputs.Source{{Site: "a", OutputDigest: released, N: 38664}},
		Terms: []outputs.Estimate{{Term: "vaccination=yes", Estimate: -0.4, SE: 0.1, Statistic: z, P: rounds.Normal(z)}}}
	if report := Check(document(m), Rules{Threshold: 10, Released: rules.Released}); report.Outcome != Pass {
		t.Errorf("%+v", report)
	}
	m.Strata = 1
	if report := Check(document(m), Rules{Threshold: 10, Released: rules.Released}); report.Outcome != Fail {
		t.Errorf("one stratum, which is a table: %+v", report)
	}
}
