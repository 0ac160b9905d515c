package app

import (
	"github.com/fairway-tre/fairway/contracts/analyses"
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// submit takes a job in if the data can answer it, the site allows it and a permit covers it; in this order, so that
// a site without the variable says so whoever asks.
//
// decisions.md 22: every site that is asked gets the job, permit or not, and answers for itself.
func (w *workspace) submit(tx *run.Tx, e envelope.Event, act events.JobSubmit) error {
	if err := mayAsk(tx, e, act); err != nil {
		return err
	}
	if _, found, err := jobs.Get(tx.Tx, act.JobID); err != nil || found {
		return run.OrRefuse(err, ReasonJobExists, "this job was submitted before; give a new one a new id")
	}
	asked := act.Analyses
	dataset, err := w.answerable(tx, act.DatasetID, asked)
	if err != nil {
		return err
	}
	for _, a := range asked {
		if !tx.Profile().Analyses.Allows(a.Kind) {
			return run.Refuse(ReasonNotAllowed, "this site does not run the analysis %s", a.Kind)
		}
	}
	permit, err := validPermit(tx, act.ProjectID)
	if err != nil {
		return err
	}
	if err := permit.Allows(domain.Request{Person: act.Requester, Dataset: act.DatasetID, Host: act.HostSite, Study: act.StudyID != "",
		Concepts: analyses.Concepts(asked), Kinds: analyses.KindsOf(asked)}); err != nil {
		return refusal(err)
	}
	if _, found, err := rooms.Get(tx.Tx, permit.ID); err != nil || !found {
		return orAwait(err, projectFact(act.ProjectID), ReasonNoWorkspace)
	}
	j := job{Asked: act, PermitID: permit.ID, OutputID: tx.NewID(), Dictionary: dataset.Dictionary, Columns: analyses.Concepts(asked),
		AcceptedAt: tx.Now(), Cause: e.ID, Thread: thread(e)}
	if len(j.Columns) == 0 {
		if j.Columns = countable(dataset, permit); j.Columns == nil {
			return run.Refuse(ReasonBeyond, "the permit names no variable of the dataset %s", act.DatasetID)
		}
	}
	return w.accept(tx, j)
}

// mayAsk lets researchers ask for themselves, and the gateway for those of a study.
func mayAsk(tx *run.Tx, e envelope.Event, act events.JobSubmit) error {
	if people.FromGateway(tx, e) {
		return nil
	}
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}, Standing: true}); err != nil {
		return err
	}
	if act.Requester != e.Actor {
		return run.Refuse(ReasonNotTheRequester, "a job is submitted by the person who asks for it")
	}
	// The output of a study's job leaves for the host once released: only the gateway knows the study.
	if act.StudyID != "" {
		return run.Refuse(ReasonNotFromGateway, "the jobs of a study are submitted by the gateway; open the study instead")
	}
	return nil
}

// answerable finds the dataset, or the reason why it cannot answer.
//
// decisions.md 22: jobs name concepts; a site without one refuses: variable-unknown.
func (w *workspace) answerable(tx *run.Tx, id string, asked []vocabulary.Analysis) (catalog.DatasetPublished, error) {
	d, found, err := datasets.Get(tx.Tx, id)
	if err != nil {
		return d, err
	}
	if !found || !w.data.has(id) {
		return d, run.Refuse(ReasonDatasetUnknown, "this site has no dataset %s", id)
	}
	for _, c := range analyses.Concepts(asked) {
		if !slices.ContainsFunc(d.Dictionary, func(v vocabulary.Variable) bool { return v.Concept == c }) {
			return d, run.Refuse(ReasonVariableUnknown, "the data dictionary of %s has no variable for the concept %s", id, c)
		}
	}
	return d, refusal(analyses.Check(asked))
}

// validPermit finds the project's valid permit; the newest, if there are several.
func validPermit(tx *run.Tx, project string) (domain.Permit, error) {
	ids, found, err := projects.Get(tx.Tx, project)
	if err != nil {
		return domain.Permit{}, err
	}
	if !found {
		return domain.Permit{}, run.AwaitFact(projectFact(project), ReasonPermitMissing)
	}
	var why error
	for _, id := range slices.Backward(ids) {
		p, _, err := permits.Get(tx.Tx, id)
		if err != nil {
			return p, err
		}
		err = p.Holds(tx.Now())
		if err == nil {
			return p, nil
		}
		if why == nil {
			why = err
		}
	}
	return domain.Permit{}, refusal(why)
}

// countable is a concept of which only the number of rows is used, for a count of all people.
func countable(d catalog.DatasetPublished, p domain.Permit) []string {
	for _, v := range d.Dictionary {
		if slices.Contains(p.Concepts, v.Concept) {
			return []string{v.Concept}
		}
	}
	return nil
}

// accept queues the job and wakes the executor.
func (w *workspace) accept(tx *run.Tx, j job) error {
	if err := step(tx, &j, domain.Queued, ""); err != nil {
		return err
	}
	if !j.Asked.Deadline.IsZero() {
		if err := tx.Alarm(jobDeadline, "job/"+j.Asked.JobID, j.Asked.Deadline.Add(deadlineGrace), j.Asked.JobID); err != nil {
			return err
		}
	}
	tx.After(w.queue.kick.now)
	return nil
}

// thread is the correlation that an event carries on.
func thread(e envelope.Event) string {
	if e.CorrelationID != "" {
		return e.CorrelationID
	}
	return e.ID
}

// deadlineGrace is how long after its deadline a job is given up: the host has then counted this site as silent.
const deadlineGrace = time.Minute

// orAwait passes a technical error on, and waits when there is none.
func orAwait(err error, fact, reason string) error {
	if err != nil {
		return err
	}
	return run.AwaitFact(fact, reason)
}
