package release

import (
	"fmt"
	"slices"
)

// Stage is one step of the review: so many approvals by people of one role.
type Stage struct {
	Role   string `json:"role"`
	Quorum int    `json:"quorum"`
}

// Reviewer is who gives a word, with the roles that they hold.
type Reviewer struct {
	ID    string
	Roles []string
}

// Opinion is one reviewer's word, in a stage counted from 0.
type Opinion struct {
	Reviewer string `json:"reviewer"`
	Approved bool   `json:"approved"`
	Stage    int    `json:"stage"`
}

// Panel is who decides about which bytes, and what they have said so far.
type Panel struct {
	Author   string    `json:"author"` // who asks
	Digest   string    `json:"digest"` // of the bytes that the decision is about
	Stages   []Stage   `json:"stages"` // of the review, in order
	Opinions []Opinion `json:"opinions"`
}

// decide adds one person's word, and takes the step that follows from it.
func (p *Panel) decide(by Reviewer, digest string, approved bool, take func(Step) error) error {
	if err := p.opine(by, digest, approved, take); err != nil {
		return err
	}
	given := p.Opinions[len(p.Opinions)-1].Stage
	switch turn, waits := p.Turn(); {
	case !approved:
		return take(Reject)
	case !waits:
		return take(Approve)
	case turn != given:
		return take(NextStage)
	}
	return nil
}

// opine takes a word of somebody who may give it.
func (p *Panel) opine(by Reviewer, digest string, approved bool, take func(Step) error) error {
	// SATRE 3.1.06, OpenSAFELY: outputs are checked by people independent of who made them.
	if by.ID == p.Author {
		return ErrSeparationOfDuties
	}
	// Once over all stages: a stage is a second look only if others take it.
	if slices.ContainsFunc(p.Opinions, func(o Opinion) bool { return o.Reviewer == by.ID }) {
		return ErrAlreadyReviewed
	}
	if digest != p.Digest {
		return ErrDigest
	}
	if err := take(Review); err != nil {
		return err
	}
	turn, _ := p.Turn()
	if role := p.Stages[turn].Role; !slices.Contains(by.Roles, role) {
		return fmt.Errorf("%w: that of the %s", ErrTurn, role)
	}
	p.Opinions = append(p.Opinions, Opinion{Reviewer: by.ID, Approved: approved, Stage: turn})
	return nil
}

// Turn is the stage, counted from 0, that waits for a reviewer; false when none does.
func (p *Panel) Turn() (stage int, waits bool) {
	for i, s := range p.Stages {
		if p.approvals(i) < s.Quorum {
			return i, true
		}
	}
	return 0, false
}

// Needed is how many approvals all stages need together.
func (p *Panel) Needed() (n int) {
	for _, s := range p.Stages {
		n += s.Quorum
	}
	return n
}

func (p *Panel) approvals(stage int) (n int) {
	for _, o := range p.Opinions {
		if o.Approved && o.Stage == stage {
			n++
		}
	}
	return n
}

// Reviewers are the persons who have given their word, in order.
func (p *Panel) Reviewers() []string {
	out := []string{}
	for _, o := range p.Opinions {
		out = append(out, o.Reviewer)
	}
	return out
}

// ReviewersOf are those who have given it in one stage, in order.
func (p *Panel) ReviewersOf(stage int) []string {
	out := []string{}
	for _, o := range p.Opinions {
		if o.Stage == stage {
			out = append(out, o.Reviewer)
		}
	}
	return out
}
