// Package approval decides applications for access to data: who may assess them, in which order the bodies of a site's
// chain decide, and when a permit ends. It does no I/O.
package approval

import (
	"errors"
	"fmt"
	"slices"
)

// Status of an application, verbatim from TEHDAS2 D6.4 §7.6.
type Status string

// The statuses that an application passes through here.
const (
	Submitted      Status = "SUBMITTED"
	Processing     Status = "PROCESSING"
	DecisionIssued Status = "DECISION_ISSUED"
)

// Decision of a body or of the whole chain, verbatim from TEHDAS2 D6.4 §9.
type Decision string

// The two decisions.
const (
	Positive Decision = "Positive"
	Negative Decision = "Negative"
)

// step is what moves an application on.
type step string

const (
	submit step = "submit"
	screen step = "pre-screening passed"
	assess step = "assess"
	decide step = "last body decided"
)

// next is the whole life of an application: a step that is not in the row of a status cannot be taken in it.
var next = map[Status]map[step]Status{
	"":             {submit: Submitted},
	Submitted:      {screen: Processing},
	Processing:     {assess: Processing, decide: DecisionIssued},
	DecisionIssued: {},
}

// Why an assessment is not accepted.
var (
	ErrTransition         = errors.New("the application is not in a state for this")
	ErrSeparationOfDuties = errors.New("an applicant may not assess their own application")
	ErrAlreadyAssessed    = errors.New("each person assesses an application once")
	ErrNotThisBodysTurn   = errors.New("it is another body's turn")
)

// Body is one link of the chain: Quorum positive assessments out of Of members carry it.
type Body struct {
	Name       string
	Quorum, Of int
}

// Assessment is one person's word for one body.
type Assessment struct {
	Body     string   `json:"body"`
	Person   string   `json:"person"`
	Decision Decision `json:"decision"`
}

// Application is one request for access, as far as deciding it goes.
type Application struct {
	Applicants  []string     `json:"applicants"` // who asks and who would work with the data
	Status      Status       `json:"status"`
	Assessments []Assessment `json:"assessments"`
	Decision    Decision     `json:"decision,omitzero"`
}

// New is an application that was just submitted.
func New(applicants ...string) (Application, error) {
	a := Application{Applicants: applicants}
	return a, a.take(submit)
}

// Screened says that the application is complete and its applicant has standing here: the chain may begin.
func (a *Application) Screened() error { return a.take(screen) }

// Assess adds one person's assessment. The chain's bodies decide in order; the application is decided once the last
// body carries it, or one body can no longer.
func (a *Application) Assess(chain []Body, body, person string, d Decision) error {
	if slices.Contains(a.Applicants, person) {
		return ErrSeparationOfDuties
	}
	if slices.ContainsFunc(a.Assessments, func(s Assessment) bool { return s.Person == person }) {
		return ErrAlreadyAssessed
	}
	if err := a.take(assess); err != nil {
		return err
	}
	turn, open := a.Turn(chain)
	if !open || turn.Name != body {
		return fmt.Errorf("%w: %s", ErrNotThisBodysTurn, turn.Name)
	}
	a.Assessments = append(a.Assessments, Assessment{Body: body, Person: person, Decision: d})
	if a.Count(body, Negative) > turn.Of-turn.Quorum {
		a.Decision = Negative
		return a.take(decide)
	}
	if _, open := a.Turn(chain); !open {
		a.Decision = Positive
		return a.take(decide)
	}
	return nil
}

// Turn is the first body that has not carried the application yet; open is false when all have.
func (a *Application) Turn(chain []Body) (b Body, open bool) {
	for _, b := range chain {
		if a.Count(b.Name, Positive) < b.Quorum {
			return b, true
		}
	}
	return Body{}, false
}

// Count is how many members of a body have said d.
func (a *Application) Count(body string, d Decision) (n int) {
	for _, s := range a.Assessments {
		if s.Body == body && s.Decision == d {
			n++
		}
	}
	return n
}

func (a *Application) take(s step) error {
	to, ok := next[a.Status][s]
	if !ok {
		return fmt.Errorf("%w: %s cannot happen to an application that is %s", ErrTransition, s, a.Status)
	}
	a.Status = to
	return nil
}
