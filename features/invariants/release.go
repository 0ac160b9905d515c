package invariants

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/rounds"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/features/harness"
)

// released judges parts of results, publications, and the completion of studies.
func released(h *History, r *Result) {
	for _, part := range of[federation.ResultPart](h) {
		if onBorder(part.Seen) {
			h.decided(r, part.Seen, part.is.ReleaseID, part.is.Digest)
		}
	}
	for _, p := range of[airlock.ReleasePublished](h) {
		h.decided(r, p.Seen, p.is.ReleaseID, p.is.Claim.Digest)
	}
	for _, s := range of[federation.StudyCompleted](h) {
		if s.is.ReleaseID != "" {
			h.decided(r, s.Seen, s.is.ReleaseID, s.is.Digest)
		}
	}
}

// decided looks for the decision under which bytes left, and judges it.
func (h *History) decided(r *Result, s harness.Seen, releaseID, digest string) {
	r.Checked++
	for _, d := range of[airlock.ReleaseApproved](h) {
		if d.Site() == s.Site() && d.is.ReleaseID == releaseID && d.is.Claim.Digest == digest && before(d.Seen, s) {
			h.decision(r, s, d)
			return
		}
	}
	r.unless(false, s, "no earlier decision of the airlock of %s on release %s and these bytes", s.Site(), releaseID)
}

func (h *History) decision(r *Result, s harness.Seen, d fact[airlock.ReleaseApproved]) {
	policy, ok := h.policy(d.Seen)
	r.unless(ok, s, "the site had published no policy")
	needed := needed(policy, d.is)
	r.unless(inStages(policy, d.is), s, "the decision does not name the reviewers of every stage that the published policy asks")
	r.unless(distinct(d.is.Reviewers) >= needed, s, "%d different reviewers, the published policy asks %d", distinct(d.is.Reviewers), needed)
	r.unless(!slices.Contains(d.is.Reviewers, d.is.Requester), s, "the requester is one of the reviewers")
	r.unless(d.is.Rules.ProfileDigest == policy.ProfileDigest, s, "the decision was made under another policy than the published one")
	seen, ok := h.looked(d)
	r.unless(ok, s, "the decision names release %s as the one that covers it, and no reviewer approved that one for the same study and person", d.is.CoveredBy)
	for _, reviewer := range d.is.Reviewers {
		r.unless(h.reviewed(seen, reviewer), s, "a reviewer named in the decision never asked for it")
	}
}

// looked is the decision whose bytes the reviewers saw: this one, or that of the first round that covers it. A covering
// decision is one of the same site, study, person and permit, is covered by none itself, still holds, and covers a
// bounded number of rounds.
func (h *History) looked(d fact[airlock.ReleaseApproved]) (fact[airlock.ReleaseApproved], bool) {
	if d.is.CoveredBy == "" {
		return d, true
	}
	under := 0
	for _, e := range of[airlock.ReleaseApproved](h) {
		if e.Site() == d.Site() && e.is.CoveredBy == d.is.CoveredBy {
			under++
		}
	}
	for _, first := range of[airlock.ReleaseApproved](h) {
		if first.Site() == d.Site() && first.is.ReleaseID == d.is.CoveredBy && before(first.Seen, d.Seen) {
			same := first.is.StudyID == d.is.StudyID && first.is.StudyID != "" && first.is.Requester == d.is.Requester &&
				first.is.PermitID == d.is.PermitID && first.is.Destination == d.is.Destination
			return first, same && first.is.CoveredBy == "" && d.Event.Time.Before(first.is.ExpiresAt) && under <= rounds.Most
		}
	}
	return d, false
}

// policy is what the site had published last when it decided.
func (h *History) policy(d harness.Seen) (federation.PolicyPublished, bool) {
	var last federation.PolicyPublished
	found := false
	for _, p := range of[federation.PolicyPublished](h) {
		if p.Site() == d.Site() && before(p.Seen, d) {
			last, found = p.is, true
		}
	}
	return last, found
}

func (h *History) reviewed(d fact[airlock.ReleaseApproved], reviewer string) bool {
	return slices.ContainsFunc(of[airlock.ReleaseReview](h), func(a fact[airlock.ReleaseReview]) bool {
		return a.Site() == d.Site() && a.Event.Actor == reviewer && a.is.ReleaseID == d.is.ReleaseID &&
			a.is.Digest == d.is.Claim.Digest && a.is.Decision == "Approved" && before(a.Seen, d.Seen)
	})
}

// bytesApproved puts the parts of each job together and holds them against their digest.
func bytesApproved(h *History, r *Result) {
	jobs := map[string][]fact[federation.ResultPart]{}
	var order []string
	for _, p := range of[federation.ResultPart](h) {
		if !onBorder(p.Seen) {
			continue
		}
		if _, known := jobs[p.is.JobID]; !known {
			order = append(order, p.is.JobID)
		}
		jobs[p.is.JobID] = append(jobs[p.is.JobID], p)
	}
	for _, job := range order {
		parts := jobs[job]
		slices.SortFunc(parts, func(a, b fact[federation.ResultPart]) int { return int(a.is.Part - b.is.Part) })
		var whole []byte
		for _, p := range parts {
			whole = append(whole, p.is.Bytes...)
		}
		first := parts[0]
		r.Checked += len(parts) - 1
		sum := sha256.Sum256(whole)
		r.hold(first.Seen, int64(len(parts)) == first.is.Parts && int64(len(whole)) == first.is.Size && "sha256:"+hex.EncodeToString(sum[:]) == first.is.Digest,
			"%d of %d parts, %d of %d bytes, or other bytes than those of the digest", len(parts), first.is.Parts, len(whole), first.is.Size)
		r.unless(len(first.is.Decision.Value) > 0, first.Seen, "the first part carries no decision")
	}
}

// border judges what lies on the federation's broker, honest or not: nothing else may write there.
func border(h *History, r *Result) {
	listed := topics.BorderIn()
	for _, s := range h.all {
		if !onBorder(s) {
			continue
		}
		r.hold(s, s.Err == nil, "not an event: %v", s.Err)
		if s.Err != nil {
			continue
		}
		r.unless(slices.Contains(listed, s.Event.Type), s, "no contract lets this type cross")
		_, principal, _ := topics.ParseSource(s.Event.Source)
		r.unless(principal == topics.Gateway, s, "said by %s", s.Event.Source)
		for _, header := range s.Record.Headers {
			// an attribute that no contract has makes a record unreadable above; this finds all others
			r.unless(header.Key == "content-type" || (len(header.Key) > 3 && header.Key[:3] == "ce_"), s, "an unlisted header")
		}
	}
}
