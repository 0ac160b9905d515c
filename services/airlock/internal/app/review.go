package app

import (
	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/disclosure"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/upheld"
)

// review takes one reviewer's word, and announces whose turn is next, or the decision with the last.
func (a airlock) review(tx *run.Tx, e envelope.Event, act events.ReleaseReview) error {
	p, by, err := reviewing(tx, e, act.ReleaseID)
	if err != nil {
		return err
	}
	if act.Decision == "Approved" {
		if err := upheld.Check(tx, p.Output.Entrusted...); err != nil {
			return err
		}
	}
	stage, _ := p.Domain.Turn()
	if err := p.Domain.Review(by, act.Digest, act.Decision == "Approved"); err != nil {
		return refusal(err)
	}
	if err := reviewed(tx, e, act.ReleaseID, p, act.Decision); err != nil {
		return err
	}
	switch p.Domain.Status {
	case release.Approved:
		return a.approve(tx, act.ReleaseID, p)
	case release.Rejected:
		return announceRejection(tx, act.ReleaseID, p, ReasonRejected, nil)
	}
	if next, _ := p.Domain.Turn(); next != stage {
		if err := assign(tx, act.ReleaseID, p); err != nil {
			return err
		}
	}
	return releases.Put(tx.Tx, act.ReleaseID, p)
}

// reviewed announces the word that was given last, as far as the site tells of it.
func reviewed(tx *run.Tx, e envelope.Event, id string, p pending, decision string) error {
	last := p.Domain.Opinions[len(p.Domain.Opinions)-1]
	told := events.ReleaseReviewed{ReleaseID: id, Ordinal: int64(len(p.Domain.Opinions)), Needed: int64(p.Domain.Needed()),
		Blinded: tx.Profile().Review.Blinded, Role: p.Domain.Stages[last.Stage].Role}
	if !told.Blinded {
		told.Reviewer, told.Decision = e.Actor, decision
	}
	_, err := tx.Emit(e.Subject, told, run.InProject(p.Output.ProjectID))
	return err
}

// approve announces the decision that lets exactly these bytes leave.
func (a airlock) approve(tx *run.Tx, id string, p pending) error {
	if err := a.failpoints.Hit(tx.Context(), "airlock/approved"); err != nil {
		return err
	}
	if err := releases.Put(tx.Tx, id, p); err != nil {
		return err
	}
	if err := tx.ClearTimer(reviewDue, "release/"+id); err != nil {
		return err
	}
	o, profile := p.Output, tx.Profile()
	// SATRE 3.3.09: a machine-readable record of the criteria that each released package met.
	decision := events.ReleaseApproved{ReleaseID: id, OutputID: o.OutputID, JobID: o.JobID, StudyID: o.StudyID, ProjectID: o.ProjectID,
		PermitID: o.PermitID, Claim: o.Claim, Requester: o.Author, Reviewers: p.Domain.Reviewers(), CoveredBy: p.CoveredBy,
		Stages: stagesOf(p.Domain), DeclaredAs: p.lowRisk(), Destination: o.Destination,
		ExpiresAt: profile.Release.ValidFor.After(tx.Now()), ChecksPassed: disclosure.Required(),
		Rules: vocabulary.Rules{Threshold: int64(max(p.Threshold, profile.Threshold)), Reviewers: p.needed(), Blinded: profile.Review.Blinded,
			ProfileDigest: profile.Digest()}}
	if _, err := tx.Emit("release/"+id, decision, run.InProject(o.ProjectID)); err != nil {
		return err
	}
	if err := remember(tx, o.Claim.Digest, tx.Site()); err != nil {
		return err
	}
	if p.CoveredBy == "" {
		if err := a.note(tx, id, p); err != nil {
			return err
		}
	}
	if o.Destination.Kind != "researcher" {
		return tx.Alarm(approvalEnd, "release/"+id, decision.ExpiresAt, id)
	}
	_, err := tx.Emit("release/"+id, events.ReleasePublished{ReleaseID: id, OutputID: o.OutputID, StudyID: o.StudyID,
		ProjectID: o.ProjectID, Claim: o.Claim, Name: p.Name, Recipients: []string{o.Author}}, run.InProject(o.ProjectID))
	return err
}

// overdue rejects an output that nobody decided about in time.
func overdue(tx *run.Tx, _ string, id string) error {
	p, found, err := releases.Get(tx.Tx, id)
	if err != nil || !found || p.Domain.Status != release.InReview {
		return err
	}
	return reject(tx, id, p, release.Overdue, ReasonOverdue, nil)
}
