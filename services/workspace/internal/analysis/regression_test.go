package analysis_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// people makes a table of 60 with an outcome, a measurement, a group and a time. change may alter it.
func people(change func(columns map[string]analysis.Column)) analysis.Table {
	var outcome, size, group, times []float64
	for i := range 60 {
		outcome = append(outcome, float64((i*i/7+i)%2))
		size, group = append(size, float64((i*37)%60)), append(group, float64(i%3))
		times = append(times, float64(1+i%20))
	}
	table := analysis.Table{Columns: map[string]analysis.Column{
		"outcome": {Type: analysis.Event, Values: values(outcome...)},
		"size":    {Type: analysis.Number, Values: values(size...)},
		"group":   {Type: analysis.Category, Levels: []string{"a", "b", "c"}, Values: values(group...)},
		"time":    {Type: analysis.Number, Values: values(times...)},
	}}
	if change != nil {
		change(table.Columns)
	}
	return table
}

func set(concept string, of analysis.Type, value func(i int) float64) func(map[string]analysis.Column) {
	return func(columns map[string]analysis.Column) {
		var all []float64
		for i := range 60 {
			all = append(all, value(i))
		}
		columns[concept] = analysis.Column{Type: of, Levels: columns[concept].Levels, Values: values(all...)}
	}
}

func TestModelsThatNothingCanBeSaidOfEndWithAReason(t *testing.T) {
	logistic := analysis.Regression{Kind: "logistic-regression", Outcome: "outcome", Covariates: []string{"size", "group"}}
	linear := analysis.Regression{Kind: "linear-regression", Outcome: "time", Covariates: []string{"size", "group"}}
	cox := analysis.Regression{Kind: "cox", Time: "time", Event: "outcome", Covariates: []string{"size", "group"}}
	of := func(q analysis.Regression, covariates ...string) analysis.Regression {
		q.Covariates = covariates
		return q
	}
	for name, c := range map[string]struct {
		table analysis.Table
		q     analysis.Regression
		want  error
	}{
		"separated":                                {people(set("outcome", analysis.Event, func(i int) float64 { return math.Floor(float64((i*37)%60) / 30) })), of(logistic, "size"), rounds.ErrSeparated},
		"almost separated":                         {people(set("outcome", analysis.Event, func(i int) float64 { return float64((i / 3) % 2 * (i % 3) / 2) })), logistic, rounds.ErrSeparated},
		"monotone in cox":                          {people(set("outcome", analysis.Event, func(i int) float64 { return float64(min(i%3, 1)) })), of(cox, "group"), rounds.ErrSeparated},
		"exactly linear":                           {people(set("time", analysis.Number, func(i int) float64 { return 3 + 2*float64((i*37)%60) })), linear, rounds.ErrSeparated},
		"one follows from another":                 {people(set("double", analysis.Number, func(i int) float64 { return 2 * float64((i*37)%60) })), of(logistic, "size", "double"), rounds.ErrSingular},
		"constant number":                          {people(set("size", analysis.Number, func(int) float64 { return 7 })), logistic, rounds.ErrSingular},
		"everybody in one group":                   {people(set("group", analysis.Category, func(int) float64 { return 1 })), cox, rounds.ErrSingular},
		"saturated":                                {people(nil), of(logistic, "group"), analysis.ErrSaturated},
		"saturated by two values":                  {people(set("size", analysis.Number, func(i int) float64 { return float64(i % 2) })), of(linear, "size"), analysis.ErrSaturated},
		"everybody has it":                         {people(set("outcome", analysis.Event, func(int) float64 { return 1 })), logistic, analysis.ErrNoInformation},
		"nobody has it":                            {people(set("outcome", analysis.Event, func(int) float64 { return 0 })), cox, analysis.ErrNoInformation},
		"a number as outcome":                      {people(nil), func() analysis.Regression { q := logistic; q.Outcome = "size"; return q }(), analysis.ErrConcept},
		"a concept that is not there":              {people(nil), of(logistic, "weight"), analysis.ErrConcept},
		"a reference that is no level":             {people(nil), func() analysis.Regression { q := logistic; q.References = map[string]string{"group": "z"}; return q }(), analysis.ErrRequest},
		"a reference of a number":                  {people(nil), func() analysis.Regression { q := cox; q.References = map[string]string{"size": "1"}; return q }(), analysis.ErrRequest},
		"a time below zero":                        {people(set("time", analysis.Number, func(int) float64 { return -1 })), cox, analysis.ErrRequest},
		"nobody has all values":                    {people(set("size", analysis.Number, func(int) float64 { return math.NaN() })), logistic, analysis.ErrNoInformation},
		"no covariates":                            {people(nil), of(cox), analysis.ErrRequest},
		"fine, so that the others are no accident": {people(nil), logistic, nil},
		"fine, linear":                             {people(nil), linear, nil},
		"fine, cox":                                {people(nil), cox, nil},
	} {
		m, err := analysis.Fit(context.Background(), c.table, c.q, 10)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v (%+v), want %v", name, err, m.Terms, c.want)
		}
	}
}

func TestARoundIsRefusedWhereItWouldTellOfFewPeople(t *testing.T) {
	ctx := context.Background()
	logistic := analysis.Regression{Kind: "logistic-regression", Outcome: "outcome", Covariates: []string{"size", "group"}}
	cox := analysis.Regression{Kind: "cox", Time: "time", Event: "outcome", Covariates: []string{"size", "group"}}
	for name, c := range map[string]struct {
		q     analysis.Regression
		round int
		at    []float64
		want  error
	}{
		"first round, no parameters":      {logistic, 1, nil, nil},
		"first round at zero":             {cox, 1, []float64{0, 0, 0}, nil},
		"first round elsewhere":           {cox, 1, []float64{0, 0, 0.001}, analysis.ErrParameters},
		"a later round nearby":            {logistic, 2, []float64{0.1, 0.01, -0.2, 0.3}, nil},
		"huge predictors":                 {logistic, 2, []float64{0, 1, 0, 0}, analysis.ErrParameters},
		"one person outweighs all":        {cox, 2, []float64{0.45, 0, 0}, analysis.ErrParameters},
		"no one is uncertain but a few":   {logistic, 2, []float64{-7, 0.5, 0, 0}, analysis.ErrParameters},
		"beyond the last round":           {cox, rounds.Most + 1, []float64{0, 0, 0}, analysis.ErrParameters},
		"fewer parameters than terms":     {cox, 2, []float64{0}, analysis.ErrRequest},
		"parameters for a level too many": {cox, 2, []float64{0, 0, 0, 0}, analysis.ErrRequest},
	} {
		if _, err := analysis.Part(ctx, people(nil), c.q, c.round, c.at, 10); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	few := people(set("size", analysis.Number, func(i int) float64 { return float64((i*37)%60) / float64(max(0, 1-i/12)) }))
	if _, err := analysis.Part(ctx, few, cox, 2, []float64{0, 0, 0}, 60); !errors.Is(err, analysis.ErrParameters) {
		t.Errorf("fewer people than the threshold: %v", err)
	}
}

func TestAPartKeepsTheTermsOfLevelsThatNobodyHas(t *testing.T) {
	nobody := people(set("group", analysis.Category, func(i int) float64 { return float64(i % 2) }))
	q := analysis.Regression{Kind: "cox", Time: "time", Event: "outcome", Covariates: []string{"group", "size"}}
	p, err := analysis.Part(context.Background(), nobody, q, 1, nil, 10)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Terms, []string{"group=b", "group=c", "size"}) || p.Gradient[1] != 0 || p.Levels[2] != (outputs.LevelSize{Concept: "group", Level: "c"}) {
		t.Errorf("%+v", p)
	}
	m, err := analysis.Fit(context.Background(), nobody, q, 10)
	if err != nil || len(m.Terms) != 2 || len(m.Levels) != 2 {
		t.Errorf("one site's own model: %v %+v", err, m)
	}
}

func TestLinearPartsOfTwoHalvesAddUpToTheWhole(t *testing.T) {
	q := analysis.Regression{Kind: "linear-regression", Outcome: "time", Covariates: []string{"size", "group"}}
	whole := people(nil)
	half := func(from, to int) analysis.Table {
		out := analysis.Table{Columns: map[string]analysis.Column{}}
		for concept, c := range whole.Columns {
			c.Values = c.Values[from:to]
			out.Columns[concept] = c
		}
		return out
	}
	m, n := together(t, q, half(0, 25), half(25, 60))
	if n != 1 {
		t.Errorf("%d rounds", n)
	}
	known := fit(t, whole, q)
	for i, e := range known.Terms {
		near(t, e.Term, m.Terms[i].Estimate, e.Estimate, 1e-10)
		near(t, "se of "+e.Term, m.Terms[i].SE, e.SE, 1e-10)
	}
}

// The same outcome from another zero has the same slopes, to the last digits that the shifted numbers hold.
func TestALinearModelIsTheSameWhereverTheOutcomeHasItsZero(t *testing.T) {
	q := analysis.Regression{Kind: "linear-regression", Outcome: "time", Covariates: []string{"size", "group"}}
	known := fit(t, people(nil), q)
	for _, shift := range []float64{-3e4, 1e7} {
		m := fit(t, people(set("time", analysis.Number, func(i int) float64 { return shift + float64(1+i%20) })), q)
		near(t, "deviance", m.Deviance, known.Deviance, 1e-8)
		for i, e := range known.Terms[1:] {
			near(t, e.Term, m.Terms[i+1].Estimate, e.Estimate, 1e-6)
			near(t, "se of "+e.Term, m.Terms[i+1].SE, e.SE, 1e-8)
		}
	}
}

func TestAModelStopsWhileItComputes(t *testing.T) {
	revoked := errors.New("permit revoked")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(revoked)
	for _, kind := range []analysis.Regression{
		{Kind: "cox", Time: "time", Event: "outcome", Covariates: []string{"size"}},
		{Kind: "logistic-regression", Outcome: "outcome", Covariates: []string{"size"}},
		{Kind: "linear-regression", Outcome: "time", Covariates: []string{"size"}}} {
		if _, err := analysis.Fit(ctx, people(nil), kind, 10); !errors.Is(err, revoked) {
			t.Errorf("%s: %v", kind.Kind, err)
		}
	}
}
