package study

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

var (
	noon     = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	deadline = noon.Add(time.Hour)
	late     = deadline
	result   = Result{ReleaseID: "r", Digest: "d", Size: 1}
)

func open(t *testing.T, sites ...string) Study {
	t.Helper()
	var targets []Target
	for _, s := range sites {
		targets = append(targets, Target{Site: s, Dataset: "trial", JobID: "job-" + s})
	}
	s, err := Open("s", "p", "r", deadline, targets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAStudyEndsAsItsSitesAnswered(t *testing.T) {
	returns := func(site string) func(*Study) error {
		return func(s *Study) error { return s.Return("job-"+site, result, noon) }
	}
	refuses := func(site string) func(*Study) error {
		return func(s *Study) error { return s.Refuse("job-"+site, "variable-unknown", "no stage here", noon) }
	}
	combined := func(s *Study) error { return s.Combined("o", "d", 1) }
	for name, c := range map[string]struct {
		steps   []func(*Study) error
		state   State
		outcome string
		reason  string
	}{
		"nobody answered yet":              {nil, Collecting, OutcomeFailed, ""},
		"one of two answered":              {[]func(*Study) error{returns("a")}, Collecting, OutcomeFailed, ""},
		"both returned":                    {[]func(*Study) error{returns("a"), returns("b")}, Combining, OutcomeFailed, ""},
		"one refused, one returned":        {[]func(*Study) error{refuses("a"), returns("b")}, Combining, OutcomeFailed, ""},
		"both refused":                     {[]func(*Study) error{refuses("a"), refuses("b")}, Failed, OutcomeFailed, "nothing-returned"},
		"both silent":                      {[]func(*Study) error{(*Study).Expire}, Failed, OutcomeFailed, "nothing-returned"},
		"one silent":                       {[]func(*Study) error{returns("a"), (*Study).Expire}, Combining, OutcomeFailed, ""},
		"combined":                         {[]func(*Study) error{returns("a"), returns("b"), combined}, Review, OutcomeFailed, ""},
		"not combinable":                   {[]func(*Study) error{returns("a"), returns("b"), func(s *Study) error { return s.Uncombinable("not-combinable") }}, Failed, OutcomeFailed, "not-combinable"},
		"released, all returned":           {[]func(*Study) error{returns("a"), returns("b"), combined, (*Study).Released}, Completed, OutcomeCompleted, ""},
		"released, one refused":            {[]func(*Study) error{returns("a"), refuses("b"), combined, (*Study).Released}, Completed, OutcomeCompleted, ""},
		"released, one silent":             {[]func(*Study) error{returns("a"), (*Study).Expire, combined, (*Study).Released}, Completed, OutcomePartial, ""},
		"rejected":                         {[]func(*Study) error{returns("a"), returns("b"), combined, func(s *Study) error { return s.TurnedDown("rejected-by-reviewer") }}, Failed, OutcomeFailed, "rejected-by-reviewer"},
		"the deadline after all answered":  {[]func(*Study) error{returns("a"), returns("b"), (*Study).Expire}, Combining, OutcomeFailed, ""},
		"the deadline after it was closed": {[]func(*Study) error{returns("a"), returns("b"), combined, (*Study).Released, (*Study).Expire}, Completed, OutcomeCompleted, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, "a", "b")
			for i, step := range c.steps {
				if err := step(&s); err != nil {
					t.Fatalf("step %d: %v", i+1, err)
				}
			}
			if s.State != c.state || s.Outcome() != c.outcome || s.Reason != c.reason {
				t.Fatalf("%s, outcome %s, reason %q; expected %s, %s, %q", s.State, s.Outcome(), s.Reason, c.state, c.outcome, c.reason)
			}
		})
	}
}

func TestSilenceIsNamedAndNeverTakenForAnAnswer(t *testing.T) {
	s := open(t, "a", "b", "c")
	if err := errors.Join(s.Accept("job-b", noon), s.Return("job-c", result, noon), s.Expire()); err != nil {
		t.Fatal(err)
	}
	for i, detail := range []string{"the site did not take the job before the deadline",
		"the site took the job and returned no result before the deadline"} {
		if got := s.Targets[i]; got.Outcome != TimedOut || got.Detail != detail || got.Result != (Result{}) {
			t.Errorf("target %d: %+v", i, got)
		}
	}
}

func TestAnAnswerThatMayNotCountChangesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		before func(*Study) error
		job    string
		at     time.Time
		want   error
	}{
		"an unknown job":                          {nil, "job-x", noon, ErrUnknownJob},
		"a second answer":                         {func(s *Study) error { return s.Return("job-a", result, noon) }, "job-a", noon, ErrAnswered},
		"after the deadline was noticed":          {(*Study).Expire, "job-a", late, ErrLate},
		"at the deadline, before it was noticed":  {nil, "job-a", late, ErrLate},
		"a second answer, after the deadline too": {func(s *Study) error { return s.Refuse("job-a", "r", "d", noon) }, "job-a", late, ErrAnswered},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, "a", "b")
			if c.before != nil {
				if err := c.before(&s); err != nil {
					t.Fatal(err)
				}
			}
			was := s.State
			before := append([]Target(nil), s.Targets...)
			for _, err := range []error{s.Return(c.job, Result{Digest: "other"}, c.at), s.Refuse(c.job, "x", "y", c.at), s.Accept(c.job, c.at), s.Awaits(c.job, c.at)} {
				if !errors.Is(err, c.want) {
					t.Errorf("%v, expected %v", err, c.want)
				}
			}
			if s.State != was || !reflect.DeepEqual(s.Targets, before) {
				t.Errorf("the study changed: %+v", s)
			}
		})
	}
}

func TestEveryStepOutsideTheTableIsRefused(t *testing.T) {
	steps := []Step{Dispatch, Gather, ComeToNone, Again, Combine, GiveUp, Release, TurnDown}
	allowed := 0
	for _, state := range []State{Opened, Collecting, Combining, Review, Completed, Failed} {
		for _, step := range steps {
			s := Study{State: state}
			err := s.move(step)
			if _, ok := table[state][step]; ok {
				allowed++
				continue
			}
			if !errors.Is(err, ErrStep) || s.State != state {
				t.Errorf("%s in %s: %v, now %s", step, state, err, s.State)
			}
		}
	}
	if allowed != 8 {
		t.Errorf("%d steps are allowed, the table was meant to have 8", allowed)
	}
}

func TestAStudyAsksSomebodyAndEachSiteOnce(t *testing.T) {
	for name, targets := range map[string][]Target{"nobody": nil, "a dataset twice": {{Site: "a", Dataset: "d", JobID: "1"}, {Site: "a", Dataset: "d", JobID: "2"}}} {
		if _, err := Open("s", "p", "r", deadline, targets); !errors.Is(err, ErrTargets) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
