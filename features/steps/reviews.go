package steps

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// asked waits until the airlock of a site is asked to release the site's output of its part of a study, in the first of
// several rounds.
func (w *World) asked(ctx context.Context, s *study, part vocabulary.DatasetRef) (airlock.ReleaseRequested, error) {
	j, err := w.job(ctx, s, part)
	if err != nil {
		return airlock.ReleaseRequested{}, err
	}
	return w.requested(ctx, s, part.Site, "the output", j.JobID)
}

// askedCombined waits until the airlock of the host is asked to release the combination.
func (w *World) askedCombined(ctx context.Context, s *study, site string) (airlock.ReleaseRequested, error) {
	return w.requested(ctx, s, site, "the combination", "")
}

func (w *World) requested(ctx context.Context, s *study, site, what, jobID string) (airlock.ReleaseRequested, error) {
	seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the request to release %s of the study %q at %s", what, s.name, site), About: []string{s.id},
		Match: harness.Of(func(seen harness.Seen, r airlock.ReleaseRequested) bool {
			return r.StudyID == s.id && seen.Site() == site && r.JobID == jobID
		}),
		Unless: harness.Of(func(seen harness.Seen, j workspace.JobStateChanged) bool {
			return j.StudyID == s.id && seen.Site() == site && j.JobID == jobID && slices.Contains([]string{"EXECUTOR_ERROR", "SYSTEM_ERROR", "CANCELED"}, j.State)
		})})
	r, _ := harness.Payload[airlock.ReleaseRequested](seen)
	return r, err
}

// whole stands for what a site was asked of a study, where it was asked one dataset.
func whole(site string) vocabulary.DatasetRef { return vocabulary.DatasetRef{Site: site} }

// askedOf waits until the airlock of a site is asked to release its output of the study of a name.
func (w *World) askedOf(ctx context.Context, site, name string) (airlock.ReleaseRequested, error) {
	s, err := w.study(name)
	if err != nil {
		return airlock.ReleaseRequested{}, err
	}
	return w.asked(ctx, s, whole(site))
}

func (w *World) sealedAndChecked(ctx context.Context, site, name string) error {
	r, err := w.askedOf(ctx, site, name)
	if err != nil {
		return err
	}
	return w.passed(ctx, site, r.ReleaseID)
}

// rejectedOutput waits until the airlock of a site says that its output stays.
func (w *World) rejectedOutput(ctx context.Context, site, name, reason string) error {
	r, err := w.askedOf(ctx, site, name)
	if err != nil {
		return err
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the rejection of the output of %q at %s as %s", name, site, reason), About: []string{r.ReleaseID},
		Match: harness.Of(func(_ harness.Seen, p airlock.ReleaseRejected) bool {
			return p.ReleaseID == r.ReleaseID && p.Reason == reason
		})})
	w.tell("", site, reason)
	return err
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
	return w.approve(ctx, person, site, name, func(s *study) (airlock.ReleaseRequested, error) { return w.asked(ctx, s, whole(site)) })
}

func (w *World) approveCombined(ctx context.Context, person, site, name string) error {
	return w.approve(ctx, person, site, name, func(s *study) (airlock.ReleaseRequested, error) { return w.askedCombined(ctx, s, site) })
}

func (w *World) approve(ctx context.Context, person, site, name string, ask func(*study) (airlock.ReleaseRequested, error)) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	s, err := w.study(name)
	if err != nil {
		return err
	}
	r, err := ask(s)
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

// checkers lists the reviewers of a release in the order of its stages: as many of each role as the site's policy asks for,
// the requester of the study never, and nobody twice.
func (w *World) checkers(site string, not *actor) ([]*actor, error) {
	stages := w.stages(site, not)
	if len(stages) == 0 {
		return nil, fmt.Errorf("%s has published no policy that names reviewers", site)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	people := slices.DeleteFunc(slices.Collect(maps.Values(w.people)), func(a *actor) bool { return a.Site.Name != site || a == not })
	slices.SortFunc(people, func(a, b *actor) int { return strings.Compare(a.Role, b.Role) })
	var all []*actor
	for _, stage := range stages {
		found := int64(0)
		for _, a := range people {
			if found < stage.Quorum && slices.Contains(a.roles, stage.Role) && !slices.Contains(all, a) {
				all, found = append(all, a), found+1
			}
		}
		if found < stage.Quorum {
			return nil, fmt.Errorf("%s asks for %d reviewers of the role %s, %d were introduced", site, stage.Quorum, stage.Role, found)
		}
	}
	return all, nil
}

// stages are those of a site's policy and, for who does not belong to its export group, one of that group before them.
func (w *World) stages(site string, requester *actor) (stages []vocabulary.PolicyStage) {
	for _, s := range w.tap().Find(harness.Of(func(_ harness.Seen, p federation.PolicyPublished) bool { return p.Site == site })) {
		p, _ := harness.Payload[federation.PolicyPublished](s)
		stages = slices.Clone(p.Stages)
		if len(stages) == 0 {
			stages = []vocabulary.PolicyStage{{Role: "output-checker", Quorum: p.Reviewers}}
		}
		belongs := requester != nil && requester.Site.Name == site && slices.Contains(requester.roles, p.ExportGroup)
		if p.ExportGroup != "" && !belongs {
			stages = slices.Insert(stages, 0, vocabulary.PolicyStage{Role: p.ExportGroup, Quorum: 1})
		}
	}
	return stages
}

// approveRelease lets the reviewers of a site approve a release.
func (w *World) approveRelease(ctx context.Context, s *study, site string, r airlock.ReleaseRequested) error {
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

// answering lists the parts of a study that are not refused: those that a workspace takes up.
func (w *World) answering(ctx context.Context, s *study) ([]vocabulary.DatasetRef, error) {
	var parts []vocabulary.DatasetRef
	for _, part := range s.targets {
		j, err := w.job(ctx, s, part)
		if err != nil {
			return nil, err
		}
		_, err = w.tap().Await(ctx, harness.Fact{What: "the answer of " + part.Site + " to its job", About: []string{j.JobID},
			Match: harness.Of(func(seen harness.Seen, c workspace.JobStateChanged) bool {
				return c.JobID == j.JobID && seen.Site() == part.Site
			}),
			Unless: refusedSubject(part.Site, "job/"+j.JobID)})
		if err == nil {
			parts = append(parts, part)
		} else if !errors.Is(err, harness.ErrContrary) {
			return nil, err
		}
	}
	return parts, nil
}

// eachSite does something for several parts: the sites work at the same time, the datasets of one come after each other.
func eachSite(parts []vocabulary.DatasetRef, do func(vocabulary.DatasetRef) error) error {
	var sites []string
	for _, part := range parts {
		if !slices.Contains(sites, part.Site) {
			sites = append(sites, part.Site)
		}
	}
	return each(sites, func(site string) error {
		for _, part := range parts {
			if part.Site != site {
				continue
			}
			if err := do(part); err != nil {
				return err
			}
		}
		return nil
	})
}

// approvePart lets the reviewers of a site approve its output.
func (w *World) approvePart(ctx context.Context, s *study, part vocabulary.DatasetRef) error {
	r, err := w.asked(ctx, s, part)
	if err != nil {
		return err
	}
	return w.approveRelease(ctx, s, part.Site, r)
}

// approveCombination lets the reviewers of the host approve the combination.
func (w *World) approveCombination(ctx context.Context, s *study) error {
	r, err := w.askedCombined(ctx, s, s.host)
	if err != nil {
		return err
	}
	return w.approveRelease(ctx, s, s.host, r)
}

func (w *World) approveAll(ctx context.Context, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	parts, err := w.answering(ctx, s)
	if err != nil {
		return err
	}
	if err := eachSite(parts, func(part vocabulary.DatasetRef) error {
		r, err := w.asked(ctx, s, part)
		if errors.Is(err, harness.ErrContrary) {
			return nil // the job came to nothing, which the manifest tells: nobody is asked
		}
		if err != nil {
			return err
		}
		return w.approveRelease(ctx, s, part.Site, r)
	}); err != nil {
		return err
	}
	return w.approveCombination(ctx, s)
}

// approveAt lets the reviewers of one site approve the site's own outputs, and the combination where it is the host.
func (w *World) approveAt(ctx context.Context, site, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	for _, part := range s.targets {
		if part.Site != site {
			continue
		}
		if err := w.approvePart(ctx, s, part); err != nil {
			return err
		}
	}
	if site != s.host {
		return nil
	}
	return w.approveCombination(ctx, s)
}
