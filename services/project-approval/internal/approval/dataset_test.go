package approval

import (
	"errors"
	"slices"
	"testing"
)

// regional is a chain in which a body decides on each dataset after another decided on all.
var regional = []Body{{Name: "access-committee", Quorum: 1, Of: 3}, {Name: "regional-office", Quorum: 1, Of: 1, PerDataset: true}}

func asking(t *testing.T, r Request) Application {
	t.Helper()
	a, err := New(r)
	if err == nil {
		err = a.Screened()
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func say(t *testing.T, a *Application, want error, votes ...Assessment) {
	t.Helper()
	for _, v := range votes {
		if err := a.Assess(regional, v); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Fatalf("%+v: %v, not %v", v, err, want)
		}
	}
}

func TestEachDatasetIsDecidedByItselfAndTheOthersProceed(t *testing.T) {
	a := asking(t, Request{Datasets: []string{"south", "west"}})
	say(t, &a, ErrNotPerDataset, Assessment{Body: "access-committee", Person: "a", Decision: Positive, Dataset: "west"})
	say(t, &a, nil, Assessment{Body: "access-committee", Person: "a", Decision: Positive},
		Assessment{Body: "regional-office", Person: "w", Decision: Negative, Dataset: "west"})
	if a.Status != Processing {
		t.Fatalf("%s while one region has not spoken", a.Status)
	}
	say(t, &a, ErrDatasetDecided, Assessment{Body: "regional-office", Person: "s", Decision: Positive, Dataset: "west"})
	say(t, &a, ErrAlreadyAssessed, Assessment{Body: "regional-office", Person: "a", Decision: Positive, Dataset: "south"})
	say(t, &a, nil, Assessment{Body: "regional-office", Person: "s", Decision: Positive, Dataset: "south"})
	if a.Status != DecisionIssued || a.Decision != Positive || !slices.Equal(a.With(Positive), []string{"south"}) {
		t.Fatalf("%+v", a)
	}
	if d := a.Datasets[1]; d.Decision != Negative || d.Body != "regional-office" {
		t.Fatalf("west: %+v", d)
	}
}

func TestOnePersonMayDecideOnEveryDatasetOnceOrOnAllAtOnce(t *testing.T) {
	one := asking(t, Request{Datasets: []string{"south", "west"}})
	say(t, &one, nil, Assessment{Body: "access-committee", Person: "a", Decision: Positive},
		Assessment{Body: "regional-office", Person: "r", Decision: Positive, Dataset: "south"})
	say(t, &one, ErrAlreadyAssessed, Assessment{Body: "regional-office", Person: "r", Decision: Negative, Dataset: "south"},
		Assessment{Body: "regional-office", Person: "r", Decision: Negative})
	say(t, &one, nil, Assessment{Body: "regional-office", Person: "r", Decision: Positive, Dataset: "west"})
	all := asking(t, Request{Datasets: []string{"south", "west"}})
	say(t, &all, nil, Assessment{Body: "access-committee", Person: "a", Decision: Positive},
		Assessment{Body: "regional-office", Person: "r", Decision: Negative})
	if one.Decision != Positive || all.Decision != Negative || len(all.With(Negative)) != 2 {
		t.Fatalf("%+v\n%+v", one, all)
	}
}

func TestWhatARuleForbidsIsRefusedBeforeAndAfterPeopleSpeak(t *testing.T) {
	a, err := New(Request{Datasets: []string{"south", "west"}})
	if err != nil {
		t.Fatal(err)
	}
	a.Deny("west", "data-use-denied")
	if err := a.Screened(); err != nil || a.Status != Processing {
		t.Fatalf("%s, %v", a.Status, err)
	}
	say(t, &a, nil, Assessment{Body: "access-committee", Person: "a", Decision: Positive},
		Assessment{Body: "regional-office", Person: "r", Decision: Positive})
	if a.Decision != Positive || !slices.Equal(a.With(Positive), []string{"south"}) {
		t.Fatalf("%+v", a)
	}
	if a.Deny("south", "data-use-denied"); a.Decision != Negative {
		t.Fatalf("%s although every dataset is denied", a.Decision)
	}
	none, err := New(Request{Datasets: []string{"west"}})
	if err != nil {
		t.Fatal(err)
	}
	none.Deny("west", "data-use-denied")
	if err := none.Screened(); err != nil || none.Status != DecisionIssued || none.Decision != Negative {
		t.Fatalf("%+v, %v", none, err)
	}
}

func TestTheSponsorsOwnPeopleDecideNothing(t *testing.T) {
	a := asking(t, Request{Applicants: []string{"host:1"}, Sponsor: "acme"})
	say(t, &a, ErrSeparationOfDuties, Assessment{Body: "access-committee", Person: "acme:1", Decision: Positive},
		Assessment{Body: "access-committee", Person: "host:1", Decision: Positive})
	say(t, &a, nil, Assessment{Body: "access-committee", Person: "acmeville:1", Decision: Positive})
}

func TestAnAmendmentIsDecidedByTheSameChainAnew(t *testing.T) {
	a := asking(t, Request{Datasets: []string{"south"}})
	if err := a.Amend([]string{"west"}, nil); !errors.Is(err, ErrTransition) {
		t.Fatalf("amended before it was decided: %v", err)
	}
	votes := []Assessment{{Body: "access-committee", Person: "a", Decision: Positive}, {Body: "regional-office", Person: "r", Decision: Positive}}
	say(t, &a, nil, votes...)
	if err := a.Amend([]string{"west"}, []string{"host:2"}); err != nil {
		t.Fatal(err)
	}
	if err := a.Screened(); err != nil {
		t.Fatal(err)
	}
	say(t, &a, ErrSeparationOfDuties, Assessment{Body: "access-committee", Person: "host:2", Decision: Positive})
	if err := a.Withdraw(); !errors.Is(err, ErrAmended) {
		t.Fatalf("withdrawn: %v", err)
	}
	say(t, &a, nil, votes...)
	if a.Decision != Positive || !slices.Equal(a.With(Positive), []string{"west"}) {
		t.Fatalf("%+v", a)
	}
}

func TestTheChainWaitsForInformationThatItsBodyAskedFor(t *testing.T) {
	a := asking(t, Request{Applicants: []string{"host:1"}, Datasets: []string{"south"}})
	if err := a.Ask(regional, "regional-office", "r", "q"); !errors.Is(err, ErrNotThisBodysTurn) {
		t.Fatal(err)
	}
	if err := a.Ask(regional, "access-committee", "a", "q"); err != nil {
		t.Fatal(err)
	}
	say(t, &a, ErrTransition, Assessment{Body: "access-committee", Person: "a", Decision: Positive})
	if err := a.Answer("another"); !errors.Is(err, ErrRequestUnknown) {
		t.Fatal(err)
	}
	if err := a.Answer("q"); err != nil {
		t.Fatal(err)
	}
	say(t, &a, nil, Assessment{Body: "access-committee", Person: "a", Decision: Positive})
	if err := a.Withdraw(); err != nil {
		t.Fatal(err)
	}
	if err := a.Withdraw(); !errors.Is(err, ErrTransition) {
		t.Fatal(err)
	}
}

func TestAPermitIsRenewedOnceAndAmendedUntilItEnds(t *testing.T) {
	var p Permit
	for _, s := range []PermitStatus{Granted, Amended, Renewed, Amended} {
		if err := p.Become(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Become(Renewed); !errors.Is(err, ErrRenewed) || !p.Live() {
		t.Fatalf("%v, %+v", err, p)
	}
	if err := p.Become(Revoked); err != nil || p.Live() {
		t.Fatalf("%v, %+v", err, p)
	}
	if err := p.Become(Amended); !errors.Is(err, ErrTransition) {
		t.Fatal(err)
	}
}
