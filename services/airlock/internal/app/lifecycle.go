package app

import (
	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// approvalEnd is the timer that ends an approval.
const approvalEnd = "approval-end"

// sendBack ends a review by the word of a reviewer that the output has to become safer. Its author may ask again, for
// this output or a safer one.
func sendBack(tx *run.Tx, e envelope.Event, act events.ReleaseReturn) error {
	p, by, err := reviewing(tx, e, act.ReleaseID)
	if err != nil {
		return err
	}
	if err := p.Domain.SendBack(by, act.Digest); err != nil {
		return refusal(err)
	}
	if err := over(tx, act.ReleaseID, p); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, events.ReleaseReturned{ReleaseID: act.ReleaseID, OutputID: p.Output.OutputID, ProjectID: p.Output.ProjectID,
		Digest: p.Output.Claim.Digest, Reason: act.Reason, Findings: act.Findings}, run.InProject(p.Output.ProjectID))
	return err
}

// withdraw lets the author give up what was not decided yet.
func withdraw(tx *run.Tx, e envelope.Event, act events.ReleaseWithdraw) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}}); err != nil {
		return err
	}
	p, found, err := releases.Get(tx.Tx, act.ReleaseID)
	switch {
	case err != nil || !found:
		return orAwait(err, e.Subject, ReasonReleaseUnknown)
	case p.Output.Author != e.Actor:
		return run.Refuse(ReasonNotTheAuthor, "a release is withdrawn by who asked for it")
	}
	if err := p.Domain.Take(release.Withdraw); err != nil {
		return refusal(err)
	}
	if err := over(tx, act.ReleaseID, p); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, events.ReleaseWithdrawn{ReleaseID: act.ReleaseID, OutputID: p.Output.OutputID, ProjectID: p.Output.ProjectID,
		Digest: p.Output.Claim.Digest, Reason: act.Reason}, run.InProject(p.Output.ProjectID))
	return err
}

// revoke ends an approval. What has not left stays, nothing is combined of it any more, and its recipients get no bytes.
func revoke(tx *run.Tx, e envelope.Event, act events.ReleaseRevoke) error {
	p, _, err := reviewing(tx, e, act.ReleaseID)
	if err != nil {
		return err
	}
	if err := p.Domain.Take(release.Revoke); err != nil {
		return refusal(err)
	}
	if err := over(tx, act.ReleaseID, p); err != nil {
		return err
	}
	if err := released.Delete(tx.Tx, p.Output.Claim.Digest); err != nil {
		return err
	}
	leaf, err := tx.NextLeaf()
	if err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, events.ReleaseRevoked{ReleaseID: act.ReleaseID, OutputID: p.Output.OutputID, ProjectID: p.Output.ProjectID,
		Digest: p.Output.Claim.Digest, Reason: act.Reason, AuditLeaf: leaf}, run.InProject(p.Output.ProjectID))
	return err
}

// expire ends an approval whose time is over.
func expire(tx *run.Tx, _ string, id string) error {
	p, found, err := releases.Get(tx.Tx, id)
	if err != nil || !found || p.Domain.Status != release.Approved {
		return err
	}
	if err := p.Domain.Take(release.Expire); err != nil {
		return refusal(err)
	}
	if err := releases.Put(tx.Tx, id, p); err != nil {
		return err
	}
	_, err = tx.Emit("release/"+id, events.ReleaseExpired{ReleaseID: id, OutputID: p.Output.OutputID, ProjectID: p.Output.ProjectID,
		Digest: p.Output.Claim.Digest, ExpiredAt: tx.Now()}, run.InProject(p.Output.ProjectID))
	return err
}

// over keeps a release that nothing is waited for any more.
func over(tx *run.Tx, id string, p pending) error {
	for _, timer := range []string{reviewDue, approvalEnd} {
		if err := tx.ClearTimer(timer, "release/"+id); err != nil {
			return err
		}
	}
	return releases.Put(tx.Tx, id, p)
}
