// Package approval decides applications for access to data: who may assess them, in which order the bodies of a site's
// chain decide, on all datasets or on each by itself, and how a permit lives. It does no I/O.
package approval

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Status of an application, verbatim from TEHDAS2 D6.4 §7.6.
type Status string

// The statuses of an application.
const (
	Submitted      Status = "SUBMITTED"
	Processing     Status = "PROCESSING"
	Awaiting       Status = "AWAITING_ADDITIONAL_INFORMATION"
	DecisionIssued Status = "DECISION_ISSUED"
	Withdrawn      Status = "WITHDRAWN"
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
	submit   step = "submit"
	screen   step = "pre-screening passed"
	deny     step = "pre-screening refused all"
	assess   step = "assess"
	decide   step = "last body decided"
	ask      step = "ask for information"
	answer   step = "give information"
	withdraw step = "withdraw"
	amend    step = "amend"
)

// next is the whole life of an application: a step that is not in the row of a status cannot be taken in it. After
// information was given D6.4 says PRE_SCREENING in §7.5 and PROCESSING in §8: here it is the latter, since completeness
// is held before.
var next = map[Status]map[step]Status{
	"":             {submit: Submitted},
	Submitted:      {screen: Processing, deny: DecisionIssued},
	Processing:     {assess: Processing, decide: DecisionIssued, ask: Awaiting, withdraw: Withdrawn},
	Awaiting:       {answer: Processing, withdraw: Withdrawn},
	DecisionIssued: {amend: Submitted},
	Withdrawn:      {},
}

// Why a step is not accepted.
var (
	ErrTransition         = errors.New("the application is not in a state for this")
	ErrSeparationOfDuties = errors.New("who takes part in a project, or is of its sponsor, may not assess it")
	ErrAlreadyAssessed    = errors.New("each person assesses an application once")
	ErrNotThisBodysTurn   = errors.New("it is another body's turn")
	ErrNotPerDataset      = errors.New("the body decides on all datasets together")
	ErrDatasetDecided     = errors.New("the application has no such dataset that is still open")
	ErrAmended            = errors.New("only the request that began an application can be withdrawn; the permit stays as it is without a decision")
	ErrRequestUnknown     = errors.New("no such request for information is open")
)

// Request is what an application asks of a site, as far as deciding it goes.
type Request struct {
	Applicants []string // who asks and who would work with the data
	Sponsor    string   // the organisation that pays, by name; may be a site of the federation
	Datasets   []string // of this site; none where a host is asked for no data
}

// Dataset is what was decided on one dataset: nothing while it is open.
type Dataset struct {
	ID       string   `json:"id"`
	Decision Decision `json:"decision,omitzero"`
	Body     string   `json:"body,omitzero"`   // that refused
	Reason   string   `json:"reason,omitzero"` // code, where a rule refused
}

// Application is one request for access, as far as deciding it goes.
type Application struct {
	Applicants  []string     `json:"applicants"`
	Sponsor     string       `json:"sponsor,omitzero"`
	Status      Status       `json:"status"`
	Round       int          `json:"round"` // 1 for the application, more for amendments of its permit
	Datasets    []Dataset    `json:"datasets,omitzero"`
	Assessments []Assessment `json:"assessments"` // of this round
	Decision    Decision     `json:"decision,omitzero"`
	Open        string       `json:"open,omitzero"` // the request for information that waits
}

// New is an application that was just submitted.
func New(r Request) (Application, error) {
	a := Application{Applicants: r.Applicants, Sponsor: r.Sponsor, Round: 1}
	a.open(r.Datasets)
	return a, a.take(submit)
}

func (a *Application) open(datasets []string) {
	a.Datasets = nil
	for _, id := range datasets {
		a.Datasets = append(a.Datasets, Dataset{ID: id})
	}
}

// Deny refuses an open dataset by a rule, whatever the bodies say.
func (a *Application) Deny(id, reason string) {
	for i, d := range a.Datasets {
		if d.ID == id && d.Decision != Negative {
			a.Datasets[i].Decision, a.Datasets[i].Reason = Negative, reason
		}
	}
	if a.Decision == Positive && a.lost() {
		a.Decision = Negative
	}
}

// Screened says that the application is complete and its applicant has standing here: the chain may begin, unless
// rules have refused every dataset.
func (a *Application) Screened() error {
	if a.lost() {
		a.Decision = Negative
		return a.take(deny)
	}
	return a.take(screen)
}

// Amend submits another round on the permit that came of an application, over the datasets that are asked for beside
// those of the permit, and with persons who are then part of the project. Screened follows, as at first.
func (a *Application) Amend(datasets, persons []string) error {
	if err := a.take(amend); err != nil {
		return err
	}
	a.Round++
	a.Assessments, a.Decision = nil, ""
	for _, p := range persons {
		if !slices.Contains(a.Applicants, p) {
			a.Applicants = append(a.Applicants, p)
		}
	}
	a.open(datasets)
	return nil
}

// Withdraw ends an application that nobody has decided.
func (a *Application) Withdraw() error {
	if a.Round > 1 {
		return ErrAmended
	}
	return a.take(withdraw)
}

// Ask lets a member of a body ask the applicant something; the chain waits for the answer.
func (a *Application) Ask(chain []Body, body, person, request string) error {
	if err := a.mayDecide(person); err != nil {
		return err
	}
	if turn, _ := a.Turn(chain); turn.Name != body {
		return fmt.Errorf("%w: %s", ErrNotThisBodysTurn, turn.Name)
	}
	a.Open = request
	return a.take(ask)
}

// Answer brings the information that was asked for.
func (a *Application) Answer(request string) error {
	if a.Open != request {
		return ErrRequestUnknown
	}
	a.Open = ""
	return a.take(answer)
}

// mayDecide keeps those apart who ask and who decide. Of a sponsor's people it knows those whose home site the sponsor
// is; who acts for it in a role here is told from what the officer said who gave the role.
//
// SATRE 1.5.04; the public-private rule: the sponsor's own people may not approve.
func (a *Application) mayDecide(person string) error {
	home, _, _ := strings.Cut(person, ":")
	if slices.Contains(a.Applicants, person) || a.Sponsor != "" && home == a.Sponsor {
		return ErrSeparationOfDuties
	}
	return nil
}

func (a *Application) take(s step) error {
	to, ok := next[a.Status][s]
	if !ok {
		return fmt.Errorf("%w: %s cannot happen to an application that is %s", ErrTransition, s, a.Status)
	}
	a.Status = to
	return nil
}
