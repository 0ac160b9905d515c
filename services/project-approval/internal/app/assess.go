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

// assess takes one member's word for their body, and announces the decision once the chain has come to one.
func assess(tx *run.Tx, e envelope.Event, act approval.ApplicationAssess) error {
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
	bodies := chain(tx.Profile(), a.Request)
	vote := domain.Assessment{Body: act.Body, Person: e.Actor, Decision: domain.Decision(act.Decision), Dataset: act.DatasetID}
	if err := a.Domain.Assess(bodies, vote); err != nil {
		return refusal(err)
	}
	i := slices.IndexFunc(bodies, func(b domain.Body) bool { return b.Name == act.Body })
	assessed := approval.ApplicationAssessed{ApplicationID: act.ApplicationID, Body: act.Body, Assessor: e.Actor, Decision: act.Decision,
		DatasetID: act.DatasetID, Ordinal: int64(a.Domain.Ordinal(vote)), Quorum: int64(bodies[i].Quorum)}
	if _, err := tx.Emit(e.Subject, assessed, run.InProject(a.Request.ProjectID)); err != nil {
		return err
	}
	if a.Domain.Status == domain.DecisionIssued {
		// The record may have come, or another version of it, while people decided.
		if _, err := denied(tx, &a); err != nil {
			return err
		}
		if err := decide(tx, &a); err != nil {
			return err
		}
	}
	return keep(tx, a)
}

// apart keeps the sponsor's people from deciding: those whose site the sponsor is, and those who act for it in a role here.
//
// SATRE 1.5.04; the public-private rule: the sponsor's own people may not approve.
func apart(tx *run.Tx, e envelope.Event, a application) error {
	who, _, err := people.Persons.Get(tx.Tx, e.Actor)
	if err == nil && who.Of(e.Actor, a.Request.Sponsor) {
		err = refusal(domain.ErrSeparationOfDuties)
	}
	return err
}

func keep(tx *run.Tx, a application) error {
	return applications.Put(tx.Tx, keyOf(a.Request.HostSite, a.Request.ApplicationID), a)
}

// decide announces the decision of a round. A positive one on an application comes with a permit that ends by itself,
// over the datasets that were not refused, if this site is asked for data at all: a host need not be. One on an
// amendment changes the permit.
func decide(tx *run.Tx, a *application) error {
	r := a.Request
	var err error
	switch {
	case a.Domain.Decision != domain.Positive:
	case a.Domain.Round > 1:
		err = a.change(tx)
	case len(a.Domain.Datasets) > 0:
		a.Permit = tx.NewID()
		err = grant(tx, r, a.Permit, a.Domain.With(domain.Positive))
	}
	if err != nil {
		return err
	}
	a.Change = change{}
	issued := approval.DecisionIssued{ApplicationID: r.ApplicationID, ProjectID: r.ProjectID, Site: tx.Site(), HostSite: r.HostSite,
		Decision: string(a.Domain.Decision), PermitID: a.Permit}
	for _, b := range chain(tx.Profile(), r) {
		if said, ok := a.Domain.Said(b); ok {
			issued.Bodies = append(issued.Bodies, vocabulary.BodyDecision{Body: b.Name, Decision: string(said)})
		}
	}
	for _, d := range a.Domain.Datasets {
		told := vocabulary.DatasetDecision{DatasetID: d.ID, Decision: string(d.Decision), Body: d.Body, Reason: d.Reason}
		if d.Decision == "" { // the chain ended before it came to this one
			told.Decision = string(domain.Negative)
		}
		issued.Datasets = append(issued.Datasets, told)
	}
	if _, err := tx.Emit("application/"+r.ApplicationID, issued, run.InProject(r.ProjectID)); err != nil {
		return err
	}
	if a.Domain.Round > 1 || a.Domain.Decision != domain.Positive || r.HostSite != tx.Site() {
		return nil
	}
	return registered(tx, r)
}

// What stands in the register where there is no title that may be published, and where the entry is confidential.
const (
	untitled     = "no published title"
	confidential = "confidential"
)

// registered enters a project that its own host has approved in the host's register. A confidential entry tells that
// there is a project, for which type of partner, at which sites and until when, and not its title. Who pays is told in
// no entry.
//
// SATRE 5.3.01, 1.4.06: a register of projects, with what for, by whom and until when.
// EOSC-ENTRUST R035: details of projects need not be public where a public-private partnership does not allow it.
func registered(tx *run.Tx, r approval.ApplicationSubmitted) error {
	members := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(r.Persons), r.Applicant))))
	project := approval.ProjectRegistered{ProjectID: r.ProjectID, ApplicationID: r.ApplicationID, HostSite: r.HostSite, Title: r.Title,
		Purpose: r.Purpose, DataForm: "pseudonymised", Members: members, Sites: r.Sites, EndsAt: r.ExpiresAt,
		Partner: r.Partner, Confidential: slices.Contains(tx.Profile().Projects.Confidential, partnerOf(r))}
	switch {
	case project.Confidential:
		project.Title = confidential
	case project.Title == "":
		project.Title = untitled
	}
	_, err := tx.Emit("project/"+r.ProjectID, project, run.InProject(r.ProjectID))
	return err
}
