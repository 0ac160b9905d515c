package combine

import (
	"errors"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// What a site is asked below, in the second round of a model, and what it answers.
var (
	askedTest  = vocabulary.Analysis{Kind: analyses.LogRank, Time: "time", Event: "recurrence", Arm: "hormone-therapy"}
	askedModel = vocabulary.Analysis{Kind: analyses.Cox, Time: "time", Event: "recurrence", Covariates: []string{"age", "grade"}}
	askedAgain = func() vocabulary.Analysis {
		a := askedModel
		a.Round, a.At = 2, []string{"0.5", "-1", "0.25"}
		return a
	}()
	askedFirst = func() vocabulary.Analysis { a := askedModel; a.Round = 1; return a }()
)

func modelPart(round int, at ...float64) outputs.ModelPart {
	return outputs.ModelPart{Regression: outputs.Regression{Analysis: analyses.Cox, Time: "time", Event: "recurrence", N: 500, Events: 200, Strata: 1,
		Levels: []outputs.LevelSize{{Concept: "grade", Level: "1", N: 100, Reference: true}, {Concept: "grade", Level: "2", N: 200}, {Concept: "grade", Level: "3", N: 200}}},
		Dropped: "0", Round: round, Terms: []string{"age", "grade=2", "grade=3"}, At: at, Gradient: []float64{1, 2, 3}, Information: []float64{100, 5, 5, 20, -10, 20}, Deviance: 900}
}

func textOf(t *testing.T, results ...outputs.Result) []byte {
	t.Helper()
	text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: results})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestWhatASiteMayNotAnswer is what a malicious site does to a study, each beside the honest answer.
func TestWhatASiteMayNotAnswer(t *testing.T) {
	part := func(change func(*outputs.ModelPart)) []outputs.Result {
		p := modelPart(2, 0.5, -1, 0.25)
		change(&p)
		return []outputs.Result{p}
	}
	rank := func(change func(*outputs.LogRank)) []outputs.Result {
		l := gbsg()
		l.Groups = slices.Clone(l.Groups)
		change(&l)
		return []outputs.Result{l}
	}
	ratio := func(change func(*outputs.RatioPart)) []outputs.Result {
		p := outputs.RatioPart{Regression: outputs.Regression{Analysis: analyses.RiskRatio, Outcome: "tuberculosis", Stratum: "trial", N: 900, Events: 60, Strata: 3,
			Levels: []outputs.LevelSize{{Concept: "vaccine", Level: "no", N: 450, Reference: true}, {Concept: "vaccine", Level: "yes", N: 450}}},
			Method: analyses.FixedEffect, Dropped: "0", Sums: []float64{10, -5, 4}}
		change(&p)
		return []outputs.Result{p}
	}
	askedRatio := []vocabulary.Analysis{{Kind: analyses.RiskRatio, Outcome: "tuberculosis", Arm: "vaccine", Stratum: "trial"}}
	again, once := []vocabulary.Analysis{askedAgain}, []vocabulary.Analysis{askedTest}
	honest := part(func(*outputs.ModelPart) {})
	combined := outputs.Count{Cells: []outputs.Cell{{By: []outputs.Level{}, N: 50}}, Dropped: "0",
		Combined: []outputs.Source{{Site: "a", OutputDigest: outputs.Digest(nil), N: 50}}}
	for name, c := range map[string]struct {
		asked   []vocabulary.Analysis
		answers []outputs.Result
		refused bool
	}{
		"an honest test":             {once, rank(func(*outputs.LogRank) {}), false},
		"an honest part":             {again, honest, false},
		"an honest first part":       {[]vocabulary.Analysis{askedFirst}, []outputs.Result{modelPart(1, 0, 0, 0)}, false},
		"a level that nobody has":    {again, part(func(p *outputs.ModelPart) { p.Information = []float64{100, 5, 0, 20, 0, 0} }), false},
		"a curve that was not asked": {once, append(rank(func(*outputs.LogRank) {}), curves()), true},
		"a curve instead":            {once, []outputs.Result{curves()}, true},
		"another arm":                {once, rank(func(l *outputs.LogRank) { l.Arm = "menopause" }), true},
		"another event":              {once, rank(func(l *outputs.LogRank) { l.Event = "death" }), true},
		"a stratum":                  {once, rank(func(l *outputs.LogRank) { l.Stratum = "grade" }), true},
		"more people than there are": {once, rank(func(l *outputs.LogRank) { l.Groups[0].N = 999_999_999 }), true},
		"a variance beyond sums":     {once, rank(func(l *outputs.LogRank) { l.Variance = math.MaxFloat64 }), true},
		"a variance of next to none": {once, rank(func(l *outputs.LogRank) { l.Variance = math.SmallestNonzeroFloat64 }), true},
		"a combination":              {[]vocabulary.Analysis{{Kind: analyses.Count}}, []outputs.Result{combined}, true},
		"a table by something else": {[]vocabulary.Analysis{{Kind: analyses.Count, By: []string{"sex"}}},
			[]outputs.Result{outputs.Count{Cells: []outputs.Cell{{By: []outputs.Level{{Concept: "grade", Level: "1"}}, N: 50}}, Dropped: "0"}}, true},
		"another round":        {again, part(func(p *outputs.ModelPart) { p.Round = 3 }), true},
		"other parameters":     {again, part(func(p *outputs.ModelPart) { p.At[0] = 0.5000000000000001 }), true},
		"not from zero":        {[]vocabulary.Analysis{askedFirst}, []outputs.Result{modelPart(1, 0, 1, 0)}, true},
		"a whole model":        {again, []outputs.Result{outputs.Model{Regression: modelPart(1).Regression, Dropped: "0", DF: 100, Terms: []outputs.Estimate{{Term: "age", Estimate: 1, SE: 1, Statistic: 1, P: 0.3}}}}, true},
		"a coefficient less":   {again, part(func(p *outputs.ModelPart) { drop(p, 1) }), true},
		"a covariate more":     {again, part(func(p *outputs.ModelPart) { p.Terms[2] = "nodes" }), true},
		"a gradient of 1e300":  {again, part(func(p *outputs.ModelPart) { p.Gradient[0] = 1e300 }), true},
		"an information below": {again, part(func(p *outputs.ModelPart) { p.Information[3] = -20 }), true},
		"an information that bends": {again, part(func(p *outputs.ModelPart) { p.Information[1] = 60 }),
			true},
		"honest sums":                  {askedRatio, ratio(func(*outputs.RatioPart) {}), false},
		"sums of another arm":          {askedRatio, ratio(func(p *outputs.RatioPart) { p.Levels[0].Concept, p.Levels[1].Concept = "sex", "sex" }), true},
		"sums of another method":       {askedRatio, ratio(func(p *outputs.RatioPart) { p.Method, p.Sums = analyses.MantelHaenszel, []float64{10, 5, 4} }), true},
		"sums of a later round":        {askedRatio, ratio(func(p *outputs.RatioPart) { p.Method, p.Round, p.Sums = analyses.RandomEffects, 1, append(p.Sums, 5) }), true},
		"sums that no strata can have": {askedRatio, ratio(func(p *outputs.RatioPart) { p.Sums = []float64{10, 100, 1} }), true},
		"weights of nothing":           {askedRatio, ratio(func(p *outputs.RatioPart) { p.Sums = []float64{0, 0, 0} }), true},
	} {
		t.Run(name, func(t *testing.T) {
			err := Answers(c.asked, textOf(t, c.answers...), nil)
			if errors.Is(err, ErrAnswer) != c.refused || !c.refused && err != nil {
				t.Errorf("%v", err)
			}
		})
	}
}

// drop leaves only the first of the terms.
func drop(p *outputs.ModelPart, k int) {
	p.Terms, p.At, p.Gradient, p.Information = p.Terms[:k], p.At[:k], p.Gradient[:k], p.Information[:k*(k+1)/2]
}

func TestASiteThatCountsOtherPeopleInALaterRoundIsRefused(t *testing.T) {
	once := outputs.RatioPart{Regression: outputs.Regression{Analysis: analyses.RiskRatio, Outcome: "tuberculosis", Stratum: "trial", N: 900, Events: 60, Strata: 3,
		Levels: []outputs.LevelSize{{Concept: "vaccine", Level: "no", N: 450, Reference: true}, {Concept: "vaccine", Level: "yes", N: 450}}},
		Method: analyses.FixedEffect, Dropped: "0", Sums: []float64{10, -5, 4}} // told in parts, and not asked again
	first := textOf(t, gbsg(), once, modelPart(1, 0, 0, 0))
	asked := []vocabulary.Analysis{askedAgain}
	if err := Answers(asked, textOf(t, modelPart(2, 0.5, -1, 0.25)), first); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*outputs.ModelPart){
		"one person more": func(p *outputs.ModelPart) { p.N++ },
		"other events":    func(p *outputs.ModelPart) { p.Events-- },
		"other levels":    func(p *outputs.ModelPart) { p.Levels[0].N, p.Levels[1].N = 101, 199 },
	} {
		p := modelPart(2, 0.5, -1, 0.25)
		change(&p)
		if err := Answers(asked, textOf(t, p), first); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEveryCombinerKnowsWhatAnswersIt: what is combined without being held against the question can spoil it.
func TestEveryCombinerKnowsWhatAnswersIt(t *testing.T) {
	for _, kind := range slices.Sorted(maps.Keys(combiners)) {
		if answerers[kind] == nil {
			t.Errorf("%s is combined and has no line in answerers", kind)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(estimators)) {
		if answerers[kind] == nil {
			t.Errorf("%s is estimated and has no line in answerers", kind)
		}
	}
}

// TestTheExamplesOfTheContractsAreAnswers: what real sites release of real data passes.
func TestTheExamplesOfTheContractsAreAnswers(t *testing.T) {
	for _, example := range []string{"rotterdam", "gbsg", "lung"} {
		in := released(t, "a", example)
		document, err := outputs.Decode(in.Output)
		if err != nil {
			t.Fatal(err)
		}
		var asked []vocabulary.Analysis
		for _, result := range document.Results {
			a := vocabulary.Analysis{Kind: result.Kind()}
			switch r := result.(type) {
			case outputs.LogRank:
				a.Time, a.Event, a.Arm, a.Stratum = r.Time, r.Event, r.Arm, r.Stratum
			case outputs.KaplanMeier:
				a.Time, a.Event, a.Arm = r.Time, r.Event, r.Arm
			case outputs.Count:
				for _, l := range r.Cells[0].By {
					a.By = append(a.By, l.Concept)
				}
			}
			asked = append(asked, a)
		}
		if err := Answers(asked, in.Output, nil); err != nil {
			t.Errorf("%s: %v", example, err)
		}
	}
}
