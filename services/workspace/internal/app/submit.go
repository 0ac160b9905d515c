package app

import (
	"errors"
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/upheld"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// submit takes a job in if the data can answer it, the site allows it and a permit covers it; in this order, so that
// a site without the variable says so whoever asks.
//
// Every site that is asked gets the job, permit or not, and answers for itself.
func (w *workspace) submit(tx *run.Tx, e envelope.Event, act events.JobSubmit) error {
	if err := mayAsk(tx, e, act); err != nil {
		return err
	}
	if _, found, err := jobs.Get(tx.Tx, act.JobID); err != nil || found {
		return run.OrRefuse(err, ReasonJobExists, "this job was submitted before; give a new one a new id")
	}
	all, err := w.answerable(tx, act)
	if err != nil {
		return err
	}
	// A part is for the sum over sites that a host makes, and would tell its reader more than a result does.
	if act.StudyID == "" && slices.ContainsFunc(act.Analyses, func(a vocabulary.Analysis) bool { return a.Round > 0 }) {
		return run.Refuse(ReasonAnalysis, "rounds are of studies; without a round the model is fitted on this site's own people")
	}
	for _, a := range act.Analyses {
		// SecureVRE: tools run from a registry only.
		if tool := analyses.Tool(a.Kind); !tx.Profile().Registered(a.Kind, tool) {
			return run.Refuse(ReasonTool, "this site's registry does not have the tool %s, which is %s", tool, a.Kind)
		}
		if !tx.Profile().Analyses.Allows(a.Kind) {
			return run.Refuse(ReasonNotAllowed, "this site does not run the analysis %s", a.Kind)
		}
	}
	if err := underPermits(tx, act, all); err != nil {
		return err
	}
	if act.Prepare, err = w.lookedUp(tx, act, all); err != nil {
		return err
	}
	j := job{Asked: act, PermitID: all[0].PermitID, OutputID: tx.NewID(), Dictionary: all[0].Dictionary, Columns: all[0].Columns,
		Version: all[0].Version, Linked: all[1:], AcceptedAt: tx.Now(), Cause: e.ID, Thread: thread(e)}
	return w.accept(tx, j)
}

// concerned are the analyses of a job and, in the place of those of the same study that it does not have, one that names
// their concepts: whoever is in one is in all.
func concerned(act events.JobSubmit) []vocabulary.Analysis {
	return append(slices.Clone(act.Analyses), vocabulary.Analysis{Covariates: act.CompleteFor})
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

// validPermit finds the project's valid permit that names a dataset; the newest, if there are several. One that does not
// name it is better than none: it says what is missing.
func validPermit(tx *run.Tx, project, dataset string) (domain.Permit, error) {
	ids, found, err := projects.Get(tx.Tx, project)
	if err != nil {
		return domain.Permit{}, err
	}
	if !found {
		return domain.Permit{}, run.AwaitFact(projectFact(project), ReasonPermitMissing)
	}
	var other *domain.Permit
	var silent string // one that names it, and that its holder may be about to affirm
	var why error
	for _, id := range slices.Backward(ids) {
		p, _, err := permits.Get(tx.Tx, id)
		if err != nil {
			return p, err
		}
		err = stands(tx, p)
		names := dataset == "" || slices.Contains(p.Datasets, dataset)
		switch {
		case err == nil && names:
			return p, nil
		case errors.Is(err, domain.ErrSilent) && names:
			silent = upheld.Name(p.Holder, id)
		case err == nil && other == nil:
			other = &p
		case why == nil:
			why = err
		}
	}
	if silent != "" {
		return domain.Permit{}, upheld.Await(silent)
	}
	if other != nil {
		return *other, nil
	}
	return domain.Permit{}, refusal(why)
}

// countable is a concept of which only the number of rows is used, for a count of all people.
func countable(dictionary []vocabulary.Variable, p domain.Permit) []string {
	for _, v := range dictionary {
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
	tx.After(w.queue.kick.Now)
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
