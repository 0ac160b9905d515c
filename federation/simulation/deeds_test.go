package simulation

import (
	"maps"
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
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

// doSome lets people do some of what waits for them, and now and then something new or something wrong; the more sites,
// the more.
func (w *world) doSome() {
	all, scale := w.records(), max(1, len(w.places)/len(three))
	waiting := append(w.assessments(all), append(w.reviews(all), w.requests(all)...)...)
	w.chance.draw.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
	for _, d := range waiting[:min(len(waiting), scale+w.chance.below(4*scale))] {
		w.do(d)
	}
	for range scale {
		if fresh := w.undertakings(all); len(fresh) > 0 && (len(waiting) < 3*scale || w.chance.one(3)) {
			w.do(pick(w.chance, fresh))
		}
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
	return w.place(site).portal
}

// round is one turn of the bodies of a site at an application, the first or, of an amendment, a later one.
type round struct {
	site        string
	application approval.ApplicationSubmitted
	since       time.Time
}

// rounds are those that began, the last of each application at each site that decides on it.
func (w *world) rounds(all []seen) map[string]round {
	last, granted := map[string]round{}, map[string]string{} // by site and application
	for _, a := range facts[approval.ApplicationSubmitted](all) {
		site := siteOf(a.seen)
		if (slices.Contains(a.is.Sites, site) || site == a.is.HostSite) && a.event.Source == topics.Source(site, topics.Approval) {
			last[site+a.is.ApplicationID] = round{site, a.is, a.at}
		}
	}
	for _, p := range facts[approval.PermitGranted](all) {
		granted[p.is.PermitID] = siteOf(p.seen) + p.is.ApplicationID
	}
	for _, m := range facts[approval.AmendmentSubmitted](all) {
		if r, ok := last[granted[m.is.PermitID]]; ok && r.site == siteOf(m.seen) && m.event.Source == topics.Source(r.site, topics.Approval) {
			r.since = m.at
			last[granted[m.is.PermitID]] = r
		}
	}
	return last
}

// assessments are what bodies have yet to decide.
func (w *world) assessments(all []seen) (out []deed) {
	open := w.rounds(all)
	for _, d := range facts[approval.DecisionIssued](all) {
		if key := d.is.Site + d.is.ApplicationID; !d.at.Before(open[key].since) {
			delete(open, key)
		}
	}
	voted, votes := map[string]bool{}, map[string]int{}
	for _, a := range facts[approval.ApplicationAssessed](all) {
		key := siteOf(a.seen) + a.is.ApplicationID
		if r, ok := open[key]; ok && !a.at.Before(r.since) {
			voted[key+a.is.Assessor] = true
			votes[key+a.is.Body]++
		}
	}
	for _, key := range slices.Sorted(maps.Keys(open)) {
		r := open[key]
		for _, body := range w.portalOf(r.site).rules.ApprovalChain {
			if votes[key+body.Body] >= body.Quorum || len(body.Partners) > 0 && !slices.Contains(body.Partners, r.application.Partner) {
				continue
			}
			for _, n := range w.portalOf(r.site).with(body.Body) {
				d := deed{"assess " + r.application.ApplicationID + n.id, n, approval.ApplicationAssess{ApplicationID: r.application.ApplicationID, Body: body.Body, Decision: w.vote("Positive", "Negative")}}
				if !voted[key+n.id] && w.fresh(d.what) {
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

// reviews are what reviewers have yet to decide, those whose turn it is.
func (w *world) reviews(all []seen) (out []deed) {
	over, turn := map[string]bool{}, map[string]string{}
	for _, r := range facts[airlock.ReleaseApproved](all) {
		over[r.is.ReleaseID] = true
	}
	for _, r := range facts[airlock.ReleaseRejected](all) {
		over[r.is.ReleaseID] = true
	}
	for _, r := range facts[airlock.ReleaseReturned](all) {
		over[r.is.ReleaseID] = true
	}
	for _, r := range facts[airlock.ReleaseWithdrawn](all) {
		over[r.is.ReleaseID] = true
	}
	for _, a := range facts[airlock.ReleaseAssigned](all) {
		turn[a.is.ReleaseID] = a.is.Role
	}
	for _, r := range facts[airlock.ReleaseRequested](all) {
		if over[r.is.ReleaseID] {
			continue
		}
		for _, n := range w.portalOf(siteOf(r.seen)).with(turn[r.is.ReleaseID]) {
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

// wrongs are acts that have to be refused.
func (w *world) wrongs(all []seen) (out []deed) {
	p := w.someHost()
	manager, researcher := p.with("data-manager")[0], p.with("researcher")[0]
	out = append(out, deed{"", manager, w.application(manager)},
		deed{"", researcher, airlock.ReleaseReview{ReleaseID: newID(), Digest: "sha256:" + string(slices.Repeat([]byte("0"), 64)), Decision: "Approved"}},
		deed{"", researcher, workspace.JobCancel{JobID: newID()}})
	for _, r := range facts[airlock.ReleaseRequested](all) {
		checker := w.portalOf(siteOf(r.seen)).with(w.portalOf(siteOf(r.seen)).rules.Review.Steps()[0].Role)[0]
		out = append(out, deed{"", checker, airlock.ReleaseReview{ReleaseID: r.is.ReleaseID, Digest: "sha256:" + string(slices.Repeat([]byte("1"), 64)), Decision: "Approved"}})
	}
	return out
}
