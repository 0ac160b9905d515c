package simulation

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	workspacev2 "github.com/fairway-tre/fairway/contracts/workspace/v2"
	"github.com/fairway-tre/fairway/services/platform/upheld"
)

// A holder without a workspace, and the site that hosts its data.
const (
	hosting = "findata"
	holder  = "thl"
)

var hosted = []string{hosting, holder}

// entrusted lets a researcher of the hosting site have a permit of the holder, and returns it once it is known there.
func (w *world) entrusted() approval.PermitGranted {
	w.t.Helper()
	w.agreeable = true
	researcher := w.portalOf(hosting).with("researcher")[0]
	application := w.application(researcher)
	application.Datasets, application.Sites = []vocabulary.DatasetRef{{Site: holder, DatasetID: registerOf(holder)}}, []string{holder}
	application.Partner, application.Sponsor = "", ""
	application.ExpiresAt = time.Now().UTC().AddDate(0, 1, 0).Truncate(time.Second)
	researcher.act(application)
	w.until("the holder's permit", func() bool { return len(facts[approval.PermitGranted](w.records())) == 1 })
	time.Sleep(time.Minute)
	return facts[approval.PermitGranted](w.records())[0].is
}

// job asks for a count under the permit, and returns its id.
func (w *world) job(p approval.PermitGranted) string {
	id, researcher := newID(), w.personOf(p.Persons[0])
	researcher.act(workspace.JobSubmit{JobID: id, ProjectID: p.ProjectID, HostSite: hosting, Requester: researcher.id, DatasetID: p.Datasets[0],
		Analyses: []vocabulary.Analysis{{Kind: "count", By: []string{"treatment"}}}})
	return id
}

// became is the last state of a job, with its reason.
func (w *world) became(job string) (state, reason string) {
	for _, s := range facts[workspacev2.JobStateChanged](w.records()) {
		if s.is.JobID == job {
			state, reason = s.is.State, s.is.Reason.Code
		}
	}
	return state, reason
}

// refused is why a job was not taken.
func (w *world) refused(job string) (reason string) {
	for _, r := range facts[workspace.ActRefused](w.records()) {
		for _, s := range facts[workspace.JobSubmit](w.records()) {
			if s.event.ID == r.is.ActID && s.is.JobID == job {
				reason = r.is.Reason
			}
		}
	}
	return reason
}

// unheard cuts the holder off until heal is called.
func (w *world) unheard() (heal func()) {
	away := w.gatewayOf(holder)
	away.cut(w.hub.addr())
	w.troubles = append(w.troubles, trouble{time.Now(), time.Now().Add(2 * w.bound())})
	return func() { away.heal(w.hub.addr()) }
}

func (w *world) revoke(p approval.PermitGranted) {
	site := w.portalOf(holder)
	site.with(site.rules.ApprovalChain[0].Body)[0].act(approval.PermitRevoke{PermitID: p.PermitID, Reason: "purpose-changed"})
}

func (w *world) bound() time.Duration { return w.portalOf(holder).rules.Permit.Bound() }

// TestAPermitWhoseHolderIsCutOffIsGoneByNoLongerThanItsBound cuts the holder off while a job runs on its data and an output
// waits for its review. What the hosting site does under the permit ends within the bound, whether the holder revoked it
// meanwhile or not; once the holder is heard again, work goes on under a permit that holds.
func TestAPermitWhoseHolderIsCutOffIsGoneByNoLongerThanItsBound(t *testing.T) {
	inMemory(t)
	for name, revoked := range map[string]bool{"it is revoked": true, "it holds": false} {
		if testing.Short() && !revoked {
			continue
		}
		t.Run(name, func(t *testing.T) {
			found := playAt(t, hosted, func(w *world) {
				p := w.entrusted()
				review := w.underReview(p)
				points := w.at(hosting, topics.Workspace).points
				arm(t, points, "workspace/running")
				running := w.job(p)
				time.Sleep(time.Minute)
				heal := w.unheard()
				if revoked {
					w.revoke(p)
				}
				time.Sleep(w.bound())
				points.Release("workspace/running")
				review()
				refused := w.job(p)
				time.Sleep(time.Minute)
				if state, reason := w.became(running); state != "CANCELED" || reason != upheld.ReasonSilent {
					t.Errorf("the job that ran became %s for %q", state, reason)
				}
				if state, _ := w.became(refused); state != "" || w.refused(refused) != upheld.ReasonSilent {
					t.Errorf("a new job became %q, and was refused for %q", state, w.refused(refused))
				}
				if n := len(facts[airlock.ReleaseApproved](w.records())); n != 0 {
					t.Errorf("%d outputs were approved", n)
				}
				heal()
				time.Sleep(time.Minute)
				review()
				last := w.job(p)
				time.Sleep(time.Minute)
				state, _ := w.became(last)
				approved := len(facts[airlock.ReleaseApproved](w.records()))
				if revoked && (state != "" || approved != 0) || !revoked && (state != "COMPLETE" || approved != 1) {
					t.Errorf("after the heal a job became %q, and %d outputs were approved", state, approved)
				}
			})
			if len(found) > 0 {
				t.Error(tell(found))
			}
		})
	}
}

// underReview lets an output be made and its release be asked for. What it returns lets its reviewers approve it.
func (w *world) underReview(p approval.PermitGranted) (review func()) {
	w.t.Helper()
	w.job(p)
	time.Sleep(time.Minute)
	sealed := facts[workspace.OutputSealed](w.records())
	if len(sealed) != 1 {
		w.t.Fatalf("%d outputs were sealed", len(sealed))
	}
	o := sealed[0].is
	w.personOf(o.Author).act(airlock.ReleaseRequest{ReleaseID: newID(), OutputID: o.OutputID, Requester: o.Author, Digest: o.Claim.Digest,
		ResultType: "table"})
	time.Sleep(time.Minute)
	asked := facts[airlock.ReleaseAssigned](w.records())
	if len(asked) != 1 {
		w.t.Fatalf("%d outputs are under review", len(asked))
	}
	return func() {
		w.portalOf(hosting).with("output-checker")[0].act(airlock.ReleaseReview{ReleaseID: asked[0].is.ReleaseID, Digest: o.Claim.Digest, Decision: "Approved"})
	}
}

// unaffirmed is a workspace that believes in a permit as it was last told.
func unaffirmed(w *world) {
	p := w.entrusted()
	m := w.at(hosting, topics.Workspace)
	arm(w.t, m.points, "workspace/running")
	w.job(p)
	time.Sleep(time.Minute)
	heal := w.unheard()
	w.revoke(p)
	time.Sleep(w.bound() + time.Minute)
	m.tamper(`update aggregate set doc = '"2999-01-01T00:00:00Z"' where kind = 'upheld'`)
	m.points.Release("workspace/running")
	time.Sleep(time.Minute)
	heal()
}
