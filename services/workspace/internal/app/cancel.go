package app

import (
	"errors"

	"github.com/fairway-tre/fairway/contracts/envelope"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// jobDeadline is the timer that gives a job up whose answer nobody waits for any more.
const jobDeadline = "job-deadline"

// errCanceled is why the context of a job ended that was canceled.
var errCanceled = errors.New("the job was canceled")

// cancel ends a job that whoever asked for it no longer wants.
func (w *workspace) cancel(tx *run.Tx, e envelope.Event, act events.JobCancel) error {
	fromGateway := people.FromGateway(tx, e)
	if !fromGateway {
		if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}}); err != nil {
			return err
		}
	}
	j, found, err := jobs.Get(tx.Tx, act.JobID)
	if err != nil {
		return err
	}
	if !found {
		return run.AwaitFact(e.Subject, ReasonJobUnknown)
	}
	if !fromGateway && j.Asked.Requester != e.Actor {
		return run.Refuse(ReasonNotTheRequester, "a job is canceled by the person who asked for it")
	}
	return w.stop(tx, &j, ReasonCanceled)
}

// cancelAll ends the jobs under a permit.
func (w *workspace) cancelAll(tx *run.Tx, permitID, reason string) error {
	return w.cancelThose(tx, func(j job) string {
		if j.under(permitID) {
			return reason
		}
		return ""
	})
}

// overdue ends a job that its deadline has overtaken.
func (w *workspace) overdue(tx *run.Tx, _ string, id string) error {
	j, found, err := jobs.Get(tx.Tx, id)
	if err != nil || !found || j.State.Final() {
		return err
	}
	return w.stop(tx, &j, ReasonDeadline)
}

// stop cancels a job, and interrupts it if it is running.
func (w *workspace) stop(tx *run.Tx, j *job, reason string) error {
	if err := step(tx, j, domain.Canceled, reason); err != nil {
		return err
	}
	id := j.Asked.JobID
	tx.After(func() { w.queue.interrupt(id, errCanceled) })
	return nil
}
