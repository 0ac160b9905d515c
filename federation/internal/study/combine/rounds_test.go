package combine

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// The known answers were made with R glm on the same file.

// region is a site's rows: the covariates of each person with a leading one, and whether insured.
type region struct {
	x       [][]float64
	y       []float64
	without int // level of education that nobody has, from 1; 0 for none
}

var education = []string{"none", "ged", "highschool", "master", "phd", "other"} // bachelor is the reference

// rowsOf are the rows of a file of the data that come with the program, names of columns first.
func rowsOf(t *testing.T, name string) [][]string {
	t.Helper()
	file, err := os.Open("../../../../features/data/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func regions(t *testing.T) map[string]*region {
	t.Helper()
	rows := rowsOf(t, "HealthInsurance.csv.gz")
	of, all := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }, map[string]*region{}
	is := func(yes bool) float64 { return map[bool]float64{true: 1}[yes] }
	for _, row := range rows[1:] {
		r := all[of(row, "region")]
		if r == nil {
			r = &region{}
			all[of(row, "region")] = r
		}
		age, err := strconv.ParseFloat(of(row, "age"), 64)
		if err != nil {
			t.Fatal(err)
		}
		x := []float64{1, age, is(of(row, "gender") == "male")}
		for _, level := range education {
			x = append(x, is(of(row, "education") == level))
		}
		r.x, r.y = append(r.x, append(x, is(of(row, "limit") == "yes"))), append(r.y, is(of(row, "insurance") == "yes"))
	}
	return all
}

var insured = vocabulary.Analysis{Kind: analyses.LogisticRegression, Outcome: "insurance", Covariates: []string{"age", "gender", "education", "limit"}}

// answer is what a site says in a round.
func (r *region) answer(round int, texts []string) outputs.ModelPart {
	terms := []string{outputs.Intercept, "age", "gender=male"}
	for i, level := range education {
		if i != r.without-1 {
			terms = append(terms, "education="+level)
		}
	}
	terms = append(terms, "limit")
	k := len(terms)
	at, _ := rounds.Numbers(texts)
	if at == nil {
		at = make([]float64, k)
	}
	p := outputs.ModelPart{Regression: outputs.Regression{Analysis: insured.Kind, Outcome: "insurance", N: len(r.x), Strata: 1, Levels: []outputs.LevelSize{}},
		Dropped: "0", Round: round, Terms: terms, At: at, Gradient: make([]float64, k), Information: make([]float64, k*(k+1)/2)}
	for i, x := range r.x {
		eta := 0.0
		for t, v := range x {
			eta += at[t] * v
		}
		m := 1 / (1 + math.Exp(-eta))
		for t, v := range x {
			p.Gradient[t] += (r.y[i] - m) * v
			for u := t; u < k; u++ {
				p.Information[rounds.Upper(k, t, u)] += m * (1 - m) * v * x[u]
			}
		}
		p.Events += int(r.y[i])
		p.Deviance -= 2 * (r.y[i]*eta - math.Log1p(math.Exp(eta)))
	}
	return p
}

// foretold takes levels of education away in which everybody is insured: their term would run away, and without the
// people who have it the other terms are what they are at its end. A workspace refuses such a model as separated.
func (r *region) foretold() *region {
	out := *r
	for level := range education {
		with, insured := 0, 0
		for i, x := range out.x {
			if x[3+level] == 1 {
				with, insured = with+1, insured+int(out.y[i])
			}
		}
		if with != insured {
			continue
		}
		kept := region{without: level + 1}
		for i, x := range out.x {
			if x[3+level] == 0 {
				kept.x, kept.y = append(kept.x, slices.Delete(slices.Clone(x), 3+level, 4+level)), append(kept.y, out.y[i])
			}
		}
		return &kept
	}
	return &out
}

// play plays a study over the regions that answers names; gone says who leaves in which round.
func play(t *testing.T, asked []vocabulary.Analysis, all map[string]*region, sites []string, gone map[string]int) (outputs.Document, int) {
	t.Helper()
	next, progress, first := Outcome{Next: First(asked)}, Progress{}, []Input(nil)
	for round := 1; round <= rounds.Most; round++ {
		var now []Input
		for _, site := range sites {
			if at, leaves := gone[site]; leaves && round >= at {
				continue
			}
			var results []outputs.Result
			for _, a := range next.For(site) {
				if a.Kind == analyses.LogRank {
					results = append(results, gbsg())
					continue
				}
				results = append(results, all[site].answer(round, a.At))
			}
			now = append(now, input(t, site, results...))
		}
		if first == nil {
			first = now
		}
		out, err := Round("s", asked, round, progress, first, now)
		if err != nil {
			t.Fatal(err)
		}
		if out.Next == nil {
			return out.Document, round
		}
		next, progress = out, out.Progress
	}
	t.Fatal("did not settle")
	return outputs.Document{}, 0
}

func estimateOf(t *testing.T, result outputs.Result, term string) float64 {
	t.Helper()
	for _, e := range result.(outputs.Model).Terms {
		if e.Term == term {
			return e.Estimate
		}
	}
	t.Fatalf("no term %s", term)
	return 0
}

var four = []string{"northeast", "midwest", "south", "west"}

func TestFourRegionsGiveTheModelOfAllTheirPeople(t *testing.T) {
	all := regions(t)
	document, n := play(t, []vocabulary.Analysis{insured}, all, four, nil)
	m := document.Results[0].(outputs.Model)
	near(t, "age", estimateOf(t, m, "age"), 0.03338211888058)
	near(t, "gender", estimateOf(t, m, "gender=male"), -0.25617158329189)
	near(t, "deviance", m.Deviance, 7954.165205786)
	if m.N != 8802 || m.DF != 8792 || m.Method != analyses.SharedGradients || m.Rounds != n || len(m.From) != 4 || m.From[0].N != 2023 {
		t.Errorf("%+v", m)
	}
}

func TestTheModelOfThoseWhoStayIsTheModelOfTheirPeopleAndTheOneShotOfAll(t *testing.T) {
	all := regions(t)
	test := vocabulary.Analysis{Kind: analyses.LogRank, Time: "time", Event: "recurrence", Arm: "hormone-therapy"}
	for _, leaves := range []int{2, 4, 7} {
		document, n := play(t, []vocabulary.Analysis{test, insured}, all, four, map[string]int{"west": leaves})
		m := document.Results[1].(outputs.Model)
		near(t, "age", estimateOf(t, m, "age"), 0.03337713751594)
		near(t, "gender", estimateOf(t, m, "gender=male"), -0.23778494747402)
		near(t, "deviance", m.Deviance, 5889.829575028)
		if m.N != 6780 || len(m.From) != 3 || len(document.Results[0].(outputs.Combination).Sites) != 4 {
			t.Errorf("leaves in round %d, done in %d: %+v", leaves, n, m.From)
		}
	}
}

func TestTheAverageOfFourModelsIsNotTheModelOfAll(t *testing.T) {
	all := regions(t)
	var fixed []Input
	for _, site := range four {
		document, _ := play(t, []vocabulary.Analysis{insured}, map[string]*region{site: all[site].foretold()}, []string{site}, nil)
		m := document.Results[0].(outputs.Model)
		m.Method, m.Rounds, m.From, m.Dropped, m.N, m.Terms = "", 0, nil, "0", len(all[site].x), m.Terms[:3]
		fixed = append(fixed, input(t, site, m))
	}
	asked := insured
	for method, age := range map[string]float64{analyses.FixedEffect: 0.03365872385, analyses.RandomEffects: 0} {
		asked.Combine = method
		document, err := Combine("s", []vocabulary.Analysis{asked}, fixed)
		if err != nil {
			t.Fatal(err)
		}
		m := document.Results[0].(outputs.Model)
		got, h := m.Terms[1], m.Terms[1].Heterogeneity
		if len(m.Terms) != 3 {
			t.Fatalf("%+v", m.Terms)
		}
		if age != 0 {
			// R's glm stops on the way of the term that runs away, which leaves 2e-6 of age.
			if math.Abs(got.Estimate-age) > 1e-5*age || math.Abs(got.SE-0.002642682688) > 1e-5*0.00264 {
				t.Errorf("age %.13g (%.13g)", got.Estimate, got.SE)
			}
			t.Logf("the average %.11g is not the answer 0.03338211888: %.2g too far", got.Estimate, got.Estimate-0.03338211888058)
		}
		if m.N != 8802 || m.DF < 8700 || h.DF != 3 || h.Q <= 0 || h.TauSquared < 0 || m.Method != method {
			t.Errorf("%s: %+v %+v", method, m, h)
		}
	}
}

func TestRandomEffectsAreThoseOfDerSimonianAndLaird(t *testing.T) {
	// metafor: rma(yi = c(0.1, 0.5, 0.9), sei = c(0.1, 0.2, 0.1), method = "DL").
	of := []outputs.Estimate{{Term: "x", Estimate: 0.1, SE: 0.1}, {Term: "x", Estimate: 0.5, SE: 0.2}, {Term: "x", Estimate: 0.9, SE: 0.1}}
	got := average(of, true)
	// w = 100, 25, 100: mean 0.5, Q = 32, Σw − Σw²/Σw = 225 − 20625/225.
	tau := 30 / (225 - 20625.0/225)
	near(t, "tau2", got.Heterogeneity.TauSquared, tau)
	near(t, "Q", got.Heterogeneity.Q, 32)
	near(t, "I2", got.Heterogeneity.ISquared, 30.0/32)
	near(t, "mean", got.Estimate, 0.5)
	near(t, "se", got.SE, 1/math.Sqrt(2/(0.01+tau)+1/(0.04+tau)))
}

func TestAnObjectionHalvesTheStepAndASettledEstimateStays(t *testing.T) {
	all, asked := regions(t), []vocabulary.Analysis{insured}
	now := []Input{input(t, "west", all["west"].answer(1, nil))}
	out, err := Round("s", asked, 1, Progress{}, now, now)
	if err != nil {
		t.Fatal(err)
	}
	shorter, err := Shorten(asked, 2, out.Progress)
	if err != nil {
		t.Fatal(err)
	}
	whole, _ := rounds.Numbers(out.Next[0].At)
	half, _ := rounds.Numbers(shorter.Next[0].At)
	if half[1] != whole[1]/2 || shorter.Next[0].Round != 3 || out.Next[0].Round != 2 {
		t.Errorf("from %v to %v in round %d", whole, half, shorter.Next[0].Round)
	}
	if _, err := Shorten(asked, 1, Progress{}); !errors.Is(err, rounds.ErrNotConverged) {
		t.Errorf("nothing to shorten: %v", err)
	}
}

func TestPartsThatDoNotFitAreRefused(t *testing.T) {
	all := regions(t)
	a := all["west"].answer(1, nil)
	with := func(change func(*outputs.ModelPart)) outputs.ModelPart {
		p := all["south"].answer(1, nil)
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		other outputs.Result
		want  error
	}{
		"other terms":      {with(func(p *outputs.ModelPart) { p.Terms[1] = "weight" }), ErrDifferent},
		"other outcome":    {with(func(p *outputs.ModelPart) { p.Outcome = "limit" }), ErrDifferent},
		"other parameters": {with(func(p *outputs.ModelPart) { p.At = append([]float64{1}, p.At[1:]...) }), ErrDifferent},
		"other round":      {with(func(p *outputs.ModelPart) { p.Round = 2 }), ErrDifferent},
		"a test":           {gbsg(), ErrDifferent},
	} {
		now := []Input{input(t, "west", a), input(t, "south", c.other)}
		if _, err := Round("s", []vocabulary.Analysis{insured}, 1, Progress{}, now, now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	first := []Input{input(t, "west", a)}
	out, err := Round("s", []vocabulary.Analysis{insured}, 1, Progress{}, first, first)
	if err != nil {
		t.Fatal(err)
	}
	stale := a
	stale.Round = 2
	now := []Input{input(t, "west", stale)}
	if _, err := Round("s", []vocabulary.Analysis{insured}, 2, out.Progress, first, now); !errors.Is(err, ErrDifferent) {
		t.Errorf("parameters that were not asked: %v", err)
	}
	flat := with(func(p *outputs.ModelPart) { clear(p.Information) })
	now = []Input{input(t, "south", flat)}
	if _, err := Round("s", []vocabulary.Analysis{insured}, 1, Progress{}, now, now); !errors.Is(err, rounds.ErrSingular) {
		t.Errorf("no information: %v", err)
	}
	if _, err := Round("s", []vocabulary.Analysis{insured}, rounds.Most, Progress{}, first, []Input{input(t, "west", with(func(p *outputs.ModelPart) { p.Round = rounds.Most }))}); !errors.Is(err, rounds.ErrNotConverged) {
		t.Errorf("beyond the last round: %v", err)
	}
}
