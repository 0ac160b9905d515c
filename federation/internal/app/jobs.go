package app

import (
	"errors"
	"strings"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/inquiry"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// job is one target of a study at this site, whoever hosts the study.
type job struct {
	StudyID, ProjectID, HostSite string
	OutputID                     string // what it sealed
	Accepted                     bool   // the host knows that it is queued
	Answered                     bool   // the host has its result or its refusal
	DatasetID                    string // what it asks, of which data
	Analyses                     []vocabulary.Analysis
	Prepare                      []vocabulary.Preparation
}

// jobs takes other sites' jobs, and tells the host of each job what the workspace makes of it.
func (g *gateway) jobs() {
	incoming(g, func(p federation.JobDispatched) string { return p.HostSite }, g.takeJob)
	run.Handle(g.s, g.followJob)
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p workspace.ActRefused) error {
		return g.denied(tx, p.ActID, p.Reason, because{p.Reason, p.Detail})
	})
	run.Handle(g.s, func(tx *run.Tx, _ envelope.Event, p airlock.ActRefused) error {
		return g.denied(tx, p.ActID, p.Reason, because{airlockSays(p.Reason), withheld})
	})
	incoming(g, func(p federation.JobAccepted) string { return p.Site }, func(tx *run.Tx, _ envelope.Event, p federation.JobAccepted) error {
		return g.heard(tx, p.StudyID, p.JobID, p.Site, func(s *study.Study) error { return s.Accept(p.JobID, tx.Now()) })
	})
	incoming(g, func(p federation.JobRefused) string { return p.Site }, func(tx *run.Tx, _ envelope.Event, p federation.JobRefused) error {
		return g.heard(tx, p.StudyID, p.JobID, p.Site, func(s *study.Study) error {
			return s.Refuse(p.JobID, p.Reason, p.Detail, tx.Now())
		})
	})
}

func (g *gateway) takeJob(tx *run.Tx, _ envelope.Event, p federation.JobDispatched) error {
	if err := attested(p.Attestation, p.Requester, p.HostSite); err != nil {
		return err
	}
	if !tx.Now().Before(p.Deadline) {
		return run.Refuse(border.DeadlinePassed, "the study's deadline was %s", p.Deadline.Format(time.DateTime))
	}
	j := job{StudyID: p.StudyID, ProjectID: p.ProjectID, HostSite: p.HostSite}
	if why := people.Unfit(tx, p.Attestation); why != nil {
		if err := unused(tx, p.JobID); err != nil {
			return err
		}
		return g.decline(tx, p.JobID, j, why.Reason, why.Detail)
	}
	return g.submit(tx, p.JobID, j, jobOf{requester: p.Requester, dataset: p.DatasetID, analyses: p.Analyses, completeFor: p.CompleteFor,
		prepare: p.Prepare, deadline: p.Deadline})
}

func unused(tx *run.Tx, id string) error {
	_, exists, err := jobs.Get(tx.Tx, id)
	if err == nil && exists {
		err = run.Refuse(border.JobExists, "the site has a job of this id already")
	}
	return err
}

// jobOf is what a job asks.
type jobOf struct {
	requester, dataset string
	analyses           []vocabulary.Analysis
	completeFor        []string
	prepare            []vocabulary.Preparation
	deadline           time.Time
}

// submit gives a job to the site's own workspace, which answers for the site.
func (g *gateway) submit(tx *run.Tx, id string, j job, asked jobOf) error {
	if err := unused(tx, id); err != nil {
		return err
	}
	if at := tx.Profile().Hosting.At; at != "" {
		return g.decline(tx, id, j, HostedElsewhere, "this site runs no workspace, its data lie at "+at+"; ask there")
	}
	j.DatasetID, j.Analyses, j.Prepare = asked.dataset, asked.analyses, asked.prepare
	if err := jobs.Put(tx.Tx, id, j); err != nil {
		return err
	}
	return g.ask(tx, question{JobID: id}, "job/"+id, workspace.JobSubmit{JobID: id, StudyID: j.StudyID, ProjectID: j.ProjectID,
		HostSite: j.HostSite, Requester: asked.requester, DatasetID: asked.dataset, Analyses: asked.analyses, CompleteFor: asked.completeFor,
		Prepare: asked.prepare, Deadline: asked.deadline})
}

// followJob tells the host that a job was queued, or that it came to nothing.
func (g *gateway) followJob(tx *run.Tx, _ envelope.Event, p workspacev2.JobStateChanged) error {
	j, found, err := jobs.Get(tx.Tx, p.JobID)
	if err != nil || !found {
		return err // a job of the site's own people
	}
	switch p.State {
	case "QUEUED":
		return g.accepted(tx, p.JobID, j)
	case "EXECUTOR_ERROR", "SYSTEM_ERROR":
		if ofTheQuestion(p.Reason.Code) {
			return g.decline(tx, p.JobID, j, p.Reason.Code, "the site does not answer this question; ask it otherwise")
		}
		return g.decline(tx, p.JobID, j, border.NotComputed, "the site could not compute an answer; why is for its own people to know")
	case "CANCELED":
		return g.decline(tx, p.JobID, j, reasonOf(p), "the job was stopped by the site")
	}
	return nil
}

// ofTheQuestion tells reasons that a host may know because they judge what it asked: it can ask otherwise.
func ofTheQuestion(reason string) bool {
	return reason == study.ParametersRefused || reason == "model-saturated"
}

// reasonOf is why the workspace stopped a job, or the state in the spelling of reasons: a permit or a deadline ended, or
// somebody stopped it. None of them comes from the data.
func reasonOf(p workspacev2.JobStateChanged) string {
	if p.Reason.Code != "" {
		return p.Reason.Code
	}
	return strings.ReplaceAll(strings.ToLower(p.State), "_", "-")
}

// because is what a host is told in the place of a result.
type because struct{ reason, detail string }

// denied ends what an act of the gateway was about, when a service of the site refused the act for a reason. A study of
// this site has that reason; the host of a job is told what it may know.
func (g *gateway) denied(tx *run.Tx, actID, reason string, told because) error {
	about, found, err := asked.Get(tx.Tx, actID)
	if err != nil || !found {
		return err // somebody else's act
	}
	if about.QuestionID != "" {
		return g.giveBack(tx, about.QuestionID, inquiry.Answer{Outcome: inquiry.Refused, Reason: told.reason})
	}
	if about.JobID == "" {
		return g.change(tx, about.StudyID, func(s *study.Study) error {
			if s.State != study.Review {
				return nil // it has ended without waiting for this
			}
			return s.TurnedDown(reason)
		})
	}
	j, _, err := jobs.Get(tx.Tx, about.JobID)
	if err != nil {
		return err
	}
	return g.decline(tx, about.JobID, j, told.reason, told.detail)
}

func (g *gateway) accepted(tx *run.Tx, id string, j job) error {
	if j.Accepted || j.Answered {
		return nil
	}
	j.Accepted = true
	if err := jobs.Put(tx.Tx, id, j); err != nil {
		return err
	}
	if j.HostSite == g.site {
		return g.own(tx, j, func(s *study.Study) error { return s.Accept(id, tx.Now()) })
	}
	return g.tell(tx, j.HostSite, "job/"+id, federation.JobAccepted{JobID: id, StudyID: j.StudyID, Site: g.site, HostSite: j.HostSite})
}

// decline tells the host why there will be no result. The first answer of a job is its only one.
func (g *gateway) decline(tx *run.Tx, id string, j job, reason, detail string) error {
	if j.Answered {
		return nil
	}
	j.Answered = true
	if err := jobs.Put(tx.Tx, id, j); err != nil {
		return err
	}
	detail = clip(detail)
	if j.HostSite == g.site {
		return g.own(tx, j, func(s *study.Study) error { return s.Refuse(id, reason, detail, tx.Now()) })
	}
	return g.tell(tx, j.HostSite, "job/"+id, federation.JobRefused{JobID: id, StudyID: j.StudyID, Site: g.site, HostSite: j.HostSite,
		Reason: reason, Detail: detail})
}

// own tells a study of this site what its own workspace said. What comes late says nothing to anybody else.
func (g *gateway) own(tx *run.Tx, j job, fn func(*study.Study) error) error {
	err := g.change(tx, j.StudyID, fn)
	if errors.Is(err, study.ErrLate) || errors.Is(err, study.ErrAnswered) {
		return nil
	}
	return err
}

// heard tells a study of this site what another site said about its job.
func (g *gateway) heard(tx *run.Tx, studyID, jobID, site string, fn func(*study.Study) error) error {
	h, _, err := studies.Get(tx.Tx, studyID)
	if err != nil {
		return err
	}
	if t, ok := h.Study.Target(jobID); !ok || t.Site != site {
		return run.Refuse(border.JobUnknown, "no study of this site has the job at %s", site)
	}
	return refusal(g.change(tx, studyID, fn))
}
