// Package release decides about one output: what its checks led to, who may review it, and when it is released. It
// does no I/O.
package release

import (
	"errors"
	"fmt"
	"slices"
)

// Status of a release.
type Status string

// The statuses of a release.
const (
	Requested Status = "REQUESTED"
	InReview  Status = "IN_REVIEW"
	Approved  Status = "APPROVED"
	Rejected  Status = "REJECTED"
)

// Step moves a release on.
type Step string

// The steps.
const (
	Request   Step = "request"
	CheckPass Step = "checks passed"
	CheckFail Step = "checks failed"
	Review    Step = "review"
	Approve   Step = "last reviewer approved"
	Cover     Step = "approved with its first round"
	Reject    Step = "a reviewer rejected"
	Overdue   Step = "review deadline passed"
	PermitEnd Step = "permit ended"
)

// next is the whole life of a release: a step that is not in the row of a status cannot be taken in it.
var next = map[Status]map[Step]Status{
	"":        {Request: Requested},
	Requested: {CheckPass: InReview, CheckFail: Rejected},
	InReview:  {Review: InReview, Approve: Approved, Cover: Approved, Reject: Rejected, Overdue: Rejected, PermitEnd: Rejected},
	Approved:  {},
	Rejected:  {},
}

// Why a review is not accepted.
var (
	ErrTransition         = errors.New("the release is not in a state for this")
	ErrSeparationOfDuties = errors.New("an author may not review their own output")
	ErrAlreadyReviewed    = errors.New("each person reviews an output once")
	ErrDigest             = errors.New("the review is of other bytes than the output's")
)

// Opinion is one reviewer's word.
type Opinion struct {
	Reviewer string `json:"reviewer"`
	Approved bool   `json:"approved"`
}

// Release is one output on its way out, as far as deciding goes.
type Release struct {
	Status   Status    `json:"status"`
	Author   string    `json:"author"`
	Digest   string    `json:"digest"` // of the bytes that the decision is about
	Needed   int       `json:"needed"` // independent reviewers
	Opinions []Opinion `json:"opinions"`
}

// New is a release just requested.
func New(author, digest string, needed int) (Release, error) {
	r := Release{Author: author, Digest: digest, Needed: needed}
	return r, r.Take(Request)
}

// Review adds one person's word on exactly these bytes. The first rejection rejects; the last approval needed approves.
func (r *Release) Review(reviewer, digest string, approved bool) error {
	// SATRE 3.1.06, OpenSAFELY: outputs are checked by people independent of who made them.
	if reviewer == r.Author {
		return ErrSeparationOfDuties
	}
	if slices.ContainsFunc(r.Opinions, func(o Opinion) bool { return o.Reviewer == reviewer }) {
		return ErrAlreadyReviewed
	}
	if digest != r.Digest {
		return ErrDigest
	}
	if err := r.Take(Review); err != nil {
		return err
	}
	r.Opinions = append(r.Opinions, Opinion{reviewer, approved})
	switch {
	case !approved:
		return r.Take(Reject)
	case len(r.Opinions) >= r.Needed:
		return r.Take(Approve)
	}
	return nil
}

// TurnedDown reports whether a reviewer said no.
func (r *Release) TurnedDown() bool {
	return slices.ContainsFunc(r.Opinions, func(o Opinion) bool { return !o.Approved })
}

// Reviewers are the persons who have given their word, in order.
func (r *Release) Reviewers() []string {
	var out []string
	for _, o := range r.Opinions {
		out = append(out, o.Reviewer)
	}
	return out
}

// Take moves the release on by one step.
func (r *Release) Take(s Step) error {
	to, ok := next[r.Status][s]
	if !ok {
		return fmt.Errorf("%w: %s cannot happen to a release that is %s", ErrTransition, s, r.Status)
	}
	r.Status = to
	return nil
}
