package app

import (
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/project-approval/internal/approval"
)

// submit takes an application: from a researcher of this site, or from the site's gateway for one of another site.
func submit(tx *run.Tx, e envelope.Event, act approval.ApplicationSubmit) error {
	if _, found, err := applications.Get(tx.Tx, keyOf(act.HostSite, act.ApplicationID)); err != nil || found {
		return run.OrRefuse(err, ReasonAlreadySubmitted, "an application with this id was submitted before")
	}
	if err := admitted(tx, act); err != nil {
		return err
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
	if err := withinDuration(tx, act.ExpiresAt); err != nil {
		return err
	}
	act.Attestation = attestation
	request := approval.ApplicationSubmitted(act)
	a := application{Request: request}
	if a.Domain, err = domain.New(domain.Request{Applicants: append(slices.Clone(act.Persons), act.Applicant), Sponsor: act.Sponsor,
		Datasets: datasetsAt(act.Datasets, tx.Site())}); err != nil {
		return refusal(err)
	}
	told, err := tx.Emit(e.Subject, request, run.InProject(act.ProjectID))
	if err != nil {
		return err
	}
	a.Number = told.Sequence
	if err := screen(tx, &a); err != nil {
		return err
	}
	return enter(tx, a)
}

// admitted holds an application against whom this site works with at all.
func admitted(tx *run.Tx, act approval.ApplicationSubmit) error {
	partner := partnerOf(approval.ApplicationSubmitted(act))
	if !tx.Profile().Admits(partner) {
		return run.Refuse(ReasonPartnerRefused, "this site takes no applications of %s partners", partner)
	}
	if kind := analyses.HoldsRows(act.Analyses...); kind != "" {
		return run.Refuse(ReasonHoldsRows, "%s: %s", kind, analyses.ErrHoldsRows)
	}
	if partner == profile.Industry && act.Sponsor == "" {
		return run.Refuse(ReasonSponsorMissing, "the application of an industry partner names its sponsor")
	}
	return nil
}

func withinDuration(tx *run.Tx, until time.Time) error {
	latest := tx.Profile().Permit.MaxDuration.After(tx.Now())
	if !until.After(tx.Now()) || until.After(latest) {
		return run.Refuse(ReasonDuration, "a permit of this site ends after now and at the latest on %s", latest.Format("2006-01-02"))
	}
	return nil
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
