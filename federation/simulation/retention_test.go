package simulation

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

// erased is the failpoint between a deletion and the event that says so.
const erased = "workspace/erased"

// spans are after how long the sites of these tests delete what was left; the third never does.
var spans = map[string]string{host: "1d", other: "3d"}

// forgetful is the profile of a site that deletes soon.
func forgetful(site string) ([]byte, error) {
	text, err := witnessed(site)
	if span, ok := spans[site]; ok {
		text = append(text, "retention: {deleteAfter: "+span+"}\n"...)
	}
	return text, err
}

// heritage is what projects have at one site: what was said of it, and what lies there.
type heritage struct {
	site    string
	rule    profile.Retention
	sealed  []workspace.OutputSealed
	rooms   map[string]string // permit -> project, of all workspaces that were ever made
	closed  []fact[workspace.WorkspaceClosed]
	deleted []fact[workspace.DataDeleted]
	left    map[string]bool // outputs that were released
	objects map[string]bool // digests of what lies in the store
	keys    map[string]bool // projects that have a key of pseudonyms
}

func (w *world) heritage(p *place) heritage {
	w.t.Helper()
	here := []seen{}
	for _, s := range w.records() {
		if s.err == nil && siteOf(s) == p.name {
			here = append(here, s)
		}
	}
	h := heritage{site: p.name, rule: p.portal.rules.Retention, rooms: map[string]string{}, left: map[string]bool{}, objects: map[string]bool{}, keys: map[string]bool{},
		closed: facts[workspace.WorkspaceClosed](here), deleted: facts[workspace.DataDeleted](here)}
	for _, r := range facts[workspace.WorkspaceProvisioned](here) {
		h.rooms[r.is.PermitID] = r.is.ProjectID
	}
	for _, a := range facts[airlock.ReleaseApproved](here) {
		h.left[a.is.OutputID] = true
	}
	for _, o := range facts[workspace.OutputSealed](here) {
		if o.is.JobID != "" { // a combination is made of what was released, and the gateway's
			h.sealed = append(h.sealed, o.is)
		}
	}
	err := filepath.WalkDir(filepath.Join(p.dir, setup.ObjectsDir), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, "/"+topics.Workspace+"/") {
			h.objects["sha256:"+filepath.Base(filepath.Dir(path))+filepath.Base(path)] = true
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	db := p.machine(topics.Workspace).open("&mode=ro")
	defer db.Close()
	each(w.t, db, `select id from aggregate where kind = 'pseudonym-key'`, into(func(id string) { h.keys[id] = true }))
	return h
}

// forgotten holds that after the certificate nothing of a project is left that nobody else has a right to, that before
// the date nothing is deleted, and that the date is the rule's.
func (h heritage) forgotten(now time.Time) []string {
	var b breaches
	gone, alive, open := map[string]bool{}, map[string]bool{}, false
	for _, d := range h.deleted {
		b.unless(!gone[d.is.PermitID], "%s certified the deletion under permit %s twice", h.site, d.is.PermitID)
		gone[d.is.PermitID] = true
	}
	for _, c := range h.closed {
		b = append(b, h.inTime(c, now)...)
	}
	for permit, project := range h.rooms {
		alive[project] = alive[project] || !gone[permit]
		open = open || !gone[permit] // and may hold what a job computed and never sealed
	}
	for _, project := range h.rooms {
		b.unless(h.keys[project] == alive[project], "%s has the pseudonyms of project %s: %t, and they should be there: %t", h.site, project, h.keys[project], alive[project])
	}
	kept := map[string]bool{}
	for _, o := range h.sealed {
		for _, digest := range []string{o.Claim.Digest, o.Evidence.Digest} {
			kept[digest] = kept[digest] || h.left[o.OutputID] || !gone[o.PermitID]
		}
	}
	for digest, keep := range kept {
		b.unless(h.objects[digest] == keep, "%s has the object %s: %t, and it should be there: %t", h.site, digest, h.objects[digest], keep)
	}
	for digest := range h.objects {
		_, known := kept[digest]
		b.unless(known || open, "%s has the object %s, which is nobody's any more", h.site, digest)
	}
	return b
}

// inTime holds the date that was said against the rule, and what was done against the date.
func (h heritage) inTime(c fact[workspace.WorkspaceClosed], now time.Time) (b breaches) {
	due, deletes := h.rule.Due(c.event.Time)
	if !deletes {
		b.unless(c.is.DeleteAt.IsZero(), "%s has no rule and says that it deletes at %s", h.site, c.is.DeleteAt)
		return b
	}
	b.unless(!c.is.DeleteAt.IsZero() && !c.is.DeleteAt.After(due), "%s says that it deletes at %s what it closed at %s", h.site, c.is.DeleteAt, c.event.Time)
	i := slices.IndexFunc(h.deleted, func(d fact[workspace.DataDeleted]) bool { return d.is.WorkspaceID == c.is.WorkspaceID })
	const patience = 2 * time.Hour // a service that has just started waits one
	b.unless(i >= 0 || now.Before(c.is.DeleteAt.Add(patience)), "%s was to delete at %s and did not", h.site, c.is.DeleteAt)
	b.unless(i < 0 || !h.deleted[i].is.Certificate.DeletedAt.Before(c.is.DeleteAt.Truncate(time.Millisecond)), "%s deleted before %s", h.site, c.is.DeleteAt)
	return b
}

// retained judges all sites at rest.
func (w *world) retained() (b breaches) {
	w.t.Helper()
	for _, p := range w.places {
		b = append(b, w.heritage(p).forgotten(time.Now())...)
	}
	return b
}

// endWork lets the people of each workspace that stands at their own site compute once more, for nobody, and close it.
func (w *world) endWork() {
	w.t.Helper()
	over := map[string]bool{}
	for _, c := range facts[workspace.WorkspaceClosed](w.records()) {
		over[c.is.PermitID] = true
	}
	rooms := map[string]workspace.WorkspaceProvisioned{}
	for _, r := range facts[workspace.WorkspaceProvisioned](w.records()) {
		rooms[r.is.PermitID] = r.is
	}
	for _, p := range facts[approval.PermitGranted](w.records()) {
		room, stands := rooms[p.is.PermitID]
		author := w.personOf(p.is.Persons[0])
		if !stands || over[p.is.PermitID] || author.at.site != siteOf(p.seen) {
			continue
		}
		author.act(workspace.JobSubmit{JobID: newID(), ProjectID: p.is.ProjectID, HostSite: author.at.site, Requester: author.id, DatasetID: room.DatasetIDs[0],
			Analyses: []vocabulary.Analysis{{Kind: "count"}}}) // which nobody asks in the month: what two have alike is not deleted with one
		time.Sleep(10 * time.Minute)
		author.act(workspace.WorkspaceClose{WorkspaceID: room.WorkspaceID, Reason: "project-ended"})
	}
	time.Sleep(time.Minute)
}

// TestAMonthOfFaultsLeavesNothingBehindAndDeletesNothingEarly plays a month in halves, each of which ends with days of rest;
// in between people end their work. The whole is shorter than services remember for certain what they took in.
func TestAMonthOfFaultsLeavesNothingBehindAndDeletesNothingEarly(t *testing.T) {
	inMemory(t)
	const halves, days = 2, 5
	steps := 15
	if testing.Short() {
		steps = 9
	}
	for _, seed := range seeds(t)[:1] {
		inBubble(t, seed, func(t *testing.T) {
			w := begin(t, setting{seed: seed, sites: three, profile: forgetful})
			w.completed(w.scene()) // so that there is at least one workspace to close
			w.agreeable = false
			for half := range halves {
				if found := w.month(days, steps); len(found) > 0 {
					t.Errorf("FAIRWAY_SEED=%d plays this again:\n%s", seed, tell(found))
				}
				if half == 0 {
					w.endWork()
				}
				for _, b := range w.retained() {
					t.Errorf("FAIRWAY_SEED=%d: %s", seed, b)
				}
			}
			deleted := map[string]int64{}
			for _, d := range facts[workspace.DataDeleted](w.records()) {
				for _, k := range d.is.Certificate.Kinds {
					deleted[k.Kind] += k.Objects
				}
			}
			if deleted["output"] == 0 || deleted["pseudonym-key"] == 0 {
				t.Errorf("%v were deleted: the month shows nothing", deleted)
			}
			t.Logf("deleted %v; %s", deleted, w.summary())
		})
	}
}

// unreleased has the researcher of the first permit run a job whose output nobody asks for, and returns it.
func (w *world) unreleased() workspace.OutputSealed {
	w.t.Helper()
	p := facts[approval.PermitGranted](w.records())[0].is
	researcher, job := w.personOf(p.Persons[0]), newID()
	researcher.act(workspace.JobSubmit{JobID: job, ProjectID: p.ProjectID, HostSite: host, Requester: researcher.id, DatasetID: dataset,
		Analyses: questions[1]})
	var sealed workspace.OutputSealed
	w.until("the output of the job", func() bool {
		for _, o := range facts[workspace.OutputSealed](w.records()) {
			if o.is.JobID == job {
				sealed = o.is
			}
		}
		return sealed.JobID != ""
	})
	return sealed
}

// ended lets the researcher close the workspace at the host, and returns what was said of it.
func (w *world) ended() workspace.WorkspaceClosed {
	w.t.Helper()
	for _, r := range facts[workspace.WorkspaceProvisioned](w.records()) {
		if siteOf(r.seen) == host {
			p := facts[approval.PermitGranted](w.records())[0].is
			w.personOf(p.Persons[0]).act(workspace.WorkspaceClose{WorkspaceID: r.is.WorkspaceID, Reason: "project-ended"})
		}
	}
	w.until("the end of the workspace", func() bool { return len(facts[workspace.WorkspaceClosed](w.records())) == 1 })
	return facts[workspace.WorkspaceClosed](w.records())[0].is
}

// TestAPowerCutBetweenADeletionAndItsCertificateLosesNothing cuts the power when the files are gone and nobody has said so.
func TestAPowerCutBetweenADeletionAndItsCertificateLosesNothing(t *testing.T) {
	inMemory(t)
	inBubble(t, 1, func(t *testing.T) {
		w := begin(t, setting{seed: 1, sites: three, profile: forgetful})
		w.completed(w.scene())
		left, closed := w.unreleased(), w.ended()
		m := w.at(host, topics.Workspace)
		arm(t, m.points, erased)
		time.Sleep(time.Until(closed.DeleteAt) - time.Minute)
		if b := w.retained(); len(b) > 0 || m.points.Hits(erased) > 0 {
			t.Errorf("before the date: %q", b)
		}
		time.Sleep(2 * time.Minute)
		if said := facts[workspace.DataDeleted](w.records()); m.points.Hits(erased) != 1 || len(said) != 0 || w.heritage(w.place(host)).objects[left.Claim.Digest] {
			t.Fatalf("reached %d times, said %d times", m.points.Hits(erased), len(said))
		}
		m.crash()
		time.Sleep(time.Minute)
		m.start()
		time.Sleep(10 * time.Minute)
		said := facts[workspace.DataDeleted](w.records())
		if len(said) != 1 || said[0].is.WorkspaceID != closed.WorkspaceID || said[0].is.Certificate.Objects != 3 || said[0].is.Certificate.DeleteAfter != spans[host] {
			t.Fatalf("%+v", said)
		}
		if b := append(w.retained(), w.rest(true)["I9"]...); len(b) > 0 {
			t.Errorf("%q", b)
		}
	})
}

// TestWhatIsLeftOrDeletedEarlyIsFound plants what a program would do that does not keep its date.
func TestWhatIsLeftOrDeletedEarlyIsFound(t *testing.T) {
	inMemory(t)
	inBubble(t, 1, func(t *testing.T) {
		w := begin(t, setting{seed: 1, sites: three, profile: forgetful})
		w.completed(w.scene())
		sealed := w.unreleased()
		digest := strings.TrimPrefix(sealed.Claim.Digest, "sha256:")
		file := filepath.Join(w.place(host).dir, setup.ObjectsDir, "aggregate", topics.Workspace, "sha256", digest[:2], digest[2:])
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		w.wantBreach(t, "is deleted early", fmt.Sprintf("%s has the object %s: false", host, sealed.Claim.Digest))
		closed := w.ended()
		time.Sleep(time.Until(closed.DeleteAt) + time.Minute)
		if b := w.retained(); len(b) > 0 {
			t.Fatalf("%q", b)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		w.wantBreach(t, "is left", fmt.Sprintf("%s has the object %s: true", host, sealed.Claim.Digest))
	})
}

func (w *world) wantBreach(t *testing.T, what, breach string) {
	t.Helper()
	if b := w.retained(); len(b) != 1 || !strings.HasPrefix(b[0], breach) {
		t.Errorf("what %s is told as %q", what, b)
	}
}
