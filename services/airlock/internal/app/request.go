package app

import (
	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/upheld"
)

// reviewDue is the timer that ends a review.
const reviewDue = "review-due"

// request takes a sealed output in, checks it by the site's rules, and hands it to the reviewers if it passes.
func (a airlock) request(tx *run.Tx, e envelope.Event, act events.ReleaseRequest) error {
	person := !people.FromGateway(tx, e)
	if person {
		if err := mayAsk(tx, e, act); err != nil {
			return err
		}
	}
	output, err := a.releasable(tx, act)
	if err != nil {
		return err
	}
	p := pending{Output: output, Type: act.ResultType, Name: act.Name, Declared: person && act.ResultType != ""}
	if err := p.withinLimits(tx.Profile().Export); err != nil {
		return err
	}
	stages, err := stages(tx, output.Author)
	if err != nil {
		return err
	}
	if p.Domain, err = release.New(output.Author, output.Claim.Digest, stages...); err != nil {
		return refusal(err)
	}
	asked := events.ReleaseRequested{ReleaseID: act.ReleaseID, OutputID: act.OutputID, JobID: output.JobID, StudyID: output.StudyID,
		ProjectID: output.ProjectID, Digest: output.Claim.Digest, Requester: output.Author, ResultType: p.Type}
	if _, err := tx.Emit(e.Subject, asked, run.InProject(output.ProjectID)); err != nil {
		return err
	}
	return a.check(tx, act.ReleaseID, p)
}

// mayAsk lets the author ask, who has standing and, where the site has one, belongs to its export group.
func mayAsk(tx *run.Tx, e envelope.Event, act events.ReleaseRequest) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}, Standing: true}); err != nil {
		return err
	}
	// TSD: only members of a project's export group take data out.
	if group := tx.Profile().Export.Group; group != "" {
		if err := people.Authorize(tx, e, people.Need{Roles: []string{group}}); err != nil {
			return err
		}
	}
	if act.Requester != e.Actor {
		return run.Refuse(ReasonNotTheAuthor, "a release is asked for by the output's author")
	}
	return nil
}

// releasable finds the output that a release is asked for, or the reason why there can be none.
func (a airlock) releasable(tx *run.Tx, act events.ReleaseRequest) (output workspace.OutputSealed, err error) {
	if _, found, err := releases.Get(tx.Tx, act.ReleaseID); err != nil || found {
		return output, run.OrRefuse(err, ReasonReleaseExists, "this release was asked for before")
	}
	output, found, err := outputs.Get(tx.Tx, act.OutputID)
	switch {
	case err != nil:
		return output, err
	case !found:
		return output, run.AwaitFact("output/"+act.OutputID, ReasonOutputUnknown)
	case output.Author != act.Requester:
		return output, run.Refuse(ReasonNotTheAuthor, "the output is somebody else's")
	case output.Claim.Digest != act.Digest:
		return output, run.Refuse(ReasonDigest, "the output was sealed with another digest than the one asked for")
	}
	if how, over, err := ended.Get(tx.Tx, output.PermitID); err != nil || over {
		return output, run.OrRefuse(err, ReasonPermitEnded, "the permit of this output is "+how)
	}
	if err := upheld.Check(tx, output.Entrusted...); err != nil {
		return output, err
	}
	if err := repeated(tx, act.OutputID); err != nil {
		return output, err
	}
	for _, digest := range output.Inputs {
		if _, known, err := released.Get(tx.Tx, digest); err != nil || !known {
			return output, orAwait(err, fact(digest), ReasonInput)
		}
	}
	for _, digest := range output.Lineage.Imports {
		if _, known, err := admitted.Get(tx.Tx, admission(output.ProjectID, digest)); err != nil || !known {
			return output, run.OrRefuse(err, ReasonImportNotTaken, "the output was made by something that nobody approved for its project")
		}
	}
	return output, nil
}

// repeated refuses to ask for the same output until somebody says yes: not while it is under review, and not after a
// reviewer said no.
func repeated(tx *run.Tx, outputID string) error {
	id, before, err := latest.Get(tx.Tx, outputID)
	if err != nil || !before {
		return err
	}
	p, _, err := releases.Get(tx.Tx, id)
	switch {
	case err != nil:
		return err
	case p.Domain.Status == release.InReview:
		return run.Refuse(ReasonReleaseExists, "the output is under review already")
	case p.Domain.Status == release.Revoked:
		return run.Refuse(ReasonRevoked, "the site has revoked the release of this output")
	case p.Domain.TurnedDown():
		return run.Refuse(ReasonRejected, "a reviewer has rejected this output; run a job that answers the objection")
	}
	return nil
}

// reject ends a release that may not leave.
func reject(tx *run.Tx, id string, p pending, by release.Step, reason string, found []vocabulary.Finding) error {
	if err := p.Domain.Take(by); err != nil {
		return refusal(err)
	}
	return announceRejection(tx, id, p, reason, found)
}

func announceRejection(tx *run.Tx, id string, p pending, reason string, found []vocabulary.Finding) error {
	if err := releases.Put(tx.Tx, id, p); err != nil {
		return err
	}
	if err := tx.ClearTimer(reviewDue, "release/"+id); err != nil {
		return err
	}
	leaf, err := tx.NextLeaf()
	if err != nil {
		return err
	}
	o := p.Output
	_, err = tx.Emit("release/"+id, events.ReleaseRejected{ReleaseID: id, OutputID: o.OutputID, JobID: o.JobID, StudyID: o.StudyID,
		ProjectID: o.ProjectID, Digest: o.Claim.Digest, Reason: reason, Findings: found, AuditLeaf: leaf}, run.InProject(o.ProjectID))
	return err
}

// orAwait passes a technical error on, and waits when there is none.
func orAwait(err error, fact, reason string) error {
	if err != nil {
		return err
	}
	return run.AwaitFact(fact, reason)
}
