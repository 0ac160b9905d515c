package invariants

import (
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// researcher is the role without which nobody works in a workspace.
const researcher = "researcher"

// ending is the word of the service that decides on it that a permit holds no longer, or that somebody of its site is
// to do nothing any more.
type ending struct {
	said     harness.Seen
	at       time.Time     // from which the bound counts
	within   time.Duration // of the site's policy
	permit   string
	project  string // of the permit
	person   string // where it is no permit that ended
	sessions bool   // whether the person's sessions end with it
	back     time.Time
}

// due is when the last effect must be there.
func (e ending) due() time.Time { return e.at.Add(e.within) }

// endings lists those of sites whose policy says how long one may take.
func (h *History) endings() (all []ending) {
	for _, p := range of[approval.PermitRevoked](h) {
		all = append(all, ending{said: p.Seen, permit: p.is.PermitID, project: p.is.ProjectID})
	}
	for _, p := range of[approval.PermitExpired](h) {
		all = append(all, ending{said: p.Seen, permit: p.is.PermitID, project: p.is.ProjectID})
	}
	for _, p := range of[identity.PersonSuspended](h) {
		all = append(all, ending{said: p.Seen, person: p.is.PersonID, sessions: true,
			back: after(h, p.Seen, func(r identity.PersonReinstated) bool { return r.PersonID == p.is.PersonID })})
	}
	for _, p := range of[identity.RoleRevoked](h) {
		if p.is.Role == researcher {
			all = append(all, ending{said: p.Seen, person: p.is.PersonID,
				back: after(h, p.Seen, func(g identity.RoleGranted) bool { return g.PersonID == p.is.PersonID && g.Role == researcher })})
		}
	}
	for i := range all {
		h.bound(&all[i])
	}
	return slices.DeleteFunc(all, func(e ending) bool { return e.within == 0 })
}

// bound says from when an ending counts, and how long it may take. Whom a group outside the site has removed is to be
// out in a time of its own, which counts from the removal there.
func (h *History) bound(e *ending) {
	policy, _ := h.policy(e.said)
	e.at, e.within = e.said.Event.Time, time.Duration(policy.RevokeWithinSeconds)*time.Second
	for _, m := range of[identity.MembershipChanged](h) {
		removal := !m.is.Member && m.is.PersonID == e.person && m.Event.CausationID == e.said.Event.CausationID
		if removal && policy.RemoveWithinSeconds > 0 {
			e.at, e.within, e.sessions = m.is.ChangedAt, time.Duration(policy.RemoveWithinSeconds)*time.Second, true
		}
	}
}

// after is when the same site first said so again; zero if it never did.
func after[T envelope.Payload](h *History, s harness.Seen, same func(T) bool) time.Time {
	for _, f := range of[T](h) {
		if f.Site() == s.Site() && same(f.is) && f.Event.Time.After(s.Event.Time) {
			return f.Event.Time
		}
	}
	return time.Time{}
}
