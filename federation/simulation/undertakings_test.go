package simulation

import (
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/profile"
)

// dataHere is a dataset that a site keeps, its own or that of a holder without a workspace.
type dataHere struct{ id, holder string }

// data are the datasets that a site keeps.
func (p *place) data() (all []dataHere) {
	if p.portal.rules.Hosting.Workspace == profile.None {
		return nil
	}
	all = append(all, dataHere{dataset, p.name})
	for _, holder := range p.portal.rules.Hosting.For {
		all = append(all, dataHere{registerOf(holder), holder})
	}
	return all
}

func registerOf(holder string) string { return holder + "-register" }

// source is a dataset with the site that decides on it and the one that computes on it.
type source struct{ id, decides, computes string }

// sources are all data of the federation.
func (w *world) sources() (all []source) {
	for _, p := range w.places {
		for _, d := range p.data() {
			all = append(all, source{d.id, d.holder, p.name})
		}
	}
	return all
}

// someHost is a site that has researchers.
func (w *world) someHost() *portal {
	for {
		if p := pick(w.chance, w.places).portal; len(p.with("researcher")) > 0 {
			return p
		}
	}
}

// undertakings are what somebody may begin, change or end: applications, inquiries, studies, jobs, and permits.
func (w *world) undertakings(all []seen) (out []deed) {
	host := w.someHost()
	applicant := pick(w.chance, host.with("researcher"))
	out = append(out, deed{"", applicant, w.application(applicant)}, deed{"", applicant, w.inquiry()})
	over, holders := map[string]bool{}, map[string][]string{}
	for _, r := range facts[approval.PermitRevoked](all) {
		over[r.is.PermitID] = true
	}
	for _, r := range facts[approval.PermitExpired](all) {
		over[r.is.PermitID] = true
	}
	for _, p := range facts[approval.PermitGranted](all) {
		holders[p.is.ProjectID] = append(holders[p.is.ProjectID], siteOf(p.seen))
	}
	for _, p := range facts[approval.PermitGranted](all) {
		if !over[p.is.PermitID] {
			out = append(out, w.underPermit(p, holders[p.is.ProjectID])...)
		}
	}
	return slices.DeleteFunc(append(out, w.withdrawals(all)...), func(d deed) bool { return d.what != "" && !w.fresh(d.what) })
}

// underPermit is what a permit lets its researcher do, and what may be done about it.
func (w *world) underPermit(p fact[approval.PermitGranted], holders []string) (out []deed) {
	site, author := w.portalOf(siteOf(p.seen)), w.personOf(p.is.Persons[0])
	asked := pick(w.chance, questions)
	if author.at == site && len(p.is.Datasets) > 0 {
		out = append(out, deed{"job " + p.is.PermitID, author, workspace.JobSubmit{JobID: newID(), ProjectID: p.is.ProjectID, HostSite: site.site, Requester: author.id,
			DatasetID: p.is.Datasets[0], Analyses: asked}})
	}
	if time.Since(p.at) > 5*24*time.Hour && w.chance.one(3) {
		body := pick(w.chance, site.rules.ApprovalChain)
		out = append(out, deed{"revoke " + p.is.PermitID, site.with(body.Body)[0], approval.PermitRevoke{PermitID: p.is.PermitID, Reason: "purpose-changed"}})
	}
	if w.chance.one(3) {
		out = append(out, deed{"amend " + p.is.PermitID, author, approval.PermitAmend{PermitID: p.is.PermitID, Site: site.site, Concepts: concepts[:2+w.chance.below(len(concepts)-1)], Justification: "other concepts"}},
			deed{"renew " + p.is.PermitID, author, approval.PermitRenew{PermitID: p.is.PermitID, Site: site.site, ExpiresAt: p.is.ExpiresAt.Add(24 * time.Hour), Justification: "more time"}})
	}
	study := deed{"study " + p.is.ProjectID, author, federation.StudyOpen{StudyID: newID(), ProjectID: p.is.ProjectID, Requester: author.id,
		Targets: w.targets(holders...), Analyses: asked, DeadlineSeconds: int64(w.chance.between(time.Hour, 72*time.Hour) / time.Second)}}
	return append(out, study, study)
}

// withdrawals are what somebody takes back: an application, a release, a study.
func (w *world) withdrawals(all []seen) (out []deed) {
	for _, a := range facts[approval.ApplicationSubmitted](all) {
		if w.chance.one(8) && a.is.HostSite == siteOf(a.seen) {
			out = append(out, deed{"withdraw " + a.is.ApplicationID, w.personOf(a.is.Applicant), approval.ApplicationWithdraw{ApplicationID: a.is.ApplicationID, Reason: "withdrawn"}})
		}
	}
	for _, r := range facts[airlock.ReleaseRequested](all) {
		if author := w.personOf(r.is.Requester); w.chance.one(8) && author.at.site == siteOf(r.seen) {
			out = append(out, deed{"withdraw " + r.is.ReleaseID, author, airlock.ReleaseWithdraw{ReleaseID: r.is.ReleaseID}})
		}
	}
	over := map[string]bool{}
	for _, c := range facts[federation.StudyCompleted](all) {
		over[c.is.StudyID] = true
	}
	for _, s := range facts[federation.StudyOpened](all) {
		if !over[s.is.StudyID] && w.chance.one(8) {
			out = append(out, deed{"cancel " + s.is.StudyID, w.personOf(s.is.Requester), federation.StudyCancel{StudyID: s.is.StudyID, Reason: "asked"}})
		}
	}
	return out
}

// inquiry asks several sites how many people they have.
func (w *world) inquiry() federation.InquiryOpen {
	return federation.InquiryOpen{InquiryID: newID(), Targets: w.targets(), Filters: []vocabulary.Filter{{Concept: "treatment", Level: "yes"}},
		DeadlineSeconds: int64(w.chance.between(time.Minute, 24*time.Hour) / time.Second)}
}

// some are data of the sites that are named in the first place and, now and then, of others. Where nobody is named, a
// small federation is mostly asked as a whole.
func (w *world) some(sure ...string) (out []source) {
	all := w.sources()
	const small = 4
	for _, s := range all {
		if slices.Contains(sure, s.decides) || w.chance.one(5) || sure == nil && len(all) <= small && !w.chance.one(4) {
			out = append(out, s)
		}
	}
	if out == nil {
		out = append(out, pick(w.chance, all))
	}
	return out
}

// targets are where a study or an inquiry is computed.
func (w *world) targets(sure ...string) (out []vocabulary.DatasetRef) {
	for _, s := range w.some(sure...) {
		out = append(out, vocabulary.DatasetRef{Site: s.computes, DatasetID: s.id})
	}
	return out
}

func (w *world) application(n *person) approval.ApplicationSubmit {
	a := approval.ApplicationSubmit{ApplicationID: newID(), ProjectID: newID(), HostSite: n.at.site, Applicant: n.id, Persons: []string{n.id}, Purpose: "e",
		Concepts: concepts, ExpiresAt: time.Now().UTC().Add(w.chance.between(4*24*time.Hour, 60*24*time.Hour)).Truncate(time.Second)}
	a.Analyses = analyses.KindsOf(slices.Concat(questions...))
	if w.chance.one(6) {
		a.Partner, a.Sponsor = "industry", "some-company"
	}
	for _, s := range w.some() {
		a.Datasets = append(a.Datasets, vocabulary.DatasetRef{Site: s.decides, DatasetID: s.id})
		a.Sites = append(a.Sites, s.decides)
	}
	slices.Sort(a.Sites)
	a.Sites = slices.Compact(a.Sites)
	return a
}
