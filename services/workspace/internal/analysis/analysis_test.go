package analysis_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

var question = analysis.Survival{Time: "time", Event: "event", Arm: "arm"}

func values(numbers ...float64) []analysis.Value {
	var out []analysis.Value
	for _, n := range numbers {
		out = append(out, analysis.Value{Number: n, Present: !math.IsNaN(n)})
	}
	return out
}

func table(times, events, arms []float64, levels ...string) analysis.Table {
	return analysis.Table{Columns: map[string]analysis.Column{
		"time":  {Type: analysis.Number, Values: values(times...)},
		"event": {Type: analysis.Event, Values: values(events...)},
		"arm":   {Type: analysis.Category, Levels: levels, Values: values(arms...)},
	}}
}

func TestStoppedJobEndsWithItsCause(t *testing.T) {
	revoked := errors.New("permit revoked")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(revoked)
	data := table([]float64{1, 2}, []float64{1, 1}, []float64{0, 1}, "a", "b")
	_, one := analysis.LogRank(ctx, data, question, "", 1)
	_, two := analysis.KaplanMeier(ctx, data, question, 1)
	_, three := analysis.Count(ctx, data, []string{"arm"}, 1)
	for _, err := range []error{one, two, three} {
		if !errors.Is(err, revoked) {
			t.Errorf("got %v", err)
		}
	}
}

// endsWhileRunning is a context that ends after the first look at it.
type endsWhileRunning struct {
	context.Context
	looks *int
}

func (c endsWhileRunning) Err() error {
	if *c.looks++; *c.looks > 1 {
		return context.Canceled
	}
	return nil
}

func TestJobStopsWhileItComputes(t *testing.T) {
	var times, events, arms []float64
	for i := range 2000 {
		times, events, arms = append(times, float64(i)), append(events, 1), append(arms, float64(i%2))
	}
	data, ctx := table(times, events, arms, "a", "b"), func() context.Context {
		return endsWhileRunning{context.Background(), new(int)}
	}
	_, one := analysis.LogRank(ctx(), data, question, "", 1)
	_, two := analysis.KaplanMeier(ctx(), data, question, 1)
	_, three := analysis.Count(ctx(), data, []string{"arm"}, 1)
	for _, err := range []error{one, two, three} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

func TestQuestionsThatCannotBeAnsweredAreRefused(t *testing.T) {
	ctx, nan := context.Background(), math.NaN()
	good := table([]float64{1, 2}, []float64{1, 1}, []float64{0, 1}, "a", "b")
	for name, c := range map[string]struct {
		table analysis.Table
		q     analysis.Survival
		want  error
	}{
		"unknown concept":  {good, analysis.Survival{Time: "time", Event: "event", Arm: "sex"}, analysis.ErrConcept},
		"wrong type":       {good, analysis.Survival{Time: "arm", Event: "event", Arm: "arm"}, analysis.ErrConcept},
		"one arm":          {table([]float64{1, 2}, []float64{1, 1}, []float64{0, 0}, "a", "b"), question, analysis.ErrNoInformation},
		"no event":         {table([]float64{1, 2}, []float64{0, 0}, []float64{0, 1}, "a", "b"), question, analysis.ErrNoInformation},
		"nothing complete": {table([]float64{nan, 2}, []float64{1, nan}, []float64{0, 1}, "a", "b"), question, analysis.ErrNoInformation},
		"negative time":    {table([]float64{-1, 2}, []float64{1, 1}, []float64{0, 1}, "a", "b"), question, analysis.ErrRequest},
		"level too high":   {table([]float64{1, 2}, []float64{1, 1}, []float64{0, 7}, "a", "b"), question, analysis.ErrRequest},
	} {
		if _, err := analysis.LogRank(ctx, c.table, c.q, "", 1); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if _, err := analysis.Count(ctx, good, []string{"arm", "arm"}, 1); !errors.Is(err, analysis.ErrRequest) {
		t.Error(err)
	}
	if _, err := analysis.LogRank(ctx, good, question, "", 0); !errors.Is(err, analysis.ErrRequest) {
		t.Error(err)
	}
}

func TestCompleteKeepsTheSameRowsForEveryAnalysis(t *testing.T) {
	nan := math.NaN()
	data := table([]float64{1, nan, 3, 4}, []float64{1, 0, 1, 1}, []float64{0, 1, nan, 0}, "a", "b")
	kept, err := data.Complete()
	if err != nil || kept.Rows() != 2 {
		t.Fatal(kept, err)
	}
	// Two rows are gone before the analysis and it says so.
	r, err := analysis.Count(context.Background(), kept, []string{"arm"}, 2)
	if err != nil || r.Cells[0].N != 2 || r.Dropped != "2" {
		t.Fatal(r, err)
	}
	if kept, err = data.Complete("time"); err != nil || kept.Rows() != 3 {
		t.Fatal(kept, err)
	}
	if _, err := data.Complete("sex"); !errors.Is(err, analysis.ErrConcept) {
		t.Fatal(err)
	}
}

func TestTableWithColumnsOfUnequalLengthIsRefused(t *testing.T) {
	data := table([]float64{1, 2, 3}, []float64{1, 1}, []float64{0, 1, 0}, "a", "b")
	_, one := analysis.LogRank(context.Background(), data, question, "", 1)
	_, two := data.Complete()
	if !errors.Is(one, analysis.ErrRequest) || !errors.Is(two, analysis.ErrRequest) {
		t.Fatal(one, two)
	}
}

func TestLogRankLawsHoldOnAnyRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "n")
		var times, events, arms []float64
		for range n {
			times = append(times, float64(rapid.IntRange(0, 20).Draw(t, "time")))
			events = append(events, float64(rapid.IntRange(0, 1).Draw(t, "event")))
			arms = append(arms, float64(rapid.IntRange(0, 2).Draw(t, "arm")))
		}
		r, err := analysis.LogRank(context.Background(), table(times, events, arms, "a", "b", "c"), question, "", 1)
		if errors.Is(err, analysis.ErrNoInformation) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		sum, people, scale := 0.0, 0, 1.0
		for _, g := range r.Groups {
			sum, people, scale = sum+g.OMinusE, people+g.N, scale+g.Expected
		}
		if math.Abs(sum) > 1e-9*scale || people != n || r.ChiSquare < 0 || r.P < 0 || r.P > 1 {
			t.Fatalf("%+v", r)
		}
	})
}

func TestThreeArmsMeetTheAnswerWorkedByHand(t *testing.T) {
	// Worked by hand: one event a time, arms a, b, c with two people each.
	data := table([]float64{1, 2, 3, 4, 5, 6}, []float64{1, 1, 1, 1, 1, 1}, []float64{0, 0, 1, 1, 2, 2}, "a", "b", "c")
	r, err := analysis.LogRank(context.Background(), data, question, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "E of a", r.Groups[0].Expected, 2.0/6+1.0/5, 1e-12)
	near(t, "E of b", r.Groups[1].Expected, 2.0/6+2.0/5+2.0/4+1.0/3, 1e-12)
	near(t, "V of a", r.Groups[0].Variance, 2.0/6*4/6+1.0/5*4/5, 1e-12)
	if r.Variance != 0 || r.DF != 2 {
		t.Fatalf("%+v", r)
	}
}

func TestCountWritesOutCellsWithNobody(t *testing.T) {
	data := table([]float64{1, 2, 3}, []float64{1, 1, 1}, []float64{0, 2, 2}, "a", "b", "c")
	r, err := analysis.Count(context.Background(), data, []string{"arm"}, 1)
	if err != nil || len(r.Cells) != 3 || r.Cells[1].N != 0 || r.Cells[2].N != 2 || r.Cells[1].By[0].Level != "b" {
		t.Fatal(r, err)
	}
}

// strata adds a stratum to a table.
func strata(data analysis.Table, numbers []float64, levels ...string) analysis.Table {
	data.Columns["stratum"] = analysis.Column{Type: analysis.Category, Levels: levels, Values: values(numbers...)}
	return data
}

func TestStratumWithOneArmAddsEventsButNoVariance(t *testing.T) {
	data := strata(table([]float64{1, 2, 3, 4, 5, 6}, []float64{1, 1, 1, 1, 1, 1}, []float64{0, 1, 0, 1, 1, 1}, "a", "b"),
		[]float64{0, 0, 0, 0, 1, 1}, "both", "b alone")
	r, err := analysis.LogRank(context.Background(), data, question, "stratum", 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "E of b", r.Groups[1].Expected, 2.0/4+2.0/3+1.0/2+1+2, 1e-12)
	near(t, "V", r.Variance, 1.0/4+2.0/9+1.0/4, 1e-12)
	if r.Strata != 2 || r.Groups[1].Observed != 4 {
		t.Fatalf("%+v", r)
	}
}

func TestArmThatIsNeverAtRiskBesideTheOthersIsNotCompared(t *testing.T) {
	// b and c meet in one stratum, a is alone in the other: the covariance is
	// singular, in doubles only but for rounding, which depends on the numbers.
	for n := 30; n < 230; n++ {
		var times, events, arms, where []float64
		for i := range n {
			times, events = append(times, float64(i*37%n)), append(events, float64(min(i%4, 1)))
			arms, where = append(arms, float64(i%3)), append(where, float64(min(i%3, 1)))
		}
		_, err := analysis.LogRank(context.Background(), strata(table(times, events, arms, "a", "b", "c"), where, "one", "two"), question, "stratum", 1)
		if !errors.Is(err, analysis.ErrNoInformation) {
			t.Fatalf("%d people: %v", n, err)
		}
	}
}

func TestEventsOfEverybodyAtRiskHaveNoVariance(t *testing.T) {
	data := table([]float64{1, 1, 2}, []float64{1, 1, 1}, []float64{0, 1, 1}, "a", "b")
	r, err := analysis.LogRank(context.Background(), data, question, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	// Two of three at once: 2·(3−2)/(3−1) · 2/3 · 1/3; the last one alone adds nothing.
	near(t, "V", r.Variance, 2.0*1/2*2/9, 1e-12)
	all := table([]float64{1, 1}, []float64{1, 1}, []float64{0, 1}, "a", "b")
	if _, err := analysis.LogRank(context.Background(), all, question, "", 1); !errors.Is(err, analysis.ErrNoInformation) {
		t.Fatal(err)
	}
}

func TestCurveOfNobodyWithTheEventHasNoStepAndOneThatEndsInAnEventFallsToNought(t *testing.T) {
	data := table([]float64{1, 2, 3, 4}, []float64{0, 0, 1, 1}, []float64{0, 0, 1, 1}, "censored", "events")
	km, err := analysis.KaplanMeier(context.Background(), data, question, 1)
	if err != nil {
		t.Fatal(err)
	}
	// The last event leaves nobody at risk, so even a threshold of 1 hides it.
	if len(km.Groups[0].Steps) != 0 || len(km.Groups[1].Steps) != 1 || km.Groups[1].Steps[0].Survival != 0.5 {
		t.Fatalf("%+v", km)
	}
}
