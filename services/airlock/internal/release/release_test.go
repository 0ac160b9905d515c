package release

import (
	"errors"
	"testing"
)

const checker = "output-checker"

func inReview(t *testing.T, stages ...Stage) Release {
	t.Helper()
	r, err := New("author", "sha256:1", stages...)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Take(CheckPass); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestIndependentReviewersDecide(t *testing.T) {
	type word struct {
		who, digest string
		approved    bool
		want        error
	}
	for name, c := range map[string]struct {
		needed int
		words  []word
		status Status
	}{
		"one of one":            {1, []word{{"a", "sha256:1", true, nil}}, Approved},
		"one of two":            {2, []word{{"a", "sha256:1", true, nil}}, InReview},
		"two of two":            {2, []word{{"a", "sha256:1", true, nil}, {"b", "sha256:1", true, nil}}, Approved},
		"the same person twice": {2, []word{{"a", "sha256:1", true, nil}, {"a", "sha256:1", true, ErrAlreadyReviewed}}, InReview},
		"one rejects":           {2, []word{{"a", "sha256:1", true, nil}, {"b", "sha256:1", false, nil}}, Rejected},
		"the author":            {1, []word{{"author", "sha256:1", true, ErrSeparationOfDuties}}, InReview},
		"other bytes":           {1, []word{{"a", "sha256:2", true, ErrDigest}}, InReview},
		"after the decision":    {1, []word{{"a", "sha256:1", true, nil}, {"b", "sha256:1", false, ErrTransition}}, Approved},
	} {
		t.Run(name, func(t *testing.T) {
			r := inReview(t, Stage{checker, c.needed})
			for _, w := range c.words {
				if err := r.Review(Reviewer{w.who, []string{checker}}, w.digest, w.approved); !errors.Is(err, w.want) || (err == nil) != (w.want == nil) {
					t.Fatalf("%s: got %v, want %v", w.who, err, w.want)
				}
			}
			if r.Status != c.status {
				t.Fatalf("got %s, want %s", r.Status, c.status)
			}
		})
	}
}

func TestOnlyAnApprovalHasAnEndAfterTheDecision(t *testing.T) {
	after := map[Status]map[Step]Status{Approved: {Revoke: Revoked, Expire: Expired}}
	for _, decided := range []Status{Approved, Rejected, Returned, Withdrawn, Revoked, Expired} {
		for _, s := range every {
			r := Release{Status: decided}
			want, allowed := after[decided][s]
			if err := r.Take(s); allowed != (err == nil) || (!allowed && (!errors.Is(err, ErrTransition) || r.Status != decided)) ||
				(allowed && r.Status != want) {
				t.Errorf("%s from %s: %v, now %s", s, decided, err, r.Status)
			}
		}
	}
}

func TestNothingIsReviewedBeforeItIsChecked(t *testing.T) {
	r, err := New("author", "sha256:1", Stage{checker, 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Review(Reviewer{"a", []string{checker}}, "sha256:1", true); !errors.Is(err, ErrTransition) {
		t.Fatalf("got %v", err)
	}
}
