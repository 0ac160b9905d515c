// Package inquiry is what a host keeps of one question about numbers of people that was put to several sites: who was
// asked, and what each answered. It does no I/O.
package inquiry

import (
	"errors"
	"fmt"
	"time"
)

// Outcome of one dataset. A dataset that has none is still awaited.
type Outcome string

// The outcomes.
const (
	Counted    Outcome = "counted"
	Present    Outcome = "present"    // enough people, no number
	Suppressed Outcome = "suppressed" // not told, whether there are few or none
	Refused    Outcome = "refused"
	Silent     Outcome = "silent" // no answer before the deadline, which is never zero
)

// Whose counts are in a total.
const (
	OfAll           = "all"
	OfThoseThatTold = "those-that-told"
)

// Ways in which an inquiry is not opened, or an answer not taken.
var (
	ErrTargets  = errors.New("the inquiry asks nobody, or of a dataset twice")
	ErrUnknown  = errors.New("the inquiry has no such question")
	ErrAnswered = errors.New("the question has been answered")
	ErrLate     = errors.New("the answer came after the deadline")
	ErrInvalid  = errors.New("the answer contradicts itself, or tells more than was asked")
)

// Part is one dataset that is asked, and what became of it.
type Part struct {
	Site, Dataset, QuestionID string
	Answer
}

// Answer is what one site says.
type Answer struct {
	Outcome       Outcome
	Granularity   string // boolean, count
	Count, Called int64  // with Counted only
	Reason        string // with Refused, and with Silent where it is known
}

// Inquiry is one question to several sites.
type Inquiry struct {
	ID       string
	Boolean  bool // no numbers are wanted
	Deadline time.Time
	Parts    []Part
}

// Open asks each dataset once.
func Open(id string, boolean bool, deadline time.Time, parts []Part) (Inquiry, error) {
	seen := map[[2]string]bool{}
	for _, p := range parts {
		if at := [2]string{p.Site, p.Dataset}; seen[at] {
			return Inquiry{}, fmt.Errorf("open inquiry %s: %w: %s", id, ErrTargets, p.Dataset)
		} else {
			seen[at] = true
		}
	}
	if len(parts) == 0 {
		return Inquiry{}, fmt.Errorf("open inquiry %s: %w", id, ErrTargets)
	}
	return Inquiry{ID: id, Boolean: boolean, Deadline: deadline, Parts: parts}, nil
}

// Take takes the first answer of a site about a dataset, if it is in time and says what can be.
func (q *Inquiry) Take(questionID, site, dataset string, a Answer, now time.Time) error {
	for i := range q.Parts {
		p := &q.Parts[i]
		if p.QuestionID != questionID || p.Site != site || p.Dataset != dataset {
			continue
		}
		switch {
		case p.Outcome == Silent || !now.Before(q.Deadline):
			return ErrLate
		case p.Outcome != "":
			return ErrAnswered
		case !a.sound() || q.Boolean && a.Outcome == Counted:
			return ErrInvalid
		}
		p.Answer = a
		return nil
	}
	return ErrUnknown
}

// sound says whether the members fit the outcome: a number where one is told and nowhere else.
func (a Answer) sound() bool {
	switch a.Outcome {
	case Counted:
		return a.Count > 0 && a.Reason == ""
	case Present, Suppressed:
		return a.Count == 0 && a.Called == 0 && a.Reason == ""
	case Refused:
		return a.Count == 0 && a.Called == 0 && a.Reason != ""
	}
	return false
}

// Miss notes that a site will not answer: silent, or refused where it could not even be asked.
func (q *Inquiry) Miss(site string, outcome Outcome, reason string) {
	for i := range q.Parts {
		if p := &q.Parts[i]; p.Site == site && p.Outcome == "" {
			p.Outcome, p.Reason = outcome, reason
		}
	}
}

// Expire ends the waiting.
func (q *Inquiry) Expire() {
	for _, p := range q.Parts {
		q.Miss(p.Site, Silent, "")
	}
}

// Over says whether every part has an outcome.
func (q Inquiry) Over() bool {
	for _, p := range q.Parts {
		if p.Outcome == "" {
			return false
		}
	}
	return true
}

// Total is the sum of the counts that are told, and whose they are; false if nobody counted. It is made of what the sites
// tell and of nothing else, so nothing follows from it about a site that does not.
func (q Inquiry) Total() (sum int64, of string, told bool) {
	of = OfAll
	for _, p := range q.Parts {
		if p.Outcome != Counted {
			of = OfThoseThatTold
			continue
		}
		sum, told = sum+p.Count, true
	}
	return sum, of, told
}
