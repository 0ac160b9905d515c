package app

import (
	"errors"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/upheld"
)

// crossing is an approved result on its way to the study's host.
type crossing struct {
	Decision           airlock.ReleaseApproved
	PermitID           string
	Record             envelope.Record // the decision as the airlock signed it
	Cause, Correlation string          // of the decision
	Leaf               int64           // where the audit log tells of it
	State              string
}

// States of a crossing.
const (
	waiting = "WAITING"
	sent    = "SENT"
	held    = "HELD"
)

// releases follows the airlock's decisions about outputs of studies.
func (g *gateway) releases() {
	run.Handle(g.s, g.releaseApproved)
	run.Handle(g.s, g.releaseRejected)
	run.Handle(g.s, g.releasePublished)
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p airlock.ReleaseReturned) error {
		return g.notDecided(tx, p.OutputID, border.ReleaseReturned)
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p airlock.ReleaseWithdrawn) error {
		return g.notDecided(tx, p.OutputID, border.ReleaseWithdrawn)
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p airlock.ReleaseRevoked) error {
		return g.approvalOver(tx, p.ReleaseID, border.ReleaseRevoked, "the site has revoked the release")
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p airlock.ReleaseExpired) error {
		return g.approvalOver(tx, p.ReleaseID, border.ReleaseExpired, "the time of the approval is over")
	})
}

// releaseApproved holds the decision against what was sealed, and lets the result cross.
func (g *gateway) releaseApproved(tx *run.Tx, e envelope.Event, p airlock.ReleaseApproved) error {
	if p.Destination.Kind != "study" {
		return nil // stays at the site
	}
	o, found, err := sealed.Get(tx.Tx, p.OutputID)
	if err != nil {
		return err
	}
	if !found {
		return run.AwaitFact("output/"+p.OutputID, border.DecisionMismatch)
	}
	if err := border.Check(p, o, tx.Now()); err != nil {
		return refusal(err)
	}
	j, found, err := jobs.Get(tx.Tx, p.JobID)
	switch {
	case err != nil:
		return err
	case !found:
		return run.Refuse(border.JobUnknown, "no study has the job of this output")
	case j.OutputID != p.OutputID || p.Destination != border.ToStudy(j.HostSite):
		return run.Refuse(border.JobMismatch, "the job was dispatched by another host, or sealed another output")
	case j.ProjectID != p.ProjectID || j.StudyID != p.StudyID:
		// What a permit covers is of its project; an output sealed under another's permit is not the job's.
		return run.Refuse(border.JobMismatch, "the output was sealed for another project or study than its job's")
	case j.Answered:
		return run.Refuse(border.AlreadyAnswered, "the host has the result of this job, or why there is none")
	}
	if _, err := permitOf(tx, o); err != nil {
		return err
	}
	if _, err := labelsOf(tx, j); err != nil {
		return err
	}
	if _, again, err := crossings.Get(tx.Tx, p.ReleaseID); err != nil || again {
		return err
	}
	// The decision waited for its output, and ended meanwhile.
	if reason, over, err := overBefore.Get(tx.Tx, p.ReleaseID); err != nil || over {
		return run.OrRefuse(err, reason, "the approval has ended")
	}
	leaf, err := tx.NextLeaf()
	if err != nil {
		return err
	}
	tx.After(g.sending.Now)
	return crossings.Put(tx.Tx, p.ReleaseID, crossing{Decision: p, PermitID: o.PermitID, Record: e.Record, Cause: e.ID,
		Correlation: e.CorrelationID, Leaf: leaf, State: waiting})
}

func (g *gateway) releaseRejected(tx *run.Tx, _ envelope.Event, p airlock.ReleaseRejected) error {
	j, found, err := jobs.Get(tx.Tx, p.JobID)
	if err != nil {
		return err
	}
	if found && j.OutputID == p.OutputID {
		return g.keepBack(tx, p.JobID, j, p.Reason)
	}
	return g.conclude(tx, p.StudyID, p.OutputID, func(s *study.Study) error { return s.TurnedDown(p.Reason) })
}

// notDecided ends the answer, or the combination, that an output is: nobody decides about it any more. That its author
// may ask for its release again is of no use to a study that waits.
func (g *gateway) notDecided(tx *run.Tx, outputID, reason string) error {
	o, found, err := sealed.Get(tx.Tx, outputID)
	if err != nil || !found {
		return err
	}
	j, found, err := jobs.Get(tx.Tx, o.JobID)
	if err != nil {
		return err
	}
	if found && j.OutputID == outputID && !j.Answered {
		return g.keepBack(tx, o.JobID, j, reason)
	}
	return g.conclude(tx, o.StudyID, outputID, func(s *study.Study) error { return s.TurnedDown(reason) })
}

// approvalOver holds an approved result that has not left yet. What has left has left.
func (g *gateway) approvalOver(tx *run.Tx, releaseID, reason, detail string) error {
	c, found, err := crossings.Get(tx.Tx, releaseID)
	if err != nil || (found && c.State != waiting) {
		return err
	}
	if !found {
		return overBefore.Put(tx.Tx, releaseID, reason)
	}
	if err := g.withhold(tx, c, run.Refuse(reason, "%s", detail)); err != nil {
		return err
	}
	c.State = held
	return crossings.Put(tx.Tx, releaseID, c)
}

// withheld is all that a host reads of an output that stays.
const withheld = "the site's airlock did not release the output; why is for its own people to know"

// keepBack tells the host of a job that its output stays.
func (g *gateway) keepBack(tx *run.Tx, jobID string, j job, reason string) error {
	why, err := whyStays(tx, j.OutputID, reason)
	if err != nil {
		return err
	}
	return g.decline(tx, jobID, j, why, withheld)
}

// whyStays is the reason that a host is given for an output that stays. Of a permit that ended the airlock does not say
// how; a host that reads it at the border of another output, or of the job, should read the same here.
func whyStays(tx *run.Tx, outputID, reason string) (string, error) {
	said := airlockSays(reason)
	if said != permitEnded {
		return said, nil
	}
	o, _, err := sealed.Get(tx.Tx, outputID)
	if err != nil {
		return "", err
	}
	p, known, err := permits.Get(tx.Tx, o.PermitID)
	var over *border.Refused
	if known && errors.As(p.Allows(tx.Now()), &over) {
		said = over.Reason
	}
	return said, err
}

// airlockSays is the reason that a host is given: that a permit has ended, or that its holder is silent, the host knows or
// may know, and any other judges the output.
func airlockSays(reason string) string {
	switch reason {
	case border.PermitRevoked, border.PermitExpired, permitEnded, upheld.ReasonSilent:
		return reason
	}
	if ofTheQuestion(reason) {
		return reason
	}
	return border.NotReleased
}

// permitEnded is the airlock's reason for an output whose permit had ended before its release was asked for.
const permitEnded = "permit-ended"

// releasePublished completes a study whose combination reached the researcher.
func (g *gateway) releasePublished(tx *run.Tx, _ envelope.Event, p airlock.ReleasePublished) error {
	return g.conclude(tx, p.StudyID, p.OutputID, func(s *study.Study) error {
		if p.Claim.Digest != s.Combination.Digest {
			return s.TurnedDown(border.DigestMismatch)
		}
		s.Combination.ReleaseID = p.ReleaseID
		return s.Released()
	})
}

// conclude ends the study whose combination an output is; other outputs it leaves alone.
func (g *gateway) conclude(tx *run.Tx, studyID, outputID string, fn func(*study.Study) error) error {
	h, found, err := studies.Get(tx.Tx, studyID)
	if err != nil || !found || h.Study.State != study.Review || h.Study.OutputID != outputID {
		return err
	}
	return g.change(tx, studyID, fn)
}
