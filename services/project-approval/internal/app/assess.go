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
	bodies := chain(tx.Profile())
	if err := a.Domain.Assess(bodies, act.Body, e.Actor, domain.Decision(act.Decision)); err != nil {
		return refusal(err)
	}
	if err := applications.Put(tx.Tx, keyOf(a.Request.HostSite, act.ApplicationID), a); err != nil {
		return err
	}
	i := slices.IndexFunc(bodies, func(b domain.Body) bool { return b.Name == act.Body })
	assessed := approval.ApplicationAssessed{ApplicationID: act.ApplicationID, Body: act.Body, Assessor: e.Actor, Decision: act.Decision,
		Ordinal: int64(a.Domain.Count(act.Body, domain.Positive) + a.Domain.Count(act.Body, domain.Negative)), Quorum: int64(bodies[i].Quorum)}
	if _, err := tx.Emit(e.Subject, assessed, run.InProject(a.Request.ProjectID)); err != nil {
		return err
	}
	if a.Domain.Status != domain.DecisionIssued {
		return nil
	}
	return decide(tx, a, bodies)
}

// decide announces the chain's decision; a positive one comes with a permit that ends by itself, if this site is asked
// for data at all: a host need not be.
func decide(tx *run.Tx, a application, bodies []domain.Body) error {
	r := a.Request
	issued := approval.DecisionIssued{ApplicationID: r.ApplicationID, ProjectID: r.ProjectID, Site: tx.Site(), HostSite: r.HostSite,
		Decision: string(a.Domain.Decision)}
	for _, b := range bodies {
		if a.Domain.Count(b.Name, domain.Positive) >= b.Quorum {
			issued.Bodies = append(issued.Bodies, vocabulary.BodyDecision{Body: b.Name, Decision: string(domain.Positive)})
		} else if a.Domain.Count(b.Name, domain.Negative) > 0 {
			issued.Bodies = append(issued.Bodies, vocabulary.BodyDecision{Body: b.Name, Decision: string(domain.Negative)})
		}
	}
	if a.Domain.Decision == domain.Positive && len(datasetsAt(r.Datasets, tx.Site())) > 0 {
		issued.PermitID = tx.NewID()
		if err := grant(tx, r, issued.PermitID); err != nil {
			return err
		}
	}
	_, err := tx.Emit("application/"+r.ApplicationID, issued, run.InProject(r.ProjectID))
	return err
}
