package app

import (
	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// importReviewDue is the timer that ends the review of an import.
const importReviewDue = "import-review-due"

// entering is what the service keeps of one import.
type entering struct {
	Domain release.Import            `json:"domain"`
	Asked  workspace.ImportRequested `json:"asked"`
}

// admission is the name of what may be used in a project.
func admission(project, digest string) string { return project + " " + digest }

// importRequested checks what a person wants to bring in by the site's rules, and hands it to the reviewers if it passes.
// Its bytes stay where they are, outside every workspace.
//
// SATRE 3.1.04: an ingress request has been approved by all required parties.
func (a airlock) importRequested(tx *run.Tx, _ envelope.Event, asked workspace.ImportRequested) error {
	var stages []release.Stage
	for _, s := range tx.Profile().Review.Steps() {
		stages = append(stages, release.Stage(s))
	}
	in := entering{Asked: asked}
	var err error
	if in.Domain, err = release.NewImport(asked.Requester, asked.Digest, stages...); err != nil {
		return refusal(err)
	}
	if _, over, err := ended.Get(tx.Tx, asked.PermitID); err != nil || over {
		if err != nil {
			return err
		}
		return in.reject(tx, release.PermitEnd, ReasonPermitEnded)
	}
	found, scan, err := a.inspect(tx, asked)
	if err != nil {
		return err
	}
	checked := events.ImportChecked{ImportID: asked.ImportID, ProjectID: asked.ProjectID, Digest: asked.Digest, Outcome: "pass",
		Findings: found, Scan: scan}
	if len(found) > 0 {
		checked.Outcome = "fail"
		if _, err := tx.Emit(in.subject(), checked, run.InProject(asked.ProjectID)); err != nil {
			return err
		}
		return in.reject(tx, release.CheckFail, found[0].Rule)
	}
	if err := in.Domain.Take(release.CheckPass); err != nil {
		return refusal(err)
	}
	checked.Role, checked.Needed, checked.DueAt = stages[0].Role, int64(in.Domain.Needed()), tx.Profile().Review.Deadline(tx.Now())
	if err := tx.Alarm(importReviewDue, in.subject(), checked.DueAt, asked.ImportID); err != nil {
		return err
	}
	if _, err := tx.Emit(in.subject(), checked, run.InProject(asked.ProjectID)); err != nil {
		return err
	}
	return imports.Put(tx.Tx, asked.ImportID, in)
}

// importReview takes one reviewer's word on an import, and announces the decision with the last.
func importReview(tx *run.Tx, e envelope.Event, act events.ImportReview) error {
	who, err := reviewer(tx, e)
	if err != nil {
		return err
	}
	in, err := enteringOf(tx, e, act.ImportID)
	if err != nil {
		return err
	}
	by, err := independent(who, e.Actor, in.Asked.Sponsor)
	if err != nil {
		return err
	}
	if err := in.Domain.Review(by, act.Digest, act.Decision == "Approved"); err != nil {
		return refusal(err)
	}
	if err := in.reviewed(tx, e, act.Decision); err != nil {
		return err
	}
	switch in.Domain.Status {
	case release.Approved:
		return in.approve(tx)
	case release.Rejected:
		return in.announceRejection(tx, ReasonRejected)
	}
	return imports.Put(tx.Tx, act.ImportID, in)
}

// importWithdraw lets who asked give up what was not decided yet.
func importWithdraw(tx *run.Tx, e envelope.Event, act events.ImportWithdraw) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}}); err != nil {
		return err
	}
	in, err := enteringOf(tx, e, act.ImportID)
	if err != nil {
		return err
	}
	if in.Asked.Requester != e.Actor {
		return run.Refuse(ReasonNotTheRequester, "an import is withdrawn by who asked for it")
	}
	if err := in.Domain.Take(release.Withdraw); err != nil {
		return refusal(err)
	}
	if err := in.over(tx); err != nil {
		return err
	}
	_, err = tx.Emit(in.subject(), events.ImportWithdrawn{ImportID: act.ImportID, WorkspaceID: in.Asked.WorkspaceID,
		ProjectID: in.Asked.ProjectID, Digest: in.Asked.Digest, Reason: act.Reason}, run.InProject(in.Asked.ProjectID))
	return err
}

// importOverdue rejects an import that nobody decided about in time.
func importOverdue(tx *run.Tx, _ string, id string) error {
	in, found, err := imports.Get(tx.Tx, id)
	if err != nil || !found || in.Domain.Status != release.InReview {
		return err
	}
	return in.reject(tx, release.Overdue, ReasonOverdue)
}

func enteringOf(tx *run.Tx, e envelope.Event, id string) (entering, error) {
	in, found, err := imports.Get(tx.Tx, id)
	if err != nil || !found {
		return in, orAwait(err, e.Subject, ReasonImportUnknown)
	}
	return in, nil
}

func (in entering) subject() string { return "import/" + in.Asked.ImportID }

// reviewed announces the word that was given last, as far as the site tells of it.
func (in entering) reviewed(tx *run.Tx, e envelope.Event, decision string) error {
	last := in.Domain.Opinions[len(in.Domain.Opinions)-1]
	told := events.ImportReviewed{ImportID: in.Asked.ImportID, Ordinal: int64(len(in.Domain.Opinions)), Needed: int64(in.Domain.Needed()),
		Blinded: tx.Profile().Review.Blinded, Role: in.Domain.Stages[last.Stage].Role}
	if !told.Blinded {
		told.Reviewer, told.Decision = e.Actor, decision
	}
	_, err := tx.Emit(in.subject(), told, run.InProject(in.Asked.ProjectID))
	return err
}

// approve announces the decision by which exactly these bytes may enter the workspace.
func (in entering) approve(tx *run.Tx) error {
	if err := in.over(tx); err != nil {
		return err
	}
	o := in.Asked
	if err := admitted.Put(tx.Tx, admission(o.ProjectID, o.Digest), o.ImportID); err != nil {
		return err
	}
	_, err := tx.Emit(in.subject(), events.ImportApproved{ImportID: o.ImportID, WorkspaceID: o.WorkspaceID, ProjectID: o.ProjectID,
		Digest: o.Digest, Reviewers: in.Domain.Reviewers()}, run.InProject(o.ProjectID))
	return err
}

// reject ends an import that may not enter.
func (in entering) reject(tx *run.Tx, by release.Step, reason string) error {
	if err := in.Domain.Take(by); err != nil {
		return refusal(err)
	}
	return in.announceRejection(tx, reason)
}

func (in entering) announceRejection(tx *run.Tx, reason string) error {
	if err := in.over(tx); err != nil {
		return err
	}
	leaf, err := tx.NextLeaf()
	if err != nil {
		return err
	}
	_, err = tx.Emit(in.subject(), events.ImportRejected{ImportID: in.Asked.ImportID, WorkspaceID: in.Asked.WorkspaceID,
		ProjectID: in.Asked.ProjectID, Digest: in.Asked.Digest, Reason: reason, AuditLeaf: leaf}, run.InProject(in.Asked.ProjectID))
	return err
}

// over keeps an import that nothing is waited for any more.
func (in entering) over(tx *run.Tx) error {
	if err := tx.ClearTimer(importReviewDue, in.subject()); err != nil {
		return err
	}
	return imports.Put(tx.Tx, in.Asked.ImportID, in)
}
