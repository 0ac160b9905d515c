package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cucumber/godog"
)

// Options of a run of features.
type Options struct {
	FS    fs.FS    // where the features lie; nil is the present folder
	Root  string   // is told before the names of files of FS
	Paths []string // files and folders in it
	Tags  string   // "@A,@B": scenarios with any of them; empty: all
	Out   io.Writer
	Steps func(*godog.ScenarioContext) // binds the steps; called once per scenario
	// Reads tells whether a step with these words is bound; one that is not is then told before anything is played. nil:
	// it shows as Undefined when its turn comes.
	Reads func(words string) bool
	// Near is the step that is most like these words, as its dictionary has it; "" if none is. May be nil.
	Near func(words string) string
}

// Status of a step.
type Status string

// The statuses. Only the first is good: a step that was skipped, is not bound or not written shows nothing.
const (
	Passed    Status = "passed"
	Failed    Status = "failed"
	Skipped   Status = "skipped"
	Undefined Status = "undefined"
	Pending   Status = "pending"
	NotRun    Status = "not run"
)

// StepResult is one step of a scenario.
type StepResult struct {
	Keyword, Text string
	Line          int // of the feature's file
	Status        Status
	Duration      time.Duration
	Problem       string
}

// ScenarioResult is one scenario.
type ScenarioResult struct {
	Feature, URI, Name string
	Tags               []string
	Steps              []StepResult
}

// Passed reports whether every step passed and there was one.
func (s ScenarioResult) Passed() bool {
	return len(s.Steps) > 0 && !slices.ContainsFunc(s.Steps, func(r StepResult) bool { return r.Status != Passed })
}

// Result of a run.
type Result struct {
	Scenarios []ScenarioResult // all that were planned, in order
	Problems  []string         // what was wrong beside steps that failed
	Started   time.Time
	Wall      time.Duration
}

// Met is the verdict.
func (r Result) Met() bool {
	return len(r.Problems) == 0 && len(r.Scenarios) > 0 &&
		!slices.ContainsFunc(r.Scenarios, func(s ScenarioResult) bool { return !s.Passed() })
}

// Run executes the selected scenarios one after the other. godog is the executor only: what is selected, what counts as
// passed and how the run ends is decided here. The error is about a run that could not begin; failed scenarios are in
// the Result.
func Run(ctx context.Context, o Options) (Result, error) {
	if o.FS == nil {
		o.FS = os.DirFS(".")
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Steps == nil {
		return Result{}, errors.New("run features: no steps are bound")
	}
	sources, err := gather(o.FS, o.Root, o.Paths)
	if err != nil {
		return Result{}, err
	}
	wanted, err := selection(o.Tags)
	if err != nil {
		return Result{}, err
	}
	all, wanted, err := plan(sources, wanted)
	if err != nil {
		return Result{}, err
	}
	if err := unread(all, o.Reads, o.Near); err != nil {
		return Result{}, err
	}
	r := newRecorder(all, newProgress(o.Out))
	defer r.progress.close()
	suite := godog.TestSuite{Name: "fairway", Options: suiteOptions(ctx, sources, wanted),
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			r.bind(sc)
			o.Steps(sc)
		}}
	status := suite.Run()
	return r.result(status), nil
}

func suiteOptions(ctx context.Context, sources []source, wanted []string) *godog.Options {
	var contents []godog.Feature
	for _, s := range sources {
		contents = append(contents, godog.Feature{Name: s.name, Contents: s.text})
	}
	return &godog.Options{FeatureContents: contents, Tags: strings.Join(wanted, ","), Format: "progress", Output: io.Discard,
		NoColors: true, Strict: true, Concurrency: 1, DefaultContext: ctx}
}

// recorder takes down what is executed, and holds it against the plan.
type recorder struct {
	progress  *progress
	started   time.Time
	results   []ScenarioResult
	left      map[string][]int // places in results still to be executed, by key
	current   int              // place in results, -1 before the first
	step      int
	stepStart time.Time
	problems  []string
}

func newRecorder(all []planned, p *progress) *recorder {
	r := &recorder{progress: p, started: time.Now(), left: map[string][]int{}, current: -1}
	for i, s := range all {
		result := ScenarioResult{Feature: s.feature, URI: s.uri, Name: s.name, Tags: s.tags, Steps: slices.Clone(s.steps)}
		for j := range result.Steps {
			result.Steps[j].Status = NotRun
		}
		r.results = append(r.results, result)
		r.left[s.key()] = append(r.left[s.key()], i)
	}
	return r
}

func (r *recorder) bind(sc *godog.ScenarioContext) {
	sc.Before(func(ctx context.Context, s *godog.Scenario) (context.Context, error) {
		return ctx, r.begin(s)
	})
	sc.StepContext().Before(func(ctx context.Context, s *godog.Step) (context.Context, error) {
		r.beginStep()
		return ctx, nil
	})
	sc.StepContext().After(func(ctx context.Context, s *godog.Step, status godog.StepResultStatus, err error) (context.Context, error) {
		r.endStep(s, status, err)
		return ctx, nil
	})
}

func (r *recorder) begin(s *godog.Scenario) error {
	key := planned{uri: s.Uri, name: s.Name}.key()
	if len(r.left[key]) == 0 {
		r.current = -1
		r.problems = append(r.problems, fmt.Sprintf("the scenario %q was executed but not planned", s.Name))
		return errors.New("this scenario was not planned")
	}
	r.current, r.left[key] = r.left[key][0], r.left[key][1:]
	r.step = 0
	r.progress.scenario(r.results[r.current])
	return nil
}

// beginStep is called in turn with the before-scenario hook for the first step, in either order.
func (r *recorder) beginStep() {
	r.stepStart = time.Now()
	if step := r.at(); step != nil {
		r.progress.begin(*step)
	}
}

func (r *recorder) at() *StepResult {
	if r.current < 0 || r.step >= len(r.results[r.current].Steps) {
		return nil
	}
	return &r.results[r.current].Steps[r.step]
}

func (r *recorder) endStep(s *godog.Step, status godog.StepResultStatus, err error) {
	step := r.at()
	if step == nil || step.Text != s.Text {
		r.problems = append(r.problems, fmt.Sprintf("the step %q was executed but not planned there", s.Text))
		return
	}
	step.Status, step.Duration = statusOf(status), time.Since(r.stepStart)
	if err != nil {
		step.Problem = err.Error()
	}
	r.progress.end(*step)
	r.step++
}

func statusOf(s godog.StepResultStatus) Status {
	switch s {
	case godog.StepPassed:
		return Passed
	case godog.StepSkipped:
		return Skipped
	case godog.StepUndefined:
		return Undefined
	case godog.StepPending:
		return Pending
	}
	return Failed
}

func (r *recorder) result(exit int) Result {
	result := Result{Scenarios: r.results, Problems: r.problems, Started: r.started, Wall: time.Since(r.started)}
	for _, places := range r.left {
		for _, i := range places {
			result.Problems = append(result.Problems, fmt.Sprintf("the scenario %q was planned but not executed", r.results[i].Name))
		}
	}
	// the executor may see what the recorder does not, such as a hook that failed; it never makes a run good
	if exit != 0 && result.Met() {
		result.Problems = append(result.Problems, fmt.Sprintf("the executor ended with %d although every step passed", exit))
	}
	return result
}
