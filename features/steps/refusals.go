package steps

import (
	"context"
	"errors"
	"fmt"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
)

// attempt is what must be refused in the present scenario.
type attempt struct {
	*report.Refusal
	refusal func(harness.Seen) (harness.Refusal, bool) // the record that refuses it
	effect  func(harness.Seen) bool                    // a record that it must not lead to
	about   []string
	own     airlock.ReleaseRequested // of a person's own output, where there is one
}

func (w *World) bindRefusals(sc *godog.ScenarioContext) {
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) counts "([^"]+)" by "([^"]+)" in the project "([^"]+)" and asks to release the table$`, w.countAndAsk)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) tries to approve (?:her|his|their) own output$`, w.approveOwn)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) tries to approve that table$`, w.tryApprove)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) tries to ask how many people "([^"]+)" holds$`, w.tryAsk)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) tries to decide on the project "([^"]+)" for the ([a-z-]+)$`, w.tryDecide)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) tries to open the study "([^"]+)" once more$`, w.tryOpenAgain)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) tries to sign in from the address ([0-9.]+)$`, w.trySignIn)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) signs in from the address ([0-9.]+) and is let in$`, w.letIn)
	sc.Step(`^it is refused as "([^"]+)"$`, w.isRefused)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) asks the same and is answered$`, w.askAnswered)
	sc.Step(`^the ([a-z -]+?) at ([a-z-]+) approves that table, which is published$`, w.approveTable)
	sc.Step(`^a table by "([^"]+)" of the ([a-z -]+?) at ([a-z-]+) in the project "([^"]+)" passes the check there$`, w.tablePasses)
	sc.Step(`^the attempt left an audit entry and no effect$`, w.leftNothing)
}

// try begins an attempt of a person.
func (w *World) try(a *actor, what string) *attempt {
	w.attempt = &attempt{Refusal: &report.Refusal{Site: a.Site.Name, By: a.Role, Attempt: what}}
	w.refusals = append(w.refusals, w.attempt.Refusal)
	w.tell(a.ID(), a.Site.Name, "")
	return w.attempt
}

// tryAct begins an attempt that is an act.
func (w *World) tryAct(ctx context.Context, person, site, what string, act func(*actor) envelope.Payload) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	r, err := a.Act(ctx, act(a))
	if err != nil {
		return err
	}
	t := w.try(a, what)
	t.about = []string{r.ActID}
	t.refusal = func(s harness.Seen) (harness.Refusal, bool) {
		refusal, ok := harness.RefusalOf(s)
		return refusal, ok && refusal.Kind == "act" && refusal.Cause == r.ActID
	}
	t.effect = func(s harness.Seen) bool {
		_, refusal := harness.RefusalOf(s)
		return s.Err == nil && s.Event.CausationID == r.ActID && !refusal
	}
	return nil
}

// countAndAsk runs a table in the person's own site and asks to release it.
func (w *World) countAndAsk(ctx context.Context, person, site, dataset, by, in string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	asked, err := w.table(ctx, a, dataset, by, in)
	if err != nil {
		return err
	}
	t := w.try(a, fmt.Sprintf("a table of %s by %s is to be released", dataset, by))
	t.own, t.about = asked, []string{asked.ReleaseID}
	t.refusal = func(s harness.Seen) (harness.Refusal, bool) {
		rejected, ok := harness.Payload[airlock.ReleaseRejected](s)
		if !ok || rejected.ReleaseID != asked.ReleaseID {
			return harness.Refusal{}, false
		}
		return harness.RefusalOf(s)
	}
	t.effect = func(s harness.Seen) bool { return releasedAs(s, asked.ReleaseID) }
	return nil
}

func releasedAs(s harness.Seen, releaseID string) bool {
	approved, isApproved := harness.Payload[airlock.ReleaseApproved](s)
	published, isPublished := harness.Payload[airlock.ReleasePublished](s)
	return (isApproved && approved.ReleaseID == releaseID) || (isPublished && published.ReleaseID == releaseID)
}

// table runs a count and asks to release it.
func (w *World) table(ctx context.Context, a *actor, dataset, by, in string) (airlock.ReleaseRequested, error) {
	var none airlock.ReleaseRequested
	p, err := w.project(in)
	if err != nil {
		return none, err
	}
	job := harness.NewID()
	r, err := a.Act(ctx, workspace.JobSubmit{JobID: job, ProjectID: p.id, HostSite: a.Site.Name, Requester: a.ID(), DatasetID: dataset,
		Analyses: []vocabulary.Analysis{{Kind: "count", By: list(by)}}})
	if err != nil {
		return none, err
	}
	if _, err := w.granted(ctx, r, "the job of "+a.Role); err != nil {
		return none, err
	}
	sealed, err := w.tap().Await(ctx, harness.Fact{What: "the output of the job", About: []string{job},
		Match:  harness.Of(func(_ harness.Seen, o workspace.OutputSealed) bool { return o.JobID == job }),
		Unless: harness.Of(func(_ harness.Seen, c workspace.JobStateChanged) bool { return c.JobID == job && c.Reason != "" })})
	if err != nil {
		return none, err
	}
	o, _ := harness.Payload[workspace.OutputSealed](sealed)
	release := harness.NewID()
	r, err = a.Act(ctx, airlock.ReleaseRequest{ReleaseID: release, OutputID: o.OutputID, Requester: a.ID(), Digest: o.Claim.Digest}, sealed)
	if err != nil {
		return none, err
	}
	seen, err := w.granted(ctx, r, "the request to release the table")
	if err != nil {
		return none, err
	}
	asked, ok := harness.Payload[airlock.ReleaseRequested](seen)
	if !ok {
		return none, fmt.Errorf("the request to release a table was answered by %s", seen.Event.Type)
	}
	return asked, nil
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
	return w.tryAct(ctx, person, site, fmt.Sprintf("the %s asks a question", person), func(*actor) envelope.Payload { return question(dataset) })
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

// openedFrom is the first session.open of a person from a place in the transcript on.
func (w *World) openedFrom(ctx context.Context, a *actor, from int) (harness.Seen, error) {
	return w.tap().Await(ctx, harness.Fact{What: "the sign-in of " + a.Role, About: []string{a.ID()}, From: from,
		Match: harness.Of(func(_ harness.Seen, o identity.SessionOpen) bool { return o.PersonID == a.ID() })})
}

func (w *World) trySignIn(ctx context.Context, person, site, address string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	from := len(w.tap().All())
	// whether the door itself lets the person wait for an answer is its own affair; the fact decides
	var answer *harness.DoorError
	if err := a.SignInFrom(ctx, address); err != nil && !errors.As(err, &answer) {
		return err
	}
	opened, err := w.openedFrom(ctx, a, from)
	if err != nil {
		return err
	}
	t := w.try(a, "sign-in from an address outside the site's network")
	t.about = []string{opened.Event.ID}
	t.refusal = func(s harness.Seen) (harness.Refusal, bool) {
		refusal, ok := harness.RefusalOf(s)
		return refusal, ok && refusal.Kind == "act" && refusal.Cause == opened.Event.ID
	}
	t.effect = harness.Of(func(s harness.Seen, _ identity.SessionAttested) bool { return s.Event.CausationID == opened.Event.ID })
	return nil
}

func (w *World) letIn(ctx context.Context, person, site, address string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	from := len(w.tap().All())
	if err := a.SignInFrom(ctx, address); err != nil {
		return err
	}
	opened, err := w.openedFrom(ctx, a, from)
	if err != nil {
		return err
	}
	_, err = w.granted(ctx, harness.Receipt{ActID: opened.Event.ID, Subject: opened.Event.Subject}, "the session of "+a.Role)
	if err != nil {
		return err
	}
	w.probed("the same person signs in from the site's network")
	return nil
}

// isRefused waits for the refusal of the scenario's attempt and compares its reason.
func (w *World) isRefused(ctx context.Context, reason string) error {
	t := w.attempt
	if t == nil {
		return errors.New("nothing was tried in this scenario")
	}
	t.Expected = reason
	seen, err := w.tap().Await(ctx, harness.Fact{What: "the refusal of: " + t.Attempt, About: t.about,
		Match:  func(s harness.Seen) bool { _, ok := t.refusal(s); return ok },
		Unless: t.effect})
	if err != nil {
		return err
	}
	r, _ := t.refusal(seen)
	t.Reason, t.Sentence, t.AuditLeaf = r.Reason, r.Detail, r.Leaf
	w.tell("", t.Site, r.Reason)
	if r.Reason != reason {
		return fmt.Errorf("it was refused as %q (%s), expected %q", r.Reason, r.Detail, reason)
	}
	return nil
}

// probed notes that a valid act was accepted after the attempt.
func (w *World) probed(what string) {
	if w.attempt != nil {
		w.attempt.Probe, w.attempt.ProbeAccepted = what, true
	}
}

func (w *World) askAnswered(ctx context.Context, person, site string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	dataset := ""
	for _, s := range w.tap().Find(harness.Of(func(s harness.Seen, _ catalog.DatasetPublished) bool { return s.Site() == site })) {
		p, _ := harness.Payload[catalog.DatasetPublished](s)
		dataset = p.DatasetID
	}
	answer, err := w.answer(ctx, a, question(dataset))
	if err != nil {
		return err
	}
	if answer.Outcome != "counted" {
		return fmt.Errorf("the question was %s (%s), expected an answer", answer.Outcome, answer.Reason)
	}
	w.tell(a.ID(), site, "discovery by counts over the threshold")
	w.probed(fmt.Sprintf("%s asks the same and is answered", a.Role))
	return nil
}

func (w *World) approveTable(ctx context.Context, person, site string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	own := w.attempt.own
	if err := w.reviews(ctx, a, own); err != nil {
		return err
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: "the publication of the table", About: []string{own.ReleaseID},
		Match: harness.Of(func(_ harness.Seen, p airlock.ReleasePublished) bool { return p.ReleaseID == own.ReleaseID })})
	if err != nil {
		return err
	}
	w.tell(a.ID(), site, "independent review")
	w.probed(fmt.Sprintf("%s approves the same output", a.Role))
	return nil
}

func (w *World) tablePasses(ctx context.Context, by, person, site, in string) error {
	a, err := w.who(person, site)
	if err != nil {
		return err
	}
	dataset := ""
	for _, s := range w.tap().Find(harness.Of(func(s harness.Seen, _ catalog.DatasetPublished) bool { return s.Site() == site })) {
		p, _ := harness.Payload[catalog.DatasetPublished](s)
		dataset = p.DatasetID
	}
	asked, err := w.table(ctx, a, dataset, by, in)
	if err != nil {
		return err
	}
	if err := w.passed(ctx, site, asked.ReleaseID); err != nil {
		return err
	}
	w.probed("a table by " + by + " passes the same check")
	return nil
}

// leftNothing closes an attempt: the probe came after it on the same topics, so what it led to would have been seen.
func (w *World) leftNothing(ctx context.Context) error {
	t := w.attempt
	if t == nil || t.Reason == "" {
		return errors.New("nothing was refused in this scenario")
	}
	if err := w.tap().Catch(ctx); err != nil {
		return err
	}
	effects := w.tap().Find(t.effect)
	t.Effects = len(effects)
	switch {
	case t.AuditLeaf == "":
		return errors.New("the refusal names no audit leaf")
	case !t.ProbeAccepted:
		return errors.New("no valid act was accepted after the attempt, so its having no effect shows nothing")
	case t.Effects > 0:
		return fmt.Errorf("the attempt led to %s of %s", effects[0].Event.Type, effects[0].Event.Subject)
	}
	w.tell("", t.Site, "audit leaf "+t.AuditLeaf)
	return nil
}

// borderRefusal finds the border's refusal of an event.
func borderRefusal(id string) func(harness.Seen) (harness.Refusal, bool) {
	return func(s harness.Seen) (harness.Refusal, bool) {
		p, ok := harness.Payload[federation.BorderRefused](s)
		if !ok || p.CauseID != id {
			return harness.Refusal{}, false
		}
		return harness.RefusalOf(s)
	}
}
