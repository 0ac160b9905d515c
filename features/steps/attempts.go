package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// countAndAsk runs a table in the person's own site and asks to release it.
func (w *World) countAndAsk(ctx context.Context, person, site, dataset, by, in string) error {
	return w.runAndAsk(ctx, person, site, dataset, in, fmt.Sprintf("a table of %s by %s is to be released", dataset, by), counting(by))
}

// studyAndAsk runs what a study asks in the person's own site and asks to release it.
func (w *World) studyAndAsk(ctx context.Context, person, site, name, dataset, in string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	return w.runAndAsk(ctx, person, site, dataset, in, fmt.Sprintf("the numbers of %q are to be released", name),
		asking{s.analyses, s.prepare})
}

// asking is what a job computes, and of which table.
type asking struct {
	analyses []vocabulary.Analysis
	prepare  []vocabulary.Preparation
}

func counting(by string) asking {
	return asking{analyses: []vocabulary.Analysis{{Kind: "count", By: list(by)}}}
}

// runAndAsk begins an attempt to have the output of a job released.
func (w *World) runAndAsk(ctx context.Context, person, site, dataset, in, what string, asks asking) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	asked, err := w.output(ctx, a, dataset, in, asks)
	if err != nil {
		return err
	}
	t := w.try(a, what)
	t.own, t.dataset, t.about = asked, dataset, []string{asked.ReleaseID}
	t.refusal = func(s harness.Seen) (harness.Refusal, bool) {
		rejected, ok := harness.Payload[airlock.ReleaseRejected](s)
		if !ok || rejected.ReleaseID != asked.ReleaseID {
			return harness.Refusal{}, false
		}
		return harness.RefusalOf(s)
	}
	t.effect = func(s harness.Seen) bool {
		checked, ok := harness.Payload[airlock.ReleaseChecked](s)
		return releasedAs(s, asked.ReleaseID) || (ok && checked.ReleaseID == asked.ReleaseID && checked.Outcome != "fail")
	}
	return nil
}

func releasedAs(s harness.Seen, releaseID string) bool {
	approved, isApproved := harness.Payload[airlock.ReleaseApproved](s)
	published, isPublished := harness.Payload[airlock.ReleasePublished](s)
	return (isApproved && approved.ReleaseID == releaseID) || (isPublished && published.ReleaseID == releaseID)
}

// table runs a count and asks to release it.
func (w *World) table(ctx context.Context, a *actor, dataset, by, in string) (airlock.ReleaseRequested, error) {
	return w.output(ctx, a, dataset, in, counting(by))
}

// output runs a job and asks to release its output.
func (w *World) output(ctx context.Context, a *actor, dataset, in string, asks asking) (airlock.ReleaseRequested, error) {
	var none airlock.ReleaseRequested
	sealed, err := w.seals(ctx, a, dataset, in, asks)
	if err != nil {
		return none, err
	}
	o, _ := harness.Payload[workspace.OutputSealed](sealed)
	release := harness.NewID()
	r, err := a.Act(ctx, airlock.ReleaseRequest{ReleaseID: release, OutputID: o.OutputID, Requester: a.ID(), Digest: o.Claim.Digest, ResultType: "table"}, sealed)
	if err != nil {
		return none, err
	}
	seen, err := w.granted(ctx, r, "the request to release the output")
	if err != nil {
		return none, err
	}
	asked, ok := harness.Payload[airlock.ReleaseRequested](seen)
	if !ok {
		return none, fmt.Errorf("the request to release an output was answered by %s", seen.Event.Type)
	}
	return asked, nil
}

// seals runs a job and waits for its output.
func (w *World) seals(ctx context.Context, a *actor, dataset, in string, asks asking) (harness.Seen, error) {
	job, err := w.jobOf(a, dataset, in, asks)
	if err != nil {
		return harness.Seen{}, err
	}
	r, err := a.Act(ctx, job)
	if err != nil {
		return harness.Seen{}, err
	}
	return w.sealedBy(ctx, a, r)
}

// sealedBy waits for the output of a job that was asked for.
func (w *World) sealedBy(ctx context.Context, a *actor, r harness.Receipt) (harness.Seen, error) {
	if _, err := w.granted(ctx, r, "the job of "+a.Role); err != nil {
		return harness.Seen{}, err
	}
	id := strings.TrimPrefix(r.Subject, "job/")
	return w.tap().Await(ctx, harness.Fact{What: "the output of the job", About: []string{id},
		Match:  harness.Of(func(_ harness.Seen, o workspace.OutputSealed) bool { return o.JobID == id }),
		Unless: harness.Of(func(_ harness.Seen, c workspace.JobStateChanged) bool { return c.JobID == id && c.Reason != "" })})
}

// jobOf is a job of a person in the person's own site.
func (w *World) jobOf(a *actor, dataset, in string, asks asking) (workspace.JobSubmit, error) {
	p, err := w.project(in)
	if err != nil {
		return workspace.JobSubmit{}, err
	}
	return workspace.JobSubmit{JobID: harness.NewID(), ProjectID: p.id, HostSite: a.Site.Name, Requester: a.ID(), DatasetID: dataset,
		Analyses: asks.analyses, Prepare: asks.prepare}, nil
}

func (w *World) review(ctx context.Context, person, site, what string) error {
	if w.attempt == nil || w.attempt.own.ReleaseID == "" {
		return errors.New("no table was asked to be released in this scenario")
	}
	own := w.attempt.own
	first := w.attempt
	err := w.tryAct(ctx, person, site, what, func(*actor) envelope.Payload {
		return airlock.ReleaseReview{ReleaseID: own.ReleaseID, Digest: own.Digest, Decision: "Approved"}
	})
	w.attempt.own = own
	if first.Reason == "" { // the table itself is not what is refused here
		w.forget(first)
	}
	return err
}

func (w *World) forget(a *attempt) {
	for i, r := range w.refusals {
		if r == a.Refusal {
			w.refusals = append(w.refusals[:i], w.refusals[i+1:]...)
			return
		}
	}
}

func (w *World) approveOwn(ctx context.Context, person, site string) error {
	return w.review(ctx, person, site, "the author reviews her own output")
}

func (w *World) tryApprove(ctx context.Context, person, site string) error {
	return w.review(ctx, person, site, "a reviewer approves what the check rejected")
}

func (w *World) tryAsk(ctx context.Context, person, site, dataset string) error {
	err := w.tryAct(ctx, person, site, fmt.Sprintf("the %s asks a question", person), func(*actor) envelope.Payload { return question(dataset) })
	if err == nil {
		w.attempt.dataset = dataset
	}
	return err
}

func question(dataset string, filters ...vocabulary.Filter) catalog.QuestionAsk {
	return catalog.QuestionAsk{QuestionID: harness.NewID(), DatasetID: dataset, Filters: append([]vocabulary.Filter{}, filters...)}
}

func (w *World) tryDecide(ctx context.Context, person, site, name, body string) error {
	p, err := w.project(name)
	if err != nil {
		return err
	}
	return w.tryAct(ctx, person, site, fmt.Sprintf("the %s decides for the %s", person, body), func(*actor) envelope.Payload {
		return approval.ApplicationAssess{ApplicationID: p.application, Body: body, Decision: "Positive"}
	})
}

// tryOpenAgain submits the study's own job anew, at the requester's site.
func (w *World) tryOpenAgain(ctx context.Context, person, site, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	var dataset string
	for _, t := range s.targets {
		if t.Site == site {
			dataset = t.DatasetID
		}
	}
	return w.tryAct(ctx, person, site, "a job under a permit that was revoked", func(a *actor) envelope.Payload {
		return workspace.JobSubmit{JobID: harness.NewID(), ProjectID: s.project.id, HostSite: site, Requester: a.ID(), DatasetID: dataset, Analyses: s.analyses}
	})
}

// tryOpen opens a study at the datasets of a table: site, dataset.
func (w *World) tryOpen(ctx context.Context, person, site, name, in string, table *godog.Table) error {
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
	targets := datasetsOf(all)
	return w.tryAct(ctx, person, site, fmt.Sprintf("the study %q is opened", name), func(a *actor) envelope.Payload {
		return federation.StudyOpen{StudyID: harness.NewID(), ProjectID: p.id, Requester: a.ID(), Targets: targets, Analyses: s.analyses, Prepare: s.prepare,
			DeadlineSeconds: 300}
	})
}

// tryApproveOutput reviews a site's output of a study.
func (w *World) tryApproveOutput(ctx context.Context, person, site, name string) error {
	r, err := w.askedOf(ctx, site, name)
	if err != nil {
		return err
	}
	return w.tryAct(ctx, person, site, fmt.Sprintf("the output of %q is approved", name), func(*actor) envelope.Payload {
		return airlock.ReleaseReview{ReleaseID: r.ReleaseID, Digest: r.Digest, Decision: "Approved"}
	})
}
