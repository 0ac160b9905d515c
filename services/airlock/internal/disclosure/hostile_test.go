package disclosure

import (
	"slices"
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

func TestPercentilesOfNearlyTheSameRankAreATableOfFew(t *testing.T) {
	percentiles := func(at ...int) outputs.Document {
		g := outputs.Summarised{By: []outputs.Level{}, N: 100, Mean: 10, SD: 2, Percentiles: []outputs.Percentile{}}
		for _, p := range at {
			g.Percentiles = append(g.Percentiles, outputs.Percentile{Percent: p, Value: float64(p)})
		}
		return document(outputs.Summary{Measure: "income", Dropped: "0", Groups: []outputs.Summarised{g}})
	}
	with := rules
	with.Evidence = []outputs.ResultEvidence{{Groups: []outputs.GroupEvidence{{N: 100, Sum: 1000, Largest: 30, Second: 20, Fewest: 100}}}}
	for name, c := range map[string]struct {
		before, now outputs.Document
		of          Origin
		want        bool
	}{
		"deciles":                        {percentiles(), percentiles(10, 20, 30, 40, 50, 60, 70, 80, 90), Origin{}, false},
		"every one in the middle":        {percentiles(), percentiles(48, 49, 50, 51, 52), Origin{}, true},
		"too near to the end":            {percentiles(), percentiles(91), Origin{}, true},
		"one after the other":            {percentiles(25, 50, 75), percentiles(51), Origin{}, true},
		"the same again, and another":    {percentiles(25, 50, 75), percentiles(25, 62), Origin{}, false},
		"of people of a newer version":   {percentiles(25, 50, 75), percentiles(51), Origin{Version: "2"}, false},
		"of people chosen in other ways": {percentiles(25, 50, 75), percentiles(51), filtered(where("age", analyses.LT, "80")), false},
	} {
		with.Origin, with.Earlier = c.of, []Release{{Document: c.before}}
		if r := Check(c.now, with); found(r, RulePercentile) != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestScoresOfARareAlleleAreItsCarriers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*outputs.GroupEvidence)
		want   Rule
	}{
		"few carry it":      {func(e *outputs.GroupEvidence) { e.Fewest = 9 }, RuleValues},
		"of another output": {func(e *outputs.GroupEvidence) { e.Sum = 3 }, RuleInconsistent},
		"of other people":   {func(e *outputs.GroupEvidence) { e.N = 211 }, RuleInconsistent},
	} {
		with := shown()
		c.change(&with.Evidence[0].Groups[0])
		if r := Check(document(scored()), with); r.Outcome != Fail || !found(r, c.want) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := Check(document(scored()), rules); !found(r, RuleEvidence) {
		t.Errorf("without evidence: %+v", r)
	}
}

func TestVariantsAreCountedOverAllThatWasAsked(t *testing.T) {
	some := func(from int) outputs.Document {
		r := alleles()
		r.Variants, r.Count, r.Number = outputs.Variants{}, nil, nil
		for i := range 400 { // of 300 people: 1.3 a person, and 2.7 of both
			r.Variants.Add("2", from+i, "x", "A", "C")
			r.Count, r.Number = append(r.Count, 30), append(r.Number, 590)
		}
		return document(r)
	}
	for name, c := range map[string]struct {
		now    outputs.Document
		before []Release
		want   bool
	}{
		"some":                   {some(1), nil, false},
		"the same again":         {some(1), []Release{{Document: some(1)}}, false},
		"others":                 {some(1), []Release{{Document: some(1000)}}, true},
		"both in one":            {document(some(1).Results[0], some(1000).Results[0]), nil, true},
		"nothing about variants": {counted(cell(50)), []Release{{Document: some(1)}, {Document: some(1000)}}, false},
	} {
		with := rules
		with.Earlier = c.before
		if r := Check(c.now, with); found(r, RuleMembership) != c.want {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestCopiesOfThoseWhoDifferAreATableToo(t *testing.T) {
	of := func(people, copies, all int, effect, other string) outputs.Document {
		r := alleles()
		r.Variants = outputs.Variants{}
		r.Variants.Add("2", 10205, "2:10205", effect, other)
		r.People, r.Count, r.Number = people, []int{copies}, []int{all}
		return document(r)
	}
	young := filtered(where("age", analyses.LT, "80"))
	for name, a := range map[string]attack{
		"one copy among twenty people":       {of(300, 30, 600, "G", "T"), of(280, 29, 560, "G", "T"), Origin{}, young, RuleDifference},
		"one copy of the other allele":       {of(300, 230, 600, "G", "T"), of(280, 191, 560, "G", "T"), Origin{}, young, RuleDifference},
		"one copy, the other allele counted": {of(300, 30, 600, "G", "T"), of(280, 531, 560, "T", "G"), Origin{}, young, RuleDifference},
		"ten and more":                       {of(300, 40, 600, "G", "T"), of(280, 30, 560, "G", "T"), Origin{}, young, ""},
		"the same people":                    {of(300, 30, 600, "G", "T"), of(300, 30, 600, "G", "T"), Origin{}, young, ""},
		"another variant":                    {of(300, 30, 600, "G", "T"), of(280, 29, 560, "G", "A"), Origin{}, young, ""},
		"other people":                       {of(300, 30, 600, "G", "T"), of(280, 29, 560, "G", "T"), filtered(where("age", analyses.GE, "80")), young, ""},
	} {
		a.run(t, name)
	}
}

func TestNumbersThatTellOfFewTogetherAreSolved(t *testing.T) {
	in := func(n int, levels ...string) Release {
		return Release{counted(cell(n)), filtered(where("region", analyses.In, levels...))}
	}
	age := func(n int, op, at string) Release {
		return Release{counted(cell(n)), filtered(where("age", op, at))}
	}
	women := func(n int, levels ...string) Release {
		return Release{counted(cell(n)), filtered(where("sex", analyses.In, "f"), where("region", analyses.In, levels...))}
	}
	later := in(105, "n", "s")
	later.Version = "2"
	for name, c := range map[string]struct {
		told []Release
		want bool
	}{
		"three regions two by two":             {[]Release{in(105, "n", "s"), in(205, "n", "w"), in(300, "s", "w")}, true},
		"the same of many":                     {[]Release{in(120, "n", "s"), in(220, "n", "w"), in(300, "s", "w")}, false},
		"two of them":                          {[]Release{in(105, "n", "s"), in(205, "n", "w")}, false},
		"of another version":                   {[]Release{later, in(205, "n", "w"), in(300, "s", "w")}, false},
		"all less two parts":                   {[]Release{{Document: counted(cell(1000))}, in(600, "n", "s"), in(395, "w", "e")}, true},
		"ages from above and below":            {[]Release{{Document: counted(cell(1000))}, age(400, analyses.LT, "40"), age(595, analyses.GT, "41")}, true},
		"ages that meet":                       {[]Release{{Document: counted(cell(1000))}, age(400, analyses.LT, "40"), age(600, analyses.GE, "40")}, false},
		"women of regions":                     {[]Release{women(105, "n", "s"), women(205, "n", "w"), women(300, "s", "w")}, true},
		"women of regions, and men beside":     {[]Release{women(105, "n", "s"), in(205, "n", "w"), women(300, "s", "w")}, false},
		"a number that contradicts the others": {[]Release{in(300, "n", "s"), in(300, "w"), in(990, "n", "s", "w"), {Document: counted(cell(700))}}, false},
	} {
		for last := range c.told {
			with := rules
			with.Origin, with.Earlier = c.told[last].Origin, slices.Concat(c.told[:last], c.told[last+1:])
			if r := Check(c.told[last].Document, with); found(r, RuleTogether) != c.want {
				t.Errorf("%s, told last %d: %+v", name, last, r)
			}
		}
	}
}
