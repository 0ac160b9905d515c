package app

import (
	"context"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// step moves a job on and says so.
func step(tx *run.Tx, j *job, to domain.State, reason string) (err error) {
	if j.State, err = j.State.Become(to); err != nil {
		return refusal(err)
	}
	id := j.Asked.JobID
	if err := jobs.Put(tx.Tx, id, *j); err != nil {
		return err
	}
	if to.Final() {
		if err := unfinished.Delete(tx.Tx, id); err != nil {
			return err
		}
		if err := tx.ClearTimer(jobDeadline, "job/"+id); err != nil {
			return err
		}
	} else if err := unfinished.Put(tx.Tx, id, j.AcceptedAt); err != nil {
		return err
	}
	_, err = tx.Emit("job/"+id, events.JobStateChanged{JobID: id, StudyID: j.Asked.StudyID, ProjectID: j.Asked.ProjectID,
		State: string(to), Reason: vocabulary.StateReason{Code: reason, Detail: detailOf(reason)}}, run.InProject(j.Asked.ProjectID))
	return err
}

func (w *workspace) load(ctx context.Context, id string) (j job, err error) {
	err = w.service.View(ctx, func(tx *run.Tx) (err error) {
		j, _, err = jobs.Get(tx.Tx, id)
		return err
	})
	return j, err
}

// update changes a job that is not final, on behalf of the act that asked for it.
func (w *workspace) update(ctx context.Context, id string, change func(*run.Tx, *job) error) (job, error) {
	j, err := w.load(ctx, id)
	if err != nil || j.State.Final() {
		return j, err
	}
	err = w.service.UpdateFor(ctx, j.Cause, j.Thread, func(tx *run.Tx) (err error) {
		if j, _, err = jobs.Get(tx.Tx, id); err != nil || j.State.Final() {
			return err
		}
		return change(tx, &j)
	})
	return j, err
}

// underPermit makes a change only while the job's permit holds, and cancels the job otherwise: also where the time of
// the permit has passed and nobody has said so yet, and where its holder has fallen silent.
func underPermit(change func(*run.Tx, *job) error) func(*run.Tx, *job) error {
	return func(tx *run.Tx, j *job) error {
		for _, r := range j.readings() {
			p, _, err := permits.Get(tx.Tx, r.PermitID)
			if err != nil {
				return err
			}
			ended := stands(tx, p)
			if reason, known := reasons.Of(ended); known {
				return step(tx, j, domain.Canceled, reason)
			}
			if ended != nil {
				return ended
			}
		}
		return change(tx, j)
	}
}
