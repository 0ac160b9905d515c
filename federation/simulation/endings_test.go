package simulation

import (
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
)

// trouble is a time in which something was broken.
type trouble struct{ from, to time.Time }

// calmSince is since when nothing had been broken at a time; zero if nothing ever was, the time itself if something is.
func (h history) calmSince(at time.Time) (since time.Time) {
	for _, t := range h.troubles {
		switch {
		case t.from.After(at):
		case !t.to.Before(at):
			return at
		case t.to.After(since):
			since = t.to
		}
	}
	return since
}

// inTime reports whether something came within so long of the word, or of the end of what was broken.
func (h history) inTime(word, came time.Time, within time.Duration) bool {
	from := h.calmSince(came)
	if word.After(from) {
		from = word
	}
	return !came.After(from.Add(within))
}

// endsInTime holds the end of each permit against the bound of the site that granted it: the workspace under it is closed
// in time where the data are, counted at the site that hosts them from when it was told, and after that time nothing is
// sealed, approved or sent under it.
func endsInTime(h history) []string {
	var b breaches
	words := map[string]seen{}
	for _, p := range facts[approval.PermitRevoked](h.records) {
		words[p.is.PermitID] = p.seen
	}
	for _, p := range facts[approval.PermitExpired](h.records) {
		words[p.is.PermitID] = p.seen
	}
	told, closed := map[string]time.Time{}, map[string]time.Time{} // by permit and site; by workspace
	for permit, word := range words {
		told[permit+" "+siteOf(word)] = word.event.Time
	}
	for _, p := range facts[federation.PermitEntrusted](border(h.records)) {
		if p.is.Status != "GRANTED" {
			told[p.is.PermitID+" "+p.is.HostingSite] = p.event.Time
		}
	}
	for _, c := range facts[workspace.WorkspaceClosed](h.records) {
		closed[c.is.WorkspaceID] = c.event.Time
	}
	for _, w := range facts[workspace.WorkspaceProvisioned](h.records) {
		at, ended := told[w.is.PermitID+" "+siteOf(w.seen)]
		if !ended || w.event.Time.After(at) {
			continue
		}
		within := h.rules[siteOf(words[w.is.PermitID])].Permit.Bound()
		if end, over := closed[w.is.WorkspaceID]; over {
			b.unless(h.inTime(at, end, within), "%s closed workspace %s %s after the end of permit %s was said, of %s", siteOf(w.seen), w.is.WorkspaceID, end.Sub(at), w.is.PermitID, within)
		} else {
			b.unless(h.inTime(at, h.at, within), "%s has not closed workspace %s, %s after the end of permit %s was said", siteOf(w.seen), w.is.WorkspaceID, h.at.Sub(at), w.is.PermitID)
		}
	}
	return append(b, outOfTime(h, words)...)
}

// outOfTime is what was sealed, approved or sent under a permit after the bound on its end; of a holder without a workspace
// also where the holder was cut off, or anything else broken.
func outOfTime(h history, words map[string]seen) []string {
	var b breaches
	late := func(permit string, s seen) {
		if word, ended := words[permit]; ended && s.event.Time.After(word.event.Time) {
			rules := h.rules[siteOf(word)]
			inTime := h.inTime(word.event.Time, s.event.Time, rules.Permit.Bound())
			if rules.Hosting.At != "" { // whatever is broken: what the holder does not affirm ends by itself
				inTime = !s.event.Time.After(word.event.Time.Add(rules.Permit.Bound()))
			}
			b.unless(inTime, "%s said %s %s after the end of permit %s", s.event.Source, s.event.Type, s.event.Time.Sub(word.event.Time), permit)
		}
	}
	permits := map[string]string{} // by release
	for _, o := range facts[workspace.OutputSealed](h.records) {
		late(o.is.PermitID, o.seen)
	}
	for _, a := range facts[airlock.ReleaseApproved](h.records) {
		permits[a.is.ReleaseID] = a.is.PermitID
		late(a.is.PermitID, a.seen)
	}
	for _, p := range facts[federation.ResultPart](border(h.records)) {
		late(permits[p.is.ReleaseID], p.seen)
	}
	return b
}

// slowWorkspace takes in nothing for longer than the end of a permit may take, and nobody knows of anything broken.
func slowWorkspace(w *world) {
	w.completed(w.scene())
	for _, p := range facts[approval.PermitGranted](w.records()) {
		if siteOf(p.seen) != other {
			continue
		}
		rules := w.portalOf(other).rules
		goOn := w.at(other, topics.Workspace).line.stall()
		w.portalOf(other).with(rules.ApprovalChain[0].Body)[0].act(approval.PermitRevoke{PermitID: p.is.PermitID, Reason: "purpose-changed"})
		time.Sleep(rules.Permit.Bound() + time.Minute)
		goOn()
	}
}
