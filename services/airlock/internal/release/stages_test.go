package release

import (
	"errors"
	"slices"
	"testing"
)

const committee = "release-committee"

func TestStagesHaveTheirTurnInOrderAndEveryPersonReviewsOnce(t *testing.T) {
	type word struct {
		who      string
		roles    []string
		approved bool
		want     error
		turn     int
		status   Status
	}
	for name, words := range map[string][]word{
		"one checker, then two of the committee": {
			{"a", []string{committee}, true, ErrTurn, 0, InReview},
			{"b", []string{checker}, true, nil, 1, InReview},
			{"c", []string{checker}, true, ErrTurn, 1, InReview},
			{"a", []string{committee}, true, nil, 1, InReview},
			{"d", []string{committee}, true, nil, 0, Approved},
		},
		"who has both roles counts once": {
			{"a", []string{checker, committee}, true, nil, 1, InReview},
			{"a", []string{checker, committee}, true, ErrAlreadyReviewed, 1, InReview},
			{"b", []string{committee}, true, nil, 1, InReview},
			{"b", []string{committee}, true, ErrAlreadyReviewed, 1, InReview},
		},
		"the second stage rejects": {
			{"a", []string{checker}, true, nil, 1, InReview},
			{"b", []string{committee}, false, nil, 1, Rejected},
		},
		"the author's roles do not count": {
			{"author", []string{checker, committee}, true, ErrSeparationOfDuties, 0, InReview},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := inReview(t, Stage{checker, 1}, Stage{committee, 2})
			for i, w := range words {
				if err := r.Review(Reviewer{w.who, w.roles}, "sha256:1", w.approved); !errors.Is(err, w.want) || (err == nil) != (w.want == nil) {
					t.Fatalf("word %d of %s: got %v, want %v", i+1, w.who, err, w.want)
				}
				if turn, _ := r.Turn(); turn != w.turn || r.Status != w.status {
					t.Fatalf("after word %d: %s, turn %d; want %s, turn %d", i+1, r.Status, turn, w.status, w.turn)
				}
			}
		})
	}
}

func TestTheRecordTellsWhoApprovedInWhichStage(t *testing.T) {
	r := inReview(t, Stage{checker, 1}, Stage{committee, 2})
	for who, role := range map[string]string{"a": checker} {
		if err := r.Review(Reviewer{who, []string{role}}, "sha256:1", true); err != nil {
			t.Fatal(err)
		}
	}
	for _, who := range []string{"c", "b"} {
		if err := r.Review(Reviewer{who, []string{committee}}, "sha256:1", true); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.ReviewersOf(1); !slices.Equal(got, []string{"c", "b"}) || !slices.Equal(r.ReviewersOf(0), []string{"a"}) || r.Needed() != 3 {
		t.Fatalf("stage 1 %v, stage 2 %v, %d needed", r.ReviewersOf(0), got, r.Needed())
	}
}

func TestAReturnIsAReviewersWordAndNoRejection(t *testing.T) {
	r := inReview(t, Stage{checker, 2})
	if err := r.SendBack(Reviewer{"author", []string{checker}}, "sha256:1"); !errors.Is(err, ErrSeparationOfDuties) {
		t.Fatalf("got %v", err)
	}
	if err := r.SendBack(Reviewer{"a", []string{checker}}, "sha256:1"); err != nil || r.Status != Returned || r.TurnedDown() || !r.NeverLeft() {
		t.Fatalf("%v, now %s", err, r.Status)
	}
}
