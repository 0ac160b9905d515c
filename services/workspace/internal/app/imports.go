package app

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// bringing is what the service keeps of something that a project brings in.
type bringing struct {
	Status domain.ImportStatus    `json:"status"`
	Asked  events.ImportRequested `json:"asked"`
}

// belonging is the name under which a project has bytes.
func belonging(project, digest string) string { return project + " " + digest }

// importRequest asks the airlock to let something into a workspace of which the asker is one of the persons. Nothing
// comes in by it.
func importRequest(tx *run.Tx, e envelope.Event, act events.ImportRequest) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}, Standing: true}); err != nil {
		return err
	}
	if _, found, err := imports.Get(tx.Tx, act.ImportID); err != nil || found {
		return run.OrRefuse(err, ReasonImportExists, "this import was asked for before")
	}
	permit, err := enteredBy(tx, act.WorkspaceID, e.Actor)
	if err != nil {
		return err
	}
	last, _, err := brought.Get(tx.Tx, belonging(permit.Project, act.Digest))
	if err != nil {
		return err
	}
	if before, found, err := imports.Get(tx.Tx, last); err != nil || found && before.Status != domain.ImportGone {
		return run.OrRefuse(err, ReasonImportExists, "these bytes were asked for in this project; wait for the decision, or use what is there")
	}
	asked := events.ImportRequested{ImportID: act.ImportID, WorkspaceID: act.WorkspaceID, ProjectID: permit.Project, PermitID: permit.ID,
		Requester: e.Actor, Sponsor: permit.Sponsor, Kind: act.Kind, Digest: act.Digest, Size: act.Size, MediaType: act.MediaType}
	if err := (bringing{Asked: asked}).become(tx, domain.ImportAsked); err != nil {
		return err
	}
	if err := brought.Put(tx.Tx, belonging(permit.Project, act.Digest), act.ImportID); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, asked, run.InProject(permit.Project))
	return err
}

// enteredBy is the permit under which a workspace stands, if it holds and lets a person enter.
func enteredBy(tx *run.Tx, workspaceID, person string) (domain.Permit, error) {
	permit, found, err := permitOf(tx, workspaceID)
	if err != nil || !found {
		return permit, run.OrRefuse(err, ReasonNoWorkspace, "this site has no workspace of this id")
	}
	if err := permit.Holds(tx.Now()); err != nil {
		return permit, refusal(err)
	}
	r, _, err := rooms.Get(tx.Tx, permit.ID)
	if err == nil && !slices.Contains(r.Persons, person) {
		err = refusal(domain.ErrPerson)
	}
	return permit, err
}

// importApproved takes exactly the approved bytes into the workspace, by their digest.
//
// SATRE 3.1.04: only what was approved by all required parties enters.
func (w *workspace) importApproved(tx *run.Tx, e envelope.Event, p airlock.ImportApproved) error {
	b, err := bringingOf(tx, p.ImportID)
	if err != nil {
		return err
	}
	if b.Asked.Digest != p.Digest || b.Asked.WorkspaceID != p.WorkspaceID || b.Asked.ProjectID != p.ProjectID {
		return run.Refuse(ReasonDigest, "the decision is about another import than the one that was asked for")
	}
	permit, _, err := permits.Get(tx.Tx, b.Asked.PermitID)
	if err == nil {
		err = refusal(permit.Holds(tx.Now()))
	}
	if err != nil {
		return err
	}
	text, err := w.stored(tx, objects.Incoming, p.Digest)
	if err != nil {
		return err
	}
	if err := b.become(tx, domain.ImportTaken); err != nil {
		return err
	}
	o, _, err := kept.Get(tx.Tx, p.Digest)
	if err != nil {
		return err
	}
	o.Class = string(objects.Imported)
	if err := o.Keep(domain.Claim{Output: p.ImportID, Permits: []string{b.Asked.PermitID}}); err != nil {
		return err // tried again: they are gone shortly
	}
	if err := kept.Put(tx.Tx, p.Digest, o); err != nil {
		return err
	}
	// The object first: an event never names bytes that are not there.
	if _, err := w.objects.PutClass(tx.Context(), objects.Imported, text); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, events.ImportTaken{ImportID: p.ImportID, WorkspaceID: p.WorkspaceID, ProjectID: p.ProjectID,
		Kind: b.Asked.Kind, Digest: p.Digest, Size: int64(len(text))}, run.InProject(p.ProjectID))
	return err
}

// stored reads what is brought in, in the one class or the other.
func (w *workspace) stored(tx *run.Tx, class objects.Class, digest string) ([]byte, error) {
	text, err := w.objects.GetClass(tx.Context(), class, digest)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		return nil, run.Refuse(ReasonImportUnreadable, "the object store has no intact bytes under the digest of the import")
	}
	if err != nil {
		return nil, fmt.Errorf("read the import %s: %w", digest, err)
	}
	return text, nil
}

func importRejected(tx *run.Tx, _ envelope.Event, p airlock.ImportRejected) error {
	return gone(tx, p.ImportID)
}

func importWithdrawn(tx *run.Tx, _ envelope.Event, p airlock.ImportWithdrawn) error {
	return gone(tx, p.ImportID)
}

// gone forgets an import that will not come, or is no longer there, so that the same bytes may be asked for anew.
func gone(tx *run.Tx, id string) error {
	b, err := bringingOf(tx, id)
	if err != nil {
		return err
	}
	return b.become(tx, domain.ImportGone)
}

// giveUp notes that what was brought in is deleted with what the project left.
func giveUp(tx *run.Tx, ids []string) error {
	for _, id := range ids {
		if err := gone(tx, id); err != nil {
			return err
		}
	}
	return nil
}

func bringingOf(tx *run.Tx, id string) (bringing, error) {
	b, found, err := imports.Get(tx.Tx, id)
	if err == nil && !found {
		err = run.Refuse(ReasonImportUnknown, "nobody asked this workspace for such an import")
	}
	return b, err
}

// become moves an import on and keeps it.
func (b bringing) become(tx *run.Tx, to domain.ImportStatus) (err error) {
	if b.Status, err = b.Status.Become(to); err != nil {
		return refusal(err)
	}
	return imports.Put(tx.Tx, b.Asked.ImportID, b)
}
