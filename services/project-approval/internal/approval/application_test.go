package approval

import (
	"errors"
	"testing"
)

var committee = []Body{{Name: "data-access-committee", Quorum: 2, Of: 3}}
var twoBodies = []Body{{Name: "security-office", Quorum: 1, Of: 1}, {Name: "data-holder", Quorum: 1, Of: 1}}

func processing(t *testing.T) Application {
	t.Helper()
	a, err := New(Request{Applicants: []string{"molgenis:applicant"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Screened(); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTheQuorumOfEachBodyDecidesInOrder(t *testing.T) {
	type word struct {
		body, person string
		decision     Decision
		want         error
	}
	for name, c := range map[string]struct {
		chain    []Body
		words    []word
		status   Status
		decision Decision
	}{
		"two of three carry": {committee, []word{{"data-access-committee", "a", Positive, nil}, {"data-access-committee", "b", Positive, nil}}, DecisionIssued, Positive},
		"one is not enough":  {committee, []word{{"data-access-committee", "a", Positive, nil}}, Processing, ""},
		"one no, two yes":    {committee, []word{{"data-access-committee", "a", Negative, nil}, {"data-access-committee", "b", Positive, nil}, {"data-access-committee", "c", Positive, nil}}, DecisionIssued, Positive},
		"two no end it":      {committee, []word{{"data-access-committee", "a", Negative, nil}, {"data-access-committee", "b", Negative, nil}}, DecisionIssued, Negative},
		"nobody twice":       {committee, []word{{"data-access-committee", "a", Positive, nil}, {"data-access-committee", "a", Positive, ErrAlreadyAssessed}}, Processing, ""},
		"not the applicant":  {committee, []word{{"data-access-committee", "molgenis:applicant", Positive, ErrSeparationOfDuties}}, Processing, ""},
		"in order":           {twoBodies, []word{{"data-holder", "a", Positive, ErrNotThisBodysTurn}, {"security-office", "b", Positive, nil}, {"data-holder", "a", Positive, nil}}, DecisionIssued, Positive},
		"not one for both":   {twoBodies, []word{{"security-office", "a", Positive, nil}, {"data-holder", "a", Positive, ErrAlreadyAssessed}}, Processing, ""},
		"the first's no":     {twoBodies, []word{{"security-office", "a", Negative, nil}, {"data-holder", "b", Positive, ErrTransition}}, DecisionIssued, Negative},
	} {
		t.Run(name, func(t *testing.T) {
			a := processing(t)
			for _, w := range c.words {
				if err := a.Assess(c.chain, Assessment{Body: w.body, Person: w.person, Decision: w.decision}); !errors.Is(err, w.want) || (err == nil) != (w.want == nil) {
					t.Fatalf("%s %s by %s: got %v, want %v", w.body, w.decision, w.person, err, w.want)
				}
			}
			if a.Status != c.status || a.Decision != c.decision {
				t.Fatalf("got %s %q, want %s %q", a.Status, a.Decision, c.status, c.decision)
			}
		})
	}
}

func TestAnApplicationIsNotAssessedBeforeItIsScreened(t *testing.T) {
	a, err := New(Request{Applicants: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Assess(committee, Assessment{Body: "data-access-committee", Person: "a", Decision: Positive}); !errors.Is(err, ErrTransition) {
		t.Fatalf("got %v", err)
	}
}

func TestAPermitEndsOnce(t *testing.T) {
	var p Permit
	for _, s := range []PermitStatus{Granted, Revoked} {
		if err := p.Become(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Become(Expired); !errors.Is(err, ErrTransition) {
		t.Fatalf("got %v", err)
	}
}
