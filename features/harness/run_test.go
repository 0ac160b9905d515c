package harness

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cucumber/godog"
)

const feature = `@all
Feature: Doors
  Background:
    Given a door

  @SC-A
  Scenario: It opens
    When it is pushed
    Then it opens

  @SC-B
  Scenario Outline: It has a colour
    Then it is <colour>

    Examples:
      | colour |
      | red    |
      | blue   |

  @SC-skip
  Scenario: Somebody skips
    When this is skipped
    Then it opens

  @SC-pending
  Scenario: Somebody postpones
    When this is pending

  @SC-undefined
  Scenario: Nobody knows
    When nobody bound this

  @SC-fail
  Scenario: It fails
    When it fails
    Then it opens

  @SC-later @after:SC-later-too
  Scenario: It closes again
    Then it opens

  @SC-later-too @after:SC-A
  Scenario: It closes
    Then it opens

  @SC-lost @after:SC-nowhere
  Scenario: It goes on from nowhere
    Then it opens

  @SC-panic
  Scenario: It panics
    When it panics
`

func bind(sc *godog.ScenarioContext) {
	nothing := func() error { return nil }
	sc.Step(`^a door$`, nothing)
	sc.Step(`^it is (pushed|red|blue)$`, func(string) error { return nil })
	sc.Step(`^it opens$`, nothing)
	sc.Step(`^this is skipped$`, func() error { return godog.ErrSkip })
	sc.Step(`^this is pending$`, func() error { return godog.ErrPending })
	sc.Step(`^it fails$`, func() error { return errors.New("the lock is rusty") })
	sc.Step(`^it panics$`, func() error { panic("aargh") })
}

func run(t *testing.T, tags string) (Result, string) {
	t.Helper()
	var out bytes.Buffer
	r, err := Run(context.Background(), Options{FS: fstest.MapFS{"f/a.feature": {Data: []byte(feature)}}, Paths: []string{"f"}, Tags: tags, Out: &out, Steps: bind})
	if err != nil {
		t.Fatal(err)
	}
	return r, out.String()
}

func TestScenariosThatPassMakeARunGood(t *testing.T) {
	r, out := run(t, "@SC-A,@SC-B")
	if !r.Met() || len(r.Scenarios) != 3 || r.Scenarios[0].Steps[0].Keyword != "Given" {
		t.Errorf("%+v", r)
	}
	for _, line := range []string{"Doors", "It opens", "✓ When it is pushed", "✓ Then it is blue"} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
}

func TestWhatIsSkippedPostponedUnboundOrBrokenMakesARunBad(t *testing.T) {
	for tag, want := range map[string]Status{"@SC-skip": Skipped, "@SC-pending": Pending, "@SC-undefined": Undefined, "@SC-fail": Failed, "@SC-panic": Failed} {
		r, out := run(t, tag)
		if r.Met() || len(r.Scenarios) != 1 || r.Scenarios[0].Steps[1].Status != want {
			t.Errorf("%s: %+v", tag, r)
		}
		if tag == "@SC-fail" && !strings.Contains(out, "the lock is rusty") {
			t.Errorf("the problem is not told in\n%s", out)
		}
	}
}

func TestAScenarioBringsThoseThatItGoesOnFrom(t *testing.T) {
	r, _ := run(t, "@SC-later")
	if !r.Met() || len(r.Scenarios) != 3 || r.Scenarios[0].Name != "It opens" {
		t.Errorf("%+v", r)
	}
	_, err := Run(context.Background(), Options{FS: fstest.MapFS{"f/a.feature": {Data: []byte(feature)}}, Paths: []string{"f"}, Tags: "@SC-lost", Steps: bind})
	if err == nil || !strings.Contains(err.Error(), "SC-nowhere") {
		t.Errorf("a scenario went on from nowhere: %v", err)
	}
}

func TestStepsThatNothingReadsAreToldByFileAndLineBeforeAnythingIsPlayed(t *testing.T) {
	played := false
	_, err := Run(context.Background(), Options{FS: fstest.MapFS{"f/a.feature": {Data: []byte(feature)}}, Root: "/", Paths: []string{"f"}, Tags: "@SC-A,@SC-undefined",
		Steps: func(*godog.ScenarioContext) { played = true }, Reads: func(words string) bool { return words != "nobody bound this" && words != "a door" },
		Near: func(words string) string { return map[string]string{"nobody bound this": "somebody bound this"}[words] }})
	if !errors.Is(err, ErrUndefined) || played || strings.Count(err.Error(), "a.feature") != 2 ||
		!strings.Contains(err.Error(), "/f/a.feature:4: Given a door\n") || !strings.HasSuffix(err.Error(), "/f/a.feature:31: When nobody bound this\n      the nearest: somebody bound this") {
		t.Errorf("played %t: %v", played, err)
	}
}

func TestARunOfNothingIsAnError(t *testing.T) {
	for _, tags := range []string{"@SC-none", "not @SC-A", "@SC-A && ~@SC-B", "SC-A"} {
		_, err := Run(context.Background(), Options{FS: fstest.MapFS{"f/a.feature": {Data: []byte(feature)}}, Paths: []string{"f"}, Tags: tags, Steps: bind})
		if err == nil {
			t.Errorf("%q selected something", tags)
		}
	}
	_, err := Run(context.Background(), Options{FS: fstest.MapFS{}, Paths: []string{"."}, Steps: bind})
	if !errors.Is(err, ErrNothing) {
		t.Errorf("no features: %v", err)
	}
}

func TestAScenarioThatWasPlannedAndNotExecutedIsAProblem(t *testing.T) {
	r := newRecorder([]planned{{uri: "f", name: "left out", steps: []StepResult{{Text: "it opens"}}}}, newProgress(&bytes.Buffer{}))
	defer r.progress.close()
	if got := r.result(0); got.Met() || len(got.Problems) != 1 {
		t.Errorf("%+v", got)
	}
	if err := r.begin(&godog.Scenario{Uri: "f", Name: "another"}); err == nil || len(r.problems) != 1 {
		t.Errorf("a scenario that was not planned went unnoticed: %v", err)
	}
}
