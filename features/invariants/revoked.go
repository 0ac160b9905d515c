package invariants

import (
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// span is something that a permit or a person's standing lets go on.
type span struct {
	what  string
	began harness.Seen
	end   time.Time    // zero while it goes on
	ended harness.Seen // who said so, where it has not ended by itself
}

// moment is what happens at once, such as the sealing of an output.
func moment(what string, s harness.Seen) span { return span{what, s, s.Event.Time, s} }

// revoked judges how long every ending took, at every site that it concerns.
func revoked(h *History, r *Result) {
	var last time.Time
	for _, s := range h.honest {
		if s.Event.Time.After(last) {
			last = s.Event.Time
		}
	}
	all := h.endings()
	for _, e := range all {
		spans := h.ofPerson(e)
		if e.permit != "" {
			spans = h.underPermit(e, all)
		}
		for _, s := range spans {
			r.inTime(e, s, last)
		}
	}
}

func (r *Result) inTime(e ending, s span, last time.Time) {
	switch begun := s.began.Event.Time; {
	case !s.end.IsZero() && !s.end.After(e.at): // was over
	case !e.back.IsZero() && begun.After(e.back): // stands on what was said then
	case begun.After(e.due()):
		r.hold(s.began, false, "%s began %s after its end was said, the policy of %s allows %s", s.what, begun.Sub(e.at), e.said.Site(), e.within)
	case s.end.IsZero():
		r.hold(e.said, !last.After(e.due()), "%s goes on at %s, the policy of %s allows %s", s.what, s.began.Site(), e.said.Site(), e.within)
	default:
		r.hold(s.ended, !s.end.After(e.due()), "%s ended %s after that was said, the policy of %s allows %s", s.what, s.end.Sub(e.at), e.said.Site(), e.within)
	}
}

// ofPerson lists the sessions, accesses and jobs of somebody at their own site. What they have elsewhere they reach
// through that site alone.
func (h *History) ofPerson(e ending) (spans []span) {
	for _, s := range of[identity.SessionAttested](h) {
		if !e.sessions || s.is.PersonID != e.person || s.Event.Time.After(e.at) {
			continue
		}
		one := span{what: "a session", began: s.Seen, end: s.is.ExpiresAt, ended: s.Seen}
		for _, over := range of[identity.SessionEnded](h) {
			if over.is.SessionID == s.is.SessionID && over.Event.Time.Before(one.end) {
				one.end, one.ended = over.Event.Time, over.Seen
			}
		}
		spans = append(spans, one)
	}
	home := e.said.Site()
	spans = append(spans, h.accesses(func(g fact[workspace.AccessGranted]) bool { return g.Site() == home && g.is.Person == e.person })...)
	return append(spans, h.jobs(func(j fact[workspace.JobSubmit]) bool { return j.Site() == home && j.is.Requester == e.person })...)
}

// underPermit lists the workspaces, accesses and jobs under a permit, and what is sealed, approved, published and sent
// under it, wherever its data lie.
func (h *History) underPermit(e ending, all []ending) (spans []span) {
	rooms := map[string]bool{}
	for _, w := range of[workspace.WorkspaceProvisioned](h) {
		if w.is.PermitID != e.permit || rooms[w.is.WorkspaceID] {
			continue
		}
		rooms[w.is.WorkspaceID] = true
		spans = append(spans, h.room(w))
	}
	spans = append(spans, h.accesses(func(g fact[workspace.AccessGranted]) bool { return rooms[g.is.WorkspaceID] })...)
	spans = append(spans, h.jobs(func(j fact[workspace.JobSubmit]) bool { return j.is.ProjectID == e.project && h.only(e, all, j) })...)
	return append(spans, h.outlets(e.permit)...)
}

// room is a workspace until it is frozen, or closed.
func (h *History) room(w fact[workspace.WorkspaceProvisioned]) span {
	one := span{what: "the workspace", began: w.Seen}
	end := func(id string, s harness.Seen) {
		if id == w.is.WorkspaceID && s.Site() == w.Site() && (one.end.IsZero() || s.Event.Time.Before(one.end)) {
			one.end, one.ended = s.Event.Time, s
		}
	}
	for _, f := range of[workspace.WorkspaceFrozen](h) {
		end(f.is.WorkspaceID, f.Seen)
	}
	for _, c := range of[workspace.WorkspaceClosed](h) {
		end(c.is.WorkspaceID, c.Seen)
	}
	return one
}

// only reports whether a job reads a dataset by this permit, and by no other of its project that still held.
func (h *History) only(e ending, all []ending, j fact[workspace.JobSubmit]) (by bool) {
	for _, w := range of[workspace.WorkspaceProvisioned](h) {
		if w.Site() != j.Site() || w.is.ProjectID != e.project || !slices.Contains(w.is.DatasetIDs, j.is.DatasetID) {
			continue
		}
		over := slices.ContainsFunc(all, func(o ending) bool { return o.permit == w.is.PermitID && !o.at.After(e.at) })
		if w.is.PermitID != e.permit && !over {
			return false
		}
		by = by || w.is.PermitID == e.permit
	}
	return by
}

func (h *History) accesses(wanted func(fact[workspace.AccessGranted]) bool) (spans []span) {
	for _, g := range of[workspace.AccessGranted](h) {
		if !wanted(g) {
			continue
		}
		one := span{what: "access", began: g.Seen}
		for _, t := range of[workspace.AccessTerminated](h) {
			same := t.Site() == g.Site() && t.is.WorkspaceID == g.is.WorkspaceID && slices.Contains(t.is.Persons, g.is.Person)
			if same && t.Event.Sequence > g.Event.Sequence && one.end.IsZero() {
				one.end, one.ended = t.Event.Time, t.Seen
			}
		}
		spans = append(spans, one)
	}
	return spans
}

// over are the states in which a job does nothing any more.
var over = []string{"COMPLETE", "EXECUTOR_ERROR", "SYSTEM_ERROR", "CANCELED"}

// jobs lists those that were taken.
func (h *History) jobs(wanted func(fact[workspace.JobSubmit]) bool) (spans []span) {
	for _, j := range of[workspace.JobSubmit](h) {
		if !wanted(j) {
			continue
		}
		one := span{what: "a job"}
		for _, c := range of[workspace.JobStateChanged](h) {
			switch {
			case c.is.JobID != j.is.JobID || c.Site() != j.Site():
			case !one.end.IsZero():
			case slices.Contains(over, c.is.State):
				one.end, one.ended = c.Event.Time, c.Seen
			case one.began.Event.ID == "":
				one.began = c.Seen
			}
		}
		if one.began.Event.ID != "" {
			spans = append(spans, one)
		}
	}
	return spans
}

// outlets lists what was let out, or made ready for it, under a permit.
func (h *History) outlets(permit string) (spans []span) {
	outputs, releases := map[string]bool{}, map[string]bool{}
	for _, o := range of[workspace.OutputSealed](h) {
		if o.is.PermitID == permit {
			outputs[o.is.OutputID] = true
			spans = append(spans, moment("the sealing of an output", o.Seen))
		}
	}
	for _, a := range of[airlock.ReleaseApproved](h) {
		if a.is.PermitID == permit || outputs[a.is.OutputID] {
			releases[a.is.ReleaseID] = true
			spans = append(spans, moment("the approval of a release", a.Seen))
		}
	}
	for _, p := range of[airlock.ReleasePublished](h) {
		if releases[p.is.ReleaseID] {
			spans = append(spans, moment("the publication of a release", p.Seen))
		}
	}
	for _, p := range of[federation.ResultPart](h) {
		if releases[p.is.ReleaseID] {
			spans = append(spans, moment("the sending of a result", p.Seen))
		}
	}
	return spans
}
