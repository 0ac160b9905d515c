package simulation

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/setup"
)

type plantedBug struct {
	name  string
	law   string // that finds it
	scene func(*world)
	sites []string
}

// planted are bugs that the program does not have, done to its databases at the moment at which such a program would
// do them. Each has to be found by its law.
var planted = []plantedBug{
	{"none", "", func(w *world) { w.completed(w.scene()) }, three},
	{"a relay drops its row after a publish error", "I4", droppedRow, three},
	{"an inbox forgets what it has taken in", "I5", forgetfulInbox, three},
	{"a gateway does not ask whether the permit is revoked", "I8", blindGateway, three},
	{"a relay sends in another order than was committed", "I6", swappedRows, three},
	{"an airlock forgets that it has published", "I3", publishedTwice, three},
	{"somebody rewrites an audit log and its hashes", "I9", rewrittenLog, three},
	{"a consumer skips a record", "I4", skippedRecord, three},
	{"an event waits for ever", "I11", stuckEvent, three},
	{"a refused act takes effect all the same", "I10", effectOfRefused, three},
	{"a gateway takes a site for newer than it is", "I10", newWords, three},
	{"a gateway sends what nobody approved", "I1", unapproved, three},
	{"a workspace counts three people", "I2", threePeople, three},
	{"a host adds half a person", "I2", halfAPerson, three},
	{"a host says of an answer that it was refused", "I2", answerAsRefusal, three},
	{"an airlock rejects what it has approved", "I7", rejectedAfterApproval, three},
	{"an old copy of a gateway's database is put back", "I9", rolledBack, three},
	{"a disk loses what it said would last", "I4", lostWrites, three},
	{"a service logs a row", "I12", loggedRow, three},
	{"a service leaves something at work", "I13", leftAtWork, three},
	{"a workspace hears too late that a permit was revoked", "I14", slowWorkspace, three},
	{"a workspace goes by a permit that nobody affirms", "I14", unaffirmed, hosted},
}

func TestEachPlantedBugIsFoundByItsLaw(t *testing.T) {
	inMemory(t)
	all := planted
	if testing.Short() {
		all = all[:2]
	}
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			found := playAt(t, p.sites, p.scene)
			if p.law == "" && len(found) > 0 {
				t.Fatalf("there is no bug, and the laws say\n%s", tell(found))
			}
			if p.law != "" && len(found[p.law]) == 0 {
				t.Fatalf("%s says nothing; the others say\n%s", p.law, tell(found))
			}
			if p.law != "" {
				t.Logf("found:\n%s", tell(map[string][]string{p.law: found[p.law]}))
			}
		})
	}
}

func droppedRow(w *world) {
	w.scene()
	g := w.gatewayOf(other)
	w.until("a job at "+other, func() bool { return len(facts[workspace.OutputSealed](w.records())) == 2 })
	g.cut(w.hub.addr())
	w.until("a result that cannot leave", func() bool { return g.pending() > 0 })
	time.Sleep(time.Minute) // the relay has tried, and failed
	g.stop()
	g.tamper(`delete from outbox where link = 'federation'`)
	g.heal(w.hub.addr())
	g.start()
}

func swappedRows(w *world) {
	w.scene()
	w.until("a check at "+other, func() bool { return len(facts[airlock.ReleaseChecked](w.records())) == 2 })
	a := w.at(other, topics.Airlock)
	stopped := a.line.stopNext()
	for _, r := range facts[airlock.ReleaseRequested](w.records()) {
		if siteOf(r.seen) == other {
			w.portalOf(other).with("output-checker")[0].act(airlock.ReleaseReview{ReleaseID: r.is.ReleaseID, Digest: r.is.Digest, Decision: "Rejected"})
		}
	}
	<-stopped
	a.crash()
	a.tamper(`update outbox set id = 1000000 - id`)
	a.start()
}

func forgetfulInbox(w *world) {
	study := w.scene()
	w.completed(study)
	o := facts[workspace.OutputSealed](w.records())[0]
	a := w.at(siteOf(o.seen), topics.Airlock)
	a.tamper(fmt.Sprintf(`delete from inbox where id = '%s'`, o.event.ID), fmt.Sprintf(`delete from seen where subject = '%s'`, o.event.Subject))
	w.portalAt(o.Topic).say(o.Record)
}

func blindGateway(w *world) {
	w.scene()
	g := w.gatewayOf(other)
	if err := g.points.Arm("gateway/before-part", failpoint.Hold); err != nil {
		w.t.Fatal(err)
	}
	w.until("an approved result", func() bool { return g.points.Hits("gateway/before-part") > 0 })
	for _, p := range facts[approval.PermitGranted](w.records()) {
		if siteOf(p.seen) == other {
			member := w.portalOf(other).with(w.portalOf(other).rules.ApprovalChain[0].Body)[0]
			member.act(approval.PermitRevoke{PermitID: p.is.PermitID, Reason: "purpose-changed"})
		}
	}
	time.Sleep(time.Minute)
	g.tamper(`update aggregate set doc = replace(cast(doc as text), '"Revoked":true', '"Revoked":false') where kind = 'permit' and cast(doc as text) like '%"Revoked":true%'`)
	g.points.Release("gateway/before-part")
}

func publishedTwice(w *world) {
	w.completed(w.scene())
	p := facts[airlock.ReleasePublished](w.records())[0]
	m := w.at(siteOf(p.seen), topics.Airlock)
	// the same words said anew: a number and an id of their own, signed by the airlock's own key
	m.sayAgain(p.is)
}

func rewrittenLog(w *world) {
	study := w.scene()
	w.completed(study)
	time.Sleep(time.Minute)
	if found := judge(w.history(false)); len(found) > 0 { // the log as it was is known from here on
		w.t.Fatalf("before: %s", tell(found))
	}
	w.at(other, topics.Airlock).rewrite(3)
}

func skippedRecord(w *world) {
	w.completed(w.scene())
	o := facts[workspace.OutputSealed](w.records())[0]
	w.at(siteOf(o.seen), topics.Airlock).tamper(fmt.Sprintf(`delete from inbox where id = '%s'`, o.event.ID))
}

func stuckEvent(w *world) {
	w.completed(w.scene())
	w.at(other, topics.Airlock).tamper(`insert into waiting (link, source, event_id, awaits, deadline, reason, record)
		values ('', '/sites/denbi/workspace', 'x', 'output/never', '9999-01-01T00:00:00.000000000Z', 'output-unknown', '{}')`)
}

func effectOfRefused(w *world) {
	w.completed(w.scene())
	n := w.portalOf(other).with("researcher")[0]
	act := n.act(workspace.JobCancel{JobID: newID()})
	time.Sleep(time.Minute)
	w.at(other, topics.Workspace).sayBecause(act, workspace.JobStateChanged{JobID: newID(), ProjectID: newID(), State: "CANCELED", Reason: "asked"})
}

// part is the part of a result that a site sent.
func (w *world) part() federation.ResultPart {
	return facts[federation.ResultPart](border(w.records()))[0].is
}

func unapproved(w *world) {
	w.completed(w.scene())
	p := w.part()
	p.ReleaseID = newID()
	w.gatewayOf(other).sayAcross(host, p)
}

func threePeople(w *world) {
	w.completed(w.scene())
	text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: dataset, Results: []outputs.Result{
		outputs.Count{Cells: []outputs.Cell{{By: []outputs.Level{}, N: 3}}, Dropped: "0"}}})
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.part()
	p.ReleaseID, p.Bytes, p.Digest, p.Size = newID(), text, outputs.Digest(text), int64(len(text))
	w.gatewayOf(other).sayAcross(host, p)
}

// halfAPerson seals another combination of the same answers.
func halfAPerson(w *world) {
	w.completed(w.scene())
	c := facts[federation.StudyCompleted](w.records())[0].is
	w.readAnswers(w.records())
	document := w.answers[c.Digest].document
	r := document.Results[0].(outputs.Combination)
	r.Groups = slices.Clone(r.Groups)
	r.Groups[0].Expected += 0.5
	document.Results = []outputs.Result{r}
	text, err := outputs.Encode(document)
	if err != nil {
		w.t.Fatal(err)
	}
	store, err := objects.Open(filepath.Join(w.place(host).dir, setup.ObjectsDir), topics.Workspace)
	if err != nil {
		w.t.Fatal(err)
	}
	defer store.Close()
	digest, err := store.Put(w.t.Context(), text)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range facts[workspace.OutputSealed](w.records()) {
		if s.is.Claim.Digest == c.Digest {
			s.is.OutputID, s.is.Claim.Digest, s.is.Claim.Size = newID(), digest, int64(len(text))
			w.at(host, topics.Workspace).sayAgain(s.is)
		}
	}
}

// answerAsRefusal tells a manifest that the combination contradicts.
func answerAsRefusal(w *world) {
	w.completed(w.scene())
	c := facts[federation.StudyCompleted](w.records())[0].is
	c.Manifest = slices.Clone(c.Manifest)
	c.Manifest[0].Outcome = "refused"
	w.gatewayOf(host).sayAgain(c)
}

func rejectedAfterApproval(w *world) {
	w.completed(w.scene())
	a := facts[airlock.ReleaseApproved](w.records())[0]
	w.at(siteOf(a.seen), topics.Airlock).sayAgain(airlock.ReleaseRejected{ReleaseID: a.is.ReleaseID, OutputID: a.is.OutputID, ProjectID: a.is.ProjectID, Digest: a.is.Claim.Digest, Reason: "rejected",
		Findings: []vocabulary.Finding{}})
}

// rolledBack restores a gateway's whole folder from a backup: of what it said since it has nothing by which to know, the other
// sites have.
func rolledBack(w *world) {
	g := w.gatewayOf(other)
	g.stop()
	backup := g.disk + "-backup"
	copyDisk(w.t, filepath.Join(g.disk, setup.StateDir), filepath.Join(backup, setup.StateDir))
	g.start()
	w.completed(w.scene())
	time.Sleep(shown)
	if found := judge(w.history(false)); len(found) > 0 {
		w.t.Fatalf("before: %s", tell(found))
	}
	g.stop()
	g.disk = backup
	g.start()
	time.Sleep(shown)
	if !slices.ContainsFunc(facts[federation.BorderRefused](w.records()), func(r fact[federation.BorderRefused]) bool {
		return siteOf(r.seen) != other && strings.HasPrefix(r.is.Reason, "checkpoint-")
	}) {
		w.t.Error("no other site refused the log that was rolled back")
	}
}

// lostWrites lets an airlock live on a disk that wrote nothing of a study, which shows when it has lost its power.
func lostWrites(w *world) {
	a := w.at(other, topics.Airlock)
	a.stop()
	written := a.disk + "-written"
	copyDisk(w.t, filepath.Join(a.disk, setup.StateDir), filepath.Join(written, setup.StateDir))
	a.start()
	w.completed(w.scene())
	a.crash()
	a.disk = written
	a.start()
}

func loggedRow(w *world) {
	w.completed(w.scene())
	w.at(other, topics.Workspace).log.Info("read", "name", canary)
}

func leftAtWork(w *world) {
	stop := make(chan struct{})
	w.t.Cleanup(func() { close(stop) })
	for range w.routines / 5 {
		go func() { <-stop }()
	}
}
