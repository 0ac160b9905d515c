package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// execute runs the jobs in the order in which they were taken, until ctx ends. What was running when the service last
// stopped is run again.
func (w *workspace) execute(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	free := make(chan struct{}, w.atOnce())
	for {
		select {
		case <-ctx.Done():
			return nil
		case free <- struct{}{}:
		}
		id, jobCtx, err := w.await(ctx)
		if err != nil {
			return nil //nolint:nilerr // only the end of ctx ends the waiting
		}
		running.Go(func() {
			defer func() { <-free; w.queue.leave(id) }()
			w.perform(jobCtx, id)
		})
	}
}

// await waits for the next job to run; its error is that ctx has ended.
func (w *workspace) await(ctx context.Context) (string, context.Context, error) {
	for {
		waiting, err := w.waiting(ctx)
		if err == nil {
			if id, jobCtx, ok := w.queue.claim(ctx, waiting); ok {
				return id, jobCtx, nil
			}
		} else if ctx.Err() == nil {
			w.log.Warn("the queue is read again shortly", "error", err.Error())
			w.queue.kick.Now()
			w.rest(ctx)
		}
		select {
		case <-ctx.Done():
			return "", nil, ctx.Err()
		case <-w.queue.kick:
		}
	}
}

// waiting lists the jobs that are not final, first taken first.
func (w *workspace) waiting(ctx context.Context) (ids []string, err error) {
	taken := map[string]time.Time{}
	err = w.service.View(ctx, func(tx *run.Tx) error {
		return unfinished.Each(tx.Tx, func(id string, at time.Time) error {
			ids, taken[id] = append(ids, id), at
			return nil
		})
	})
	slices.SortStableFunc(ids, func(a, b string) int { return taken[a].Compare(taken[b]) })
	return ids, err
}

// perform runs a job to its end, unless ctx ends first. What the machine makes fail is tried again.
func (w *workspace) perform(ctx context.Context, id string) {
	for {
		err := w.attempt(ctx, id)
		if err == nil || ctx.Err() != nil {
			return
		}
		w.log.Warn("a job is tried again shortly", "job_id", id, "error", err.Error())
		if !w.rest(ctx) {
			return
		}
	}
}

// stored is the failpoint between the storing of what a job gives and its sealing.
const stored = "workspace/stored"

// attempt takes a job through its states. It returns nil once the job is final, whoever made it so.
func (w *workspace) attempt(ctx context.Context, id string) error {
	j, err := w.begin(ctx, id, domain.Initializing, domain.Running)
	if err != nil || j.State.Final() {
		return err
	}
	if err := w.failpoints.Hit(ctx, "workspace/running"); err != nil {
		return err
	}
	document, text, evidence, err := w.analyse(ctx, j)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return w.fail(ctx, j, err)
	}
	if j, err = w.keep(ctx, id, text, evidence); err != nil || j.State.Final() {
		return err
	}
	// The object first: an event never names bytes that are not there.
	digest, err := w.objects.Put(ctx, text)
	if err != nil {
		return err
	}
	// Evidence for checkers is a second object that no event names outside the site.
	shown, err := w.objects.PutClass(ctx, objects.Evidence, evidence)
	if err != nil {
		return err
	}
	if err := w.failpoints.Hit(ctx, stored); err != nil {
		return err
	}
	return w.finish(ctx, id, events.OutputSealed{Kinds: kindsOf(document),
		Claim:    vocabulary.Claim{Digest: digest, Size: int64(len(text)), MediaType: documents.MediaType, Class: string(objects.Aggregate)},
		Evidence: vocabulary.Claim{Digest: shown, Size: int64(len(evidence)), MediaType: documents.EvidenceMediaType, Class: string(objects.Evidence)}})
}

// keep claims the bytes for the job's output before they are stored, so that whatever becomes of the job is deleted in its
// time.
func (w *workspace) keep(ctx context.Context, id string, text, evidence []byte) (job, error) {
	return w.update(ctx, id, func(tx *run.Tx, j *job) error {
		claim := domain.Claim{Output: j.OutputID}
		for _, r := range j.readings() {
			claim.Permits = append(claim.Permits, r.PermitID)
		}
		for class, bytes := range map[objects.Class][]byte{objects.Aggregate: text, objects.Evidence: evidence} {
			digest := objects.Digest(bytes)
			o, _, err := kept.Get(tx.Tx, digest)
			if err != nil {
				return err
			}
			o.Class = string(class)
			if err := o.Keep(claim); err != nil {
				return err
			}
			if err := kept.Put(tx.Tx, digest, o); err != nil {
				return err
			}
		}
		return nil
	})
}

// begin takes the job through the states before its work, all in one transaction, and passes over those that it was in
// already: each costs the requester a write to the disk, and nobody waits for one of them alone.
func (w *workspace) begin(ctx context.Context, id string, states ...domain.State) (job, error) {
	j, err := w.load(ctx, id)
	if err != nil || !ahead(j, states) {
		return j, err
	}
	return w.update(ctx, id, underPermit(func(tx *run.Tx, j *job) error {
		for _, to := range states {
			if _, err := j.State.Become(to); err != nil {
				continue
			}
			if err := step(tx, j, to, ""); err != nil {
				return err
			}
		}
		return nil
	}))
}

// ahead says whether a job may still become one of the states.
func ahead(j job, states []domain.State) bool {
	return slices.ContainsFunc(states, func(to domain.State) bool { _, err := j.State.Become(to); return err == nil })
}

// finish completes the job and seals its output, both or neither. A job whose permit has ended meanwhile seals nothing.
func (w *workspace) finish(ctx context.Context, id string, output events.OutputSealed) error {
	_, err := w.update(ctx, id, underPermit(func(tx *run.Tx, j *job) error {
		if err := step(tx, j, domain.Complete, ""); err != nil {
			return err
		}
		return sealJob(tx, *j, output)
	}))
	return err
}

// sealJob announces an output whose bytes are stored.
func sealJob(tx *run.Tx, j job, output events.OutputSealed) error {
	if err := outputs.Put(tx.Tx, j.OutputID, output.Claim.Digest); err != nil {
		return err
	}
	for i, r := range j.readings() {
		permit, _, err := permits.Get(tx.Tx, r.PermitID)
		if err != nil {
			return err
		}
		if i == 0 {
			output.Sponsor = permit.Sponsor
		}
		output.Entrusted = entrusting(output.Entrusted, permit)
	}
	output.OutputID, output.JobID, output.StudyID, output.ProjectID = j.OutputID, j.Asked.JobID, j.Asked.StudyID, j.Asked.ProjectID
	output.PermitID, output.Author, output.Lineage = j.PermitID, j.Asked.Requester, j.lineage()
	output.Destination = vocabulary.Destination{Kind: "researcher", Site: tx.Site()}
	if j.Asked.StudyID != "" {
		output.Destination = vocabulary.Destination{Kind: "study", Site: j.Asked.HostSite}
	}
	_, err := tx.Emit("output/"+j.OutputID, output, run.InProject(j.Asked.ProjectID))
	return err
}

// fail ends a job that cannot be done, with a reason. Neither event nor log holds a value of the data.
func (w *workspace) fail(ctx context.Context, j job, why error) error {
	to, reason := domain.ExecutorError, reasonOf(why)
	var fault *panicError
	if errors.As(why, &fault) {
		to = domain.SystemError
	}
	if reason == ReasonUnreadableData {
		w.inspection.doubt(j.Asked.DatasetID)
	}
	w.log.Warn("a job failed", "job_id", j.Asked.JobID, "reason", reason, "error", why.Error())
	_, err := w.update(ctx, j.Asked.JobID, func(tx *run.Tx, j *job) error { return step(tx, j, to, reason) })
	return err
}

// panicError is a fault of this program that an analysis met.
type panicError struct{ kind string }

func (p *panicError) Error() string {
	return fmt.Sprintf("the analysis failed by a fault of the program (%s)", p.kind)
}
