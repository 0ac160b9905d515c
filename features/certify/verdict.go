package certify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
	"github.com/fairway-tre/fairway/features/steps"
)

// The verdicts on a scenario. Only Pass is good: what was not shown is not there.
const (
	Pass         = "PASS"
	Fail         = "FAIL"
	Inconclusive = "INCONCLUSIVE"
)

// Why a scenario is inconclusive.
const (
	Control   = "control"    // what the scenario stands on did not hold
	NoAnswer  = "no-answer"  // the time budget of an answer ended without it, nor did it answer what it was asked next
	Late      = "late"       // the answer came, after its time budget
	NotTried  = "not-tried"  // it needs what the connection does not give
	RunBudget = "run-budget" // the time budget of the run ended before it, or within it
	Stopped   = "stopped"    // whoever started the run ended it before it, or within it
	Ours      = "ours"       // the judge, or a built-in service, failed
)

// judge gives the verdict on a scenario. Steps of "Given" are the ground and the control case; the others are judged.
// stopped says that the run was ended from outside.
func judge(s harness.ScenarioResult, t *steps.Trial, stopped bool) report.Judgement {
	j := report.Judgement{ID: idOf(s.Tags), Title: s.Name, Requirements: requirements(s.Tags), Verdict: Pass, Events: []report.Evidence{}}
	if t == nil {
		t = &steps.Trial{}
	}
	j.Expected = t.Expected
	told := map[string]bool{}
	for _, e := range t.Events {
		if told[e.Place()] {
			continue
		}
		told[e.Place()] = true
		j.Events = append(j.Events, report.Evidence{ID: e.Event.ID, Type: e.Event.Type, Topic: e.Record.Topic, Partition: e.Partition, Offset: e.Offset})
	}
	failed, control := failing(s)
	if failed == nil {
		return j
	}
	if j.Expected == "" {
		j.Expected = failed.Text
	}
	j.Observed = firstLines(failed.Problem)
	j.Verdict, j.Why = why(*failed, control, t)
	if stopped && j.Why == RunBudget {
		j.Why = Stopped
	}
	switch j.Why {
	case Control:
		j.Observed = fmt.Sprintf("the control case failed, %q: %s", failed.Text, j.Observed)
	case NoAnswer:
		j.Observed = "no answer within the time budget: " + j.Observed
	case Late:
		j.Observed = "the answer came too late: give it more time (budgets.answer), or have it answer sooner: " + j.Observed
	case Ours:
		j.Observed = "this is no fault of what is judged: " + j.Observed
	case Stopped:
		j.Observed = "the run was stopped first: " + j.Observed
	case RunBudget:
		j.Observed = "the time budget of the run ended first: " + j.Observed
	}
	return j
}

// why tells what the service did wrong, which is a Fail, from what was not shown, and from what is not its own: that never is
// a Fail.
func why(failed harness.StepResult, control bool, t *steps.Trial) (verdict, reason string) {
	finding := new(steps.Finding)
	switch {
	case errors.Is(t.Err, steps.ErrNotTried):
		return Inconclusive, NotTried
	case t.Overtime && !errors.Is(t.Err, steps.ErrOtherwise):
		return Inconclusive, RunBudget
	case failed.Status != harness.Failed || !errors.As(t.Err, &finding):
		return Inconclusive, Ours
	case control:
		return Inconclusive, Control
	case finding.Kind == steps.ErrSilent:
		return Inconclusive, NoAnswer
	case finding.Kind == steps.ErrLate:
		return Inconclusive, Late
	}
	return Fail, ""
}

// failing is the first step that did not pass, and whether it is of the ground.
func failing(s harness.ScenarioResult) (step *harness.StepResult, control bool) {
	control = true
	for i := range s.Steps {
		switch s.Steps[i].Keyword {
		case "When", "Then":
			control = false
		case "Given":
			control = true
		}
		if s.Steps[i].Status != harness.Passed {
			return &s.Steps[i], control
		}
	}
	return nil, false
}

// idOf is SC-AIR-007 of a scenario's tags.
func idOf(tags []string) string {
	for _, t := range tags {
		if id, ok := strings.CutPrefix(t, "@SC-"); ok {
			return "SC-" + id
		}
	}
	return ""
}

func requirements(tags []string) []string {
	all := []string{}
	for _, t := range tags {
		if id, ok := strings.CutPrefix(t, "@REQ-"); ok {
			all = append(all, id)
		}
	}
	return all
}

// mostLines of what was observed are told; the report has all.
const mostLines = 8

func firstLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[:min(len(lines), mostLines)], "\n")
}

// Passed reports whether there is a verdict on each scenario that was to be played, and all are Pass.
func Passed(all []report.Judgement) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(j report.Judgement) bool { return j.Verdict != Pass })
}
