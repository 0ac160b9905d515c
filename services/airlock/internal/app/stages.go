package app

import (
	"slices"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// stages lists the stages of the review of an author's output: those of the profile and, before them, one of the export
// group where the author does not belong to it. The author of a study's output is often another site's person, of whom
// nobody here knows such a role; then somebody of the group here takes the export on by a review of their own.
func stages(tx *run.Tx, author string) (all []release.Stage, err error) {
	if group := tx.Profile().Export.Group; group != "" {
		p, _, err := people.Persons.Get(tx.Tx, author)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(p.Roles, group) {
			all = append(all, release.Stage{Role: group, Quorum: 1})
		}
	}
	for _, s := range tx.Profile().Review.Steps() {
		all = append(all, release.Stage(s))
	}
	return all, nil
}

// reviewing finds the release that a reviewer's act is about, and who reviews.
func reviewing(tx *run.Tx, e envelope.Event, id string) (p pending, by release.Reviewer, err error) {
	who, err := reviewer(tx, e)
	if err != nil {
		return p, by, err
	}
	p, found, err := releases.Get(tx.Tx, id)
	if err != nil || !found {
		return p, by, orAwait(err, e.Subject, ReasonReleaseUnknown)
	}
	by, err = independent(who, e.Actor, p.Output.Sponsor)
	return p, by, err
}

// reviewer is who acts, if one of the site's stages of review is theirs.
func reviewer(tx *run.Tx, e envelope.Event) (who people.Person, err error) {
	var roles []string
	for _, s := range tx.Profile().Review.Steps() {
		roles = append(roles, s.Role)
	}
	if group := tx.Profile().Export.Group; group != "" {
		roles = append(roles, group)
	}
	if err := people.Authorize(tx, e, people.Need{Roles: roles}); err != nil {
		return who, err
	}
	who, _, err = people.Persons.Get(tx.Tx, e.Actor)
	return who, err
}

// independent lets somebody review what is a project's.
func independent(who people.Person, id, sponsor string) (release.Reviewer, error) {
	// The public-private rule: the sponsor's own people may not approve.
	if who.Of(id, sponsor) {
		return release.Reviewer{}, run.Refuse(ReasonDuties, "who acts for the sponsor of a project may not review what leaves or enters it")
	}
	return release.Reviewer{ID: id, Roles: who.Roles}, nil
}

// assign announces which role has its turn.
func assign(tx *run.Tx, id string, p pending) error {
	turn, waits := p.Domain.Turn()
	if !waits {
		return nil
	}
	_, err := tx.Emit("release/"+id, events.ReleaseAssigned{ReleaseID: id, Needed: int64(p.Domain.Needed()),
		Blinded: tx.Profile().Review.Blinded, Role: p.Domain.Stages[turn].Role, Stage: int64(turn + 1),
		Stages: int64(len(p.Domain.Stages)), DueAt: p.Due}, run.InProject(p.Output.ProjectID))
	return err
}

// stagesOf is the record of who approved in which stage; empty where nobody had to.
func stagesOf(r release.Release) (record []vocabulary.ReviewStage) {
	for i, s := range r.Stages {
		if by := r.ReviewersOf(i); len(by) > 0 {
			record = append(record, vocabulary.ReviewStage{Role: s.Role, Quorum: int64(s.Quorum), Reviewers: by})
		}
	}
	return record
}
