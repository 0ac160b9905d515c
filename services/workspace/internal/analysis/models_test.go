package analysis_test

import (
	"context"
	"errors"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
)

// The known answers were made with R 4.2.2, survival 3.5-3 and glm, on the same files.

func fit(t *testing.T, table analysis.Table, q analysis.Regression) outputs.Model {
	t.Helper()
	m, err := analysis.Fit(context.Background(), table, q, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: []outputs.Result{m}}); err != nil {
		t.Fatal(err)
	}
	return m
}

// together estimates a model over sites as a host does, and returns it with the number of rounds.
func together(t *testing.T, q analysis.Regression, sites ...analysis.Table) (outputs.Model, int) {
	t.Helper()
	var at []float64
	var memory rounds.Memory
	for round := 1; round <= rounds.Most; round++ {
		var sum rounds.Sum
		var told outputs.ModelPart
		objected := false
		for _, site := range sites {
			p, err := analysis.Part(context.Background(), site, q, round, at, 10)
			if errors.Is(err, analysis.ErrParameters) {
				objected = true
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: []outputs.Result{p}}); err != nil {
				t.Fatal(err)
			}
			sum.Add(p)
			p.N, p.Events = p.N+told.N, p.Events+told.Events
			told = p
		}
		if objected {
			var err error
			if at, memory, err = memory.Shorten(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		done, next, then, err := rounds.Advance(q.Kind, sum, memory, "all")
		if err != nil {
			t.Fatal(err)
		}
		if done != nil {
			return rounds.Model(told.Regression, told.Terms, *done, func(float64, int) float64 { return 1 }), round
		}
		at, memory = next, then
	}
	t.Fatal("did not settle")
	return outputs.Model{}, 0
}

// term finds an estimate by its name.
func term(t *testing.T, m outputs.Model, name string) outputs.Estimate {
	t.Helper()
	for _, e := range m.Terms {
		if e.Term == name {
			return e
		}
	}
	t.Fatalf("no term %s in %+v", name, m.Terms)
	return outputs.Estimate{}
}

var survivalOfLung = analysis.Regression{Kind: "cox", Time: "survival-time", Event: "death", Covariates: []string{"sex", "age"}}

func lungWithAge(t *testing.T) analysis.Table {
	return load(t, "lung.csv.gz", holdings.Dictionary{
		{Concept: "survival-time", Column: "time", Type: holdings.Integer, Unit: "day"},
		{Concept: "death", Column: "status", Type: holdings.Event, EventValue: "2"},
		{Concept: "sex", Column: "sex", Type: holdings.Category, Levels: sexes},
		{Concept: "age", Column: "age", Type: holdings.Integer},
		{Concept: "institution", Column: "inst", Type: holdings.Category},
	}, "survival-time", "death", "sex", "age", "institution")
}

func TestCoxOfLungMeetsTheKnownAnswersWithAndWithoutStrata(t *testing.T) {
	m := fit(t, lungWithAge(t), survivalOfLung)
	near(t, "sex", term(t, m, "sex=female").Estimate, -0.5125647915, 1e-8)
	near(t, "se of sex", term(t, m, "sex=female").SE, 0.167462063, 1e-8)
	near(t, "age", term(t, m, "age").Estimate, 0.0170128892, 1e-8)
	q := survivalOfLung
	q.Stratum = "institution"
	m = fit(t, lungWithAge(t), q)
	near(t, "sex by institution", term(t, m, "sex=female").Estimate, -0.4923515187, 1e-8)
	near(t, "se of sex by institution", term(t, m, "sex=female").SE, 0.181563430, 1e-8)
	near(t, "age by institution", term(t, m, "age").Estimate, 0.0192048983, 1e-8)
	if m.Strata != 18 || m.N != 227 || m.Dropped != outputs.Suppressed || m.DF != m.Events-2 {
		t.Errorf("%+v", m)
	}
}

func cohorts(t *testing.T) (rotterdam, gbsg analysis.Table) {
	covariates := []string{"recurrence-time", "recurrence", "hormone-therapy", "age", "nodes"}
	dictionary := func(time, event string) holdings.Dictionary {
		return holdings.Dictionary{
			{Concept: "recurrence-time", Column: time, Type: holdings.Number, Unit: "day"},
			{Concept: "recurrence", Column: event, Type: holdings.Event, EventValue: "1"},
			{Concept: "hormone-therapy", Column: "hormon", Type: holdings.Category, Levels: treated},
			{Concept: "age", Column: "age", Type: holdings.Number},
			{Concept: "nodes", Column: "nodes", Type: holdings.Integer},
		}
	}
	return load(t, "rotterdam.csv.gz", dictionary("rtime", "recur"), covariates...), load(t, "gbsg.csv.gz", dictionary("rfstime", "status"), covariates...)
}

func TestCoxStratifiedBySiteMeetsTheKnownAnswerAndTurnsItsSign(t *testing.T) {
	rotterdam, gbsg := cohorts(t)
	q := analysis.Regression{Kind: "cox", Time: "recurrence-time", Event: "recurrence", Covariates: []string{"hormone-therapy"}}
	m, n := together(t, q, rotterdam, gbsg)
	near(t, "hormon", m.Terms[0].Estimate, 0.05189683869, 1e-8)
	near(t, "se of hormon", m.Terms[0].SE, 0.06917433315, 1e-8)
	t.Logf("%d rounds", n)
	q.Covariates = append(q.Covariates, "age", "nodes")
	m, n = together(t, q, rotterdam, gbsg)
	for i, known := range [][2]float64{{-0.08017789817, 0.06961464954}, {-0.004440387908, 0.001992252073}, {0.08064879263, 0.003341838038}} {
		near(t, m.Terms[i].Term, m.Terms[i].Estimate, known[0], 1e-8)
		near(t, "se of "+m.Terms[i].Term, m.Terms[i].SE, known[1], 1e-8)
	}
	t.Logf("%d rounds", n)
}

var insured = analysis.Regression{Kind: "logistic-regression", Outcome: "insurance", Covariates: []string{"age", "gender", "education", "limit"},
	References: map[string]string{"education": "bachelor"}}

func insurance(t *testing.T, region string) analysis.Table {
	levels := func(all ...string) map[string]string {
		out := map[string]string{}
		for _, l := range all {
			out[l] = l
		}
		return out
	}
	whole := load(t, "HealthInsurance.csv.gz", holdings.Dictionary{
		{Concept: "insurance", Column: "insurance", Type: holdings.Event, EventValue: "yes"},
		{Concept: "age", Column: "age", Type: holdings.Integer, Unit: "year"},
		{Concept: "gender", Column: "gender", Type: holdings.Category, Levels: levels("female", "male")},
		{Concept: "education", Column: "education", Type: holdings.Category, Levels: levels("none", "ged", "highschool", "bachelor", "master", "phd", "other")},
		{Concept: "limit", Column: "limit", Type: holdings.Event, EventValue: "yes"},
		{Concept: "region", Column: "region", Type: holdings.Category},
	}, "insurance", "age", "gender", "education", "limit", "region")
	where, part := whole.Columns["region"], analysis.Table{Columns: map[string]analysis.Column{}}
	for concept, c := range whole.Columns {
		kept := analysis.Column{Type: c.Type, Levels: c.Levels}
		for i, v := range where.Values {
			if region == "" || where.Levels[int(v.Number)] == region {
				kept.Values = append(kept.Values, c.Values[i])
			}
		}
		part.Columns[concept] = kept
	}
	return part
}

func TestLogisticOverFourRegionsIsThatOfAllTheirPeople(t *testing.T) {
	northeast, midwest, south, west := insurance(t, "northeast"), insurance(t, "midwest"), insurance(t, "south"), insurance(t, "west")
	for name, c := range map[string]struct {
		sites                 []analysis.Table
		n                     int
		age, gender, deviance float64
	}{
		"four regions": {[]analysis.Table{northeast, midwest, south, west}, 8802, 0.03338211888058, -0.25617158329189, 7954.165205786},
		"without west": {[]analysis.Table{northeast, midwest, south}, 6780, 0.03337713751594, -0.23778494747402, 5889.829575028},
	} {
		t.Run(name, func(t *testing.T) {
			m, rounds := together(t, insured, c.sites...)
			near(t, "age", term(t, m, "age").Estimate, c.age, 1e-8)
			near(t, "gender", term(t, m, "gender=male").Estimate, c.gender, 1e-8)
			near(t, "deviance", m.Deviance, c.deviance, 1e-8)
			if m.N != c.n || len(m.Terms) != 10 || m.DF != c.n-10 {
				t.Errorf("%d people, %d terms, %d degrees of freedom", m.N, len(m.Terms), m.DF)
			}
			t.Logf("%d rounds", rounds)
		})
	}
}
