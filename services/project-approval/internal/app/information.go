package app

import (
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/project-approval/internal/approval"
)

// requestInformation lets a member of the body whose turn it is ask the applicant; nobody decides until the answer. What
// the gateway says a body of another site asks is for an applicant of this one.
func requestInformation(tx *run.Tx, e envelope.Event, act approval.ApplicationRequestInformation) error {
	if people.FromGateway(tx, e) {
		return askedElsewhere(tx, e, act)
	}
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
	act.Site = tx.Site()
	return informationRequested(tx, e, a, act)
}

// askedElsewhere says to the applicant what a body of another site asks.
func askedElsewhere(tx *run.Tx, e envelope.Event, act approval.ApplicationRequestInformation) error {
	a, err := ofHost(tx, tx.Site(), act.ApplicationID)
	if err != nil {
		return err
	}
	if len(datasetsAt(a.Request.Datasets, act.Site)) == 0 {
		return run.Refuse(ReasonNotAsked, "the application asks nothing of %s", act.Site)
	}
	if a.Elsewhere == nil {
		a.Elsewhere = map[string]string{}
	}
	a.Elsewhere[act.Site] = act.RequestID
	return informationRequested(tx, e, a, act)
}

func informationRequested(tx *run.Tx, e envelope.Event, a application, act approval.ApplicationRequestInformation) error {
	if err := keep(tx, a); err != nil {
		return err
	}
	_, err := tx.Emit(e.Subject, approval.ApplicationInformationRequested{ApplicationID: act.ApplicationID, RequestID: act.RequestID, Body: act.Body,
		Question: act.Question, RespondBy: act.RespondBy, Site: act.Site, HostSite: a.Request.HostSite}, run.InProject(a.Request.ProjectID))
	return err
}

// provideInformation brings the applicant's answer before the body that asked, here or at another site.
func provideInformation(tx *run.Tx, e envelope.Event, act approval.ApplicationProvideInformation) error {
	a, err := applicantsOwn(tx, e, act.ApplicationID, act.HostSite)
	if err != nil {
		return err
	}
	if act.Site == "" {
		act.Site = tx.Site()
	}
	if act.Site == tx.Site() {
		if err := a.Domain.Answer(act.RequestID); err != nil {
			return refusal(err)
		}
	} else if a.Elsewhere[act.Site] != act.RequestID {
		return refusal(domain.ErrRequestUnknown)
	}
	delete(a.Elsewhere, act.Site)
	if err := keep(tx, a); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, approval.ApplicationInformationReceived{ApplicationID: act.ApplicationID, RequestID: act.RequestID, Answer: act.Answer,
		Documents: act.Documents, Site: act.Site, HostSite: a.Request.HostSite}, run.InProject(a.Request.ProjectID))
	return err
}

// applicantsOwn finds the application that somebody asks something about: their own, or one of the host that this site's
// gateway speaks for, and of no other host.
func applicantsOwn(tx *run.Tx, e envelope.Event, id, host string) (application, error) {
	if people.FromGateway(tx, e) {
		return ofHost(tx, host, id)
	}
	if err := people.Authorize(tx, e, people.Need{}); err != nil {
		return application{}, err
	}
	a, err := meant(tx, e, id)
	if err == nil && a.Request.Applicant != e.Actor {
		err = run.Refuse(ReasonNotTheApplicant, "only the applicant asks this about an application")
	}
	return a, err
}
