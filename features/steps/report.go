package steps

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/features/facets"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/invariants"
	"github.com/fairway-tre/fairway/features/report"
)

// Report judges the invariants over what was seen and gathers what a page shows. What it cannot judge it adds to
// the result's problems.
func (w *World) Report(seen []harness.Seen, result *harness.Result) report.Run {
	run := report.Run{Title: fmt.Sprintf("%s asked of %s", several(len(w.order), "question"), several(len(w.sites), "environment")),
		Summary: "Questions are taken from a person's registration to a released result over simulated trusted research environments. No row leaves the environment that holds it.",
		Started: w.started, Sites: w.sites,
		Versions: []report.Version{{Name: "go", Version: strings.TrimPrefix(runtime.Version(), "go")}},
		Repeat:   []report.Command{{Line: "make demo", Purpose: "plays this run again"}, {Line: "make test", Purpose: "runs all tests"}},
		Story:    w.told(*result)}
	for _, name := range w.order {
		run.Studies = append(run.Studies, w.reported(w.studies[name]))
	}
	for _, r := range w.refusals {
		told := *r
		if told.Study == "" && told.Scenario > 0 && told.Scenario <= len(run.Story) {
			told.Study = run.Story[told.Scenario-1].Study
		}
		run.Refusals = append(run.Refusals, told)
	}
	if w.federation == nil {
		result.Problems = append(result.Problems, "no environment was started")
		run.Problems = result.Problems
		return run
	}
	trust, err := w.federation.Trust()
	if err != nil {
		result.Problems = append(result.Problems, "the invariants could not be judged: "+err.Error())
		run.Problems = result.Problems
		return run
	}
	broker, database := w.federation.Servers()
	run.Versions = append(run.Versions, report.Version{Name: "form", Version: string(w.federation.Form)},
		report.Version{Name: "broker", Version: broker}, report.Version{Name: "database", Version: database})
	history := invariants.New(seen, trust, w.testKeys...)
	for _, r := range history.Judge() {
		shows, err := facets.OfLaw(r.Name)
		if err != nil {
			result.Problems = append(result.Problems, err.Error())
		}
		run.Invariants = append(run.Invariants, report.Invariant{Name: r.Name, Statement: r.Statement, Checked: r.Checked, Violations: r.Violations, Shows: shows})
		for _, v := range r.Violations {
			result.Problems = append(result.Problems, r.Name+": "+v)
		}
	}
	run.Events, run.Crossings, run.Decisions = w.events(), w.crossings(), w.decisions(history.Honest())
	run.Problems = result.Problems
	return run
}

func several(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// told joins the verdicts of the steps with what the steps noted.
func (w *World) told(result harness.Result) []report.Scenario {
	var story []report.Scenario
	for i, s := range result.Scenarios {
		scenario := report.Scenario{Feature: s.Feature, ID: idOf(s.Tags), Title: s.Name}
		scenario.Shows, _ = facets.OfScenario(s.Tags) // somebody's own scenario may show none
		for j, step := range s.Steps {
			var n note
			if i < len(w.story) && j < len(w.story[i]) {
				n = w.story[i][j]
			}
			status := report.Status(step.Status)
			if step.Status == harness.NotRun {
				status = report.Skipped
			}
			scenario.Steps = append(scenario.Steps, report.Step{Text: step.Keyword + " " + step.Text, Who: n.who, Site: n.site, Rule: n.rule,
				Status: status, Duration: step.Duration, Problem: step.Problem})
			for _, name := range w.order {
				if scenario.Study == "" && strings.Contains(step.Text, `study "`+name+`"`) {
					scenario.Study = name
				}
			}
		}
		story = append(story, scenario)
	}
	return story
}

// idOf is the tag that names a scenario, such as SC-TRI-003.
func idOf(tags []string) string {
	for _, t := range tags {
		if strings.HasPrefix(t, "@SC-") {
			return t[1:]
		}
	}
	return ""
}

func (w *World) reported(s *study) report.Study {
	r := report.Study{ID: s.name, Title: s.title, Question: s.question, Host: s.host, Note: s.note, Answers: s.answers, Silence: s.silence}
	if s.project != nil {
		r.Deciders = slices.Sorted(maps.Keys(s.project.permits))
	}
	if s.completed != nil {
		for _, e := range s.completed.Manifest {
			outcome := report.Outcome(e.Outcome)
			if e.Outcome == "timed-out" {
				outcome = report.TimedOut
			}
			answer := report.SiteAnswer{Site: e.Site, Outcome: outcome, Reason: e.Reason, Detail: e.Detail, Digest: e.Digest, Bytes: e.Size}
			if _, err := s.part(e.Site, ""); err != nil {
				answer.Dataset = e.DatasetID
			}
			r.Manifest = append(r.Manifest, answer)
		}
	}
	for _, result := range s.document.Results {
		draw(&r, result)
	}
	for i, c := range r.Curves {
		if unit := w.unitOf(s, c.Site, c.Time); unit != "" {
			r.Curves[i].Time += " (" + unit + ")"
		}
	}
	return r
}

// unitOf is the unit that a site's record gives a concept of a study, empty if none does.
func (w *World) unitOf(s *study, site, concept string) string {
	if s.completed == nil {
		return ""
	}
	for _, e := range s.completed.Manifest {
		record, _ := w.record(e.Site, e.DatasetID)
		for _, v := range record.Dictionary {
			if e.Site == site && v.Concept == concept && v.Unit != "" {
				return v.Unit
			}
		}
	}
	return ""
}

// studyOf is the study that a record belongs to, by its id in subject or data, empty if none.
func (w *World) studyOf(s harness.Seen) string {
	for _, name := range w.order {
		if id := w.studies[name].id; id != "" && (strings.Contains(s.Event.Subject, id) || strings.Contains(string(s.Record.Value), id)) {
			return name
		}
	}
	return ""
}

func (w *World) events() []report.Event {
	var all []report.Event
	for _, s := range w.tap().All() {
		if s.Err != nil || s.Record.Topic == topics.Registry {
			continue
		}
		e := report.Event{ID: s.Event.ID, Time: s.Event.Time, Topic: s.Record.Topic, Type: s.Event.Type, Source: s.Event.Source, Subject: s.Event.Subject,
			Sequence: int64(s.Event.Sequence), Cause: s.Event.CausationID, Actor: s.Event.Actor, Study: w.studyOf(s), Bytes: size(s)}
		if r, ok := harness.RefusalOf(s); ok {
			e.Reason = r.Reason
		}
		all = append(all, e)
	}
	return all
}

// size is what a record weighs on the wire: key, headers and value.
func size(s harness.Seen) int64 {
	n := len(s.Record.Key) + len(s.Record.Value)
	for _, h := range s.Record.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return int64(n)
}

func (w *World) crossings() []report.Crossing {
	var all []report.Crossing
	counted := map[string]bool{}
	for _, s := range w.tap().All() {
		to, border := topics.InboxOwner(s.Record.Topic)
		if !border || s.Err != nil || counted[s.Event.Source+s.Event.ID] {
			continue
		}
		counted[s.Event.Source+s.Event.ID] = true
		c := report.Crossing{Study: w.studyOf(s), From: s.Site(), To: to, Type: s.Event.Type, Decision: decisionOf(s)}
		i := slices.IndexFunc(all, func(o report.Crossing) bool {
			return o.Study == c.Study && o.From == c.From && o.To == c.To && o.Type == c.Type && o.Decision == c.Decision
		})
		if i < 0 {
			all = append(all, c)
			i = len(all) - 1
		}
		all[i].Bytes += size(s)
		all[i].Count++
	}
	return all
}
