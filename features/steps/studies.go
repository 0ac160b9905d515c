package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
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
	targets                         []vocabulary.DatasetRef
	completed                       *federation.StudyCompleted
	document                        outputs.Document
	answers                         []report.Answer
	silence                         *report.Silence
}

func (w *World) bindStudies(sc *godog.ScenarioContext) {
	sc.Step(`^the study "([^"]+)" asks: (.+)$`, w.asks)
	sc.Step(`^the study "([^"]+)" computes$`, w.computes)
	sc.Step(`^the study "([^"]+)" asks the same as "([^"]+)"$`, w.asksTheSame)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) opens the study "([^"]+)" in the project "([^"]+)", to be answered within (\d+) seconds by$`, w.open)
	sc.Step(`^([a-z-]+) refuses its part of the study "([^"]+)" as "([^"]+)"$`, w.partRefused)
	sc.Step(`^([a-z-]+) seals its output of the study "([^"]+)" and checks it for disclosure$`, w.sealedAndChecked)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) approves the output of the study "([^"]+)"$`, w.approveOutput)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) approves the combined result of the study "([^"]+)"$`, w.approveCombined)
	sc.Step(`^the result of ([a-z-]+) for the study "([^"]+)" crosses the border to ([a-z-]+)$`, w.crosses)
	sc.Step(`^the reviewers of all sites approve what they are asked for the study "([^"]+)"$`, w.approveAll)
	sc.Step(`^the reviewers at ([a-z-]+) approve what they are asked for the study "([^"]+)"$`, w.approveAt)
	sc.Step(`^the study "([^"]+)" completes as "([^"]+)" with the manifest$`, w.completes)
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

// computes takes a table: kind, time, event, arm, stratum, by.
func (w *World) computes(_ context.Context, name string, table *godog.Table) error {
	all, err := rows(table)
	if err != nil {
		return err
	}
	s := w.describeStudy(name)
	s.analyses = nil
	for _, row := range all {
		s.analyses = append(s.analyses, vocabulary.Analysis{Kind: row["kind"], Time: row["time"], Event: row["event"], Arm: row["arm"],
			Stratum: row["stratum"], By: list(row["by"])})
	}
	return nil
}

func (w *World) asksTheSame(_ context.Context, name, other string) error {
	o, err := w.study(other)
	if err != nil {
		return err
	}
	s := w.describeStudy(name)
	s.question, s.analyses = o.question, o.analyses
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
	s.id, s.project, s.requester, s.host, s.targets = harness.NewID(), p, a, site, nil
	for _, row := range all {
		s.targets = append(s.targets, vocabulary.DatasetRef{Site: row["site"], DatasetID: row["dataset"]})
	}
	w.tell(a.ID(), site, "permit of the project")
	r, err := a.Act(ctx, federation.StudyOpen{StudyID: s.id, ProjectID: p.id, Requester: a.ID(), Targets: s.targets, Analyses: s.analyses, DeadlineSeconds: deadline})
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, r, fmt.Sprintf("the opening of the study %q", name))
	return err
}

// job is the act by which a site was asked for its part.
func (w *World) job(ctx context.Context, s *study, site string) (workspace.JobSubmit, error) {
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the job of the study %q at %s", s.name, site), About: []string{s.id},
		Match: harness.Of(func(seen harness.Seen, j workspace.JobSubmit) bool { return j.StudyID == s.id && seen.Site() == site })})
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
	refusal, _ := harness.RefusalOf(seen)
	w.tell("", site, refusal.Reason)
	if refusal.Reason != reason {
		return fmt.Errorf("%s refused as %q (%s), expected %q", site, refusal.Reason, refusal.Detail, reason)
	}
	return nil
}

// asked waits until the airlock of a site is asked to release the site's output of a study, or the combination.
func (w *World) asked(ctx context.Context, s *study, site string, combined bool) (airlock.ReleaseRequested, error) {
	what := "the request to release the output of"
	if combined {
		what = "the request to release the combination of"
	}
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("%s the study %q at %s", what, s.name, site), About: []string{s.id},
		Match: harness.Of(func(seen harness.Seen, r airlock.ReleaseRequested) bool {
			return r.StudyID == s.id && seen.Site() == site && (r.JobID == "") == combined
		}),
		Unless: harness.Of(func(seen harness.Seen, j workspace.JobStateChanged) bool {
			return j.StudyID == s.id && seen.Site() == site && !combined && slices.Contains([]string{"EXECUTOR_ERROR", "SYSTEM_ERROR", "CANCELED"}, j.State)
		})})
	r, _ := harness.Payload[airlock.ReleaseRequested](seen)
	return r, err
}

func (w *World) sealedAndChecked(ctx context.Context, site, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	r, err := w.asked(ctx, s, site, false)
	if err != nil {
		return err
	}
	return w.passed(ctx, site, r.ReleaseID)
}

// passed waits for the disclosure check of a release.
func (w *World) passed(ctx context.Context, site, releaseID string) error {
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the disclosure check at " + site, About: []string{releaseID},
		Match: harness.Of(func(_ harness.Seen, c airlock.ReleaseChecked) bool { return c.ReleaseID == releaseID })})
	if err != nil {
		return err
	}
	c, _ := harness.Payload[airlock.ReleaseChecked](seen)
	w.tell("", site, fmt.Sprintf("threshold %d", c.Threshold))
	if c.Outcome == "fail" {
		return fmt.Errorf("%s finds the output disclosive: %v", site, c.Findings)
	}
	return nil
}

func (w *World) approveOutput(ctx context.Context, person, site, name string) error {
	return w.approve(ctx, person, site, name, false)
}

func (w *World) approveCombined(ctx context.Context, person, site, name string) error {
	return w.approve(ctx, person, site, name, true)
}

func (w *World) approve(ctx context.Context, person, site, name string, combined bool) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	s, err := w.study(name)
	if err != nil {
		return err
	}
	r, err := w.asked(ctx, s, site, combined)
	if err != nil {
		return err
	}
	w.tell(a.ID(), site, "independent review of exactly these bytes")
	return w.reviews(ctx, a, r)
}

// reviews approves a release as one reviewer.
func (w *World) reviews(ctx context.Context, a *actor, r airlock.ReleaseRequested) error {
	receipt, err := a.Act(ctx, airlock.ReleaseReview{ReleaseID: r.ReleaseID, Digest: r.Digest, Decision: "Approved"})
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, receipt, "the review by "+a.Role)
	return err
}

// checkers lists as many reviewers of a site as its policy asks for, the requester of the study never.
func (w *World) checkers(site string, not *actor) ([]*actor, error) {
	needed := 0
	for _, s := range w.tap().Find(harness.Of(func(_ harness.Seen, p federation.PolicyPublished) bool { return p.Site == site })) {
		p, _ := harness.Payload[federation.PolicyPublished](s)
		needed = int(p.Reviewers)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []*actor
	for _, a := range w.people {
		if a.Site.Name == site && a != not && slices.Contains(a.roles, "output-checker") {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *actor) int {
		if a.Role < b.Role {
			return -1
		}
		return 1
	})
	if needed == 0 || len(all) < needed {
		return nil, fmt.Errorf("%s asks for %d reviewers of an output, %d were introduced", site, needed, len(all))
	}
	return all[:needed], nil
}

// approveRelease lets the reviewers of a site approve the output of a study, or the combination.
func (w *World) approveRelease(ctx context.Context, s *study, site string, combined bool) error {
	r, err := w.asked(ctx, s, site, combined)
	if err != nil {
		return err
	}
	reviewers, err := w.checkers(site, s.requester)
	if err != nil {
		return err
	}
	for _, a := range reviewers {
		if w.hasReviewed(a, r.ReleaseID) {
			continue
		}
		if err := w.reviews(ctx, a, r); err != nil {
			return err
		}
	}
	return nil
}

// hasReviewed reports whether a person's review has been seen and not been refused.
func (w *World) hasReviewed(a *actor, releaseID string) bool {
	return slices.ContainsFunc(w.tap().Find(harness.Of(func(s harness.Seen, r airlock.ReleaseReview) bool {
		return r.ReleaseID == releaseID && s.Event.Actor == a.ID()
	})), func(s harness.Seen) bool { return !w.wasRefused(s.Event.ID) })
}

func (w *World) wasRefused(act string) bool {
	return len(w.tap().Find(func(s harness.Seen) bool {
		refusal, ok := harness.RefusalOf(s)
		return ok && refusal.Kind == "act" && refusal.Cause == act
	})) > 0
}

// answering lists the sites of a study that do not refuse it: those whose workspace takes the job up.
func (w *World) answering(ctx context.Context, s *study) ([]string, error) {
	var sites []string
	for _, target := range s.targets {
		j, err := w.job(ctx, s, target.Site)
		if err != nil {
			return nil, err
		}
		_, err = w.tap().Await(ctx, harness.Fact{What: "the answer of " + target.Site + " to its job", About: []string{j.JobID},
			Match: harness.Of(func(seen harness.Seen, c workspace.JobStateChanged) bool {
				return c.JobID == j.JobID && seen.Site() == target.Site
			}),
			Unless: refusedSubject(target.Site, "job/"+j.JobID)})
		if err == nil {
			sites = append(sites, target.Site)
		} else if !errors.Is(err, harness.ErrContrary) {
			return nil, err
		}
	}
	return sites, nil
}

func (w *World) approveAll(ctx context.Context, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	sites, err := w.answering(ctx, s)
	if err != nil {
		return err
	}
	if err := each(sites, func(site string) error { return w.approveRelease(ctx, s, site, false) }); err != nil {
		return err
	}
	return w.approveRelease(ctx, s, s.host, true)
}

// approveAt lets the reviewers of one site approve the site's own output, and the combination where it is the host.
func (w *World) approveAt(ctx context.Context, site, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	if err := w.approveRelease(ctx, s, site, false); err != nil || site != s.host {
		return err
	}
	return w.approveRelease(ctx, s, site, true)
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

// completes waits for the end of a study and compares its manifest with a table: site, outcome, reason.
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
	var errs []error
	if c.Outcome != outcome {
		errs = append(errs, fmt.Errorf("the study completed as %q (%s), expected %q", c.Outcome, c.Reason, outcome))
	}
	if len(c.Manifest) != len(expected) {
		errs = append(errs, fmt.Errorf("the manifest has %d lines, expected %d", len(c.Manifest), len(expected)))
	}
	for _, row := range expected {
		i := slices.IndexFunc(c.Manifest, func(e vocabulary.ManifestEntry) bool { return e.Site == row["site"] })
		if i < 0 {
			errs = append(errs, fmt.Errorf("the manifest does not name %s", row["site"]))
			continue
		}
		if e := c.Manifest[i]; e.Outcome != row["outcome"] || e.Reason != row["reason"] {
			errs = append(errs, fmt.Errorf("the manifest says of %s: %s %s (%s), expected %s %s", e.Site, e.Outcome, e.Reason, e.Detail, row["outcome"], row["reason"]))
		}
	}
	w.tell("", s.host, fmt.Sprintf("took %.1f s", seen.Event.Time.Sub(w.openedAt(s)).Seconds()))
	return errors.Join(errs...)
}

// openedAt is when the study was opened.
func (w *World) openedAt(s *study) time.Time {
	for _, seen := range w.tap().Find(harness.Of(func(_ harness.Seen, o federation.StudyOpened) bool { return o.StudyID == s.id })) {
		return seen.Event.Time
	}
	return time.Time{}
}
