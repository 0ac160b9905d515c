package outputs

import (
	"errors"
	"math"
	"testing"
)

// genomeKinds has a site's result and a combination of each kind about genotypes.
func genomeKinds() []Result {
	two := Variants{Chromosome: []string{"10", "2"}, Position: []int{2075671, 10205}, ID: []string{"rs870041", "2:10205:T:G"},
		Effect: []string{"C", "G"}, Other: []string{"T", "T"}}
	from, aligned := []Source{{Site: "trust", OutputDigest: Digest([]byte("x")), N: 494}}, &Alignment{Flipped: 1}
	groups := []ScoreGroup{{Level: "no", N: 212, Mean: -0.1448275471698, SD: 0.743222049367254}, {Level: "yes", N: 251, Mean: 0.3181959920319, SD: 0.702169250845236}}
	weights := []EffectWeight{{Variant: "rs870041", Allele: "C", Weight: -0.509001}}
	return []Result{
		AlleleFrequency{People: 494, Threshold: 10, Dropped: "0", Masked: 692, Variants: two, Count: []int{408, 52}, Number: []int{974, 604}},
		AlleleFrequency{People: 494, Threshold: 10, Dropped: "0", Variants: two, Count: []int{408, 52}, Number: []int{974, 604}, Combined: from,
			Alignment: aligned, BySite: []SiteAlleles{{Site: "trust", Count: []int{408, 52}, Number: []int{974, 604}}}},
		Association{Outcome: "case", Cases: 267, Controls: 227, Threshold: 10, Dropped: Suppressed, Masked: 692, Failed: 1, Variants: two,
			N: []int{487, 302}, Beta: []float64{-0.324258, 0.25}, SE: []float64{0.133843, 0.5}, P: []float64{0.0154080, 0.617075}, Firth: []int{1}, Lambda: 1.01},
		Association{Outcome: "case", Cases: 267, Controls: 227, Threshold: 10, Dropped: "0", Variants: two, N: []int{487, 302},
			Beta: []float64{-0.324258, 0.25}, SE: []float64{0.133843, 0.5}, P: []float64{0.0154080, 0.617075}, Firth: []int{}, Lambda: 1.01,
			Method: MethodInverseVariance, Combined: from, Alignment: aligned, Q: []float64{0, 0}, ISquared: []float64{0, 0},
			BySite: []SiteAssociation{{Site: "trust", N: []int{487, 302}, Beta: []float64{-0.324258, 0.25}, SE: []float64{0.133843, 0.5}, P: []float64{0.0154080, 0.617075}}}},
		PolygenicScore{By: "case", Weights: weights, Dropped: "31", Groups: groups},
		PolygenicScore{By: "case", Weights: weights, Dropped: "0", Groups: groups, Sites: []SiteScores{{Site: "trust", OutputDigest: Digest([]byte("x")), Groups: groups}}},
	}
}

func TestResultsAboutGenotypesWhoseColumnsDoNotFitAreNotEncoded(t *testing.T) {
	frequency := func(change func(*AlleleFrequency)) Result {
		r := genomeKinds()[1].(AlleleFrequency)
		change(&r)
		return r
	}
	association := func(change func(*Association)) Result { r := genomeKinds()[3].(Association); change(&r); return r }
	score := func(change func(*PolygenicScore)) Result {
		r := genomeKinds()[5].(PolygenicScore)
		change(&r)
		return r
	}
	for name, r := range map[string]Result{
		"a shorter column":       frequency(func(r *AlleleFrequency) { r.Count = r.Count[:1] }),
		"more copies than all":   frequency(func(r *AlleleFrequency) { r.Count = []int{975, 1} }),
		"allele in other letter": frequency(func(r *AlleleFrequency) { r.Variants.Effect = []string{"N", "G"} }),
		"allele of itself":       frequency(func(r *AlleleFrequency) { r.Variants.Effect = []string{"T", "G"} }),
		"id with a space":        frequency(func(r *AlleleFrequency) { r.Variants.ID = []string{"Jane Doe", "x"} }),
		"no id":                  frequency(func(r *AlleleFrequency) { r.Variants.ID = []string{"", "x"} }),
		"place before the first": frequency(func(r *AlleleFrequency) { r.Variants.Position = []int{-1, 1} }),
		"sites without sources":  frequency(func(r *AlleleFrequency) { r.Combined, r.Alignment = nil, nil }),
		"no alignment":           frequency(func(r *AlleleFrequency) { r.Alignment = nil }),
		"sources of none":        frequency(func(r *AlleleFrequency) { r.Combined, r.BySite = []Source{}, nil }),
		"another site":           frequency(func(r *AlleleFrequency) { r.BySite = []SiteAlleles{{Site: "ceu", Count: r.Count, Number: r.Number}} }),
		"threshold of none":      frequency(func(r *AlleleFrequency) { r.Threshold = 0 }),
		"no standard error":      association(func(r *Association) { r.SE = []float64{0, 1} }),
		"infinite":               association(func(r *Association) { r.Beta = []float64{math.Inf(1), 1} }),
		"p over one":             association(func(r *Association) { r.P = []float64{1.5, 1} }),
		"firth of nobody":        association(func(r *Association) { r.Firth = []int{2} }),
		"firth twice":            association(func(r *Association) { r.Firth = []int{1, 1} }),
		"q without sites":        association(func(r *Association) { r.Combined, r.Alignment, r.Method, r.BySite = nil, nil, "", nil }),
		"no method":              association(func(r *Association) { r.Method = "" }),
		"shorter q":              association(func(r *Association) { r.Q = r.Q[:1] }),
		"other method":           association(func(r *Association) { r.Method = "by eye" }),
		"no weight":              score(func(r *PolygenicScore) { r.Weights = nil }),
		"no group":               score(func(r *PolygenicScore) { r.Groups, r.Sites = nil, nil }),
		"group twice":            score(func(r *PolygenicScore) { r.Groups = append(r.Groups, r.Groups[0]) }),
		"negative sd":            score(func(r *PolygenicScore) { r.Groups = []ScoreGroup{{Level: "a", SD: -1}} }),
	} {
		if _, err := Encode(Document{Schema: Schema, Dataset: "d", Results: []Result{r}}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTwentyEightThousandVariantsOfTwoSitesFitIntoADocument(t *testing.T) {
	const n = 28501
	r := Association{Outcome: "case", Cases: 500, Controls: 500, Threshold: 10, Dropped: "0", Firth: []int{}, Lambda: 0.992705696661,
		Method: MethodInverseVariance, Alignment: &Alignment{}, Q: []float64{}, ISquared: []float64{}}
	for i := range n {
		r.Variants.Add("10", 135000000+i, "rs123456789", "A", "G")
		r.N = append(r.N, 1000)
		r.Beta, r.SE, r.P = append(r.Beta, -0.123456789012), append(r.SE, 0.123456789012), append(r.P, 1.23456789012e-17)
		r.Q, r.ISquared = append(r.Q, 12.3456789012), append(r.ISquared, 0.123456789012)
	}
	site := SiteAssociation{N: r.N}
	for range n {
		site.Beta, site.SE, site.P = append(site.Beta, -0.123456), append(site.SE, 0.123456), append(site.P, 1.23456e-10)
	}
	for _, name := range []string{"genomics-england", "trust"} {
		r.Combined = append(r.Combined, Source{Site: name, OutputDigest: Digest(nil), N: 500})
		site.Site = name
		r.BySite = append(r.BySite, site)
	}
	text, err := Encode(Document{Schema: Schema, Dataset: "d", Results: []Result{r}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", len(text))
	if _, canonical, err := Canonical(text); err != nil || !canonical {
		t.Error(canonical, err)
	}
}

func TestSixDigitsAreSix(t *testing.T) {
	for value, want := range map[float64]float64{-0.32425767851638626: -0.324258, 1234567.8: 1234570, 0: 0, 3.8061383542571135e-08: 3.80614e-08} {
		if got := Digits(value, 6); got != want {
			t.Errorf("%v: %v, want %v", value, got, want)
		}
	}
	if math.Signbit(Digits(math.Copysign(0, -1), 6)) {
		t.Error("negative zero")
	}
}
