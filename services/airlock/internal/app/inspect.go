package app

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/lookups"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// admits lists what the site's policy has against an import as it is asked for; bytes that it does not let in are not
// looked at.
func admits(policy profile.Imports, asked workspace.ImportRequested) (found []vocabulary.Finding) {
	say := func(ok bool, rule, where string) {
		if !ok {
			found = append(found, vocabulary.Finding{Rule: rule, Where: where})
		}
	}
	if !policy.Allowed {
		say(false, ReasonImportsNotAllowed, "policy")
		return found
	}
	say(slices.Contains(policy.Kinds, asked.Kind), ReasonImportKind, "kind")
	say(asked.MediaType == lookups.MediaType, ReasonMediaType, "media type")
	say(asked.Size <= int64(policy.MaxBytes), ReasonImportTooLarge, "size")
	return found
}

// inspect holds an import against the site's policy, and its bytes against the form of its kind. The verdict of the scan
// is empty where the site asks for none.
//
// SATRE 3.1.12: prevent unauthorised data ingress.
func (a airlock) inspect(tx *run.Tx, asked workspace.ImportRequested) (found []vocabulary.Finding, scan string, err error) {
	policy := tx.Profile().Imports
	if found = admits(policy, asked); len(found) > 0 {
		return found, "", nil
	}
	text, err := a.objects.GetClass(tx.Context(), objects.Incoming, asked.Digest)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) || err == nil && int64(len(text)) != asked.Size {
		return []vocabulary.Finding{{Rule: ReasonImportUnreadable, Where: "bytes"}}, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read the import %s: %w", asked.Digest, err)
	}
	table, err := lookups.Decode(text)
	found = []vocabulary.Finding{}
	if err != nil {
		found = append(found, vocabulary.Finding{Rule: formRule(err), Where: err.Error()})
	}
	if !policy.ScanRequired {
		return found, "", nil
	}
	// As of outputs: clean is only what holds nothing beside its typed values.
	if err == nil && bytes.Equal(table.Encode(), text) {
		return found, clean, nil
	}
	return append(found, vocabulary.Finding{Rule: ReasonScan, Where: "bytes"}), notClean, nil
}

// formRule is the rule that bytes break which are no lookup table.
func formRule(err error) string {
	switch {
	case errors.Is(err, lookups.ErrFormula):
		return ReasonFormula
	case errors.Is(err, lookups.ErrIdentifier):
		return ReasonIdentifier
	}
	return ReasonImportMalformed
}
