// Package steps binds the plain words of the features to acts of people, to what is done to processes, and to facts
// seen on the brokers. No step waits for time: each waits for the fact that it tells of.
package steps

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/features/fields"
	"github.com/fairway-tre/fairway/features/harness"
	"github.com/fairway-tre/fairway/features/report"
)

// World is what the scenarios of one run share: the federation, the people, and what was asked and answered. Its
// scenarios run one after the other.
type World struct {
	config     harness.Config
	form       harness.Form
	data       string // folder of the data files that come with the program
	folder     string // of the file of the present scenario
	federation *harness.Federation
	started    time.Time

	mu        sync.Mutex
	people    map[string]*actor // by "the researcher at molgenis"
	addresses map[string]string // where the people of a site sign in from
	projects  map[string]*project
	terms     map[string]terms // asked for, by project
	studies   map[string]*study
	order     []string // studies in order of opening
	held      []harness.Failpoint
	testKeys  []string
	said      saying // by the present scenario itself
	sites     []report.Site

	story    [][]note // of each step of each scenario, as executed
	refusals []*report.Refusal
	attempt  *attempt
	own      own // of the present scenario
	memory   int64

	judged *judged // nil: all services are built in
}

// actor is a person and what the world knows of them.
type actor struct {
	*harness.Person
	roles []string
}

// note is what a step tells beyond its words.
type note struct{ who, site, rule string }

// New makes a world whose sites hold the data files of a folder. Nothing runs until a step asks.
func New(config harness.Config, form harness.Form, data string) *World {
	if form == "" {
		form = harness.Whole
	}
	return &World{config: config, form: form, data: data, started: time.Now(), people: map[string]*actor{}, addresses: map[string]string{},
		projects: map[string]*project{}, terms: map[string]terms{}, studies: map[string]*study{}}
}

// Bind binds all steps to a scenario.
func (w *World) Bind(sc *godog.ScenarioContext) {
	sc.Before(func(ctx context.Context, scenario *godog.Scenario) (context.Context, error) {
		w.folder, _ = filepath.Abs(filepath.Dir(scenario.Uri)) // fails where there is no present folder, and then nothing works
		w.story = append(w.story, nil)
		w.attempt, w.own = nil, own{}
		return ctx, nil
	})
	sc.After(func(ctx context.Context, _ *godog.Scenario, err error) (context.Context, error) {
		return ctx, w.letGo()
	})
	sc.StepContext().Before(func(ctx context.Context, _ *godog.Step) (context.Context, error) {
		if n := len(w.story); n > 0 {
			w.story[n-1] = append(w.story[n-1], note{})
		}
		return ctx, nil
	})
	w.bindAll(sc)
	if w.judged != nil {
		w.bindJudged(sc)
	}
}

// letGo releases what a scenario that failed still holds.
func (w *World) letGo() error {
	var errs []error
	for _, f := range w.held {
		errs = append(errs, f.Release())
	}
	w.held = nil
	if w.federation != nil {
		for _, name := range w.federation.Names() {
			if site, err := w.federation.Site(name); err == nil {
				errs = append(errs, site.Resume(""))
			}
		}
	}
	return errors.Join(errs...)
}

// Close stops the federation in order, then whatever is left by force.
func (w *World) Close(ctx context.Context) error {
	if w.federation == nil {
		return nil
	}
	w.memory = max(w.memory, w.federation.Memory()) // of brokers that are not the program's own it is known while they run
	err := w.federation.Stop(ctx)
	w.memory = max(w.memory, w.federation.Memory())
	return errors.Join(err, w.federation.Close())
}

// end waits until all has been seen, then stops what runs: judging is quicker alone on the machine. It returns what was
// there before the stop, which may cut a fact in the middle of its twins.
func (w *World) end(ctx context.Context, result *harness.Result) (seen []harness.Seen) {
	if w.federation == nil {
		return nil
	}
	if err := w.tap().Catch(ctx); err != nil {
		result.Problems = append(result.Problems, "the records seen may not be all: "+err.Error())
	}
	seen = slices.Clone(w.tap().All())
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := w.Close(stopping); err != nil {
		result.Problems = append(result.Problems, err.Error())
	}
	return seen
}

// tell notes who acted where under which rule in the present step.
func (w *World) tell(who, site, rule string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.story); n > 0 && len(w.story[n-1]) > 0 {
		w.story[n-1][len(w.story[n-1])-1] = note{who, site, rule}
	}
}

// tap is where facts are awaited.
func (w *World) tap() *harness.Tap { return w.federation.Tap }

func (w *World) site(name string) (*harness.Site, error) {
	if w.federation == nil {
		return nil, errors.New("no environments run yet: begin with \"the environments\"")
	}
	return w.federation.Site(name)
}

// who finds a person by role and site.
func (w *World) who(role, site string) (*actor, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a, ok := w.people[role+" at "+site]; ok {
		return a, nil
	}
	return nil, fmt.Errorf("nobody was introduced as the %s at %s", role, site)
}

// granted waits until a service has taken an act, and returns the first fact that followed. A refusal ends the waiting.
func (w *World) granted(ctx context.Context, r harness.Receipt, what string) (harness.Seen, error) {
	return w.tap().Await(ctx, harness.Fact{What: what, About: []string{r.ActID, r.Subject},
		Match: func(s harness.Seen) bool {
			if s.Err != nil || s.Event.CausationID != r.ActID {
				return false
			}
			_, refusal := harness.RefusalOf(s)
			return !refusal
		},
		Unless: func(s harness.Seen) bool {
			if s.Event.CausationID != r.ActID { // one of the thousands about something else
				return false
			}
			refusal, ok := harness.RefusalOf(s)
			return ok && refusal.Kind == "act" && refusal.Cause == r.ActID
		}})
}

// rows reads a table with a header into one map per row.
func rows(table *godog.Table) ([]map[string]string, error) {
	if table == nil || len(table.Rows) < 2 {
		return nil, errors.New("the step needs a table with a header and at least one row")
	}
	var all []map[string]string
	for _, row := range table.Rows[1:] {
		named := map[string]string{}
		for i, cell := range row.Cells {
			named[table.Rows[0].Cells[i].Value] = strings.TrimSpace(cell.Value)
		}
		all = append(all, named)
	}
	return all, nil
}

// only refuses a table with a column that the step does not read, which is a misspelt one.
func only(table *godog.Table, names ...string) error {
	if table == nil || len(table.Rows) == 0 {
		return nil // rows says so
	}
	for _, cell := range table.Rows[0].Cells {
		if slices.Contains(names, cell.Value) {
			continue
		}
		meant := ""
		if near := fields.Nearest(cell.Value, names); near != "" {
			meant = "; perhaps " + near + " is meant"
		}
		return fmt.Errorf("the table has a column %q: expected are %s%s", cell.Value, strings.Join(names, ", "), meant)
	}
	return nil
}

// list splits "a, b and c".
func list(text string) []string {
	var items []string
	for item := range strings.SplitSeq(strings.ReplaceAll(text, " and ", ","), ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// Options of Play.
type Options struct {
	harness.Options
	Config harness.Config
	Form   harness.Form // in which the sites begin; empty: whole
	Data   string       // folder of the data files that come with the program
	Judged *Judged      // a service that is not built in, whose verdicts are wanted; nil: there is none
	Ended  func(Ended)  // is told of each study, in the order of their opening, after the last scenario; may be nil
}

// Play runs features in a new world, stops what it started, judges the invariants, and returns what a report shows.
// The error is about a run that could not begin or end; the verdict is in the report and in the result.
func Play(ctx context.Context, o Options) (report.Run, harness.Result, error) {
	if o.Out == nil {
		o.Out = io.Discard
	}
	w := New(o.Config, o.Form, o.Data)
	if o.Judged != nil {
		w.judged = &judged{Judged: o.Judged}
	}
	o.Steps, o.Reads, o.Near = w.Bind, w.reads(), w.near()
	result, err := harness.Run(ctx, o.Options)
	if err != nil {
		return report.Run{}, result, errors.Join(err, w.Close(context.WithoutCancel(ctx)))
	}
	seen := w.end(ctx, &result)
	run := w.Report(seen, &result)
	if o.Ended != nil {
		w.tellEnds(o.Ended)
	}
	run.PeakMemory, run.Wall = w.memory, time.Since(w.started)
	return run, result, nil
}
