package app

import (
	"errors"
	"fmt"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/disclosure"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// reviewDue is the timer that ends a review.
const reviewDue = "review-due"

// request takes a sealed output in, checks it by the site's rules, and hands it to the reviewers if it passes.
func (a airlock) request(tx *run.Tx, e envelope.Event, act events.ReleaseRequest) error {
	if !people.FromGateway(tx, e) {
		if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}, Standing: true}); err != nil {
			return err
		}
		if act.Requester != e.Actor {
			return run.Refuse(ReasonNotTheAuthor, "a release is asked for by the output's author")
		}
	}
	output, err := a.releasable(tx, act)
	if err != nil {
		return err
	}
	p := pending{Output: output}
	if p.Domain, err = release.New(output.Author, output.Claim.Digest, tx.Profile().Review.Reviewers); err != nil {
		return refusal(err)
	}
	asked := events.ReleaseRequested{ReleaseID: act.ReleaseID, OutputID: act.OutputID, JobID: output.JobID, StudyID: output.StudyID,
		ProjectID: output.ProjectID, Digest: output.Claim.Digest, Requester: output.Author}
	if _, err := tx.Emit(e.Subject, asked, run.InProject(output.ProjectID)); err != nil {
		return err
	}
	return a.check(tx, act.ReleaseID, p)
}

// releasable finds the output that a release is asked for, or the reason why there can be none.
func (a airlock) releasable(tx *run.Tx, act events.ReleaseRequest) (output workspace.OutputSealed, err error) {
	if _, found, err := releases.Get(tx.Tx, act.ReleaseID); err != nil || found {
		return output, orRefuse(err, ReasonReleaseExists, "this release was asked for before")
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
		return output, orRefuse(err, ReasonPermitEnded, "the permit of this output is "+how)
	}
	for _, digest := range output.Inputs {
		if _, known, err := released.Get(tx.Tx, digest); err != nil || !known {
			return output, orAwait(err, fact(digest), ReasonInput)
		}
	}
	return output, nil
}

// check applies the site's rules to the bytes that were sealed.
func (a airlock) check(tx *run.Tx, id string, p pending) error {
	report, err := a.report(tx, p.Output)
	if err != nil {
		return err
	}
	checked := events.ReleaseChecked{ReleaseID: id, Outcome: string(report.Outcome), Findings: findings(report),
		Threshold: int64(tx.Profile().Threshold)}
	if _, err := tx.Emit("release/"+id, checked, run.InProject(p.Output.ProjectID)); err != nil {
		return err
	}
	if report.Outcome == disclosure.Fail {
		return reject(tx, id, p, release.CheckFail, firstFailure(report), checked.Findings)
	}
	if err := p.Domain.Take(release.CheckPass); err != nil {
		return refusal(err)
	}
	if err := tx.Alarm(reviewDue, "release/"+id, tx.Profile().Review.Deadline(tx.Now()), id); err != nil {
		return err
	}
	return releases.Put(tx.Tx, id, p)
}

func (a airlock) report(tx *run.Tx, output workspace.OutputSealed) (disclosure.Report, error) {
	raw, err := a.objects.Get(tx.Context(), output.Claim.Digest)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		return disclosure.Report{}, run.Refuse(ReasonUnreadable, "the object store has no intact bytes under the sealed digest")
	}
	if err != nil {
		return disclosure.Report{}, fmt.Errorf("read the output %s: %w", output.OutputID, err)
	}
	document, err := documents.Decode(raw)
	if err != nil {
		return disclosure.Report{}, run.Refuse(ReasonUnreadable, "the output is not a document that this airlock can check")
	}
	rules := disclosure.Rules{Threshold: tx.Profile().Threshold, Released: func(digest string) bool {
		_, known, err := released.Get(tx.Tx, digest)
		return err == nil && known
	}}
	return disclosure.Check(document, rules), nil
}

func findings(r disclosure.Report) []vocabulary.Finding {
	out := []vocabulary.Finding{}
	for _, f := range r.Findings {
		out = append(out, vocabulary.Finding{Rule: string(f.Rule), Where: f.Where})
	}
	return out
}

func firstFailure(r disclosure.Report) string {
	for _, f := range r.Findings {
		if f.Outcome == disclosure.Fail {
			return string(f.Rule)
		}
	}
	return string(disclosure.Fail)
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

// orRefuse passes a technical error on, and refuses when there is none.
func orRefuse(err error, reason, detail string) error {
	if err != nil {
		return err
	}
	return run.Refuse(reason, "%s", detail)
}

// orAwait passes a technical error on, and waits when there is none.
func orAwait(err error, fact, reason string) error {
	if err != nil {
		return err
	}
	return run.AwaitFact(fact, reason)
}
