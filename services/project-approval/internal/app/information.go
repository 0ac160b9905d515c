package app

import (
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// withdraw ends an application that nobody has decided, for who applied.
func withdraw(tx *run.Tx, e envelope.Event, act approval.ApplicationWithdraw) error {
	a, err := applicantsOwn(tx, e, act.ApplicationID)
	if err != nil {
		return err
	}
	if err := a.Domain.Withdraw(); err != nil {
		return refusal(err)
	}
	if err := keep(tx, a); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, approval.ApplicationWithdrawn{ApplicationID: act.ApplicationID, ProjectID: a.Request.ProjectID, Reason: act.Reason},
		run.InProject(a.Request.ProjectID))
	return err
}

// requestInformation lets a member of the body whose turn it is ask the applicant; nobody decides until the answer.
func requestInformation(tx *run.Tx, e envelope.Event, act approval.ApplicationRequestInformation) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{act.Body}}); err != nil {
		return err
	}
	a, err := meant(tx, e, act.ApplicationID)
	if err != nil {
		return err
	}
	if err := apart(tx, e, a); err != nil {
		return err
	}
	if err := a.Domain.Ask(chain(tx.Profile(), a.Request), act.Body, e.Actor, act.RequestID); err != nil {
		return refusal(err)
	}
	if err := keep(tx, a); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, approval.ApplicationInformationRequested(act), run.InProject(a.Request.ProjectID))
	return err
}

// provideInformation brings the applicant's answer before the body that asked.
func provideInformation(tx *run.Tx, e envelope.Event, act approval.ApplicationProvideInformation) error {
	a, err := applicantsOwn(tx, e, act.ApplicationID)
	if err != nil {
		return err
	}
	if err := a.Domain.Answer(act.RequestID); err != nil {
		return refusal(err)
	}
	if err := keep(tx, a); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, approval.ApplicationInformationReceived(act), run.InProject(a.Request.ProjectID))
	return err
}

// applicantsOwn finds the application that somebody asks something about: their own, or one of another site that this
// site's gateway speaks for.
func applicantsOwn(tx *run.Tx, e envelope.Event, id string) (application, error) {
	fromGateway := people.FromGateway(tx, e)
	if !fromGateway {
		if err := people.Authorize(tx, e, people.Need{}); err != nil {
			return application{}, err
		}
	}
	a, err := meant(tx, e, id)
	if err != nil {
		return a, err
	}
	if !fromGateway && a.Request.Applicant != e.Actor {
		return a, run.Refuse(ReasonNotTheApplicant, "only the applicant asks this about an application")
	}
	return a, nil
}
