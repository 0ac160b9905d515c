package app

import (
	"errors"
	"fmt"
	"slices"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/analyses"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/airlock/internal/disclosure"
	"github.com/fairway-tre/fairway/services/airlock/internal/release"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// check applies the site's rules to the bytes that were sealed.
func (a airlock) check(tx *run.Tx, id string, p pending) error {
	verdict, err := a.scanned(tx, p.Output)
	if err != nil {
		return err
	}
	report, dataset := infected(), ""
	report.Threshold = tx.Profile().Threshold
	if verdict != notClean {
		if report, dataset, err = a.report(tx, p.Output); err != nil {
			return err
		}
	}
	if err := latest.Put(tx.Tx, p.Output.OutputID, id); err != nil {
		return err
	}
	p.Threshold = report.Threshold
	checked := events.ReleaseChecked{ReleaseID: id, Outcome: string(report.Outcome), Findings: findings(report),
		Threshold: int64(p.Threshold), Scan: verdict}
	if _, err := tx.Emit("release/"+id, checked, run.InProject(p.Output.ProjectID)); err != nil {
		return err
	}
	if report.Outcome == disclosure.Fail {
		return reject(tx, id, p, release.CheckFail, firstFailure(report), checked.Findings)
	}
	if err := p.Domain.Take(release.CheckPass); err != nil {
		return refusal(err)
	}
	if err := noteTold(tx, dataset, tellable{id, p.Output.Claim.Digest}); err != nil {
		return err
	}
	p.Findings = rulesOf(report)
	if by, err := a.covered(tx, p); err != nil || by != "" {
		if err != nil {
			return err
		}
		return a.approveCovered(tx, id, by, p)
	}
	if p.skips(tx.Profile().Export, report) {
		return a.leave(tx, id, p)
	}
	p.Due = tx.Profile().Review.Deadline(tx.Now())
	if err := tx.Alarm(reviewDue, "release/"+id, p.Due, id); err != nil {
		return err
	}
	if err := assign(tx, id, p); err != nil {
		return err
	}
	return releases.Put(tx.Tx, id, p)
}

// report judges the document that was sealed, and names the dataset that it is about.
func (a airlock) report(tx *run.Tx, output workspace.OutputSealed) (r disclosure.Report, dataset string, err error) {
	document, err := a.document(tx, output.Claim.Digest)
	if err != nil {
		return r, "", err
	}
	rules := disclosure.Rules{Threshold: tx.Profile().Threshold, Rounding: tx.Profile().Disclosure.Rounding, Released: func(digest string) bool {
		_, known, err := released.Get(tx.Tx, digest)
		return err == nil && known
	}, Input: func(digest string) (documents.Document, error) { return a.document(tx, digest) }}
	if dataset = document.Dataset; output.JobID == "" {
		dataset = combinations // it is about no dataset of the site; what it is made of tells what may be compared
	}
	if rules.Strictest, err = strictest(tx, output.Inputs); err != nil {
		return r, "", err
	}
	if rules.Origin, rules.Evidence, err = a.origin(tx, output); err != nil {
		return r, "", err
	}
	if rules.Earlier, err = a.earlier(tx, dataset, output.Claim.Digest); err != nil {
		return r, "", err
	}
	return disclosure.Check(document, rules), dataset, nil
}

// combinations stands for the dataset of what this site has combined.
const combinations = "combinations of studies"

// origin tells how an output's table came about, with the evidence that its workspace stored beside it. Evidence that
// is missing, or of another output, is none: the rules that need it then fail.
func (a airlock) origin(tx *run.Tx, output workspace.OutputSealed) (o disclosure.Origin, shown []documents.ResultEvidence, err error) {
	for _, d := range output.Lineage.Datasets {
		o.Version += d.DatasetID + " " + d.Version + ";"
	}
	o.Prepared = len(output.Lineage.Steps) > 0
	for _, digest := range output.Inputs {
		site, _, err := released.Get(tx.Tx, digest)
		if err != nil {
			return o, nil, err
		}
		// What cannot be read is compared as the site's; a rule that needs it fails by itself.
		if input, err := a.document(tx, digest); err == nil {
			site += " " + input.Dataset
		}
		o.Sources = append(o.Sources, site)
	}
	if output.Evidence.Digest == "" {
		return o, nil, nil
	}
	text, err := a.objects.GetClass(tx.Context(), objects.Evidence, output.Evidence.Digest)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		return o, nil, nil
	}
	if err != nil {
		return o, nil, fmt.Errorf("read the evidence %s: %w", output.Evidence.Digest, err)
	}
	evidence, err := documents.DecodeEvidence(text)
	if err != nil || evidence.Output != output.Claim.Digest || !asAsked(evidence.Prepare, output.Lineage) {
		return o, nil, nil //nolint:nilerr // such evidence is none
	}
	o.Prepare = evidence.Prepare
	return o, evidence.Results, nil
}

// asAsked tells whether these steps are the ones that the lineage names by digest.
func asAsked(prepare []vocabulary.Preparation, lineage vocabulary.Lineage) bool {
	return slices.EqualFunc(prepare, lineage.Steps, func(p vocabulary.Preparation, s vocabulary.LineageStep) bool {
		return p.Op == s.Op && analyses.Digest(p) == s.Digest
	})
}

func (a airlock) document(tx *run.Tx, digest string) (documents.Document, error) {
	raw, err := a.objects.Get(tx.Context(), digest)
	if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrCorrupt) {
		return documents.Document{}, run.Refuse(ReasonUnreadable, "the object store has no intact bytes under the sealed digest")
	}
	if err != nil {
		return documents.Document{}, fmt.Errorf("read the object %s: %w", digest, err)
	}
	document, err := a.decoded.decode(digest, raw)
	if err != nil {
		return documents.Document{}, run.Refuse(ReasonUnreadable, "the output is not a document that this airlock can check")
	}
	return document, nil
}

// earlier reads what was, or still may be, released about a dataset, but for these very bytes.
func (a airlock) earlier(tx *run.Tx, dataset, digest string) (all []disclosure.Release, err error) {
	before, _, err := told.Get(tx.Tx, dataset)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{digest: true}
	for _, one := range before {
		if seen[one.Digest] {
			continue
		}
		p, _, err := releases.Get(tx.Tx, one.ID)
		if err != nil {
			return nil, err
		}
		if p.Domain.NeverLeft() {
			continue
		}
		seen[one.Digest] = true
		document, err := a.document(tx, one.Digest)
		if err != nil {
			return nil, err
		}
		origin, _, err := a.origin(tx, p.Output)
		if err != nil {
			return nil, err
		}
		all = append(all, disclosure.Release{Document: document, Origin: origin})
	}
	return all, nil
}

// noteTold remembers that a release about a dataset passed the checks.
func noteTold(tx *run.Tx, dataset string, one tellable) error {
	if dataset == "" {
		return nil
	}
	before, _, err := told.Get(tx.Tx, dataset)
	if err != nil {
		return err
	}
	return told.Put(tx.Tx, dataset, append(before, one))
}

// maxFindings is how many an event names; the verdict is of all.
const maxFindings = 256

func findings(r disclosure.Report) []vocabulary.Finding {
	out := []vocabulary.Finding{}
	for _, f := range r.Findings[:min(len(r.Findings), maxFindings)] {
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
