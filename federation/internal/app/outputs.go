package app

import (
	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// outputs remembers what the workspace seals, and asks for the release of what belongs to a study.
func (g *gateway) outputs() { run.Handle(g.s, g.outputSealed) }

func (g *gateway) outputSealed(tx *run.Tx, e envelope.Event, p workspace.OutputSealed) error {
	if err := sealed.Put(tx.Tx, p.OutputID, border.Sealed{JobID: p.JobID, StudyID: p.StudyID, ProjectID: p.ProjectID,
		PermitID: p.PermitID, Author: p.Author, Claim: p.Claim, Destination: p.Destination, Entrusted: p.Entrusted}); err != nil {
		return err
	}
	if p.StudyID == "" {
		return nil // its author asks for the release
	}
	if p.JobID == "" {
		return g.combinationSealed(tx, e, p)
	}
	j, found, err := jobs.Get(tx.Tx, p.JobID)
	if err != nil || !found || j.StudyID != p.StudyID || j.OutputID != "" || j.Answered {
		return err
	}
	j.OutputID = p.OutputID
	if err := jobs.Put(tx.Tx, p.JobID, j); err != nil {
		return err
	}
	_, err = g.requestRelease(tx, question{JobID: p.JobID}, e, p)
	return err
}

func (g *gateway) combinationSealed(tx *run.Tx, e envelope.Event, p workspace.OutputSealed) error {
	h, found, err := studies.Get(tx.Tx, p.StudyID)
	if err != nil || !found || h.Study.State != study.Review || h.Study.OutputID != p.OutputID || h.Study.Combination.ReleaseID != "" {
		return err
	}
	if p.Claim.Digest != h.Study.Combination.Digest {
		return g.change(tx, p.StudyID, func(s *study.Study) error { return s.TurnedDown(border.DigestMismatch) })
	}
	release, err := g.requestRelease(tx, question{StudyID: p.StudyID}, e, p)
	if err != nil {
		return err
	}
	return g.change(tx, p.StudyID, func(s *study.Study) error { s.Combination.ReleaseID = release; return nil })
}

// requestRelease asks the airlock on behalf of the output's author, and names the release.
func (g *gateway) requestRelease(tx *run.Tx, about question, e envelope.Event, p workspace.OutputSealed) (string, error) {
	id := tx.NewID()
	return id, g.ask(tx, about, "release/"+id, airlock.ReleaseRequest{ReleaseID: id, OutputID: p.OutputID, Requester: p.Author,
		Digest: p.Claim.Digest}, e)
}
