package app

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/federation/internal/study/combine"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// Reasons for which a study is not opened, or fails, besides those of people, border and the airlock.
const (
	RequesterMismatch      = "requester-mismatch" // the act names another requester than its actor
	DeadlineTooLong        = "deadline-too-long"  // beyond the profile's study.maxDeadline
	StudyExists            = "study-exists"       // another study has this id
	HostedElsewhere        = "hosted-elsewhere"   // the site runs no workspace and no airlock: its data lie at another
	TargetRepeated         = "target-repeated"    // a site is asked twice
	AnalysisInvalid        = "analysis-invalid"   // no data could answer what is asked
	NothingToCombine       = "nothing-to-combine" // no analysis whose results can be combined
	NotCombinable          = "not-combinable"     // the sites' results answer different questions
	ReasonCoxUnstratified  = "cox-unstratified"   // a cox model over sites that is not stratified by site
	ModelHoldsRows         = "model-holds-rows"   // a fitted model that is made of its people's rows
	ModelSingular          = "model-singular"     // the covariates of the study cannot be told apart
	ModelSeparated         = "model-separated"    // the covariates of the study foretell the outcome
	NotConverged           = "not-converged"      // the rounds came to no estimate
	ReasonRoundsUnfinished = "rounds-unfinished"  // the deadline of the study came before the last round
	ReviewOverdue          = "review-overdue"     // the airlock never decided about the combination
)

// Timers. Their names are stored: never rename them.
const (
	deadlineTimer = "study-deadline"
	reviewTimer   = "study-review"
)

// hosted is a study of this site, with what it asks and the event that made it combine.
type hosted struct {
	Study              study.Study
	Asked              []vocabulary.Analysis
	Asking             map[string][]vocabulary.Analysis // what each site is asked in the present round, from the second on
	Prepare            []vocabulary.Preparation
	Progress           combine.Progress // of a study in rounds
	Cause, Correlation string
}

// studies opens studies and ends their waiting.
func (g *gateway) studies() {
	run.Handle(g.s, g.open)
	run.HandleTimer(g.s, deadlineTimer, func(tx *run.Tx, id string, _ struct{}) error {
		return g.change(tx, id, (*study.Study).Expire)
	})
	run.HandleTimer(g.s, reviewTimer, func(tx *run.Tx, id string, _ struct{}) error {
		return g.change(tx, id, func(s *study.Study) error {
			if s.State != study.Review {
				return nil
			}
			return s.TurnedDown(ReviewOverdue)
		})
	})
}

func (g *gateway) open(tx *run.Tx, e envelope.Event, p federation.StudyOpen) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}, Standing: true}); err != nil {
		return err
	}
	deadline, err := g.acceptable(tx, e, p)
	if err != nil {
		return err
	}
	attestation, err := people.Attestation(tx, p.Requester)
	if err != nil {
		return err
	}
	var targets []study.Target
	for _, t := range p.Targets {
		targets = append(targets, study.Target{Site: t.Site, Dataset: t.DatasetID, JobID: tx.NewID()})
	}
	s, err := study.Open(p.StudyID, p.ProjectID, p.Requester, deadline, targets)
	if err != nil {
		return run.Refuse(TargetRepeated, "a study asks each dataset once: the combination takes one result of each")
	}
	opened := federation.StudyOpened{StudyID: p.StudyID, ProjectID: p.ProjectID, Requester: p.Requester,
		Targets: p.Targets, Analyses: p.Analyses, Prepare: p.Prepare, Deadline: deadline}
	if combine.InRounds(p.Analyses) {
		s.Rounds(tx.Now())
		opened.Rounds = rounds.Most
	}
	if err := studies.Put(tx.Tx, p.StudyID, hosted{Study: s, Asked: p.Analyses, Prepare: p.Prepare, Correlation: e.CorrelationID}); err != nil {
		return err
	}
	if err := tx.Alarm(deadlineTimer, p.StudyID, s.Until(), struct{}{}); err != nil {
		return err
	}
	if _, err := tx.Emit(e.Subject, opened); err != nil {
		return err
	}
	asked := jobOf{analyses: combine.First(p.Analyses), prepare: p.Prepare}
	for _, t := range targets {
		err := g.dispatch(tx, s, t, asked, attestation)
		var r *run.Refusal
		if errors.As(err, &r) && t.Site != g.site { // the other sites get theirs
			err = g.unasked(tx, e, s.ID, t, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unasked notes in a study that a site cannot be asked. One that takes no part at present is silent; one with which this
// site has no words in common has refused.
func (g *gateway) unasked(tx *run.Tx, e envelope.Event, studyID string, t study.Target, r *run.Refusal) error {
	if err := g.hold(tx, e.ID, e.Type, e.Source, t.Site, r); err != nil {
		return err
	}
	if r.Reason == border.Suspended || r.Reason == border.Gone {
		return g.abandon(tx, studyID, t.Site, r.Reason, clip(r.Detail))
	}
	return g.change(tx, studyID, func(s *study.Study) error { return s.Refuse(t.JobID, r.Reason, clip(r.Detail), tx.Now()) })
}

// acceptable checks what the act asks for, and returns the deadline.
func (g *gateway) acceptable(tx *run.Tx, e envelope.Event, p federation.StudyOpen) (time.Time, error) {
	if p.Requester != e.Actor {
		return time.Time{}, run.Refuse(RequesterMismatch, "a study is opened by the person who asks for it")
	}
	if at := tx.Profile().Hosting.At; at != "" {
		return time.Time{}, run.Refuse(HostedElsewhere, "this site has no airlock that could release an answer; open the study at %s", at)
	}
	// A study's deadline is a parameter, capped by the profile.
	if most := g.s.Env().Profile.Study.MaxDeadline.Std(); p.DeadlineSeconds > int64(most/time.Second) {
		return time.Time{}, run.Refuse(DeadlineTooLong, "this site waits at most %s", most)
	}
	for _, a := range p.Analyses {
		// Cox across sites is stratified by site; an unstratified one is refused.
		if a.Kind == analyses.Cox && a.Combine == analyses.Pooled {
			return time.Time{}, run.Refuse(ReasonCoxUnstratified, "a cox model over sites is stratified by site: an unstratified one needs risk sets across sites, which are rows")
		}
		if a.Round != 0 || len(a.At) > 0 {
			return time.Time{}, run.Refuse(AnalysisInvalid, "the rounds of a study and their parameters are its host's to say")
		}
	}
	err := analyses.CheckPrepared(p.Prepare, p.Analyses)
	if errors.Is(err, analyses.ErrHoldsRows) {
		return time.Time{}, run.Refuse(ModelHoldsRows, "%v", err)
	}
	if err != nil {
		return time.Time{}, run.Refuse(AnalysisInvalid, "%v", err)
	}
	if !slices.ContainsFunc(p.Analyses, combine.Combinable) {
		return time.Time{}, run.Refuse(NothingToCombine, "none of the analyses has an answer over sites; ask for one that is combined")
	}
	for _, t := range p.Targets {
		if _, err := g.participant(tx, t.Site); t.Site != g.site && isFor(err, border.SiteUnknown) {
			return time.Time{}, err
		}
	}
	_, exists, err := studies.Get(tx.Tx, p.StudyID)
	if err == nil && exists {
		err = run.Refuse(StudyExists, "the site has a study of this id already")
	}
	return tx.Now().Add(time.Duration(p.DeadlineSeconds) * time.Second).Truncate(time.Millisecond), err
}

// dispatch gives a target its job.
//
// Every site that is asked gets the job, permit or not, and answers for itself.
func (g *gateway) dispatch(tx *run.Tx, s study.Study, t study.Target, asked jobOf, a vocabulary.Attestation) error {
	asked.requester, asked.dataset, asked.deadline = s.Requester, t.Dataset, s.Until()
	if t.Site == g.site {
		return g.submit(tx, t.JobID, job{StudyID: s.ID, ProjectID: s.Project, HostSite: g.site}, asked)
	}
	return g.send(tx, t.Site, "job/"+t.JobID, federation.JobDispatched{JobID: t.JobID, StudyID: s.ID, ProjectID: s.Project, Site: t.Site,
		HostSite: g.site, Requester: s.Requester, Attestation: a, DatasetID: t.Dataset, Analyses: asked.analyses, CompleteFor: asked.completeFor,
		Prepare: asked.prepare, Deadline: asked.deadline})
}

// change changes a study and does what follows from where it now is.
func (g *gateway) change(tx *run.Tx, id string, fn func(*study.Study) error) error {
	h, found, err := studies.Get(tx.Tx, id)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("study %s: %w", id, study.ErrUnknownJob)
	}
	before := h.Study.State
	if err := fn(&h.Study); err != nil {
		return err
	}
	if h.Study.State == study.Combining && before != study.Combining {
		h.Cause = tx.CauseID()
		tx.After(g.merging.Now)
	}
	if err := studies.Put(tx.Tx, id, h); err != nil || h.Study.State == before {
		return err
	}
	return g.moved(tx, h.Study)
}

func (g *gateway) moved(tx *run.Tx, s study.Study) error {
	if s.State != study.Review {
		if err := tx.ClearTimer(deadlineTimer, s.ID); err != nil {
			return err
		}
		if err := dropParts(tx, s.ID); err != nil {
			return err
		}
	}
	if !s.Over() {
		return nil
	}
	if err := tx.ClearTimer(reviewTimer, s.ID); err != nil {
		return err
	}
	return complete(tx, s)
}

// complete tells how a study ended, and of every target what became of it.
func complete(tx *run.Tx, s study.Study) error {
	p := federation.StudyCompleted{StudyID: s.ID, ProjectID: s.Project, Outcome: s.Outcome(), Reason: s.Reason, OutputID: s.OutputID,
		Deadline: s.Deadline, Rounds: int64(s.Round),
		Manifest: []vocabulary.ManifestEntry{}}
	if s.State == study.Completed {
		p.ReleaseID, p.Digest = s.Combination.ReleaseID, s.Combination.Digest
	}
	for _, t := range s.Targets {
		p.Manifest = append(p.Manifest, vocabulary.ManifestEntry{Site: t.Site, DatasetID: t.Dataset, JobID: t.JobID,
			Outcome: string(t.Outcome), Reason: t.Reason, Detail: t.Detail, Digest: t.Result.Digest, Size: t.Result.Size,
			ReleaseID: t.Result.ReleaseID, Round: int64(t.Round)})
	}
	_, err := tx.Emit("study/"+s.ID, p)
	return err
}
