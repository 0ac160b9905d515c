package app

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/project-approval/internal/approval"
)

// submit takes an application: from a researcher of this site, or from the site's gateway for one of another site.
func submit(tx *run.Tx, e envelope.Event, act approval.ApplicationSubmit) error {
	if _, found, err := applications.Get(tx.Tx, keyOf(act.HostSite, act.ApplicationID)); err != nil || found {
		return run.OrRefuse(err, ReasonAlreadySubmitted, "an application with this id was submitted before")
	}
	attestation, err := applicantStanding(tx, e, act)
	if err != nil {
		return err
	}
	for _, site := range act.Sites {
		if len(datasetsAt(act.Datasets, site)) == 0 {
			return run.Refuse(ReasonNotAsked, "the application names the site %s and no dataset of it", site)
		}
	}
	latest := tx.Profile().Permit.MaxDuration.After(tx.Now())
	if !act.ExpiresAt.After(tx.Now()) || act.ExpiresAt.After(latest) {
		return run.Refuse(ReasonDuration, "a permit of this site ends after now and at the latest on %s", latest.Format("2006-01-02"))
	}
	request := approval.ApplicationSubmitted{ApplicationID: act.ApplicationID, ProjectID: act.ProjectID, HostSite: act.HostSite,
		Applicant: act.Applicant, Persons: act.Persons, Purpose: act.Purpose, Sites: act.Sites, Datasets: act.Datasets,
		Concepts: act.Concepts, Analyses: act.Analyses, ExpiresAt: act.ExpiresAt, Attestation: attestation}
	a := application{Request: request}
	if a.Domain, err = domain.New(append(slices.Clone(act.Persons), act.Applicant)...); err != nil {
		return refusal(err)
	}
	if err := a.Domain.Screened(); err != nil {
		return refusal(err)
	}
	told, err := tx.Emit(e.Subject, request, run.InProject(act.ProjectID))
	if err != nil {
		return err
	}
	a.Number = told.Sequence
	return enter(tx, a)
}

// applicantStanding is the pre-screening: who asks, and does this site's own policy let them ask. What it refuses of
// another site's application stays a fact of this site, act.refused: the host is sent decisions and nothing else. It
// learns of a refusal when a job of its study is answered permit-missing.
func applicantStanding(tx *run.Tx, e envelope.Event, act approval.ApplicationSubmit) (vocabulary.Attestation, error) {
	var none vocabulary.Attestation
	if !people.FromGateway(tx, e) {
		if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}, Standing: true}); err != nil {
			return none, err
		}
		if act.Applicant != e.Actor {
			return none, run.Refuse(ReasonNotTheApplicant, "an application is submitted by its applicant")
		}
		if act.HostSite != tx.Site() {
			return none, run.Refuse(ReasonNotTheHost, "a person applies at their own site, which hosts the project")
		}
		return people.Attestation(tx, act.Applicant)
	}
	told := act.Attestation
	if told.Person != act.Applicant || told.HomeSite != act.HostSite {
		return none, run.Refuse(ReasonAttestation, "the applicant's own site has not attested to them")
	}
	if !slices.Contains(act.Sites, tx.Site()) {
		return none, run.Refuse(ReasonNotAsked, "the application asks nothing of this site")
	}
	// Each site applies its own rules to what the home site attests.
	if tx.Profile().SignIn.Assurance == "aal2" && told.Assurance != "aal2" {
		return none, run.Refuse(people.AssuranceTooLow, "this site asks for a second factor; the applicant's own site does not")
	}
	if !tx.Now().Before(tx.Profile().Training.ValidFor.After(told.TrainingCompletedAt)) {
		return none, run.Refuse(people.TrainingExpired, "the applicant's training is too old for this site")
	}
	return told, nil
}

// datasetsAt lists what is asked of one site.
func datasetsAt(all []vocabulary.DatasetRef, site string) (ids []string) {
	for _, d := range all {
		if d.Site == site {
			ids = append(ids, d.DatasetID)
		}
	}
	return ids
}
