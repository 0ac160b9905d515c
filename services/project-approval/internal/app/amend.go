package app

import (
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/project-approval/internal/approval"
)

// change is what is asked of a permit: lists are whole, those absent stay; a time is the end that it shall have.
type change struct {
	Persons   []string  `json:"persons,omitzero"`
	Datasets  []string  `json:"datasets,omitzero"`
	Concepts  []string  `json:"concepts,omitzero"`
	Analyses  []string  `json:"analyses,omitzero"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

func (c change) nothing() bool {
	return c.Persons == nil && c.Datasets == nil && c.Concepts == nil && c.Analyses == nil && c.ExpiresAt.IsZero()
}

// amend asks for another content of a permit: of this site, or of one that the site of the permit is told about.
func amend(tx *run.Tx, e envelope.Event, act approval.PermitAmend) error {
	return asked(tx, e, approval.AmendmentSubmitted{PermitID: act.PermitID, Site: act.Site, HostSite: act.HostSite, Applicant: act.Applicant,
		Persons: act.Persons, Datasets: act.Datasets, Concepts: act.Concepts, Analyses: act.Analyses, Justification: act.Justification})
}

// renew asks for another end of a permit. The same bodies decide as on the permit. A later end renews it, once; an earlier
// one is less than was agreed to and amends it, and if it has passed by then the permit ends with the decision.
func renew(tx *run.Tx, e envelope.Event, act approval.PermitRenew) error {
	return asked(tx, e, approval.AmendmentSubmitted{PermitID: act.PermitID, Site: act.Site, HostSite: act.HostSite, Applicant: act.Applicant,
		ExpiresAt: act.ExpiresAt, Justification: act.Justification})
}

func asked(tx *run.Tx, e envelope.Event, m approval.AmendmentSubmitted) error {
	fromGateway := people.FromGateway(tx, e)
	if !fromGateway {
		if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}, Standing: true}); err != nil {
			return err
		}
		m.Applicant, m.HostSite = e.Actor, tx.Site()
	}
	c := change{Persons: m.Persons, Datasets: m.Datasets, Concepts: m.Concepts, Analyses: m.Analyses, ExpiresAt: m.ExpiresAt}
	if c.nothing() {
		return run.Refuse(ReasonNothingToAmend, "the request says nothing that shall be another; name persons, datasets, concepts or analyses")
	}
	if !fromGateway && m.Site != "" && m.Site != tx.Site() {
		_, err := tx.Emit(e.Subject, m)
		return err
	}
	return amendHere(tx, e, m, c)
}

// amendHere begins the round of a permit of this site: who applied asks, and the bodies decide anew.
func amendHere(tx *run.Tx, e envelope.Event, m approval.AmendmentSubmitted, c change) error {
	p, found, err := permits.Get(tx.Tx, m.PermitID)
	if err != nil {
		return err
	}
	if !found {
		return run.AwaitFact(subject(m.PermitID), ReasonPermitUnknown)
	}
	if p.Granted.HostSite != m.HostSite {
		return run.Refuse(ReasonNotTheHost, "the host of the permit's project is another site")
	}
	if !p.Domain.Live() {
		return run.Refuse(ReasonPermitEnded, "the permit has ended; apply anew")
	}
	if err := mayEnd(tx, p, c); err != nil {
		return err
	}
	a, _, err := applications.Get(tx.Tx, keyOf(m.HostSite, p.Granted.ApplicationID))
	if err != nil {
		return err
	}
	if a.Request.Applicant != m.Applicant {
		return run.Refuse(ReasonNotTheApplicant, "a permit is amended for who applied for it")
	}
	if err := a.Domain.Amend(without(c.Datasets, p.Granted.Datasets), c.Persons); err != nil {
		return refusal(err)
	}
	a.Change = c
	if err := screen(tx, &a); err != nil {
		return err
	}
	return keep(tx, a)
}

// mayEnd holds the end that is asked for against that of the permit, and a later one against the policy.
func mayEnd(tx *run.Tx, p permit, c change) error {
	switch {
	case c.ExpiresAt.Equal(p.Granted.ExpiresAt):
		return run.Refuse(ReasonDuration, "the permit ends then already")
	case !c.renews(p):
		return nil
	case p.Domain.Extended:
		return refusal(domain.ErrRenewed)
	}
	return withinDuration(tx, c.ExpiresAt)
}

// renews says whether a permit is to last longer.
func (c change) renews(p permit) bool { return c.ExpiresAt.After(p.Granted.ExpiresAt) }

// change lets a permit hold with the content that the bodies agreed to.
func (a *application) change(tx *run.Tx) error {
	p, _, err := permits.Get(tx.Tx, a.Permit)
	if err != nil {
		return err
	}
	g, c := p.Granted, a.Change
	if !p.Domain.Live() { // it ended while the bodies decided: nothing is left that they could change
		a.Domain.Decision = domain.Negative
		return nil
	}
	to, renews := domain.Amended, c.renews(p)
	if renews {
		to = domain.Renewed
	}
	if err := p.Domain.Become(to); err != nil {
		return refusal(err)
	}
	if c.Datasets != nil {
		g.Datasets = without(c.Datasets, a.Domain.With(domain.Negative))
	}
	g.Persons, g.Concepts, g.Analyses = orBefore(c.Persons, g.Persons), orBefore(c.Concepts, g.Concepts), orBefore(c.Analyses, g.Analyses)
	if !c.ExpiresAt.IsZero() {
		g.ExpiresAt = c.ExpiresAt
		if err := tx.Alarm(permitExpires, subject(a.Permit), g.ExpiresAt, a.Permit); err != nil {
			return err
		}
	}
	p.Granted, p.Revision = g, p.Revision+1
	if err := permits.Put(tx.Tx, a.Permit, p); err != nil {
		return err
	}
	var fact envelope.Payload = approval.PermitAmended{PermitID: a.Permit, ProjectID: g.ProjectID, Revision: p.Revision, Persons: g.Persons,
		Datasets: g.Datasets, Concepts: g.Concepts, Analyses: g.Analyses, ExpiresAt: g.ExpiresAt}
	if renews {
		fact = approval.PermitRenewed{PermitID: a.Permit, ProjectID: g.ProjectID, ExpiresAt: g.ExpiresAt}
	}
	_, err = tx.Emit(subject(a.Permit), fact, run.InProject(g.ProjectID))
	return err
}

func orBefore(asked, before []string) []string {
	if asked == nil {
		return before
	}
	return asked
}

func without(all, those []string) (left []string) {
	for _, s := range all {
		if !slices.Contains(those, s) {
			left = append(left, s)
		}
	}
	return left
}
