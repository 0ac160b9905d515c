package combine

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// trial is two arms: a of n with the outcome, and c of m of the reference.
type trial struct{ a, n, c, m float64 }

func (x trial) y() float64 { return math.Log(x.a / x.n / (x.c / x.m)) }
func (x trial) v() float64 { return 1/x.a - 1/x.n + 1/x.c - 1/x.m }

// bcg are the 13 trials that R package metadat has as dat.bcg.
func bcg(t *testing.T) (all []trial) {
	t.Helper()
	rows := rowsOf(t, "bcg.csv.gz")
	for _, row := range rows[1:] {
		var x [4]float64
		for i, cell := range row[3:7] {
			var err error
			if x[i], err = strconv.ParseFloat(cell, 64); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, trial{x[0], x[0] + x[1], x[2], x[2] + x[3]})
	}
	return all
}

// vaccine asks for the three answers at once.
func vaccine() (asked []vocabulary.Analysis) {
	for _, way := range []string{analyses.FixedEffect, analyses.RandomEffects, analyses.MantelHaenszel} {
		asked = append(asked, vocabulary.Analysis{Kind: analyses.RiskRatio, Outcome: "tuberculosis", Arm: "vaccination", Stratum: "trial", Combine: way})
	}
	return asked
}

// sumsOf is what a site with these trials answers.
func sumsOf(trials []trial, a vocabulary.Analysis) outputs.RatioPart {
	p := outputs.RatioPart{Method: analyses.Combining(a), Dropped: "0", Round: int(a.Round), Regression: outputs.Regression{Analysis: outputs.RiskRatio,
		Outcome: a.Outcome, Stratum: a.Stratum, Strata: len(trials), Levels: []outputs.LevelSize{
			{Concept: a.Arm, Level: "no", Reference: true}, {Concept: a.Arm, Level: "yes"}}}}
	tau := 0.0
	if at, _ := rounds.Numbers(a.At); p.Round > 1 {
		p.At, tau = at, at[0]
	}
	sums, mh := make([]float64, 4), make([]float64, 3)
	for _, x := range trials {
		p.N, p.Events = p.N+int(x.n+x.m), p.Events+int(x.a+x.c)
		p.Levels[0].N, p.Levels[1].N = p.Levels[0].N+int(x.m), p.Levels[1].N+int(x.n)
		w := 1 / (x.v() + tau)
		for i, v := range []float64{w, w * x.y(), w * x.y() * x.y(), w * w} {
			sums[i] += v
		}
		all := x.n + x.m
		for i, v := range []float64{x.a * x.m / all, x.c * x.n / all, (x.n*x.m*(x.a+x.c) - x.a*x.c*all) / all / all} {
			mh[i] += v
		}
	}
	switch {
	case p.Method == analyses.MantelHaenszel:
		p.Sums = mh
	case p.Round > 1:
		p.Sums = sums[:2]
	default:
		p.Sums = sums[:3+p.Round]
	}
	return p
}

// answered plays a study of trials at sites until it has its answer. In the second round the silent one is missing.
func answered(t *testing.T, asked []vocabulary.Analysis, sites map[string][]trial, silent string) outputs.Document {
	t.Helper()
	now, progress := First(asked), Progress{}
	var first []Input
	for round := 1; round <= 4; round++ {
		var inputs []Input
		for site, trials := range sites {
			if round > 1 && site == silent {
				continue
			}
			document := outputs.Document{Schema: outputs.Schema, Dataset: "bcg"}
			for _, a := range now {
				document.Results = append(document.Results, sumsOf(trials, a))
			}
			text, err := outputs.Encode(document)
			if err != nil {
				t.Fatal(err)
			}
			var before []byte
			if round > 1 {
				before = first[slices.IndexFunc(first, func(in Input) bool { return in.Site == site })].Output
			}
			if err := Answers(now, text, before); err != nil {
				t.Fatal(err)
			}
			inputs = append(inputs, Input{Site: site, Output: text})
		}
		if round == 1 {
			first = inputs
		}
		outcome, err := Round("study", asked, round, progress, first, inputs)
		if err != nil {
			t.Fatal(err)
		}
		if outcome.Next == nil {
			return outcome.Document
		}
		now, progress = outcome.Next, outcome.Progress
	}
	t.Fatal("no answer after four rounds")
	return outputs.Document{}
}

func modelAt(d outputs.Document, i int) outputs.Model { return d.Results[i].(outputs.Model) }

// known compares to the digits that are known.
func known(t *testing.T, what string, ours, answer, relative float64) {
	t.Helper()
	if !(math.Abs(ours-answer) <= relative*math.Abs(answer)) {
		t.Errorf("%s: ours %.12g, known %.12g", what, ours, answer)
	}
}

// The known answers are those of R package metafor, rma.uni(measure = "RR", method = "FE" and "DL") and rma.mh.
func TestThirteenTrialsAtThreeSitesGiveTheKnownRiskRatios(t *testing.T) {
	all := bcg(t)
	d := answered(t, vaccine(), map[string][]trial{"molgenis": all[:5], "denbi": all[5:9], "sensitive-cloud": all[9:]}, "")
	for i, answer := range []float64{-0.4302851637, -0.7141172221, -0.4537096047} {
		m := modelAt(d, i)
		known(t, m.Method, m.Terms[0].Estimate, answer, 1e-9)
		if m.Strata != 13 || m.N != 357347 || len(m.From) != 3 || m.Terms[0].Term != "vaccination=yes" {
			t.Errorf("%+v", m)
		}
	}
	// Viechtbauer 2010, table of the random-effects model: τ² 0.3088, Q 152.2330, I² 92.12 %, se 0.1787.
	random := modelAt(d, 1)
	h := random.Terms[0].Heterogeneity
	for what, pair := range map[string][2]float64{"τ²": {h.TauSquared, 0.3088}, "Q": {h.Q, 152.2330}, "I²": {h.ISquared, 0.9212}, "se": {random.Terms[0].SE, 0.1787}} {
		known(t, what, pair[0], pair[1], 1e-3)
	}
	if random.Rounds != 2 || h.DF != 12 {
		t.Errorf("rounds %d, df %d", random.Rounds, h.DF)
	}
}

func TestHowTrialsLieAtSitesDoesNotMatter(t *testing.T) {
	draw := rand.New(rand.NewPCG(7, 1))
	for range 200 {
		var all []trial
		for range 2 + draw.IntN(15) {
			n, m := float64(5+draw.IntN(3000)), float64(5+draw.IntN(3000))
			all = append(all, trial{1 + float64(draw.IntN(int(n)-1)), n, 1 + float64(draw.IntN(int(m)-1)), m})
		}
		sites := map[string][]trial{}
		for _, x := range all {
			site := string(rune('a' + draw.IntN(4)))
			sites[site] = append(sites[site], x)
		}
		together, apart := answered(t, vaccine(), map[string][]trial{"one": all}, ""), answered(t, vaccine(), sites, "")
		fixed, random := textbook(all)
		for i, answer := range []float64{fixed, random} {
			known(t, "textbook", modelAt(together, i).Terms[0].Estimate, answer, 1e-7)
		}
		for i := range 3 {
			one, other := modelAt(together, i).Terms[0], modelAt(apart, i).Terms[0]
			known(t, "estimate", other.Estimate, one.Estimate, 1e-7)
			known(t, "se", other.SE, one.SE, 1e-7)
		}
	}
}

// textbook is the fixed effect, and random effects with Q as the sum of weighted squares about the mean.
func textbook(all []trial) (fixed, random float64) {
	mean := func(tau float64) (mean, weights, squares float64) {
		for _, x := range all {
			w := 1 / (x.v() + tau)
			mean, weights, squares = mean+w*x.y(), weights+w, squares+w*w
		}
		return mean / weights, weights, squares
	}
	fixed, weights, squares := mean(0)
	q := 0.0
	for _, x := range all {
		q += (x.y() - fixed) * (x.y() - fixed) / x.v()
	}
	random, _, _ = mean(max(0, (q-float64(len(all)-1))/(weights-squares/weights)))
	return fixed, random
}

func TestOfASiteThatFallsSilentBetweenTheRoundsNothingIsInTheAnswer(t *testing.T) {
	all := bcg(t)
	asked := vaccine()[1:2]
	d := answered(t, asked, map[string][]trial{"molgenis": all[:5], "denbi": all[5:9], "sensitive-cloud": all[9:]}, "denbi")
	_, random := textbook(append(append([]trial{}, all[:5]...), all[9:]...))
	known(t, "without denbi", modelAt(d, 0).Terms[0].Estimate, random, 1e-9)
	if m := modelAt(d, 0); m.Strata != 9 || m.Rounds != 3 {
		t.Errorf("%d trials in %d rounds", m.Strata, m.Rounds)
	}
}

func TestTrialsThatAgreeNeedNoSecondRound(t *testing.T) {
	same := []trial{{30, 100, 60, 100}, {30, 100, 60, 100}, {30, 100, 60, 100}}
	d := answered(t, vaccine()[1:2], map[string][]trial{"a": same, "b": same}, "")
	if m := modelAt(d, 0); m.Rounds != 1 || m.Terms[0].Heterogeneity.TauSquared != 0 {
		t.Errorf("%+v", m)
	}
}

func TestSumsOfDifferentQuestionsAreNotAdded(t *testing.T) {
	trials := []trial{{30, 100, 60, 100}, {10, 100, 60, 100}}
	for name, change := range map[string]func(*outputs.RatioPart){
		"another outcome": func(p *outputs.RatioPart) { p.Outcome = "death" },
		"another stratum": func(p *outputs.RatioPart) { p.Stratum = "centre" },
		"another arm":     func(p *outputs.RatioPart) { p.Levels[1].Level = "twice" },
		"another method":  func(p *outputs.RatioPart) { p.Method, p.Sums = analyses.MantelHaenszel, []float64{1, 2, 3} },
	} {
		a := vaccine()[0]
		odd := sumsOf(trials, a)
		change(&odd)
		var inputs []Input
		for site, p := range map[string]outputs.RatioPart{"a": sumsOf(trials, a), "b": odd} {
			text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: []outputs.Result{p}})
			if err != nil {
				t.Fatal(err)
			}
			inputs = append(inputs, Input{Site: site, Output: text})
		}
		if _, err := Combine("study", []vocabulary.Analysis{a}, inputs); !errors.Is(err, ErrDifferent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	none := vaccine()[2]
	p := sumsOf([]trial{{30, 100, 60, 100}}, none)
	p.Sums[0] = 0
	text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: []outputs.Result{p}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Combine("study", []vocabulary.Analysis{none}, []Input{{Site: "a", Output: text}}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("nobody ill of one arm: %v", err)
	}
}

func TestSumsThatNoTrialsHaveAreNoAnswer(t *testing.T) {
	trials := []trial{{30, 100, 60, 100}, {10, 100, 60, 100}, {20, 100, 60, 100}}
	first := vaccine()[1]
	first.Round = 1
	later := first
	later.Round, later.At = 2, []string{"0.25"}
	for name, c := range map[string]struct {
		asked  vocabulary.Analysis
		change func(*outputs.RatioPart)
	}{
		"another arm":            {first, func(p *outputs.RatioPart) { p.Levels[0].Concept, p.Levels[1].Concept = "dose", "dose" }},
		"another outcome":        {first, func(p *outputs.RatioPart) { p.Outcome = "death" }},
		"another τ²":             {later, func(p *outputs.RatioPart) { p.At = []float64{0.5} }},
		"another round":          {later, func(p *outputs.RatioPart) { p.Round = 3 }},
		"another method":         {vaccine()[0], func(p *outputs.RatioPart) { p.Method = analyses.MantelHaenszel; p.Sums = []float64{1, 1, 1} }},
		"no weight":              {first, func(p *outputs.RatioPart) { p.Sums[0] = 0 }},
		"ratios without squares": {first, func(p *outputs.RatioPart) { p.Sums[2] = 0 }},
		"weights without theirs": {first, func(p *outputs.RatioPart) { p.Sums[3] = 0 }},
		"one weight above all":   {first, func(p *outputs.RatioPart) { p.Sums[3] = 2 * p.Sums[0] * p.Sums[0] }},
	} {
		honest, odd := sumsOf(trials, c.asked), sumsOf(trials, c.asked)
		c.change(&odd)
		asked := []vocabulary.Analysis{c.asked}
		if err := Answers(asked, textOf(t, honest), nil); err != nil {
			t.Errorf("%s, honestly: %v", name, err)
		}
		if err := Answers(asked, textOf(t, odd), nil); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
