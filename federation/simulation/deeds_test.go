package simulation

import (
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
)

// deed is something that somebody may do now.
type deed struct {
	what string // its name: nobody does the same again shortly after
	who  *person
	act  envelope.Payload
}

// again is when a deed that came to nothing is tried anew.
const again = 3 * time.Hour

// doSome lets people do some of what waits for them, and now and then something new or something wrong.
func (w *world) doSome() {
	all := w.records()
	waiting := append(w.assessments(all), append(w.reviews(all), w.requests(all)...)...)
	w.chance.draw.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
	for _, d := range waiting[:min(len(waiting), 1+w.chance.below(4))] {
		w.do(d)
	}
	if fresh := w.undertakings(all); len(fresh) > 0 && (len(waiting) < 3 || w.chance.one(3)) {
		w.do(pick(w.chance, fresh))
	}
	if wrong := w.wrongs(all); len(wrong) > 0 && w.chance.one(4) {
		w.do(pick(w.chance, wrong))
	}
}

func (w *world) records() []seen { return w.tap.records() }

func (w *world) do(d deed) {
	if d.what != "" {
		w.done[d.what] = time.Now()
	}
	d.who.act(d.act)
}

func (w *world) fresh(what string) bool {
	at, done := w.done[what]
	return !done || time.Since(at) > again
}

func (w *world) portalOf(site string) *portal {
	return w.places[slices.Index(names, site)].portal
}

// assessments are what bodies have yet to decide.
func (w *world) assessments(all []seen) (out []deed) {
	decided, voted, votes := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, d := range facts[approval.DecisionIssued](all) {
		decided[d.is.Site+d.is.ApplicationID] = true
	}
	for _, a := range facts[approval.ApplicationAssessed](all) {
		voted[siteOf(a.seen)+a.is.ApplicationID+a.is.Assessor] = true
		votes[siteOf(a.seen)+a.is.ApplicationID+a.is.Body]++
	}
	for _, a := range facts[approval.ApplicationSubmitted](all) {
		site := siteOf(a.seen)
		if decided[site+a.is.ApplicationID] || !slices.Contains(a.is.Sites, site) && site != a.is.HostSite || a.event.Source != "/sites/"+site+"/approval" {
			continue
		}
		for _, body := range w.portalOf(site).rules.ApprovalChain {
			if votes[site+a.is.ApplicationID+body.Body] >= body.Quorum {
				continue
			}
			for _, n := range w.portalOf(site).with(body.Body) {
				d := deed{"assess " + a.is.ApplicationID + n.id, n, approval.ApplicationAssess{ApplicationID: a.is.ApplicationID, Body: body.Body, Decision: w.vote("Positive", "Negative")}}
				if !voted[site+a.is.ApplicationID+n.id] && w.fresh(d.what) {
					out = append(out, d)
				}
			}
			break
		}
	}
	return out
}

// vote is mostly a yes.
func (w *world) vote(yes, no string) string {
	if !w.agreeable && w.chance.one(12) {
		return no
	}
	return yes
}

// reviews are what output checkers have yet to decide.
func (w *world) reviews(all []seen) (out []deed) {
	over := map[string]bool{}
	for _, r := range facts[airlock.ReleaseApproved](all) {
		over[r.is.ReleaseID] = true
	}
	for _, r := range facts[airlock.ReleaseRejected](all) {
		over[r.is.ReleaseID] = true
	}
	for _, r := range facts[airlock.ReleaseRequested](all) {
		if over[r.is.ReleaseID] {
			continue
		}
		for _, n := range w.portalOf(siteOf(r.seen)).with("output-checker") {
			d := deed{"review " + r.is.ReleaseID + n.id, n, airlock.ReleaseReview{ReleaseID: r.is.ReleaseID, Digest: r.is.Digest, Decision: w.vote("Approved", "Rejected")}}
			if w.fresh(d.what) {
				out = append(out, d)
			}
		}
	}
	return out
}

// requests are outputs that their authors have yet to ask for.
func (w *world) requests(all []seen) (out []deed) {
	asked := map[string]bool{}
	for _, r := range facts[airlock.ReleaseRequested](all) {
		asked[r.is.OutputID] = true
	}
	for _, o := range facts[workspace.OutputSealed](all) {
		d := deed{"request " + o.is.OutputID, w.personOf(o.is.Author), airlock.ReleaseRequest{ReleaseID: newID(), OutputID: o.is.OutputID, Requester: o.is.Author, Digest: o.is.Claim.Digest}}
		if o.is.StudyID == "" && !asked[o.is.OutputID] && w.fresh(d.what) {
			out = append(out, d)
		}
	}
	return out
}

func (w *world) personOf(id string) *person {
	for _, p := range w.places {
		for _, n := range p.portal.people {
			if n.id == id {
				return n
			}
		}
	}
	return nil
}

// undertakings are applications, studies, jobs and revocations that somebody may begin.
func (w *world) undertakings(all []seen) (out []deed) {
	host := pick(w.chance, w.places).portal
	applicant := pick(w.chance, host.with("researcher"))
	out = append(out, deed{"", applicant, w.application(applicant)})
	over, holders := map[string]bool{}, map[string][]string{}
	for _, r := range facts[approval.PermitRevoked](all) {
		over[r.is.PermitID] = true
	}
	for _, p := range facts[approval.PermitGranted](all) {
		holders[p.is.ProjectID] = append(holders[p.is.ProjectID], siteOf(p.seen))
	}
	for _, p := range facts[approval.PermitGranted](all) {
		if over[p.is.PermitID] {
			continue
		}
		site, author := w.portalOf(siteOf(p.seen)), w.personOf(p.is.Persons[0])
		if author.at == site && len(p.is.Datasets) > 0 {
			out = append(out, deed{"job " + p.is.PermitID, author, workspace.JobSubmit{JobID: newID(), ProjectID: p.is.ProjectID, HostSite: site.site, Requester: author.id,
				DatasetID: dataset, Analyses: analyses}})
		}
		if time.Since(p.at) > 5*24*time.Hour && w.chance.one(3) {
			body := pick(w.chance, site.rules.ApprovalChain)
			out = append(out, deed{"revoke " + p.is.PermitID, site.with(body.Body)[0], approval.PermitRevoke{PermitID: p.is.PermitID, Reason: "purpose-changed"}})
		}
		study := deed{"study " + p.is.ProjectID, author, federation.StudyOpen{StudyID: newID(), ProjectID: p.is.ProjectID, Requester: author.id,
			Targets: w.targets(holders[p.is.ProjectID]...), Analyses: analyses, DeadlineSeconds: int64(w.chance.between(time.Hour, 72*time.Hour) / time.Second)}}
		out = append(out, study, study)
	}
	return slices.DeleteFunc(out, func(d deed) bool { return d.what != "" && !w.fresh(d.what) })
}

// targets are the data of some sites, of those that are named in the first place.
func (w *world) targets(sure ...string) (out []vocabulary.DatasetRef) {
	for _, site := range names {
		if slices.Contains(sure, site) || w.chance.one(5) || sure == nil && !w.chance.one(4) {
			out = append(out, vocabulary.DatasetRef{Site: site, DatasetID: dataset})
		}
	}
	if out == nil {
		out = append(out, vocabulary.DatasetRef{Site: names[0], DatasetID: dataset})
	}
	return out
}

func (w *world) application(n *person) approval.ApplicationSubmit {
	a := approval.ApplicationSubmit{ApplicationID: newID(), ProjectID: newID(), HostSite: n.at.site, Applicant: n.id, Persons: []string{n.id}, Purpose: "e",
		Datasets: w.targets(), Concepts: concepts, Analyses: []string{"log-rank"}, ExpiresAt: time.Now().UTC().Add(w.chance.between(4*24*time.Hour, 60*24*time.Hour)).Truncate(time.Second)}
	for _, d := range a.Datasets {
		a.Sites = append(a.Sites, d.Site)
	}
	return a
}

// wrongs are acts that have to be refused.
func (w *world) wrongs(all []seen) (out []deed) {
	p := pick(w.chance, w.places).portal
	manager, researcher := p.with("data-manager")[0], p.with("researcher")[0]
	out = append(out, deed{"", manager, w.application(manager)},
		deed{"", researcher, airlock.ReleaseReview{ReleaseID: newID(), Digest: "sha256:" + string(slices.Repeat([]byte("0"), 64)), Decision: "Approved"}},
		deed{"", researcher, workspace.JobCancel{JobID: newID()}})
	for _, r := range facts[airlock.ReleaseRequested](all) {
		checker := w.portalOf(siteOf(r.seen)).with("output-checker")[0]
		out = append(out, deed{"", checker, airlock.ReleaseReview{ReleaseID: r.is.ReleaseID, Digest: "sha256:" + string(slices.Repeat([]byte("1"), 64)), Decision: "Approved"}})
	}
	return out
}
