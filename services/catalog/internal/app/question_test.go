package app

import (
	"fmt"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// described is a catalog with one dataset, at a site with the section discovery of a profile.
func described(t *testing.T, discovery string) *runtest.Bench {
	t.Helper()
	b := runtest.New(t, "catalog", Register, runtest.Profile(runtest.DefaultProfile+discovery))
	b.Act(b.Person("data-manager"), description("1",
		vocabulary.Variable{Concept: "sex", Column: "sex", Type: "category", Levels: []vocabulary.Level{{Code: "1", Label: "male"}, {Code: "2", Label: "female"}}},
		vocabulary.Variable{Concept: "place", Column: "place", Type: "category", Levels: places()}))
	return b
}

func places() (all []vocabulary.Level) {
	for i := range 60 {
		all = append(all, vocabulary.Level{Code: fmt.Sprint(i), Label: fmt.Sprintf("p%d", i)})
	}
	return all
}

func about(b *runtest.Bench, filters ...vocabulary.Filter) catalog.QuestionAsk {
	if filters == nil {
		filters = []vocabulary.Filter{}
	}
	return catalog.QuestionAsk{QuestionID: b.NewID(), DatasetID: "trial-7", Filters: filters}
}

func TestHowMuchIsToldGoesByTheAskersStanding(t *testing.T) {
	own := func(standing bool) func(*runtest.Bench) func(catalog.QuestionAsk) {
		return func(b *runtest.Bench) func(catalog.QuestionAsk) {
			p := b.Stranger("researcher")
			if standing {
				p = b.Person("researcher")
			}
			return func(q catalog.QuestionAsk) { b.Act(p, q) }
		}
	}
	foreign := func(change func(*vocabulary.Attestation)) func(*runtest.Bench) func(catalog.QuestionAsk) {
		return func(b *runtest.Bench) func(catalog.QuestionAsk) {
			person := "denbi:" + b.NewID()
			a := vocabulary.Attestation{Person: person, HomeSite: "denbi", Assurance: "aal2", TrainingCompletedAt: runtest.Start,
				Agreement: "data-use-agreement", AgreementVersion: "1.0"}
			change(&a)
			return func(q catalog.QuestionAsk) {
				q.Asker, q.Attestation = person, a
				b.Deliver(topics.Gateway, q)
			}
		}
	}
	const both = "discovery: {anybody: boolean, researcher: count, rounding: 0}\n"
	const few = "discovery: {anybody: none, researcher: boolean, rounding: 0}\n"
	const none = "discovery: {anybody: none, researcher: none, rounding: 0}\n"
	for name, c := range map[string]struct {
		discovery string
		asks      func(*runtest.Bench) func(catalog.QuestionAsk)
		wanted    string
		told      string // or the reason of the refusal
	}{
		"own, standing":               {"", own(true), "", "count"},
		"own, standing, wants less":   {"", own(true), "boolean", "boolean"},
		"own, none":                   {"", own(false), "", people.TrainingMissing},
		"own, none, told yes or no":   {both, own(false), "count", "boolean"},
		"own, standing, boolean site": {few, own(true), "count", "boolean"},
		"own, closed site":            {none, own(true), "", ReasonNotOffered},
		"another's, attested":         {both, foreign(func(*vocabulary.Attestation) {}), "", "count"},
		"another's, closed site":      {none, foreign(func(*vocabulary.Attestation) {}), "", ReasonNotOffered},
		"another's, not attested":     {both, foreign(func(a *vocabulary.Attestation) { *a = vocabulary.Attestation{} }), "", "boolean"},
		"another's, not attested, few told": {few, foreign(func(a *vocabulary.Attestation) { *a = vocabulary.Attestation{} }), "",
			people.TrainingMissing},
		"another's, too old a training": {both, foreign(func(a *vocabulary.Attestation) { a.TrainingCompletedAt = runtest.Start.AddDate(-3, 0, 0) }), "", "boolean"},
		"another's, a training to come": {both, foreign(func(a *vocabulary.Attestation) { a.TrainingCompletedAt = runtest.Start.AddDate(1, 0, 0) }), "", "boolean"},
		"another's, one factor":         {few, foreign(func(a *vocabulary.Attestation) { a.Assurance = "aal1" }), "", people.AssuranceTooLow},
	} {
		t.Run(name, func(t *testing.T) {
			b := described(t, c.discovery)
			q := about(b)
			q.Granularity = c.wanted
			c.asks(b)(q)
			if passed := runtest.Sent[catalog.QuestionAsked](b); len(passed) == 1 && passed[0].Granularity == c.told {
				return
			}
			if got := runtest.Last[catalog.ActRefused](b); got.Reason != c.told {
				t.Fatalf("refused for %s, expected %s; passed on: %+v", got.Reason, c.told, runtest.Sent[catalog.QuestionAsked](b))
			}
		})
	}
}

func TestTheGatewayAsksForSomebody(t *testing.T) {
	b := described(t, "")
	b.Deliver(topics.Gateway, about(b))
	if got := runtest.Last[catalog.ActRefused](b); got.Reason != people.NotFromADoor {
		t.Fatalf("refused for %s", got.Reason)
	}
}

func TestABudgetOfDifferentQuestionsIsOfAPersonADatasetAndADay(t *testing.T) {
	is := func(i int) vocabulary.Filter {
		return vocabulary.Filter{Concept: "place", Level: fmt.Sprintf("p%d", i)}
	}
	b := described(t, "discovery: {anybody: none, researcher: count, rounding: 0, questions: 3}\n")
	p, other := b.Person("researcher"), b.Person("researcher")
	asked, refused := 0, 0
	check := func(what string, by runtest.Person, q catalog.QuestionAsk, passes bool) {
		t.Helper()
		b.Act(by, q)
		if passes {
			asked++
		} else {
			refused++
		}
		if a, r := len(runtest.Sent[catalog.QuestionAsked](b)), len(runtest.Sent[catalog.ActRefused](b)); a != asked || r != refused {
			t.Fatalf("%s: %d passed and %d refused, expected %d and %d", what, a, r, asked, refused)
		}
	}
	check("first", p, about(b, is(1), is(2)), true)
	check("second", p, about(b, is(2)), true)
	check("a question that nothing could answer costs nothing", p, about(b, vocabulary.Filter{Concept: "place", Level: "nowhere"}), false)
	check("third", p, about(b, is(3)), true)
	check("fourth", p, about(b, is(4)), false)
	if got := runtest.Last[catalog.ActRefused](b); got.Reason != ReasonBudget {
		t.Fatalf("refused for %s", got.Reason)
	}
	check("the first, in another order", p, about(b, is(2), is(1)), true)
	less := about(b, is(2))
	less.Granularity = "boolean"
	check("the second, with less to be told", p, less, true)
	check("another person", other, about(b, is(4)), true)
	b.Restart()
	check("after a restart", p, about(b, is(5)), false)
	b.Advance(24 * time.Hour)
	check("tomorrow", b.SignIn(p), about(b, is(4)), true)
}

func TestWithoutAWordInTheProfileTheBudgetIsFifty(t *testing.T) {
	b := described(t, "")
	p := b.Person("researcher")
	for i := range 51 {
		b.Act(p, about(b, vocabulary.Filter{Concept: "place", Level: fmt.Sprintf("p%d", i)}))
	}
	if n, got := len(runtest.Sent[catalog.QuestionAsked](b)), runtest.Last[catalog.ActRefused](b); n != 50 || got.Reason != ReasonBudget {
		t.Fatalf("%d passed, refused for %s", n, got.Reason)
	}
}
