package app

import (
	"errors"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// verdict is what a site decided about an application of a project hosted here.
type verdict struct {
	ProjectID, Site, Decision, PermitID string
	Datasets                            []vocabulary.DatasetDecision // of that site; those that it refused name why
}

// applications carries an application from its host to every site it names, and each site's decision back.
func (g *gateway) applications() {
	run.Handle(g.s, g.carryApplication)
	run.Handle(g.s, g.carryDecision)
	run.Handle(g.s, g.carryAmendment)
	run.Handle(g.s, g.applicationRefused)
	incoming(g, func(p approval.ApplicationSubmitted) string { return p.HostSite }, g.takeApplication)
	incoming(g, func(p approval.DecisionIssued) string { return p.Site }, g.takeDecision)
	incoming(g, func(p approval.AmendmentSubmitted) string { return p.HostSite }, g.takeAmendment)
}

func (g *gateway) carryApplication(tx *run.Tx, e envelope.Event, p approval.ApplicationSubmitted) error {
	if p.HostSite != g.site {
		return nil // came from its host
	}
	for _, site := range slices.Compact(slices.Sorted(slices.Values(p.Sites))) {
		if site == g.site {
			continue
		}
		err := g.send(tx, site, e.Subject, p)
		var r *run.Refusal
		if errors.As(err, &r) { // the other sites get theirs
			err = g.hold(tx, e.ID, e.Type, e.Source, site, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *gateway) takeApplication(tx *run.Tx, e envelope.Event, p approval.ApplicationSubmitted) error {
	if err := attested(p.Attestation, p.Applicant, p.HostSite); err != nil {
		return err
	}
	act, err := tx.Emit(e.Subject, approval.ApplicationSubmit(p))
	if err != nil {
		return err
	}
	return taken.Put(tx.Tx, act.ID, p)
}

// applicationRefused tells the host that its application was not even taken in, and why, as the decision on each dataset.
func (g *gateway) applicationRefused(tx *run.Tx, _ envelope.Event, r approval.ActRefused) error {
	p, found, err := taken.Get(tx.Tx, r.ActID)
	if err != nil || !found {
		return err // somebody else's act
	}
	told := approval.DecisionIssued{ApplicationID: p.ApplicationID, ProjectID: p.ProjectID, Site: g.site, HostSite: p.HostSite, Decision: "Negative"}
	for _, d := range p.Datasets {
		if d.Site == g.site {
			told.Datasets = append(told.Datasets, vocabulary.DatasetDecision{DatasetID: d.DatasetID, Decision: told.Decision, Reason: r.Reason})
		}
	}
	return g.send(tx, p.HostSite, "application/"+p.ApplicationID, told)
}

// carryAmendment takes what is asked of another site's permit to that site.
func (g *gateway) carryAmendment(tx *run.Tx, e envelope.Event, p approval.AmendmentSubmitted) error {
	return g.send(tx, p.Site, e.Subject, p)
}

func (g *gateway) takeAmendment(tx *run.Tx, e envelope.Event, p approval.AmendmentSubmitted) error {
	if !strings.HasPrefix(p.Applicant, p.HostSite+":") {
		return run.Refuse(border.AttestationMismatch, "%s asks for somebody who is not its own", p.HostSite)
	}
	if !p.ExpiresAt.IsZero() {
		return g.ask(tx, question{}, e.Subject, approval.PermitRenew{PermitID: p.PermitID, Site: p.Site, HostSite: p.HostSite,
			Applicant: p.Applicant, ExpiresAt: p.ExpiresAt, Justification: p.Justification})
	}
	return g.ask(tx, question{}, e.Subject, approval.PermitAmend{PermitID: p.PermitID, Site: p.Site, HostSite: p.HostSite, Applicant: p.Applicant,
		Persons: p.Persons, Datasets: p.Datasets, Concepts: p.Concepts, Analyses: p.Analyses, Justification: p.Justification})
}

// attested refuses what a gateway says of somebody who is not its own.
//
// A person has one home site, whose gateway attests the pseudonymous id to others.
func attested(a vocabulary.Attestation, person, home string) error {
	if a.Person != person || a.HomeSite != home || !strings.HasPrefix(person, home+":") {
		return run.Refuse(border.AttestationMismatch, "the attestation is not one of %s for the person who asks", home)
	}
	return nil
}

func (g *gateway) carryDecision(tx *run.Tx, e envelope.Event, p approval.DecisionIssued) error {
	if p.HostSite == g.site {
		return note(tx, p)
	}
	return g.send(tx, p.HostSite, e.Subject, p)
}

func (g *gateway) takeDecision(tx *run.Tx, _ envelope.Event, p approval.DecisionIssued) error {
	return note(tx, p)
}

func note(tx *run.Tx, p approval.DecisionIssued) error {
	return decisions.Put(tx.Tx, p.ApplicationID+" "+p.Site,
		verdict{ProjectID: p.ProjectID, Site: p.Site, Decision: p.Decision, PermitID: p.PermitID, Datasets: p.Datasets})
}
