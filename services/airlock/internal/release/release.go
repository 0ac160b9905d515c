// Package release decides about one output on its way out, or one import on its way in: what its checks led to, who may
// review it in which stage, when it is decided, and how that ends. It does no I/O.
package release

import (
	"errors"
	"fmt"
	"slices"
)

// Status of a release, or of an import.
type Status string

// The statuses of a release. An import has some of them.
const (
	Requested Status = "REQUESTED"
	InReview  Status = "IN_REVIEW"
	Approved  Status = "APPROVED"
	Rejected  Status = "REJECTED"
	Returned  Status = "RETURNED"
	Withdrawn Status = "WITHDRAWN"
	Revoked   Status = "REVOKED"
	Expired   Status = "EXPIRED"
)

// Step moves a release, or an import, on.
type Step string

// The steps.
const (
	Request   Step = "request"
	CheckPass Step = "checks passed"
	CheckFail Step = "checks failed"
	Review    Step = "review"
	NextStage Step = "last reviewer of a stage approved"
	Approve   Step = "last reviewer of the last stage approved"
	Cover     Step = "approved with its first round"
	Declare   Step = "declared as of low risk"
	Reject    Step = "a reviewer rejected"
	Return    Step = "a reviewer sent it back"
	Withdraw  Step = "who asked withdrew"
	Overdue   Step = "review deadline passed"
	PermitEnd Step = "permit ended"
	Revoke    Step = "the site revoked"
	Expire    Step = "time of the approval passed"
)

// life is what may happen: a step that is not in the row of a status cannot be taken in it.
type life map[Status]map[Step]Status

// outward is the whole life of a release.
var outward = life{
	"":        {Request: Requested},
	Requested: {CheckPass: InReview, CheckFail: Rejected},
	InReview: {Review: InReview, NextStage: InReview, Approve: Approved, Cover: Approved, Declare: Approved, Reject: Rejected, Return: Returned,
		Withdraw: Withdrawn, Overdue: Rejected, PermitEnd: Rejected},
	Approved:  {Revoke: Revoked, Expire: Expired},
	Rejected:  {},
	Returned:  {},
	Withdrawn: {},
	Revoked:   {},
	Expired:   {},
}

// Why a review is not accepted.
var (
	ErrTransition         = errors.New("it is not in a state for this")
	ErrSeparationOfDuties = errors.New("who asks may not review what they ask for")
	ErrAlreadyReviewed    = errors.New("each person reviews once")
	ErrDigest             = errors.New("the review is of other bytes")
	ErrTurn               = errors.New("another stage of the review has its turn")
)

// Release is one output on its way out, as far as deciding goes.
type Release struct {
	Status Status `json:"status"`
	Panel
}

// New is a release just requested.
func New(author, digest string, stages ...Stage) (Release, error) {
	r := Release{Panel: Panel{Author: author, Digest: digest, Stages: stages}}
	return r, r.Take(Request)
}

// Review adds one person's word on exactly these bytes, in the stage that has its turn. The first rejection rejects;
// the last approval that a stage needs begins the next, and that of the last stage approves.
func (r *Release) Review(by Reviewer, digest string, approved bool) error {
	return r.decide(by, digest, approved, r.Take)
}

// SendBack ends the review with one reviewer's word that the output has to become safer.
func (r *Release) SendBack(by Reviewer, digest string) error {
	if err := r.opine(by, digest, false, r.Take); err != nil {
		return err
	}
	return r.Take(Return)
}

// TurnedDown reports whether a reviewer said no for good.
func (r *Release) TurnedDown() bool {
	return r.Status == Rejected && slices.ContainsFunc(r.Opinions, func(o Opinion) bool { return !o.Approved })
}

// NeverLeft reports whether nothing of it was told, nor can be.
func (r *Release) NeverLeft() bool {
	return r.Status == Rejected || r.Status == Returned || r.Status == Withdrawn
}

// Take moves the release on by one step.
func (r *Release) Take(s Step) error { return outward.take(&r.Status, s) }

func (l life) take(status *Status, s Step) error {
	to, ok := l[*status][s]
	if !ok {
		return fmt.Errorf("%w: %s cannot happen to what is %s", ErrTransition, s, *status)
	}
	*status = to
	return nil
}
