package steps

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// Judged is a service of the site that is not ours, or ours in its place, and what is asked of it.
type Judged struct {
	Foreign harness.Foreign
	Profile string        // file of the site's profile
	Start   time.Duration // until its first answer
	Answer  time.Duration // until each other answer
	Trials  []*Trial      // one for each scenario, in the order of execution; written by the run
}

// Trial is what one scenario saw of the service.
type Trial struct {
	Expected string         // what the contracts ask
	Observed string         // what came instead; empty if that is what came
	Overtime bool           // the time of the run was over
	Err      error          // why the scenario ended before its end; Finding where that is about the service
	Events   []harness.Seen // that the verdict rests on
}

// ErrNotTried says that a scenario needs what this service was not given to the judge for.
var ErrNotTried = errors.New("it was not tried")

// judged is the site of the service, its people, and the table that the present scenario is about.
type judged struct {
	*Judged
	site     *harness.Site
	answered bool // it has answered once
	starting bool // it was started, and has not answered since
	silent   bool // it did not answer the first time
	probing  bool // it is asked something only to learn whether it is there
	policy   federation.PolicyPublished

	researcher, colleague *actor
	checkers              []*actor

	table   table
	ended   table // sealed, of the project whose permit ended
	trial   *Trial
	from    int      // records from here on may be answers
	about   []string // ids in what it was asked
	receipt harness.Receipt
	written harness.Seen // what was put on a topic by hand
}

// table is an output of the researcher's and its release.
type table struct {
	project string
	sealed  harness.Seen
	output  workspace.OutputSealed
	release string
	reviews []harness.Seen // acts that were counted
}

const (
	judgedSite    = "site-under-test"
	judgedProject = "tables"
	judgedData    = "rotterdam"
	// notTooSmall and tooSmall are columns by which the counts are all over the threshold, or not all.
	notTooSmall = "hormone-therapy, menopause"
	tooSmall    = "positive-nodes"
)

// guest is the service that is not the program's own, nil where there is none.
func (w *World) guest() *harness.Foreign {
	if w.judged == nil {
		return nil
	}
	return &w.judged.Foreign
}

// bindJudged binds the steps by which an airlock is judged. What a Given says is the ground and the control case; what a
// When does and a Then waits for is judged.
func (w *World) bindJudged(sc *godog.ScenarioContext) {
	j := w.judged
	sc.Before(func(ctx context.Context, _ *godog.Scenario) (context.Context, error) {
		j.trial = &Trial{}
		j.Trials = append(j.Trials, j.trial)
		j.table, j.about, j.written = table{}, nil, harness.Seen{}
		return ctx, j.revive(ctx)
	})
	sc.StepContext().After(func(ctx context.Context, _ *godog.Step, _ godog.StepResultStatus, err error) (context.Context, error) {
		if err != nil && j.trial.Err == nil {
			j.trial.Err, j.trial.Observed = err, err.Error()
			j.trial.Overtime = ctx.Err() != nil
		}
		return ctx, nil
	})
	bind(sc, w.judgedSteps())
}

// judgedSteps are those of a service that is judged by itself.
func (w *World) judgedSteps() []Step {
	return slices.Concat([]Step{
		{`^a site whose airlock is judged, with its people and a project$`, w.openJudged,
			"Makes a site whose services but the judged airlock are built in, with its people, dataset, project and permit.",
			"a site whose airlock is judged, with its people and a project"},
		{`^a table of the researcher is (sealed|in review|in review and approved by the first checker|approved and published)$`, w.tableThat,
			"Has a table of the researcher brought so far, as the ground of the scenario.",
			"a table of the researcher is in review"},
		{`^a table of the researcher with a cell under the threshold is sealed$`, w.smallTable,
			"Has a table sealed that the check must reject.",
			"a table of the researcher with a cell under the threshold is sealed"},
		{`^two tables under a permit of their own are sealed, and the release of one is in review$`, w.tablesOfTheirOwn,
			"Has two tables sealed under a permit that the scenario may revoke, and one of them reviewed.",
			"two tables under a permit of their own are sealed, and the release of one is in review"},
		{`^a table under a permit of its own is in review$`, w.tableOfItsOwn,
			"Has a table reviewed that was made in a workspace which the scenario may close.",
			"a table under a permit of its own is in review"},
	}, w.judgedActsSteps(), w.judgedRecordsSteps(), w.judgedFactsSteps())
}

// hasAnswered reports whether the service said anything about what it was asked last.
func (w *World) hasAnswered() bool {
	j := w.judged
	if j.site == nil {
		return false
	}
	return slices.ContainsFunc(w.tap().All(), func(s harness.Seen) bool {
		return s.N >= j.from && w.bySubject(s) && s.Tells(j.about...)
	})
}

// bySubject reports whether a record lies where only the judged service may write.
func (w *World) bySubject(s harness.Seen) bool {
	name := w.judged.Foreign.Principal
	return s.Broker == judgedSite && (s.Record.Topic == judgedSite+"."+name+".events.v1" || s.Record.Topic == judgedSite+"."+name+".dead.v1")
}

// openJudged makes the site and all that the scenarios share, once in a run.
func (w *World) openJudged(ctx context.Context) error {
	j := w.judged
	if j.site != nil {
		return nil
	}
	if err := w.environments(ctx, tableOf("site name country profile dataset file holds sign-in analyses", []string{judgedSite, "Site under test", "NL", j.Profile,
		judgedData, "rotterdam.csv.gz", "Rotterdam tumour bank", "second factor", "typed"})); err != nil {
		return err
	}
	site, err := w.federation.Site(judgedSite)
	if err != nil {
		return err
	}
	j.site = site
	if err := w.policies(ctx); err != nil {
		return err
	}
	for _, s := range w.tap().Find(harness.Of[federation.PolicyPublished](nil)) {
		j.policy, _ = harness.Payload[federation.PolicyPublished](s)
	}
	if err := w.peopleOfJudged(ctx); err != nil {
		return err
	}
	return w.projectOfJudged(ctx, judgedProject)
}

func (w *World) peopleOfJudged(ctx context.Context) error {
	if err := w.officers(ctx); err != nil {
		return err
	}
	people := tableOf("site person roles",
		[]string{judgedSite, "data manager", "data-manager"},
		[]string{judgedSite, "researcher", "researcher"},
		[]string{judgedSite, "colleague", "researcher"},
		[]string{judgedSite, "committee member", "data-access-committee"},
		[]string{judgedSite, "first checker", "output-checker"},
		[]string{judgedSite, "second checker", "output-checker"})
	if err := w.join(ctx, "safe-researcher", "data-use-agreement", "1.0", people); err != nil {
		return err
	}
	j := w.judged
	var errs [4]error
	j.researcher, errs[0] = w.who("researcher", judgedSite)
	j.colleague, errs[1] = w.who("colleague", judgedSite)
	j.checkers = make([]*actor, 2)
	j.checkers[0], errs[2] = w.who("first checker", judgedSite)
	j.checkers[1], errs[3] = w.who("second checker", judgedSite)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if err := w.alsoRole(ctx, judgedSite, "researcher", "output-checker"); err != nil { // so that only whose output it is stands against her
		return err
	}
	manager, err := w.who("data manager", judgedSite)
	if err != nil {
		return err
	}
	category := func(concept, column string, levels ...vocabulary.Level) vocabulary.Variable {
		return vocabulary.Variable{Concept: concept, Column: column, Type: "category", Levels: levels}
	}
	return w.published(ctx, manager, catalog.DatasetDescribe{DatasetID: judgedData, Title: "Rotterdam tumour bank", Holder: "erasmus-mc", Version: "1",
		AccessRights: "NON_PUBLIC", Dictionary: []vocabulary.Variable{
			category("hormone-therapy", "hormon", vocabulary.Level{Code: "0", Label: "untreated"}, vocabulary.Level{Code: "1", Label: "treated"}),
			category("menopause", "meno", vocabulary.Level{Code: "0", Label: "before"}, vocabulary.Level{Code: "1", Label: "after"}),
			category("positive-nodes", "nodes")}})
}

func (w *World) projectOfJudged(ctx context.Context, name string) error {
	if err := w.apply(ctx, "researcher", judgedSite, name, "count", "hormone-therapy, menopause and positive-nodes",
		tableOf("site dataset", []string{judgedSite, judgedData})); err != nil {
		return err
	}
	if err := w.assess(ctx, "committee member", judgedSite, name, "data-access-committee"); err != nil {
		return err
	}
	return w.permitted(ctx, judgedSite, name)
}

// tableOf is a table as a feature has it: names of columns, then rows.
func tableOf(names string, rows ...[]string) *godog.Table {
	line := func(cells []string) *messages.PickleTableRow {
		row := &messages.PickleTableRow{}
		for _, c := range cells {
			row.Cells = append(row.Cells, &messages.PickleTableCell{Value: c})
		}
		return row
	}
	t := &godog.Table{Rows: []*messages.PickleTableRow{line(splitWords(names))}}
	for _, r := range rows {
		t.Rows = append(t.Rows, line(r))
	}
	return t
}

// seal runs a count of the researcher's and waits for its output. Of this the judged service is no part.
func (w *World) seal(ctx context.Context, project, by string) (table, error) {
	p, err := w.project(project)
	if err != nil {
		return table{}, err
	}
	a, job := w.judged.researcher, harness.NewID()
	r, err := a.Act(ctx, workspace.JobSubmit{JobID: job, ProjectID: p.id, HostSite: judgedSite, Requester: a.ID(), DatasetID: judgedData,
		Analyses: []vocabulary.Analysis{{Kind: "count", By: list(by)}}})
	if err != nil {
		return table{}, err
	}
	if _, err := w.granted(ctx, r, "the job of the researcher"); err != nil {
		return table{}, err
	}
	sealed, err := w.tap().Await(ctx, harness.Fact{What: "the output of the job", About: []string{job},
		Match:  harness.Of(func(_ harness.Seen, o workspace.OutputSealed) bool { return o.JobID == job }),
		Unless: harness.Of(func(_ harness.Seen, c workspace.JobStateChanged) bool { return c.JobID == job && c.Reason != "" })})
	if err != nil {
		return table{}, err
	}
	o, _ := harness.Payload[workspace.OutputSealed](sealed)
	return table{project: project, sealed: sealed, output: o, release: harness.NewID()}, nil
}

func (w *World) tableThat(ctx context.Context, how string) (err error) {
	j := w.judged
	if j.table, err = w.seal(ctx, judgedProject, notTooSmall); err != nil || how == "sealed" {
		return err
	}
	if err := w.intoReview(ctx); err != nil || how == "in review" {
		return err
	}
	for _, checker := range j.checkers {
		if err := w.counted(ctx, checker); err != nil || how == "in review and approved by the first checker" {
			return err
		}
	}
	return w.isPublished(ctx)
}

func (w *World) smallTable(ctx context.Context) (err error) {
	w.judged.table, err = w.seal(ctx, judgedProject, tooSmall)
	return err
}

func (w *World) tablesOfTheirOwn(ctx context.Context) (err error) {
	j, name := w.judged, "ends early"
	if err := w.projectOfJudged(ctx, name); err != nil {
		return err
	}
	if j.ended, err = w.seal(ctx, name, notTooSmall); err != nil {
		return err
	}
	if j.table, err = w.seal(ctx, name, notTooSmall); err != nil {
		return err
	}
	return w.intoReview(ctx)
}

func (w *World) tableOfItsOwn(ctx context.Context) (err error) {
	name := "closes early"
	if err := w.projectOfJudged(ctx, name); err != nil {
		return err
	}
	if w.judged.table, err = w.seal(ctx, name, notTooSmall); err != nil {
		return err
	}
	return w.intoReview(ctx)
}

// intoReview asks for the release of the present table and waits until its check has passed.
func (w *World) intoReview(ctx context.Context) error {
	if err := w.demands(ctx, w.judged.researcher, w.judged.table.request()); err != nil {
		return err
	}
	if err := w.isRequested(ctx); err != nil {
		return err
	}
	return w.isChecked(ctx)
}

// counted is a checker's approval of the present table that the service takes.
func (w *World) counted(ctx context.Context, checker *actor) error {
	if err := w.demands(ctx, checker, w.judged.table.review()); err != nil {
		return err
	}
	return w.isCounted(ctx)
}

func (t table) request() airlock.ReleaseRequest {
	return airlock.ReleaseRequest{ReleaseID: t.release, OutputID: t.output.OutputID, Requester: t.output.Author, Digest: t.output.Claim.Digest}
}

func (t table) review() airlock.ReleaseReview {
	return airlock.ReleaseReview{ReleaseID: t.release, Digest: t.output.Claim.Digest, Decision: "Approved"}
}

// principalOf is who signs for a source of the site.
func principalOf(who string) string {
	return map[string]string{"portal": topics.Portal, "workspace": topics.Workspace}[who]
}
