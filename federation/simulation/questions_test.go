package simulation

import (
	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// questions are what is asked: every analysis, combined in every way that there is, in one shot and in rounds.
var questions = [][]vocabulary.Analysis{
	{survival(analyses.LogRank)},
	{{Kind: analyses.Count, By: []string{"treatment"}}},
	{survival(analyses.Cox, "treatment", "age")},
	{{Kind: analyses.LogisticRegression, Outcome: "ended", Covariates: []string{"treatment", "age"}}},
	{{Kind: analyses.Count, By: []string{"treatment", "clinic"}, SmallCells: analyses.Suppress}},
	{{Kind: analyses.Summary, Measure: "age", By: []string{"clinic"}, Percentiles: []int64{25, 50, 75}}, {Kind: analyses.Summary, Measure: "weight"}},
	{survival(analyses.LogRank), survival(analyses.KaplanMeier)},
	{within("clinic", survival(analyses.LogRank))},
	{within("clinic", survival(analyses.Cox, "age"))},
	{weighing("")},
	{weighing(analyses.SiteEffects)},
	{weighing(analyses.FixedEffect)},
	{weighing(analyses.RandomEffects)},
	{ending(analyses.SiteEffects)},
	{ending(analyses.FixedEffect)},
	{ending(analyses.RandomEffects)},
	{likelier(analyses.FixedEffect)},
	{likelier(analyses.RandomEffects)},
	{likelier(analyses.MantelHaenszel)},
	{{Kind: analyses.AlleleFrequency}},
	{{Kind: analyses.AlleleFrequency, Variants: []string{variantID(0), variantID(3)}, Combine: analyses.PerSite}},
	{{Kind: analyses.Association, Outcome: "ended"}},
	{{Kind: analyses.Association, Outcome: "ended", Variants: []string{variantID(1)}, Combine: analyses.PerSite}},
	{{Kind: analyses.PolygenicScore, By: []string{"ended"}, Weights: weights}},
	{{Kind: analyses.PolygenicScore, Weights: weights, Combine: analyses.Pooled}},
}

// compared is the question of a scene.
var compared = questions[0]

var weights = []vocabulary.Weight{{Variant: variantID(0), Allele: alt, Weight: "0.5"}, {Variant: variantID(2), Allele: ref, Weight: "-0.25"}}

func survival(kind string, covariates ...string) vocabulary.Analysis {
	a := vocabulary.Analysis{Kind: kind, Time: "follow-up", Event: "ended", Covariates: covariates}
	if covariates == nil {
		a.Arm = "treatment"
	}
	return a
}

func within(stratum string, a vocabulary.Analysis) vocabulary.Analysis {
	a.Stratum = stratum
	return a
}

func weighing(combine string) vocabulary.Analysis {
	return vocabulary.Analysis{Kind: analyses.LinearRegression, Outcome: "weight", Covariates: []string{"age", "treatment", "clinic"}, Combine: combine}
}

func ending(combine string) vocabulary.Analysis {
	return vocabulary.Analysis{Kind: analyses.LogisticRegression, Outcome: "ended", Covariates: []string{"age", "clinic"}, Combine: combine}
}

func likelier(combine string) vocabulary.Analysis {
	return vocabulary.Analysis{Kind: analyses.RiskRatio, Outcome: "ended", Arm: "treatment", Stratum: "trial", Combine: combine}
}
