package invariants

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// letIn judges what came into workspaces, and what outputs were made by.
func letIn(h *History, r *Result) {
	for _, t := range of[workspace.ImportTaken](h) {
		r.Checked++
		i := slices.IndexFunc(of[airlock.ImportApproved](h), func(d fact[airlock.ImportApproved]) bool {
			return d.Site() == t.Site() && d.is.ImportID == t.is.ImportID && d.is.Digest == t.is.Digest && d.is.ProjectID == t.is.ProjectID &&
				before(d.Seen, t.Seen)
		})
		if i < 0 {
			r.unless(false, t.Seen, "no earlier decision of the airlock of %s on import %s and these bytes", t.Site(), t.is.ImportID)
			continue
		}
		h.admission(r, t.Seen, of[airlock.ImportApproved](h)[i])
	}
	for _, o := range of[workspace.OutputSealed](h) {
		r.Checked++ // also of an output that says it was made by nothing
		for _, digest := range o.is.Lineage.Imports {
			r.unless(slices.ContainsFunc(of[workspace.ImportTaken](h), func(t fact[workspace.ImportTaken]) bool {
				return t.Site() == o.Site() && t.is.ProjectID == o.is.ProjectID && t.is.Digest == digest && before(t.Seen, o.Seen)
			}), o.Seen, "it was made by what its project had not brought in")
		}
	}
}

// admission judges a decision to let something in.
func (h *History) admission(r *Result, s harness.Seen, d fact[airlock.ImportApproved]) {
	policy, ok := h.policy(d.Seen)
	asked := h.importAsked(d)
	r.unless(ok && slices.Contains(policy.Imports.Kinds, asked.Kind) && asked.Size <= policy.Imports.MaxBytes, s, "the published policy lets no such import in")
	r.unless(distinct(d.is.Reviewers) >= int(policy.Reviewers), s, "%d different reviewers, the published policy asks %d", distinct(d.is.Reviewers), policy.Reviewers)
	r.unless(!slices.Contains(d.is.Reviewers, asked.Requester), s, "the requester is one of the reviewers")
	for _, reviewer := range d.is.Reviewers {
		r.unless(slices.ContainsFunc(of[airlock.ImportReview](h), func(a fact[airlock.ImportReview]) bool {
			return a.Site() == d.Site() && a.Event.Actor == reviewer && a.is.ImportID == d.is.ImportID && a.is.Digest == d.is.Digest &&
				a.is.Decision == "Approved" && before(a.Seen, d.Seen)
		}), s, "a reviewer named in the decision never asked for it")
	}
}

// importAsked is what a decision is about, as the workspace had asked.
func (h *History) importAsked(d fact[airlock.ImportApproved]) workspace.ImportRequested {
	for _, a := range of[workspace.ImportRequested](h) {
		if a.Site() == d.Site() && a.is.ImportID == d.is.ImportID && a.is.Digest == d.is.Digest {
			return a.is
		}
	}
	return workspace.ImportRequested{}
}
