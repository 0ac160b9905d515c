package app

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/disclosure"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// withinLimits refuses what may not leave whatever it says, and fills in what the request did not name.
func (p *pending) withinLimits(e profile.Export) error {
	claim := p.Output.Claim
	if e.MaxBytes > 0 && claim.Size > int64(e.MaxBytes) {
		return run.Refuse(ReasonTooLarge, "the output has %d bytes, of which at most %d may leave at once", claim.Size, e.MaxBytes)
	}
	if len(e.MediaTypes) > 0 && !slices.Contains(e.MediaTypes, claim.MediaType) {
		return run.Refuse(ReasonMediaType, "what leaves is one of %s", strings.Join(e.MediaTypes, ", "))
	}
	// The name of an output of a study, for which nobody chooses one, and of one whose author did not.
	if p.Name == "" {
		p.Name = strings.ToLower(p.Output.OutputID) + ".json"
	}
	if named, err := regexp.MatchString(e.NamePattern, p.Name); err != nil || !named {
		return run.OrRefuse(err, ReasonName, "a released file has a name like "+e.NamePattern)
	}
	return p.typed(e)
}

// typed holds the declared type against those of the site. Nobody declares one for the jobs of a study, whose results
// are of the type of their kinds.
func (p *pending) typed(e profile.Export) error {
	if !e.Needs() {
		return nil
	}
	if p.Type == "" && p.Output.StudyID != "" {
		p.Type = typeOf(p.Output.Kinds)
	}
	if !slices.Contains(e.ResultTypes, p.Type) {
		return run.Refuse(ReasonResultType, "a result is declared as one of %s", strings.Join(e.ResultTypes, ", "))
	}
	return nil
}

// types of results by kind, from the one that tells most to the one that tells least.
var types = []struct {
	name  string
	kinds []string
}{
	{"model", []string{documents.KindModel, documents.KindModelPart, documents.KindRatioPart}},
	{"figure", []string{documents.KindKaplanMeier}},
	{"statistic", []string{documents.KindLogRank, documents.KindCombination}},
}

// typeOf is the type of a document with these kinds of results: of several the one that tells most, and a table where
// nothing else is known.
func typeOf(kinds []string) string {
	known, found := 0, "table"
	for _, t := range slices.Backward(types) {
		for _, kind := range t.kinds {
			if slices.Contains(kinds, kind) {
				known, found = known+1, t.name
			}
		}
	}
	if known < len(kinds) {
		return "table"
	}
	return found
}

// skips tells whether no person needs to look: the author declared a type of low risk, the document is of that type, and
// every rule passes, those that ask for reviewers too.
//
// Findata: results of low risk leave by the permit holder's own assessment.
func (p *pending) skips(e profile.Export, report disclosure.Report) bool {
	return p.Declared && slices.Contains(e.LowRisk, p.Type) && p.Type == typeOf(p.Output.Kinds) && report.Outcome == disclosure.Pass
}

// leave lets an output go by its author's declaration.
func (a airlock) leave(tx *run.Tx, id string, p pending) error {
	if err := p.Domain.Take(release.Declare); err != nil {
		return refusal(err)
	}
	return a.approve(tx, id, p)
}

// lowRisk is the declaration by which an output left without reviewers; empty if they had to look.
func (p *pending) lowRisk() string {
	if len(p.Domain.Opinions) > 0 {
		return ""
	}
	return p.Type
}

// needed is how many reviews the site asked for.
func (p *pending) needed() int64 {
	if p.lowRisk() != "" {
		return 0
	}
	return int64(p.Domain.Needed())
}

// Verdicts of a scan.
const (
	clean    = "clean"
	notClean = "not-clean"
)

// scanned gives the verdict on the bytes of an output, empty where the site asks for none.
//
// AzureTRE: a verdict other than clean blocks. Clean is only what holds nothing beside its typed values: bytes that are
// exactly the canonical text of a document. In any other there may be something that nobody knows of.
func (a airlock) scanned(tx *run.Tx, o workspace.OutputSealed) (verdict string, err error) {
	if !tx.Profile().Export.ScanRequired {
		return "", nil
	}
	raw, err := a.objects.Get(tx.Context(), o.Claim.Digest)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		return "", run.Refuse(ReasonUnreadable, "the object store has no intact bytes under the sealed digest")
	}
	if err != nil {
		return "", fmt.Errorf("scan the object %s: %w", o.Claim.Digest, err)
	}
	document, err := documents.Decode(raw)
	if err != nil {
		return notClean, nil //nolint:nilerr // that is the verdict
	}
	if again, err := documents.Encode(document); err != nil || !bytes.Equal(again, raw) || o.Claim.MediaType != documents.MediaType {
		return notClean, nil //nolint:nilerr // that is the verdict
	}
	return clean, nil
}

// infected is the report on bytes that are not clean: no rule is asked about them.
func infected() disclosure.Report {
	return disclosure.Report{Outcome: disclosure.Fail,
		Findings: []disclosure.Finding{{Rule: ReasonScan, Outcome: disclosure.Fail, Where: "document", Reason: "the scan did not find it clean"}}}
}
