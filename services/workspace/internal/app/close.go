package app

import (
	"errors"
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// operator is the role of who runs the site's workspaces.
const operator = "operator"

// retention is by which rule what was left in a closed workspace is deleted; without a time, nothing is.
type retention struct {
	DeleteAt    time.Time `json:"deleteAt,omitzero"`
	DeleteAfter string    `json:"deleteAfter"`        // as in the profile
	KeepUntil   time.Time `json:"keepUntil,omitzero"` // the archive; without, none is made
	Profile     string    `json:"profile"`            // digest of the one that had the rule
	Thread      string    `json:"thread"`             // of the end
}

// close ends a workspace for good before its permit does. Its jobs are canceled, and the permit allows nothing more here.
func (w *workspace) close(tx *run.Tx, e envelope.Event, act events.WorkspaceClose) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{researcher, operator}}); err != nil {
		return err
	}
	p, found, err := permitOf(tx, act.WorkspaceID)
	if err != nil || !found {
		return run.OrRefuse(err, ReasonNoWorkspace, "this site has no workspace of this id")
	}
	by, _, err := people.Persons.Get(tx.Tx, e.Actor)
	if err != nil {
		return err
	}
	if !slices.Contains(p.Persons, e.Actor) && !slices.Contains(by.Roles, operator) {
		return run.Refuse(ReasonPerson, "a workspace is closed by a person whom its permit names, or by the operator")
	}
	if err := p.Holds(tx.Now()); err != nil {
		return refusal(err)
	}
	return w.end(tx, e, p, domain.Given, ReasonWorkspaceClosed, act.Reason)
}

// permitOf finds the permit that a workspace stands by.
func permitOf(tx *run.Tx, workspaceID string) (p domain.Permit, found bool, err error) {
	err = rooms.Each(tx.Tx, func(permitID string, r room) (err error) {
		if r.ID == workspaceID {
			p, found, err = permits.Get(tx.Tx, permitID)
		}
		return err
	})
	return p, found, err
}

// shut ends a workspace for good: nobody may enter, and the date is set on which what the project left is deleted.
//
// SATRE 3.1.09, TEHDAS2 OPR-5: data are deleted a stated time after the end.
func shut(tx *run.Tx, e envelope.Event, p domain.Permit, r room, reason string) (err error) {
	if r.Status, err = r.Status.Become(domain.Closed); err != nil {
		return refusal(err)
	}
	gone := r.Persons
	r.Persons = nil
	if r.Retention, err = retentionOf(tx, e, p); err != nil {
		return err
	}
	subject, project, due := "workspace/"+r.ID, run.InProject(p.Project), r.Retention.DeleteAt
	if !due.IsZero() {
		if err := tx.Alarm(retentionEnd, subject, due, p.ID); err != nil {
			return err
		}
	}
	_, terminated := tx.Emit(subject, events.AccessTerminated{WorkspaceID: r.ID, Persons: gone, Reason: reason}, project)
	_, closed := tx.Emit(subject, events.WorkspaceClosed{WorkspaceID: r.ID, PermitID: p.ID, ProjectID: p.Project, Reason: reason, DeleteAt: due}, project)
	return errors.Join(terminated, closed, rooms.Put(tx.Tx, p.ID, r))
}

// retentionOf is the rule of the site's profile now: a later one does not move a date that was said.
func retentionOf(tx *run.Tx, e envelope.Event, p domain.Permit) (retention, error) {
	rule := tx.Profile().Retention
	due, deletes := rule.Due(p.End(tx.Now()))
	if !deletes {
		return retention{}, nil
	}
	out := retention{DeleteAt: due, Profile: tx.Profile().Digest(), Thread: thread(e)}
	if until, archives := rule.KeepUntil(p.End(tx.Now())); archives {
		out.KeepUntil = until
	}
	text, err := rule.DeleteAfter.MarshalText()
	out.DeleteAfter = string(text)
	return out, err
}
