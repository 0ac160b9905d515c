package app

import (
	"math"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// logistic is a site of 100 people, so many of whom are ill without and with exposure, 50 of each.
type logistic struct{ without, with float64 }

// answer is what the site adds to a model of an intercept and the exposure, at the parameters that it was asked at.
func (l logistic) answer(t *testing.T, j workspace.JobSubmit) []byte {
	t.Helper()
	a := j.Analyses[0]
	at, err := rounds.Numbers(a.At)
	if err != nil {
		t.Fatal(err)
	}
	if at == nil {
		at = []float64{0, 0}
	}
	p := outputs.ModelPart{Regression: outputs.Regression{Analysis: "logistic-regression", Outcome: "ill", N: 100, Events: int(l.without + l.with), Strata: 1,
		Levels: []outputs.LevelSize{}}, Dropped: "0", Round: int(a.Round), Terms: []string{outputs.Intercept, "exposed"}, At: at,
		Gradient: []float64{0, 0}, Information: []float64{0, 0, 0}}
	for exposed, ill := range []float64{l.without, l.with} {
		chance := 1 / (1 + math.Exp(-at[0]-at[1]*float64(exposed)))
		p.Gradient[0] += ill - 50*chance
		p.Gradient[1] += float64(exposed) * (ill - 50*chance)
		for i := range 3 {
			if i == 0 || exposed == 1 {
				p.Information[i] += 50 * chance * (1 - chance)
			}
		}
		p.Deviance -= 2 * (ill*math.Log(chance) + (50-ill)*math.Log(1-chance))
	}
	text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: j.DatasetID, Results: []outputs.Result{p}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Each site of a model with site effects is asked at an intercept of its own, and its answer is held against that.
func TestEachSiteIsAskedAtItsOwnInterceptAndBelievedOnlyThere(t *testing.T) {
	f := &two{T: t, host: gatewayAt(t, host), data: gatewayAt(t, data), carried: map[string]bool{}}
	f.researcher = f.host.Person("researcher")
	f.study = question1(f.host, f.researcher)
	f.study.Analyses = []vocabulary.Analysis{{Kind: "logistic-regression", Outcome: "ill", Covariates: []string{"exposed"}, Combine: "site-effects"}}
	f.host.Act(f.researcher, f.study)
	f.carry()
	few, many := logistic{5, 10}, logistic{20, 30}
	apart := false
	for n := 1; count[workspace.OutputSeal](f.host) == 0; n++ {
		if n > rounds.Most {
			t.Fatal("the study does not end")
		}
		if n > 1 {
			f.dispatched(n)
		}
		own, other := f.submitted(f.host, n), f.job(f.data)
		apart = apart || !slices.Equal(own.Analyses[0].At, other.Analyses[0].At)
		f.answer(f.host, few.answer(t, own))
		f.answer(f.data, many.answer(t, other))
		f.partsFrom(n)
		f.carry()
		if refused := runtest.Sent[federation.BorderRefused](f.host); len(refused) > 0 {
			t.Fatalf("round %d: refused %+v", n, refused)
		}
		f.host.Until("the next round or the end", func() bool {
			return count[federation.JobDispatched](f.host) > n || count[workspace.OutputSeal](f.host) > 0
		})
	}
	if c := f.publish(); c.Outcome != study.OutcomeCompleted || !apart {
		t.Errorf("completed %+v, asked at parameters of their own: %v", c, apart)
	}
}
