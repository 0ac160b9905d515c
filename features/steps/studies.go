package steps

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
)

// study is one question and what came of it.
type study struct {
	name, id, title, question, note string
	project                         *project
	requester                       *actor
	host                            string
	analyses                        []vocabulary.Analysis
	prepare                         []vocabulary.Preparation
	targets                         []vocabulary.DatasetRef
	completed                       *federation.StudyCompleted
	document                        outputs.Document
	answers                         []report.Answer
	silence                         *report.Silence
}

func (w *World) studiesSteps() []Step {
	return []Step{
		{`^the study "([^"]+)" asks: (.+)$`, w.asks,
			"Gives a study its question in words, for the report.",
			`the study "hormone therapy and recurrence" asks: Does hormone therapy change the time to recurrence of breast cancer?`},
		{`^the study "([^"]+)" computes$`, w.computes,
			"Says what a study computes, an analysis a row. Columns: kind, and what the kind needs of time, event, arm, stratum, by, outcome, covariates, references (education = bachelor), measure, percentiles, variants; small cells (refuse, suppress); combined (how the host makes one answer).",
			`the study "hormone therapy and recurrence" computes`},
		{`^the study "([^"]+)" asks the same as "([^"]+)"$`, w.asksTheSame,
			"Gives a study the question and the analyses of another.",
			`the study "with a silent site" asks the same as "hormone therapy and recurrence"`},
		{`^the ([a-z -]+?) at ([a-z-]+) opens the study "([^"]+)" in the project "([^"]+)", to be answered within (\d+) seconds by$`, w.open,
			"Opens the study at the host, at datasets of a table: site, dataset.",
			`the researcher at molgenis opens the study "a wrong hash" in the project "hormone therapy", to be answered within 300 seconds by`},
		{`^the ([a-z -]+?) at ([a-z-]+) opens the study "([^"]+)" in the project "([^"]+)", to be answered within twice the time that "([^"]+)" took, by$`, w.openAsLong,
			"Opens the study at the host as the step above does, with a time for the answers that this machine has shown it needs: another study has completed before.",
			`the researcher at molgenis opens the study "with a silent site" in the project "hormone therapy", to be answered within twice the time that "hormone therapy and recurrence" took, by`},
		{`^([a-z-]+) refuses its part of the study "([^"]+)" as "([^"]+)"$`, w.partRefused,
			"Waits for the site's refusal of its part, which must have this reason.",
			`sensitive-cloud refuses its part of the study "hormone therapy and recurrence" as "variable-unknown"`},
		{`^([a-z-]+) seals its output of the study "([^"]+)" and checks it for disclosure$`, w.sealedAndChecked,
			"Waits until the site has sealed its output by hash, asked to release it, and found nothing disclosive in it.",
			`molgenis seals its output of the study "hormone therapy and recurrence" and checks it for disclosure`},
		{`^([a-z-]+) rejects its output of the study "([^"]+)" as "([^"]+)"$`, w.rejectedOutput,
			"Waits until the site's airlock says that its output of a study stays, for the reason that is named.",
			`denbi rejects its output of the study "too late" as "permit-ended"`},
		{`^the ([a-z -]+?) at ([a-z-]+) approves the output of the study "([^"]+)"$`, w.approveOutput,
			"Approves the site's own output as one of its reviewers.",
			`the checker at molgenis approves the output of the study "hormone therapy and recurrence"`},
		{`^the ([a-z -]+?) at ([a-z-]+) approves the combined result of the study "([^"]+)"$`, w.approveCombined,
			"Approves the combined result at the host as one of its reviewers.",
			`the checker at molgenis approves the combined result of the study "hormone therapy and recurrence"`},
		{`^the result of ([a-z-]+) for the study "([^"]+)" crosses the border to ([a-z-]+)$`, w.crosses,
			"Waits until the host has taken in the result of the site.",
			`the result of denbi for the study "hormone therapy and recurrence" crosses the border to molgenis`},
		{`^the reviewers of all sites approve what they are asked for the study "([^"]+)"$`, w.approveAll,
			"Lets the reviewers of all sites that answer approve their outputs, and those of the host the combined result.",
			`the reviewers of all sites approve what they are asked for the study "sex and survival"`},
		{`^the reviewers at ([a-z-]+) approve what they are asked for the study "([^"]+)"$`, w.approveAt,
			"Lets the reviewers of one site approve its own output, and the combined result where it is the host.",
			`the reviewers at molgenis approve what they are asked for the study "with a silent site"`},
		{`^the study "([^"]+)" completes as "([^"]+)" with the manifest$`, w.completes,
			"Waits for the end of the study and compares its manifest, a row each dataset that was asked: site, dataset (where the site was asked several), outcome, reason.",
			`the study "hormone therapy and recurrence" completes as "Completed" with the manifest`},
	}
}

func (w *World) study(name string) (*study, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s, ok := w.studies[name]; ok {
		return s, nil
	}
	return nil, fmt.Errorf("no study %q was described", name)
}

func (w *World) describeStudy(name string) *study {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.studies[name]; !known {
		w.studies[name] = &study{name: name, title: name}
		w.order = append(w.order, name)
	}
	return w.studies[name]
}

func (w *World) asks(_ context.Context, name, question string) error {
	w.describeStudy(name).question = question
	return nil
}

// computes takes a table with a column for each member of an analysis, see contracts/analyses.
func (w *World) computes(_ context.Context, name string, table *godog.Table) error {
	all, err := rows(table)
	if err != nil {
		return err
	}
	s := w.describeStudy(name)
	s.analyses = nil
	for _, row := range all {
		a := vocabulary.Analysis{Kind: row["kind"], Time: row["time"], Event: row["event"], Arm: row["arm"], Stratum: row["stratum"],
			By: list(row["by"]), Outcome: row["outcome"], Covariates: list(row["covariates"]), Measure: row["measure"],
			Percentiles: percentiles(row["percentiles"]), Variants: list(row["variants"]), SmallCells: row["small cells"], Combine: row["combined"]}
		for _, reference := range list(row["references"]) {
			concept, level, ok := strings.Cut(reference, "=")
			if !ok {
				return fmt.Errorf("reference %q: expected concept = level", reference)
			}
			a.References = append(a.References, vocabulary.Reference{Concept: strings.TrimSpace(concept), Level: strings.TrimSpace(level)})
		}
		s.analyses = append(s.analyses, a)
	}
	return nil
}

// percentiles reads whole numbers; what is none is asked for as 0, which every site refuses.
func percentiles(text string) (all []int64) {
	for _, one := range list(text) {
		n, _ := strconv.ParseInt(one, 10, 64)
		all = append(all, n)
	}
	return all
}

func (w *World) asksTheSame(_ context.Context, name, other string) error {
	o, err := w.study(other)
	if err != nil {
		return err
	}
	s := w.describeStudy(name)
	s.question, s.analyses, s.prepare = o.question, o.analyses, o.prepare
	return nil
}

// open opens a study at the datasets of a table: site, dataset.
func (w *World) open(ctx context.Context, person, site, name, in, seconds string, table *godog.Table) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	p, err := w.project(in)
	if err != nil {
		return err
	}
	s, err := w.study(name)
	if err != nil {
		return err
	}
	all, err := rows(table)
	if err != nil {
		return err
	}
	deadline, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return err
	}
	s.id, s.project, s.requester, s.host, s.targets = harness.NewID(), p, a, site, datasetsOf(all)
	w.tell(a.ID(), site, "permit of the project")
	r, err := a.Act(ctx, federation.StudyOpen{StudyID: s.id, ProjectID: p.id, Requester: a.ID(), Targets: s.targets, Analyses: s.analyses, Prepare: s.prepare,
		DeadlineSeconds: deadline})
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, r, fmt.Sprintf("the opening of the study %q", name))
	return err
}

// openAsLong is open with twice the time that another study took, from its opening to its end.
func (w *World) openAsLong(ctx context.Context, person, site, name, in, other string, table *godog.Table) error {
	o, err := w.study(other)
	if err != nil {
		return err
	}
	ended, found := w.endedAt(o)
	if !found {
		return fmt.Errorf("the study %q has not ended, so that nobody knows how long it takes", other)
	}
	took := ended.Sub(w.openedAt(o))
	return w.open(ctx, person, site, name, in, strconv.Itoa(int(math.Ceil(2*took.Seconds()))), table)
}

// job is the act by which a site was asked for a part; for any, if the part names no dataset.
func (w *World) job(ctx context.Context, s *study, part vocabulary.DatasetRef) (workspace.JobSubmit, error) {
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the job of the study %q at %s %s", s.name, part.Site, part.DatasetID), About: []string{s.id},
		Match: harness.Of(func(seen harness.Seen, j workspace.JobSubmit) bool {
			return j.StudyID == s.id && seen.Site() == part.Site && (part.DatasetID == "" || j.DatasetID == part.DatasetID)
		})})
	j, _ := harness.Payload[workspace.JobSubmit](seen)
	return j, err
}

func (w *World) partRefused(ctx context.Context, site, name, reason string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the refusal of the study %q by %s", name, site), About: []string{s.id},
		Match: harness.Of(func(_ harness.Seen, r federation.JobRefused) bool { return r.StudyID == s.id && r.Site == site })})
	if err != nil {
		return err
	}
	return w.refusedAs(site, seen, reason)
}

// refusedAs tells of a refusal, and holds its reason against the expected one.
func (w *World) refusedAs(site string, seen harness.Seen, reason string) error {
	r, _ := harness.RefusalOf(seen)
	w.tell("", site, r.Reason)
	if r.Reason != reason {
		return fmt.Errorf("%s refused as %q (%s), expected %q", site, r.Reason, r.Detail, reason)
	}
	return nil
}

// datasetsOf are the datasets of a table: site, dataset.
func datasetsOf(all []map[string]string) (refs []vocabulary.DatasetRef) {
	for _, row := range all {
		refs = append(refs, vocabulary.DatasetRef{Site: row["site"], DatasetID: row["dataset"]})
	}
	return refs
}

func (w *World) crosses(ctx context.Context, from, name, to string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the result of %s at %s", from, to), About: []string{s.id},
		Match: harness.Of(func(seen harness.Seen, r federation.ResultReceived) bool {
			return r.StudyID == s.id && r.Site == from && seen.Site() == to
		})})
	if err != nil {
		return err
	}
	r, _ := harness.Payload[federation.ResultReceived](seen)
	w.tell("", from, fmt.Sprintf("%d bytes under the decision of release %s", r.Size, r.ReleaseID))
	return nil
}

// completes waits for the end of a study and compares its manifest with a table: site, dataset, outcome, reason.
func (w *World) completes(ctx context.Context, name, outcome string, table *godog.Table) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	expected, err := rows(table)
	if err != nil {
		return err
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the end of the study %q", name), About: []string{s.id},
		Match: harness.Of(func(_ harness.Seen, c federation.StudyCompleted) bool { return c.StudyID == s.id })})
	if err != nil {
		return err
	}
	c, _ := harness.Payload[federation.StudyCompleted](seen)
	s.completed = &c
	var wrong error
	if c.Outcome != outcome {
		wrong = fmt.Errorf("the study completed as %q (%s), expected %q", c.Outcome, c.Reason, outcome)
	}
	w.tell("", s.host, fmt.Sprintf("took %.1f s", seen.Event.Time.Sub(w.openedAt(s)).Seconds()))
	return errors.Join(wrong, s.differs(c.Manifest, expected))
}

// differs tells in what a manifest is not the one of a table: site, dataset, outcome, reason.
func (s *study) differs(manifest []vocabulary.ManifestEntry, expected []map[string]string) error {
	var errs []error
	if len(manifest) != len(expected) {
		errs = append(errs, fmt.Errorf("the manifest has %d lines, expected %d", len(manifest), len(expected)))
	}
	for _, row := range expected {
		part, err := s.part(row["site"], row["dataset"])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		i := slices.IndexFunc(manifest, func(e vocabulary.ManifestEntry) bool { return e.Site == part.Site && e.DatasetID == part.DatasetID })
		if i < 0 {
			errs = append(errs, fmt.Errorf("the manifest does not name %s of %s", part.DatasetID, part.Site))
			continue
		}
		if e := manifest[i]; e.Outcome != row["outcome"] || e.Reason != row["reason"] {
			errs = append(errs, fmt.Errorf("the manifest says of %s of %s: %s %s (%s), expected %s %s", e.DatasetID, e.Site, e.Outcome, e.Reason, e.Detail, row["outcome"], row["reason"]))
		}
	}
	return errors.Join(errs...)
}

// part is what a site was asked of a study; the dataset may be left out where it was asked one.
func (s *study) part(site, dataset string) (vocabulary.DatasetRef, error) {
	var found []vocabulary.DatasetRef
	for _, t := range s.targets {
		if t.Site == site && (dataset == "" || t.DatasetID == dataset) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return vocabulary.DatasetRef{}, fmt.Errorf("the study %q did not ask %s of %s", s.name, cmp.Or(dataset, "anything"), site)
	case 1:
		return found[0], nil
	}
	return vocabulary.DatasetRef{}, fmt.Errorf("the study %q asked %d datasets of %s: say in the column dataset which is meant", s.name, len(found), site)
}

// endedAt is when the study completed, if it has.
func (w *World) endedAt(s *study) (at time.Time, found bool) {
	for _, seen := range w.tap().Find(harness.Of(func(_ harness.Seen, c federation.StudyCompleted) bool { return c.StudyID == s.id })) {
		return seen.Event.Time, true
	}
	return time.Time{}, false
}

// openedAt is when the study was opened.
func (w *World) openedAt(s *study) time.Time {
	for _, seen := range w.tap().Find(harness.Of(func(_ harness.Seen, o federation.StudyOpened) bool { return o.StudyID == s.id })) {
		return seen.Event.Time
	}
	return time.Time{}
}
