package app

import (
	"testing"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// ask asks and waits for the answer.
func (b *bench) ask(dataset string, filters ...vocabulary.Filter) events.CountAnswered {
	b.t.Helper()
	if filters == nil {
		filters = []vocabulary.Filter{}
	}
	n := len(runtest.Sent[events.CountAnswered](b.Bench))
	q := catalog.QuestionAsked{QuestionID: b.NewID(), DatasetID: dataset, Filters: filters}
	asked := b.Deliver("catalog", q)
	a := runtest.Await[events.CountAnswered](b.Bench, n+1)[n]
	if a.QuestionID != q.QuestionID || a.DatasetID != dataset {
		b.t.Errorf("%+v answers %+v", a, q)
	}
	for _, e := range b.Outbox() {
		if e.Subject == asked.Subject && e.CausationID != asked.ID {
			b.t.Errorf("the cause of %s is %s", e.Type, e.CausationID)
		}
	}
	return a
}

func TestCountsAreRoundedAndSmallOnesSuppressed(t *testing.T) {
	b := newBench(t, runtest.Profile(catalogued)) // threshold 10
	is := func(concept, level string) vocabulary.Filter {
		return vocabulary.Filter{Concept: concept, Level: level}
	}
	for name, c := range map[string]struct {
		dataset string
		filters []vocabulary.Filter
		want    events.CountAnswered
	}{
		"everybody":       {"lung", nil, events.CountAnswered{Outcome: counted, Count: 220}},                                     // 228
		"one level":       {"lung", []vocabulary.Filter{is("sex", "female")}, events.CountAnswered{Outcome: counted, Count: 90}}, // 90
		"the other":       {"lung", []vocabulary.Filter{is("sex", "male")}, events.CountAnswered{Outcome: counted, Count: 130}},  // 138
		"a small one":     {"lung", []vocabulary.Filter{is("institution", "2")}, events.CountAnswered{Outcome: suppressed}},
		"nobody":          {"lung", []vocabulary.Filter{is("sex", "male"), is("sex", "female")}, events.CountAnswered{Outcome: suppressed}},
		"treated":         {"gbsg", []vocabulary.Filter{is("hormone-therapy", "hormone")}, events.CountAnswered{Outcome: counted, Count: 240}}, // 246
		"unknown dataset": {"nafld", nil, events.CountAnswered{Outcome: notAnswered, Reason: ReasonDatasetUnknown}},
		"unknown concept": {"lung", []vocabulary.Filter{is("arm", "x")}, events.CountAnswered{Outcome: notAnswered, Reason: ReasonVariableUnknown}},
		"unknown level":   {"lung", []vocabulary.Filter{is("sex", "x")}, events.CountAnswered{Outcome: notAnswered, Reason: ReasonLevelUnknown}},
		"a number":        {"lung", []vocabulary.Filter{is("survival-time", "5")}, events.CountAnswered{Outcome: notAnswered, Reason: ReasonVariableType}},
		"somebody":        {"gbsg", []vocabulary.Filter{is("person", "132")}, events.CountAnswered{Outcome: notAnswered, Reason: ReasonIdentifier}},
	} {
		for range 2 {
			got := b.ask(c.dataset, c.filters...)
			if got.Outcome != c.want.Outcome || got.Count != c.want.Count || got.Reason != c.want.Reason {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
}

func TestAQuestionThatCannotBeReadIsAnsweredSo(t *testing.T) {
	b := benchWith(t, map[string]string{"lung": "/no/such/file.csv"})
	if a := b.ask("lung"); a.Outcome != notAnswered || a.Reason != ReasonUnreadableData {
		t.Errorf("%+v", a)
	}
}
