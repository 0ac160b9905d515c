// Package app is what the gateway does with each act and event: it carries what may cross the border of its site, and
// runs the studies that its site hosts.
package app

import (
	"context"
	"errors"
	"slices"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/inquiry"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/registry"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// Link is the name of the connection to the federation's broker.
const Link = "federation"

// Where the gateway keeps its state.
const (
	permits    store.Kind[border.Permit]                 = "permit"      // by permit
	sealed     store.Kind[border.Sealed]                 = "sealed"      // by output
	jobs       store.Kind[job]                           = "job"         // by job: those of studies, whoever hosts them
	overBefore store.Kind[string]                        = "over-before" // by release: why an approval ended that is not known yet
	described  store.Kind[border.Labels]                 = "described"   // by dataset of this site: the levels of all its records
	crossings  store.Kind[crossing]                      = "crossing"    // by release: approved results on their way to a host
	assemblies store.Kind[border.Assembly]               = "assembly"    // by job: results coming in
	chunks     store.Kind[border.Chunk]                  = "chunk"       // by job and part: what came of them
	studies    store.Kind[hosted]                        = "study"       // by study: those hosted here
	decisions  store.Kind[verdict]                       = "decision"    // by application and site
	asked      store.Kind[question]                      = "asked"       // by act: what the gateway asked its site for
	announced  store.Kind[string]                        = "announced-policy"
	listings   store.Kind[listing]                       = "listed"  // by site: its newest entry in the registry
	inquiries  store.Kind[inquiry.Inquiry]               = "inquiry" // by inquiry: those of this site's people
	puts       store.Kind[put]                           = "put"     // by question: those that this site was asked
	taken      store.Kind[approval.ApplicationSubmitted] = "taken"   // by act: other sites' applications given to this site
)

// gateway is the app's view of its service.
type gateway struct {
	s         *run.Service
	site      string
	directory *registry.Directory
	taken     []string // types that are read from the inbox
	sending   run.Kick
	merging   run.Kick
}

// Register puts the gateway's handlers, timers and workers on s. directory is whom s believes; it follows the registry
// from now on.
func Register(ctx context.Context, s *run.Service, directory *registry.Directory) error {
	if key := s.Env().Audit; key.Signer == nil || key.Witness == nil {
		return errors.New("the gateway needs the site's audit key: no result leaves that its log cannot prove")
	}
	return register(s, directory).followRegistry(ctx)
}

func register(s *run.Service, directory *registry.Directory) *gateway {
	g := &gateway{s: s, site: s.Env().Site, directory: directory, sending: run.NewKick(), merging: run.NewKick()}
	people.Register(s)
	s.ReadLink(Link, topics.Inbox(g.site))
	s.TakeTurns(topics.Inbox(g.site), quotaOf(s.Env().Profile.Border), weight)
	s.OnRefused(g.refused)
	g.policy()
	g.permits()
	g.entrusting()
	g.applications()
	g.applicants()
	g.records()
	g.jobs()
	g.outputs()
	g.releases()
	g.results()
	g.studies()
	g.inquiries()
	g.questions()
	g.checkpoints()
	s.Worker("sending", g.sendLoop)
	s.Worker("combining", g.combineLoop)
	return g
}

// incoming registers fn for what other sites say. The event must speak for the site that sent it.
func incoming[T envelope.Payload](g *gateway, speaker func(T) string, fn func(*run.Tx, envelope.Event, T) error) {
	var zero T
	g.taken = append(g.taken, zero.EventType())
	run.HandleBorder(g.s, func(tx *run.Tx, e envelope.Event, p T) error {
		// A gateway speaks for its own site and for no other.
		if origin := originOf(e); speaker(p) != origin {
			return run.Refuse(border.OriginMismatch, "the event of %s speaks for another site", origin)
		}
		if err := g.from(tx, originOf(e)); err != nil {
			return err
		}
		return fn(tx, e, p)
	})
}

func originOf(e envelope.Event) string {
	site, _, _ := topics.ParseSource(e.Source)
	return site
}

// send says p to another site, in the version that it reads. What may not cross comes back as a refusal, and nothing is
// sent.
func (g *gateway) send(tx *run.Tx, to, subject string, p envelope.Payload) error {
	// Default deny, from the closed list that the contracts make.
	if !slices.Contains(topics.BorderOut(), p.EventType()) {
		return run.Refuse(border.NotListed, "%s may not leave the site", p.EventType())
	}
	receiver, err := g.addressee(tx, to)
	if err != nil {
		return err
	}
	said, version, err := border.Spoken(p, receiver)
	if err != nil {
		return refusal(err)
	}
	number, err := tx.Next("border", topics.Source(g.site, topics.Gateway), to)
	if err != nil {
		return err
	}
	_, err = tx.EmitInOne(subject, said, run.Via(Link), run.To(topics.Inbox(to)), run.For(to),
		run.On(func(d *envelope.Draft) { d.BorderSequence, d.Version = number, version }))
	return err
}

// addressee is another site, while it and this one take part.
func (g *gateway) addressee(tx *run.Tx, site string) (registry.Participant, error) {
	if site == g.site {
		return registry.Participant{}, run.Refuse(border.SiteUnknown, "%.64s is this site itself", site)
	}
	p, err := g.participant(tx, site)
	if own, known := g.directory.Participant(g.site); err == nil && known && !own.Takes() {
		err = takesPart(own)
	}
	return p, err
}

// tell is send for what follows from something that stands whether or not the other site hears of it: what may not cross
// is announced, and the rest goes on.
func (g *gateway) tell(tx *run.Tx, to, subject string, p envelope.Payload) error {
	err := g.send(tx, to, subject, p)
	var r *run.Refusal
	if errors.As(err, &r) {
		return g.hold(tx, tx.CauseID(), p.EventType(), topics.Source(g.site, topics.Gateway), to, r)
	}
	return err
}

// question is what an act of the gateway was about: a job, the combination of a study, or a question to the catalog.
type question struct{ JobID, StudyID, QuestionID string }

// ask writes an act of the gateway to a service of its own site. It rests on the facts of the site that led to it, so
// that the service sees them first.
func (g *gateway) ask(tx *run.Tx, about question, subject string, act envelope.Payload, on ...envelope.Event) error {
	fact, err := tx.Emit(subject, act, run.On(func(d *envelope.Draft) {
		for _, e := range on {
			d.RestsOn = append(d.RestsOn, envelope.Rest{Source: e.Source, Subject: e.Subject, Sequence: e.Sequence})
		}
	}))
	if err != nil || about == (question{}) {
		return err
	}
	return asked.Put(tx.Tx, fact.ID, about)
}

// refusal turns the permanent errors of the domains into refusals of the chassis, and leaves others as they are.
func refusal(err error) error {
	var r *border.Refused
	switch {
	case errors.As(err, &r):
		return run.Refuse(r.Reason, "%s", r.Detail)
	case errors.Is(err, study.ErrLate):
		return run.Refuse(border.Late, "the study did not wait longer; its manifest names the site as silent")
	case errors.Is(err, study.ErrAnswered):
		return run.Refuse(border.AlreadyAnswered, "the site has returned or refused this job before")
	case errors.Is(err, study.ErrUnknownJob):
		return run.Refuse(border.JobUnknown, "no study of this site has the job")
	}
	return err
}
