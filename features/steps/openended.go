package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

func (w *World) openEndedSteps() []Step {
	return []Step{
		{`^the project "([^"]+)" asks for the terms$`, w.asksForTerms,
			"Says on which terms the project is applied for, before it is. A row each: term (days, purpose, partner, sponsor, uses), value.",
			`the project "hormone therapy" asks for the terms`},
		{`^the reviewers of all sites review the study "([^"]+)" until it ends$`, w.reviewUntilItEnds,
			"Lets the reviewers of each site approve what they are assigned, round by round, until the study has ended, however it ends: what the rules of a site refuse, they are not assigned.",
			`the reviewers of all sites review the study "my question" until it ends`},
		{`^the ([a-z -]+?) at ([a-z-]+) fetches what came of the study "([^"]+)"$`, w.fetchIfAny,
			"Fetches the released result, if the study has one.",
			`the researcher at molgenis fetches what came of the study "my question"`},
	}
}

// terms of a permit, where they are not the usual ones.
type terms struct {
	days                      int
	purpose, partner, sponsor string
	uses                      []string
}

// of puts the terms into an application.
func (t terms) of(act *approval.ApplicationSubmit) {
	if t.days > 0 {
		act.ExpiresAt = time.Now().UTC().AddDate(0, 0, t.days)
	}
	if t.purpose != "" {
		act.Purpose = t.purpose
	}
	act.Partner, act.Sponsor, act.Uses = t.partner, t.sponsor, t.uses
	act.Concepts = slices.DeleteFunc(act.Concepts, func(c string) bool { return c == "nothing but rows" })
}

func (w *World) asksForTerms(_ context.Context, name string, table *godog.Table) error {
	all, err := rows(table)
	if err != nil {
		return err
	}
	var t terms
	for _, row := range all {
		switch value := row["value"]; row["term"] {
		case "days":
			if t.days, err = strconv.Atoi(value); err != nil {
				return fmt.Errorf("days %q: expected a whole number", value)
			}
		case "purpose":
			t.purpose = value
		case "partner":
			t.partner = value
		case "sponsor":
			t.sponsor = value
		case "uses":
			t.uses = list(value)
		default:
			return fmt.Errorf("no term is called %q: expected days, purpose, partner, sponsor or uses", row["term"])
		}
	}
	w.terms[name] = t
	return nil
}

// reviewUntilItEnds approves what is assigned to the reviewers of any site as part of a study.
func (w *World) reviewUntilItEnds(ctx context.Context, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var working sync.WaitGroup
	defer func() {
		cancel(nil)
		working.Wait()
	}()
	for from := 0; ; {
		seen, err := w.tap().Await(ctx, harness.Fact{What: fmt.Sprintf("the end of the study %q", name), About: []string{s.id}, From: from,
			Match: func(seen harness.Seen) bool { return w.ends(seen, s) || w.assigned(seen, s) != nil }})
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			return cause // of a reviewer
		}
		if err != nil {
			return err
		}
		if w.ends(seen, s) {
			c, _ := harness.Payload[federation.StudyCompleted](seen)
			s.completed = &c
			w.tell("", s.host, fmt.Sprintf("%s, took %.1f s", c.Outcome, seen.Event.Time.Sub(w.openedAt(s)).Seconds()))
			return nil
		}
		from = seen.N + 1
		working.Go(func() {
			if err := w.takeTurn(ctx, s, seen.Site(), w.assigned(seen, s)); err != nil {
				cancel(err)
			}
		})
	}
}

func (w *World) ends(seen harness.Seen, s *study) bool {
	c, ok := harness.Payload[federation.StudyCompleted](seen)
	return ok && c.StudyID == s.id
}

// assigned is what reviewers were assigned, if it is of the study; nil if it is not.
func (w *World) assigned(seen harness.Seen, s *study) *turn {
	a, ok := harness.Payload[airlock.ReleaseAssigned](seen)
	if !ok {
		return nil
	}
	for _, r := range w.tap().Find(harness.Of(func(_ harness.Seen, r airlock.ReleaseRequested) bool {
		return r.ReleaseID == a.ReleaseID && r.StudyID == s.id
	})) {
		requested, _ := harness.Payload[airlock.ReleaseRequested](r)
		return &turn{a, requested}
	}
	return nil
}

// turn is a stage of a review.
type turn struct {
	airlock.ReleaseAssigned
	release airlock.ReleaseRequested
}

// takeTurn lets the reviewers of a stage approve.
func (w *World) takeTurn(ctx context.Context, s *study, site string, t *turn) error {
	reviewers, err := w.checkers(site, s.requester)
	if err != nil {
		return err
	}
	left := t.Needed
	for _, a := range reviewers {
		if left == 0 || t.Role != "" && !slices.Contains(a.roles, t.Role) || w.hasReviewed(a, t.ReleaseID) {
			continue
		}
		if err := w.reviews(ctx, a, t.release); err != nil {
			return err
		}
		left--
	}
	return nil
}

// fetchIfAny fetches a result where there is one.
func (w *World) fetchIfAny(ctx context.Context, person, site, name string) error {
	s, err := w.study(name)
	if err != nil {
		return err
	}
	if s.completed == nil {
		return fmt.Errorf("the study %q has not ended", name)
	}
	if s.completed.ReleaseID == "" {
		w.tell("", site, "no result: "+s.completed.Reason)
		return nil
	}
	return w.fetch(ctx, person, site, name)
}

// Ended is what came of a study.
type Ended struct {
	Study    string
	Outcome  string // Completed, PartialResult, Failed, Cancelled; empty: it did not end
	Reason   string
	Manifest []vocabulary.ManifestEntry
	Result   []byte           // as it was released; nil: none was fetched
	Document outputs.Document // the same
	Inside   []Inside         // of the sites that returned none
}

func (w *World) tellEnds(told func(Ended)) {
	for _, name := range w.order {
		s := w.studies[name]
		e := Ended{Study: name}
		if s.completed != nil {
			e.Outcome, e.Reason, e.Manifest = s.completed.Outcome, s.completed.Reason, s.completed.Manifest
			e.Inside = w.inside(e.Manifest)
		}
		if len(s.document.Results) > 0 {
			e.Document = s.document
			e.Result, _ = outputs.Encode(s.document) // it was read from this text, which is canonical
		}
		told(e)
	}
}
