package app

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/envelope"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// seal fixes the combination of a study by its digest, so that it goes through the airlock as any output does.
//
// The combination is itself an output: sealed and released by the host's airlock.
func (w *workspace) seal(tx *run.Tx, e envelope.Event, act events.OutputSeal) error {
	if !people.FromGateway(tx, e) {
		return run.Refuse(ReasonNotFromGateway, "only the site's own gateway combines the results of a study")
	}
	if _, found, err := outputs.Get(tx.Tx, act.OutputID); err != nil || found {
		return run.OrRefuse(err, ReasonAlreadySealed, "an output with this id is sealed; give a new one a new id")
	}
	document, err := w.combination(tx, act.Claim)
	if err != nil {
		return err
	}
	if err := checkInputs(document, act.Inputs); err != nil {
		return err
	}
	permit, err := hostPermit(tx, act.ProjectID)
	if err != nil {
		return err
	}
	if err := outputs.Put(tx.Tx, act.OutputID, act.Claim.Digest); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, events.OutputSealed{OutputID: act.OutputID, StudyID: act.StudyID, ProjectID: act.ProjectID,
		PermitID: permit.ID, Sponsor: permit.Sponsor, Author: act.Author, Claim: act.Claim, Kinds: kindsOf(document), Entrusted: entrusting(nil, permit),
		Destination: vocabulary.Destination{Kind: "researcher", Site: tx.Site()}, Inputs: act.Inputs}, run.InProject(act.ProjectID))
	return err
}

// kindsOf lists the kinds of a document's results, each once, in order.
func kindsOf(document documents.Document) (kinds []string) {
	for _, result := range document.Results {
		if !slices.Contains(kinds, result.Kind()) {
			kinds = append(kinds, result.Kind())
		}
	}
	return kinds
}

// combination reads the bytes that the claim is about.
func (w *workspace) combination(tx *run.Tx, claim vocabulary.Claim) (documents.Document, error) {
	if claim.Class != string(objects.Aggregate) || claim.MediaType != documents.MediaType {
		return documents.Document{}, run.Refuse(ReasonClaim, "a combination is an aggregate of type %s", documents.MediaType)
	}
	text, err := w.objects.Get(tx.Context(), claim.Digest)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		return documents.Document{}, run.Refuse(ReasonUnreadableOutput, "the object store has no intact bytes under the digest")
	}
	if err != nil {
		return documents.Document{}, fmt.Errorf("read the combination to seal: %w", err)
	}
	if int64(len(text)) != claim.Size {
		return documents.Document{}, run.Refuse(ReasonClaim, "the claim gives another size than the bytes have")
	}
	document, canonical, err := documents.Canonical(text)
	if err != nil || !canonical {
		return document, run.Refuse(ReasonNotCanonical, "the bytes are not the canonical text of an output document")
	}
	return document, nil
}

// checkInputs asks that the document is made of combinations only, and that it and the act name the same inputs.
func checkInputs(document documents.Document, inputs []string) error {
	used := map[string]bool{}
	for _, result := range document.Results {
		sources := documents.Sources(result)
		if len(sources) == 0 {
			return run.Refuse(ReasonClaim, "the document holds a %s of no other output; only combinations are sealed for a study", result.Kind())
		}
		for _, source := range sources {
			if !slices.Contains(inputs, source.OutputDigest) {
				return run.Refuse(ReasonInputs, "the document is made of a result that the act does not name")
			}
			used[source.OutputDigest] = true
		}
	}
	for _, digest := range inputs {
		if !used[digest] {
			return run.Refuse(ReasonInputs, "the act names a result that the document is not made of")
		}
	}
	return nil
}

// hostPermit is this site's own permit of the project. A host that is asked for no data of its own has none; one whose
// permit has ended seals nothing.
func hostPermit(tx *run.Tx, project string) (domain.Permit, error) {
	if _, found, err := projects.Get(tx.Tx, project); err != nil || !found {
		return domain.Permit{}, err
	}
	return validPermit(tx, project, "")
}
