// Package app provisions workspaces, takes in what projects bring, takes jobs, runs them, seals what they give and answers
// the catalog's questions.
package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/health"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
	"github.com/fairway-tre/fairway/services/platform/upheld"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// room is what the service keeps of one workspace.
type room struct {
	ID      string        `json:"id"`
	Status  domain.Status `json:"status"`
	Persons []string      `json:"persons"` // who may enter

	Datasets []string `json:"datasets,omitzero"` // what it was provisioned with
	Concepts []string `json:"concepts,omitzero"`

	Retention retention `json:"retention,omitzero"` // since it was closed
}

// job is what the service keeps of one job: all that it takes to run it again to the same result.
type job struct {
	State      domain.State          `json:"state"`
	Asked      events.JobSubmit      `json:"asked"`
	PermitID   string                `json:"permitId"`
	OutputID   string                `json:"outputId"`   // of the one output that the job may give
	Dictionary []vocabulary.Variable `json:"dictionary"` // as it was published when the job was taken
	Columns    []string              `json:"columns"`    // the concepts that are read
	Version    string                `json:"version"`    // of the dataset's description
	Linked     []reading             `json:"linked"`     // what is read of other datasets
	AcceptedAt time.Time             `json:"acceptedAt"`
	Cause      string                `json:"cause"` // the act, which is the cause of whatever the job leads to
	Thread     string                `json:"thread"`
}

// question is a count that the catalog waits for.
type question struct {
	Asked  catalog.QuestionAsked `json:"asked"`
	Cause  string                `json:"cause"`
	Thread string                `json:"thread"`
}

const (
	datasets   store.Kind[catalog.DatasetPublished] = "dataset"
	permits    store.Kind[domain.Permit]            = "permit"
	projects   store.Kind[[]string]                 = "project" // its permits, oldest first
	rooms      store.Kind[room]                     = "workspace"
	keys       store.Kind[[]byte]                   = "pseudonym-key" // by project; never leaves this database
	jobs       store.Kind[job]                      = "job"
	unfinished store.Kind[time.Time]                = "unfinished" // jobs that are not final, by when they were taken
	outputs    store.Kind[string]                   = "output"     // sealed digest
	questions  store.Kind[question]                 = "question"   // not answered yet
	absent     store.Kind[string]                   = "absent"     // why, by person of this site
	answers    store.Kind[domain.Told]              = "answer"     // the ledger, by dataset and what was asked
	kept       store.Kind[domain.Stored]            = "stored-object"
	released   store.Kind[time.Time]                = "released" // outputs, by when they were
	erasures   store.Kind[erasure]                  = "erasure"  // deletions that were begun, by permit
	imports    store.Kind[bringing]                 = "import"
	brought    store.Kind[string]                   = "brought" // the import that was asked for last, by project and digest
)

// workspace has what the handlers and workers need beside the transaction.
type workspace struct {
	service    *run.Service
	clock      clock.Clock
	log        *slog.Logger
	objects    *objects.Store
	failpoints *failpoint.Set
	data       data
	queue      *queue
	counting   run.Kick
	erasing    run.Kick
	started    time.Time
	inspection *inspection
}

// Register adds the handlers and workers of the service.
func Register(s *run.Service) { register(s) }

func register(s *run.Service) *workspace {
	env := s.Env()
	w := &workspace{service: s, clock: env.Clock, log: env.Log, objects: env.Objects, failpoints: env.Failpoints,
		data: data{path: env.Settings["holdings"]}, queue: newQueue(), counting: run.NewKick(), erasing: run.NewKick(), started: env.Clock.Now(),
		inspection: newInspection()}
	people.Register(s)
	upheld.Register(s)
	run.Handle(s, w.permitGranted)
	run.Handle(s, w.permitAmended)
	run.Handle(s, permitRenewed)
	run.Handle(s, w.honour)
	run.Handle(s, w.permitRevoked)
	run.Handle(s, w.permitExpired)
	run.Handle(s, w.datasetPublished)
	run.Handle(s, w.datasetUpdated)
	run.Handle(s, w.datasetWithdrawn)
	run.Handle(s, w.roleRevoked)
	run.Handle(s, roleGranted)
	run.Handle(s, w.personSuspended)
	run.Handle(s, personReinstated)
	run.Handle(s, w.close)
	run.Handle(s, releaseApproved)
	run.Handle(s, w.submit)
	run.Handle(s, w.cancel)
	run.Handle(s, w.seal)
	run.Handle(s, importRequest)
	run.Handle(s, w.importApproved)
	run.Handle(s, importRejected)
	run.Handle(s, importWithdrawn)
	run.Handle(s, w.questionAsked)
	run.HandleTimer(s, jobDeadline, w.overdue)
	run.HandleTimer(s, retentionEnd, w.retire)
	s.Worker("executor", w.execute)
	s.Worker("counting", w.count)
	s.Worker("inspection", w.inspect)
	s.Worker("deletion", w.erase)
	s.Check(health.Check{Name: "holdings", Advice: "make holdings.yaml, the files it names and the data dictionaries agree",
		Ready: func(context.Context) error { return w.inspection.verdict() }})
	return w
}

// pause is how long a worker waits before it tries again what the machine, not the request, has made fail.
const pause = time.Second

// rest waits for the pause; it reports false when ctx ended first.
func (w *workspace) rest(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-w.clock.After(pause):
		return true
	}
}
