package steps

import (
	"context"
	"errors"
	"fmt"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// moments are places at which processes of a site can be held, in words.
func moments() map[string]string {
	return map[string]string{
		"its job runs":              "workspace/running",
		"its decision is made":      "airlock/approved",
		"its result is about to go": "gateway/before-part",
		"the results are combined":  "study/combining",
	}
}

func (w *World) recoverySteps() []Step {
	return []Step{
		{`^([a-z-]+) is to be held when (its job runs|its decision is made|its result is about to go|the results are combined)$`, w.hold,
			"Arms a failpoint: the site will stop there until it goes on.",
			"denbi is to be held when its job runs"},
		{`^([a-z-]+) has come so far that (its job runs|its decision is made|its result is about to go|the results are combined)$`, w.reached,
			"Waits until the site has stopped there.",
			"denbi has come so far that its job runs"},
		{`^([a-z-]+) goes on$`, w.goesOn,
			"Lets the site go on.",
			"denbi goes on"},
		{`^([a-z-]+) falls silent$`, w.silent,
			"Stops the processes of the site by SIGSTOP: it keeps its connections and answers nothing.",
			"sensitive-cloud falls silent"},
		{`^([a-z-]+) answers again$`, w.answersAgain,
			"Lets the processes of the site go on.",
			"denbi answers again"},
		{`^the study "([^"]+)" runs, and (the whole of|the [a-z]+ of) ([a-z-]+) is killed when (its job runs|its decision is made|its result is about to go|the results are combined) and started again$`, w.killedAt,
			"Kills a service or the whole site by SIGKILL at the point of its work where it is to be held, and starts it again.",
			`the study "hormone therapy" runs, and the airlock of denbi is killed when its decision is made and started again`},
		{`^the whole of ([a-z-]+) is killed while the question of the study "([^"]+)" lies in its inbox, and started again$`, w.killedAsked,
			"Kills a site while a question waits for it, and starts it again.",
			`the whole of sensitive-cloud is killed while the question of the study "hormone therapy" lies in its inbox, and started again`},
		{`^the federation's broker is killed and started again$`, w.brokerDies,
			"Kills the federation's broker by SIGKILL, and starts it again.",
			"the federation's broker is killed and started again"},
		{`^nothing of the study "([^"]+)" happened twice$`, w.nothingTwice,
			"Looks for a job, release or result of the study that came about twice.",
			`nothing of the study "the federation's broker dies" happened twice`},
	}
}

func (w *World) hold(_ context.Context, site, moment string) error {
	s, err := w.site(site)
	if err != nil {
		return err
	}
	f, err := s.Hold(moments()[moment])
	if err != nil {
		return err
	}
	w.held = append(w.held, f)
	return nil
}

func (w *World) reached(ctx context.Context, _, _ string) error {
	if len(w.held) == 0 {
		return errors.New("nothing is to be held")
	}
	return w.held[len(w.held)-1].Reached(ctx)
}

func (w *World) goesOn(context.Context, string) error {
	if len(w.held) == 0 {
		return errors.New("nothing is held")
	}
	last := len(w.held) - 1
	err := w.held[last].Release()
	w.held = w.held[:last]
	return err
}

func (w *World) silent(_ context.Context, site string) error {
	s, err := w.site(site)
	if err != nil {
		return err
	}
	w.tell("", site, "stopped by SIGSTOP")
	return s.Pause("")
}

func (w *World) answersAgain(_ context.Context, site string) error {
	s, err := w.site(site)
	if err != nil {
		return err
	}
	return s.Resume("")
}

// killedAsked kills a site that is silent once it was asked, so that it finds the question when it is back.
func (w *World) killedAsked(ctx context.Context, site, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	at, err := w.site(site)
	if err != nil {
		return err
	}
	_, err = w.tap().Await(ctx, harness.Fact{What: "the question to " + site, About: []string{s.id},
		Match: harness.Of(func(_ harness.Seen, j federation.JobDispatched) bool { return j.StudyID == s.id && j.Site == site })})
	if err != nil {
		return err
	}
	w.tell("", site, "SIGKILL with the question unread")
	if err := at.Kill(""); err != nil {
		return err
	}
	return at.Restart(ctx, "")
}

func (w *World) brokerDies(ctx context.Context) error {
	w.tell("", "", "SIGKILL of the federation's broker")
	return w.federation.KillBroker(ctx)
}

// killedAt lets a study run until a process of a site comes to the moment where it is to be held, kills it or another one
// there, starts it again, and lets the study go on to its end.
func (w *World) killedAt(ctx context.Context, name, what, site, moment string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	at, err := w.site(site)
	if err != nil {
		return err
	}
	part := partOf(what)
	if len(w.held) == 0 {
		return errors.New("nothing is to be held: say so before the study is opened, whose job may be done in a moment")
	}
	held := w.held[len(w.held)-1]
	running, stop := context.WithCancel(ctx)
	defer stop()
	reviews := make(chan error, 1)
	go func() { reviews <- w.approveUpTo(running, s, moment) }()
	if err := held.Reached(ctx); err != nil {
		return err
	}
	// whoever is acting at the door meanwhile would be cut off, which is not what is tested here
	if err := <-reviews; err != nil {
		return err
	}
	w.tell("", site, fmt.Sprintf("SIGKILL at %s", moments()[moment]))
	if err := at.Kill(part); err != nil {
		return err
	}
	if err := w.goesOn(ctx, site); err != nil {
		return err
	}
	if err := at.Restart(ctx, part); err != nil {
		return err
	}
	return w.approveAll(ctx, name)
}

func partOf(what string) string {
	if what == "the whole of" {
		return ""
	}
	var part string
	fmt.Sscanf(what, "the %s of", &part)
	return part
}

// approveUpTo gives the reviews that must be given for a moment to come. The last review is only asked for, as its
// answer is held where the moment is.
func (w *World) approveUpTo(ctx context.Context, s *study, moment string) error {
	if moment == "its job runs" {
		return nil
	}
	parts, err := w.answering(ctx, s)
	if err != nil {
		return err
	}
	return eachSite(parts, func(part vocabulary.DatasetRef) error { return w.askReviews(ctx, s, part) })
}

// askReviews lets the reviewers of a site ask for the approval of its output, without waiting for the last answer.
func (w *World) askReviews(ctx context.Context, s *study, part vocabulary.DatasetRef) error {
	r, err := w.asked(ctx, s, part)
	if err != nil {
		return err
	}
	reviewers, err := w.checkers(part.Site, s.requester)
	if err != nil {
		return err
	}
	for i, a := range reviewers {
		if i < len(reviewers)-1 {
			if err := w.reviews(ctx, a, r); err != nil {
				return err
			}
			continue
		}
		if _, err := a.Act(ctx, airlock.ReleaseReview{ReleaseID: r.ReleaseID, Digest: r.Digest, Decision: "Approved"}); err != nil {
			return err
		}
	}
	return nil
}

// nothingTwice counts what may come once in a study. The invariants judge the same over the whole run.
func (w *World) nothingTwice(ctx context.Context, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	if err := w.tap().Catch(ctx); err != nil {
		return err
	}
	count := map[string]map[string]bool{}
	note := func(what, id string) {
		if count[what] == nil {
			count[what] = map[string]bool{}
		}
		count[what][id] = true
	}
	for _, seen := range w.tap().All() {
		if p, ok := harness.Payload[workspace.OutputSealed](seen); ok && p.StudyID == s.id {
			note("output of job "+p.JobID+" at "+seen.Site(), seen.Event.ID)
		}
		if p, ok := harness.Payload[airlock.ReleaseApproved](seen); ok && p.StudyID == s.id {
			note("approval of output "+p.OutputID, seen.Event.ID)
		}
		if p, ok := harness.Payload[federation.ResultPart](seen); ok && p.StudyID == s.id {
			note(fmt.Sprintf("part %d of job %s", p.Part, p.JobID), seen.Event.ID)
		}
		if p, ok := harness.Payload[federation.StudyCompleted](seen); ok && p.StudyID == s.id {
			note("completion", seen.Event.ID)
		}
		if p, ok := harness.Payload[airlock.ReleasePublished](seen); ok && p.StudyID == s.id {
			note("publication", seen.Event.ID)
		}
	}
	var errs []error
	for what, ids := range count {
		if len(ids) > 1 {
			errs = append(errs, fmt.Errorf("%s: %d different events", what, len(ids)))
		}
	}
	if len(count["completion"]) == 0 {
		errs = append(errs, errors.New("the study did not complete"))
	}
	return errors.Join(errs...)
}
