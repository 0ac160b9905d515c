package disclosure

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
)

func oneVariant() (v outputs.Variants) {
	v.Add("2", 10205, "2:10205:T:G", "G", "T")
	return v
}

func alleles() outputs.AlleleFrequency {
	return outputs.AlleleFrequency{People: 300, Threshold: 10, Dropped: "0", Masked: 5, Variants: oneVariant(), Count: []int{30}, Number: []int{590}}
}

func associated(beta float64) outputs.Association {
	const se = 0.25
	return outputs.Association{Outcome: "case", Cases: 150, Controls: 150, Threshold: 10, Dropped: "0", Variants: oneVariant(), N: []int{295},
		Beta: []float64{beta}, SE: []float64{se}, P: []float64{outputs.Digits(math.Erfc(math.Abs(beta/se)/math.Sqrt2), 6)}, Firth: []int{}}
}

func scored() outputs.PolygenicScore {
	return outputs.PolygenicScore{By: "case", Dropped: "31", Weights: []outputs.EffectWeight{{Variant: "rs1", Allele: "A", Weight: 1}},
		Groups: []outputs.ScoreGroup{{Level: "no", N: 212, Mean: 1, SD: 1}, {Level: "yes", N: 251, Mean: 2, SD: 1}}}
}

// shown is evidence of those scores, and rules with it.
func shown() Rules {
	with := rules
	with.Evidence = []outputs.ResultEvidence{{Groups: []outputs.GroupEvidence{{N: 212, Sum: 212, Fewest: 40}, {N: 251, Sum: 502, Fewest: 50}}}}
	return with
}

// given are rules by which the inputs of a combination can be read.
func given(inputs ...outputs.Result) (Rules, []outputs.Source) {
	documents, sources := map[string]outputs.Document{}, []outputs.Source{}
	for i, input := range inputs {
		digest := outputs.Digest([]byte{byte(i)})
		documents[digest], sources = document(input), append(sources, outputs.Source{Site: []string{"a", "b"}[i], OutputDigest: digest, N: 300})
	}
	return Rules{Threshold: 10, Released: func(digest string) bool { _, ok := documents[digest]; return ok },
		Input: func(digest string) (outputs.Document, error) {
			d, ok := documents[digest]
			if !ok {
				return d, errors.New("not there")
			}
			return d, nil
		}}, sources
}

func hasRule(r Report, rule Rule) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == rule })
}

func TestResultsAboutGenotypesThatAreOfManyPass(t *testing.T) {
	for _, r := range []outputs.Result{alleles(), associated(0.5), scored()} {
		if got := Check(document(r), shown()); got.Outcome != Pass {
			t.Errorf("%s: %+v", r.Kind(), got)
		}
	}
}

func TestResultsAboutGenotypesThatTellOfFewAreTurnedDown(t *testing.T) {
	frequency := func(change func(*outputs.AlleleFrequency)) outputs.Result { r := alleles(); change(&r); return r }
	association := func(change func(*outputs.Association)) outputs.Result { r := associated(0.5); change(&r); return r }
	score := func(change func(*outputs.PolygenicScore)) outputs.Result { r := scored(); change(&r); return r }
	for name, c := range map[string]struct {
		result outputs.Result
		want   Rule
	}{
		"three copies":           {frequency(func(r *outputs.AlleleFrequency) { r.Count = []int{3} }), RuleMinorAllele},
		"all but three":          {frequency(func(r *outputs.AlleleFrequency) { r.Count = []int{587} }), RuleMinorAllele},
		"nobody":                 {frequency(func(r *outputs.AlleleFrequency) { r.Count = []int{0} }), RuleMinorAllele},
		"lower mask":             {frequency(func(r *outputs.AlleleFrequency) { r.Threshold = 5 }), RuleMasking},
		"few people":             {frequency(func(r *outputs.AlleleFrequency) { r.People, r.Number, r.Count = 9, []int{18}, []int{9} }), RuleGroup},
		"more copies than two":   {frequency(func(r *outputs.AlleleFrequency) { r.Number = []int{602} }), RuleInconsistent},
		"few dropped":            {frequency(func(r *outputs.AlleleFrequency) { r.Dropped = "3" }), RuleDropped},
		"few cases":              {association(func(r *outputs.Association) { r.Cases, r.N = 9, []int{150} }), RuleGroup},
		"mask of association":    {association(func(r *outputs.Association) { r.Threshold = 9 }), RuleMasking},
		"p that does not follow": {association(func(r *outputs.Association) { r.P = []float64{0.0460} }), RuleInconsistent},
		"more than all":          {association(func(r *outputs.Association) { r.N = []int{301} }), RuleInconsistent},
		"small group of scores":  {score(func(r *outputs.PolygenicScore) { r.Groups[0].N = 9 }), RuleGroup},
	} {
		if got := Check(document(c.result), rules); got.Outcome != Fail || !hasRule(got, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestManyVariantsOfFewPeopleAreForReviewers(t *testing.T) {
	many := alleles()
	for range 700 { // 701 of 300 people: more than 2.09 a person
		many.Variants.Add("2", 1, "x", "A", "C")
		many.Count, many.Number = append(many.Count, 30), append(many.Number, 590)
	}
	if got := Check(document(many), rules); got.Outcome != Review || !hasRule(got, RuleMembership) {
		t.Errorf("%+v", got)
	}
}

func TestCombinationsAboutGenotypesSayWhatTheirInputsSay(t *testing.T) {
	turned := associated(0.25)
	turned.Variants.Effect, turned.Variants.Other = []string{"T"}, []string{"G"}
	rules, sources := given(associated(0.5), turned)
	good := outputs.Association{Outcome: "case", Cases: 300, Controls: 300, Threshold: 10, Dropped: "0", Variants: oneVariant(), N: []int{590},
		Beta: []float64{0.125}, SE: []float64{0.25 / math.Sqrt2}, Firth: []int{}, Method: outputs.MethodInverseVariance, Combined: sources,
		Alignment: &outputs.Alignment{Flipped: 1}, Q: []float64{4.5}, ISquared: []float64{0.777777777777778}}
	good.P = []float64{math.Erfc(math.Abs(good.Beta[0]/good.SE[0]) / math.Sqrt2)}
	if got := Check(document(good), rules); got.Outcome != Pass {
		t.Errorf("%+v", got)
	}
	wrong := good
	wrong.Beta = []float64{0.375} // as if the alleles were the same
	wrong.P = []float64{math.Erfc(math.Abs(wrong.Beta[0]/wrong.SE[0]) / math.Sqrt2)}
	if got := Check(document(wrong), rules); !hasRule(got, RuleCombinationUnknown) {
		t.Errorf("not turned: %+v", got)
	}
	if got := Check(document(good), Rules{Threshold: 10}); !hasRule(got, RuleInputNotReleased) {
		t.Errorf("inputs that nobody released: %+v", got)
	}

	rules, sources = given(alleles(), alleles())
	sum := alleles()
	sum.People, sum.Count, sum.Number, sum.Masked, sum.Combined, sum.Alignment = 600, []int{60}, []int{1180}, 0, sources, &outputs.Alignment{}
	if got := Check(document(sum), rules); got.Outcome != Pass {
		t.Errorf("%+v", got)
	}
	sum.Count = []int{61}
	if got := Check(document(sum), rules); !hasRule(got, RuleCombinationUnknown) {
		t.Errorf("another sum: %+v", got)
	}

	rules, sources = given(scored(), scored())
	both := scored()
	both.Groups, both.Dropped = []outputs.ScoreGroup{}, "0"
	for _, s := range sources {
		both.Sites = append(both.Sites, outputs.SiteScores{Site: s.Site, OutputDigest: s.OutputDigest, Groups: scored().Groups})
	}
	if got := Check(document(both), rules); got.Outcome != Pass {
		t.Errorf("%+v", got)
	}
	both.Sites[1].Groups = slices.Clone(both.Sites[1].Groups)
	both.Sites[1].Groups[0].Mean = 1.5
	if got := Check(document(both), rules); !hasRule(got, RuleCombinationUnknown) {
		t.Errorf("another mean: %+v", got)
	}
}

func TestPeopleOfResultsAboutGenotypesAreComparedWithEarlierOnes(t *testing.T) {
	fewer := alleles()
	fewer.People, fewer.Number = 297, []int{580}
	rules := rules
	rules.Earlier = []Release{{Document: document(alleles())}}
	if got := Check(document(fewer), rules); !hasRule(got, RuleDifference) {
		t.Errorf("three people fewer: %+v", got)
	}
}
