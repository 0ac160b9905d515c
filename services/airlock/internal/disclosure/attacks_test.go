package disclosure

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// attack is two questions that each pass alone, and tell of few people together.
type attack struct {
	first, second outputs.Document
	of, ofSecond  Origin
	want          Rule // none: together they pass
}

// outcomes of a release after an earlier one, in both orders.
func (a attack) run(t *testing.T, name string) {
	t.Helper()
	for _, turned := range []bool{false, true} {
		before, now, of, ofNow := a.first, a.second, a.of, a.ofSecond
		if turned {
			before, now, of, ofNow = now, before, ofNow, of
		}
		alone := rules
		alone.Origin = ofNow
		if r := Check(now, alone); r.Outcome == Fail {
			t.Errorf("%s: by itself: %+v", name, r)
		}
		alone.Earlier = []Release{{before, of}}
		if r := Check(now, alone); a.want == "" && r.Outcome == Fail || a.want != "" && !found(r, a.want) {
			t.Errorf("%s: want %q: %+v", name, a.want, r)
		}
	}
}

// deaths is a test of so many men, of whom so many died, and as many women as always.
func deaths(n, died int) outputs.Document {
	test := logRank()
	men := &test.Groups[0]
	men.N, men.Observed, men.Expected = n, died, float64(died)-men.OMinusE
	return document(test)
}

// modelled is a logistic model of so many people, of whom so many were ill.
func modelled(n, events int) outputs.Document {
	m := model()
	m.N, m.Events, m.DF, m.Levels = n, events, n-3, m.Levels[:0]
	return document(m)
}

func TestWhoDiffersIsFoundAmongThoseWithAndWithoutTheEvent(t *testing.T) {
	young := filtered(where("age", analyses.LT, "80"))
	ill := func(yes, no int) outputs.Document { return counted(cell(yes, "ill", "yes"), cell(no, "ill", "no")) }
	for name, a := range map[string]attack{
		"15 with the event and 5 without":      {deaths(420, 200), deaths(400, 185), Origin{}, young, RuleDifference},
		"5 with the event and 15 without":      {deaths(420, 200), deaths(400, 195), Origin{}, young, RuleDifference},
		"10 and 10":                            {deaths(420, 200), deaths(400, 190), Origin{}, young, ""},
		"an outcome that was counted":          {modelled(900, 300), ill(299, 550), Origin{}, young, RuleDifference},
		"who has not the outcome, was counted": {modelled(900, 300), ill(250, 598), Origin{}, young, RuleDifference},
		"many of both":                         {modelled(900, 300), ill(250, 550), Origin{}, young, ""},
	} {
		a.run(t, name)
	}
}

func TestALevelThatAStepMadeIsKnownByWhoHasIt(t *testing.T) {
	ages := step{Op: analyses.Derive, Concept: "age", Cuts: []string{"40", "41", "60"}, Levels: []string{"young", "forty", "middle", "old"}, As: "group"}
	other := step{Op: analyses.Derive, Concept: "age", Cuts: []string{"40", "42", "60"}, Levels: []string{"young", "forty", "middle", "old"}, As: "group"}
	merged := step{Op: analyses.Recode, Concept: "region", As: "part", Recodes: []vocabulary.Recode{{From: "n", To: "top"}, {From: "e", To: "side"}, {From: "w", To: "side"}}}
	joined := step{Op: analyses.Recode, Concept: "region", As: "part", Recodes: []vocabulary.Recode{{From: "e", To: "w"}}}
	again := step{Op: analyses.Recode, Concept: "part", As: "half", Recodes: []vocabulary.Recode{{From: "top", To: "all"}, {From: "side", To: "all"}}}
	aged := step{Op: analyses.Recode, Concept: "group", As: "aged", Recodes: []vocabulary.Recode{{From: "young", To: "under 41"}, {From: "forty", To: "under 41"}}}
	old := step{Op: analyses.Derive, As: "aged", Where: where("age", analyses.GE, "60").Where}
	for name, c := range map[string]struct {
		of, ofSecond Origin
		want         Rule
	}{
		"two groups against one":             {filtered(ages, where("group", analyses.In, "young", "forty")), filtered(ages, where("group", analyses.In, "young")), RuleDifference},
		"two groups against a filter":        {filtered(ages, where("group", analyses.In, "young", "forty")), filtered(where("age", analyses.LT, "40")), RuleDifference},
		"all but two groups":                 {filtered(ages, where("group", analyses.NotIn, "old", "middle")), filtered(where("age", analyses.LT, "40")), RuleDifference},
		"three groups against two of others": {filtered(ages, where("group", analyses.In, "middle", "forty", "young")), filtered(other, where("group", analyses.In, "young", "forty")), RuleDifference},
		"groups that do not touch":           {filtered(ages, where("group", analyses.In, "young", "old")), filtered(ages, where("group", analyses.In, "young", "middle", "old")), RuleDifference},
		"renamed levels":                     {filtered(merged, where("part", analyses.In, "top", "side")), filtered(where("region", analyses.In, "n", "e")), RuleDifference},
		"all but renamed levels":             {filtered(merged, where("part", analyses.NotIn, "side")), filtered(where("region", analyses.NotIn, "e", "w", "s")), RuleDifference},
		"a renamed level against more":       {filtered(merged, where("part", analyses.In, "side")), filtered(where("region", analyses.In, "e", "w", "s")), RuleDifference},
		"more renamed levels than one":       {filtered(merged, where("part", analyses.In, "side")), filtered(where("region", analyses.In, "e")), RuleDifference},
		"one joins another":                  {filtered(joined, where("part", analyses.In, "w")), filtered(where("region", analyses.In, "w")), RuleDifference},
		"renamed twice":                      {filtered(merged, again, where("half", analyses.In, "all")), filtered(where("region", analyses.In, "n", "e")), RuleDifference},
		"groups that were renamed":           {filtered(ages, aged, where("aged", analyses.In, "under 41")), filtered(where("age", analyses.LT, "40")), RuleDifference},
		"both levels of a condition":         {filtered(old, where("aged", analyses.In, "yes", "no")), filtered(old), RuleDifference},
		"all but a level of a condition":     {filtered(old, where("aged", analyses.NotIn, "yes")), filtered(where("age", analyses.LT, "59")), RuleDifference},
		"other people":                       {filtered(ages, where("group", analyses.In, "young", "forty")), filtered(where("age", analyses.GE, "60")), ""},
		"other groups of the same names":     {filtered(ages, where("group", analyses.In, "forty", "old")), filtered(other, where("group", analyses.In, "young", "middle")), ""},
	} {
		attack{counted(cell(301)), counted(cell(300)), c.of, c.ofSecond, c.want}.run(t, name)
	}
}
