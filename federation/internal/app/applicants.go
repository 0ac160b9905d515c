package app

import (
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// withdrawn is the verdict on an application that a site ended without a decision.
const withdrawn = "Withdrawn"

// applicants carries what an applicant at the host and the sites that are asked say to each other before a decision: a
// withdrawal, a body's question, the answer to it. A host speaks for applications of its own alone, and a site for itself.
func (g *gateway) applicants() {
	run.Handle(g.s, g.carryWithdrawal)
	run.Handle(g.s, g.carryRequest)
	run.Handle(g.s, g.carryInformation)
	incoming(g, func(p approval.ApplicationWithdrawn) string { return p.Site }, g.takeWithdrawal)
	incoming(g, func(p approval.ApplicationInformationRequested) string { return p.Site }, g.takeRequest)
	incoming(g, func(p approval.ApplicationInformationReceived) string { return p.HostSite }, g.takeInformation)
}

// carryWithdrawal tells those whom approval names: the host all that are asked, another site the host.
func (g *gateway) carryWithdrawal(tx *run.Tx, e envelope.Event, p approval.ApplicationWithdrawn) error {
	for _, site := range p.Sites {
		if err := g.tell(tx, site, e.Subject, p); err != nil {
			return err
		}
	}
	return nil
}

func (g *gateway) takeWithdrawal(tx *run.Tx, e envelope.Event, p approval.ApplicationWithdrawn) error {
	switch p.HostSite {
	case p.Site:
		return g.ask(tx, question{}, e.Subject, approval.ApplicationWithdraw{ApplicationID: p.ApplicationID, Reason: p.Reason, HostSite: p.HostSite})
	case g.site:
		return decisions.Put(tx.Tx, p.ApplicationID+" "+p.Site, verdict{ProjectID: p.ProjectID, Site: p.Site, Decision: withdrawn})
	}
	return notTheirs(p.HostSite)
}

func (g *gateway) carryRequest(tx *run.Tx, e envelope.Event, p approval.ApplicationInformationRequested) error {
	if p.Site != g.site || p.HostSite == g.site {
		return nil // is for somebody here
	}
	return g.tell(tx, p.HostSite, e.Subject, p)
}

func (g *gateway) takeRequest(tx *run.Tx, e envelope.Event, p approval.ApplicationInformationRequested) error {
	if p.HostSite != g.site {
		return notTheirs(p.HostSite)
	}
	return g.ask(tx, question{}, e.Subject, approval.ApplicationRequestInformation{ApplicationID: p.ApplicationID, RequestID: p.RequestID, Body: p.Body,
		Question: p.Question, RespondBy: p.RespondBy, Site: p.Site})
}

func (g *gateway) carryInformation(tx *run.Tx, e envelope.Event, p approval.ApplicationInformationReceived) error {
	if p.HostSite != g.site || p.Site == g.site {
		return nil // is before the body that asked
	}
	return g.tell(tx, p.Site, e.Subject, p)
}

func (g *gateway) takeInformation(tx *run.Tx, e envelope.Event, p approval.ApplicationInformationReceived) error {
	if p.Site != g.site {
		return notTheirs(p.Site)
	}
	return g.ask(tx, question{}, e.Subject, approval.ApplicationProvideInformation{ApplicationID: p.ApplicationID, RequestID: p.RequestID,
		Answer: p.Answer, Documents: p.Documents, HostSite: p.HostSite})
}

func notTheirs(site string) error {
	return run.Refuse(border.OriginMismatch, "what is said is for %s, and not for this site", site)
}
