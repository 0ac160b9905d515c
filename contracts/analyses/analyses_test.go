package analyses

import (
	"errors"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

type asked = vocabulary.Analysis

func TestAnalysesThatNoDataCouldAnswerAreFound(t *testing.T) {
	survival := asked{Kind: LogRank, Time: "time", Event: "death", Arm: "sex"}
	model := asked{Kind: LogisticRegression, Outcome: "case", Covariates: []string{"age", "sex"}}
	with := func(a asked, change func(*asked)) []asked { change(&a); return []asked{a} }
	for name, c := range map[string]struct {
		asked []asked
		good  bool
	}{
		"log-rank":                  {[]asked{survival}, true},
		"log-rank in strata":        {with(survival, func(a *asked) { a.Stratum = "institution" }), true},
		"curves":                    {with(survival, func(a *asked) { a.Kind = KaplanMeier }), true},
		"count of all":              {[]asked{{Kind: Count}}, true},
		"count by two":              {[]asked{{Kind: Count, By: []string{"sex", "arm"}}}, true},
		"model":                     {[]asked{model}, true},
		"round of a model":          {with(model, func(a *asked) { a.Round, a.At = 1, []string{"0", "0", "0"} }), true},
		"parameters without round":  {with(model, func(a *asked) { a.At = []string{"0"} }), false},
		"model over sites":          {with(model, func(a *asked) { a.Combine = SharedGradients }), true},
		"model with site effects":   {with(model, func(a *asked) { a.Combine = SiteEffects }), true},
		"site effects and a site":   {with(model, func(a *asked) { a.Combine, a.Covariates = SiteEffects, []string{"age", Site} }), false},
		"reference of a covariate":  {with(model, func(a *asked) { a.References = []vocabulary.Reference{{Concept: "sex", Level: "male"}} }), true},
		"none":                      {nil, false},
		"too many":                  {slices.Repeat([]asked{{Kind: Count}}, 65), false},
		"nearest neighbours":        {with(model, func(a *asked) { a.Kind = "k-nearest-neighbours" }), false},
		"unknown kind":              {[]asked{{Kind: "rows"}}, false},
		"no event":                  {with(survival, func(a *asked) { a.Event = "" }), false},
		"log-rank with by":          {with(survival, func(a *asked) { a.By = []string{"sex"} }), false},
		"count with a time":         {[]asked{{Kind: Count, Time: "time"}}, false},
		"count with a stratum":      {[]asked{{Kind: Count, Stratum: "sex"}}, false},
		"count in rounds":           {[]asked{{Kind: Count, Round: 1}}, false},
		"count by one twice":        {[]asked{{Kind: Count, By: []string{"sex", "sex"}}}, false},
		"count by three":            {[]asked{{Kind: Count, By: []string{"a", "b", "c"}}}, false},
		"model without covariates":  {with(model, func(a *asked) { a.Covariates = nil }), false},
		"covariate twice":           {with(model, func(a *asked) { a.Covariates = []string{"age", "age"} }), false},
		"outcome explains itself":   {with(model, func(a *asked) { a.Covariates = []string{"case"} }), false},
		"reference of another":      {with(model, func(a *asked) { a.References = []vocabulary.Reference{{Concept: "arm", Level: "no"}} }), false},
		"log-rank of fixed effects": {with(survival, func(a *asked) { a.Combine = FixedEffect }), false},
		"second one is at fault":    {[]asked{survival, {Kind: LogRank}}, false},
	} {
		if err := Check(c.asked); (err == nil) != c.good || err != nil && !errors.Is(err, ErrAsked) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConceptsAreNamedOnceAndGenotypesAreAConcept(t *testing.T) {
	all := []asked{
		{Kind: LogRank, Time: "time", Event: "death", Arm: "sex"}, {Kind: Count, By: []string{"arm", "sex"}},
		{Kind: Cox, Time: "time", Event: "death", Covariates: []string{"age", "sex"}}, {Kind: Association, Outcome: "case"},
	}
	if got := Concepts(all); !slices.Equal(got, []string{"time", "death", "sex", "arm", "age", "case", Genotype}) {
		t.Errorf("concepts %v", got)
	}
	if got := KindsOf(append(all, all...)); !slices.Equal(got, []string{LogRank, Count, Cox, Association}) {
		t.Errorf("kinds %v", got)
	}
}

func TestEveryKindOfTheVocabularyIsInTheTableAndHasAWayToBeCombined(t *testing.T) {
	for _, kind := range Kinds() {
		if Combining(asked{Kind: kind}) == "" {
			t.Errorf("%s has no way", kind)
		}
	}
	for a, want := range map[*asked]bool{{Kind: Cox}: true, {Kind: LogisticRegression}: true, {Kind: LinearRegression}: true, {Kind: Count}: false, {Kind: LogisticRegression, Combine: SiteEffects}: true, {Kind: LinearRegression, Combine: SiteEffects}: true,
		{Kind: LogisticRegression, Combine: FixedEffect}: false, {Kind: LinearRegression, Combine: RandomEffects}: false,
		{Kind: RiskRatio}: false, {Kind: RiskRatio, Combine: RandomEffects}: true, {Kind: RiskRatio, Combine: MantelHaenszel}: false} {
		if InRounds(*a) != want {
			t.Errorf("%+v in rounds: %v", a, !want)
		}
	}
	if Combining(asked{Kind: LogisticRegression, Combine: FixedEffect}) != FixedEffect || Combining(asked{Kind: "rows"}) != "" {
		t.Error("a way that was asked for is not taken, or an unknown kind has one")
	}
}
