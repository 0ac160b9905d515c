package release

import (
	"errors"
	"slices"
	"testing"
)

var every = []Step{Request, CheckPass, CheckFail, Review, NextStage, Approve, Cover, Declare, Reject, Return, Withdraw, Overdue, PermitEnd, Revoke, Expire}

func TestAnImportIsDecidedOnceAndForGood(t *testing.T) {
	allowed := map[Status][]Step{"": {Request}, Requested: {CheckPass, CheckFail, PermitEnd},
		InReview: {Review, NextStage, Approve, Reject, Withdraw, Overdue, PermitEnd}}
	for _, status := range []Status{"", Requested, InReview, Approved, Rejected, Withdrawn, Returned, Revoked, Expired} {
		for _, s := range every {
			i := Import{Status: status}
			if err := i.Take(s); slices.Contains(allowed[status], s) != (err == nil) || err != nil && (!errors.Is(err, ErrTransition) || i.Status != status) {
				t.Errorf("%s of what is %q: %v, now %q", s, status, err, i.Status)
			}
		}
	}
}

func TestAnImportIsReviewedByOthersThanWhoAsks(t *testing.T) {
	i, err := NewImport("asker", "sha256:1", Stage{checker, 2})
	if err != nil {
		t.Fatal(err)
	}
	by := func(id string) Reviewer { return Reviewer{id, []string{checker}} }
	if err := i.Review(by("a"), "sha256:1", true); !errors.Is(err, ErrTransition) {
		t.Fatalf("before the check: %v", err)
	}
	if err := i.Take(CheckPass); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who, digest string
		want        error
		status      Status
	}{
		{"asker", "sha256:1", ErrSeparationOfDuties, InReview},
		{"a", "sha256:2", ErrDigest, InReview},
		{"a", "sha256:1", nil, InReview},
		{"a", "sha256:1", ErrAlreadyReviewed, InReview},
		{"b", "sha256:1", nil, Approved},
		{"c", "sha256:1", ErrTransition, Approved},
	} {
		if err := i.Review(by(c.who), c.digest, true); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || i.Status != c.status {
			t.Errorf("%s: %v, now %s", c.who, err, i.Status)
		}
	}
}
