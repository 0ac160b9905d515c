// Package release decides about one output: what its checks led to, who may review it in which stage, when it is
// released, and how that ends. It does no I/O.
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
	Returned  Status = "RETURNED"
	Withdrawn Status = "WITHDRAWN"
	Revoked   Status = "REVOKED"
	Expired   Status = "EXPIRED"
)

// Step moves a release on.
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
	Withdraw  Step = "the author withdrew"
	Overdue   Step = "review deadline passed"
	PermitEnd Step = "permit ended"
	Revoke    Step = "the site revoked"
	Expire    Step = "time of the approval passed"
)

// next is the whole life of a release: a step that is not in the row of a status cannot be taken in it.
var next = map[Status]map[Step]Status{
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
	ErrTransition         = errors.New("the release is not in a state for this")
	ErrSeparationOfDuties = errors.New("an author may not review their own output")
	ErrAlreadyReviewed    = errors.New("each person reviews an output once")
	ErrDigest             = errors.New("the review is of other bytes than the output's")
	ErrTurn               = errors.New("another stage of the review has its turn")
)

// Release is one output on its way out, as far as deciding goes.
type Release struct {
	Status   Status    `json:"status"`
	Author   string    `json:"author"`
	Digest   string    `json:"digest"` // of the bytes that the decision is about
	Stages   []Stage   `json:"stages"` // of the review, in order
	Opinions []Opinion `json:"opinions"`
}

// New is a release just requested.
func New(author, digest string, stages ...Stage) (Release, error) {
	r := Release{Author: author, Digest: digest, Stages: stages}
	return r, r.Take(Request)
}

// Review adds one person's word on exactly these bytes, in the stage that has its turn. The first rejection rejects;
// the last approval that a stage needs begins the next, and that of the last stage approves.
func (r *Release) Review(by Reviewer, digest string, approved bool) error {
	if err := r.opine(by, digest, approved); err != nil {
		return err
	}
	given := r.Opinions[len(r.Opinions)-1].Stage
	switch turn, waits := r.Turn(); {
	case !approved:
		return r.Take(Reject)
	case !waits:
		return r.Take(Approve)
	case turn != given:
		return r.Take(NextStage)
	}
	return nil
}

// SendBack ends the review with one reviewer's word that the output has to become safer.
func (r *Release) SendBack(by Reviewer, digest string) error {
	if err := r.opine(by, digest, false); err != nil {
		return err
	}
	return r.Take(Return)
}

// opine takes a word of somebody who may give it.
func (r *Release) opine(by Reviewer, digest string, approved bool) error {
	// SATRE 3.1.06, OpenSAFELY: outputs are checked by people independent of who made them.
	if by.ID == r.Author {
		return ErrSeparationOfDuties
	}
	// Once over all stages: a stage is a second look only if others take it.
	if slices.ContainsFunc(r.Opinions, func(o Opinion) bool { return o.Reviewer == by.ID }) {
		return ErrAlreadyReviewed
	}
	if digest != r.Digest {
		return ErrDigest
	}
	if err := r.Take(Review); err != nil {
		return err
	}
	turn, _ := r.Turn()
	if role := r.Stages[turn].Role; !slices.Contains(by.Roles, role) {
		return fmt.Errorf("%w: that of the %s", ErrTurn, role)
	}
	r.Opinions = append(r.Opinions, Opinion{Reviewer: by.ID, Approved: approved, Stage: turn})
	return nil
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
func (r *Release) Take(s Step) error {
	to, ok := next[r.Status][s]
	if !ok {
		return fmt.Errorf("%w: %s cannot happen to a release that is %s", ErrTransition, s, r.Status)
	}
	r.Status = to
	return nil
}
