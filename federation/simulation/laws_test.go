package simulation

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/objects"
)

// border are the records by which a site speaks to others.
func border(all []seen) (out []seen) {
	for _, s := range all {
		if _, inbox := topics.InboxOwner(s.Topic); inbox {
			out = append(out, s)
		}
	}
	return out
}

// approvedOnly holds every part of a result that left a site against the decision of that site's airlock, and the
// decision against the reviews under it.
func approvedOnly(h history) []string {
	var b breaches
	approved, reviews := map[string]fact[airlock.ReleaseApproved]{}, map[string]map[string]bool{}
	for _, a := range facts[airlock.ReleaseApproved](h.records) {
		approved[siteOf(a.seen)+a.is.ReleaseID] = a
	}
	for _, r := range facts[airlock.ReleaseReview](h.records) {
		if r.is.Decision != "Approved" {
			continue
		}
		if reviews[r.is.ReleaseID] == nil {
			reviews[r.is.ReleaseID] = map[string]bool{}
		}
		reviews[r.is.ReleaseID][r.event.Actor] = true
	}
	for _, p := range facts[federation.ResultPart](border(h.records)) {
		a, ok := approved[siteOf(p.seen)+p.is.ReleaseID]
		b.unless(ok && a.is.Claim.Digest == p.is.Digest && a.is.JobID == p.is.JobID && a.is.Destination.Site == p.is.HostSite,
			"%s let part %d of release %s leave for %s, which its airlock did not approve as that", p.event.Source, p.is.Part, p.is.ReleaseID, p.is.HostSite)
	}
	for _, a := range approved {
		needed := 0
		for _, stage := range h.rules[siteOf(a.seen)].Review.Steps() {
			needed += stage.Quorum
		}
		first := a
		if a.is.CoveredBy != "" {
			first = approved[siteOf(a.seen)+a.is.CoveredBy]
		}
		b.unless(len(first.is.Reviewers) >= needed || a.is.DeclaredAs != "", "release %s of %s was approved by %d people of %d", a.is.ReleaseID, siteOf(a.seen), len(first.is.Reviewers), needed)
		for i, n := range first.is.Reviewers {
			b.unless(reviews[first.is.ReleaseID][n] && n != a.is.Requester && !slices.Contains(first.is.Reviewers[:i], n),
				"release %s of %s counts %s, who did not approve it, made it, or is counted twice", a.is.ReleaseID, siteOf(a.seen), n)
		}
	}
	return b
}

// aggregatesOnly holds what crossed a border against the list of what may, and results against the threshold of
// their site.
func aggregatesOnly(h history) []string {
	var b breaches
	parts := map[string][]byte{}
	last := map[string]federation.ResultPart{}
	for _, s := range border(h.records) {
		b.unless(s.err == nil, "what is not an event crossed a border: %v", s.err)
		b.unless(s.err != nil || slices.Contains(topics.BorderOut(), s.event.Type), "%s of %s crossed a border", s.event.Type, s.event.Source)
	}
	for _, p := range facts[federation.ResultPart](border(h.records)) {
		key := p.event.Source + p.is.ReleaseID
		parts[key], last[key] = append(parts[key], p.is.Bytes...), p.is
	}
	for key, text := range parts {
		p := last[key]
		b.unless(objects.Digest(text) == p.Digest && int64(len(text)) == p.Size, "the result of %s for job %s is not the one that it is said to be", p.Site, p.JobID)
		document, err := outputs.Decode(text)
		if err != nil {
			b.unless(false, "%s sent what is no result: %v", p.Site, err)
			continue
		}
		for _, result := range document.Results {
			b = append(b, smallCells(p.Site, result, h.rules[p.Site].Threshold)...)
		}
	}
	return append(b, truth(h)...)
}

// smallCells are counts of people below a threshold.
func smallCells(site string, result outputs.Result, threshold int) (b breaches) {
	switch r := result.(type) {
	case outputs.Count:
		for _, c := range r.Cells {
			b.unless(c.Suppressed || c.N == 0 || c.N >= threshold, "%s told of %d people", site, c.N)
		}
	case outputs.LogRank:
		for _, g := range r.Groups {
			b.unless(g.N >= threshold, "%s told of a group of %d people", site, g.N)
		}
	}
	return b
}

// step is what may be said next about a thing.
type step struct{ begins, goesOn, ends []string }

// lives are the states that others see of things, by what is said of them. What ended says no more.
var lives = []step{
	{[]string{airlock.TypeReleaseRequested}, []string{airlock.TypeReleaseChecked, airlock.TypeReleaseAssigned, airlock.TypeReleaseReviewed},
		[]string{airlock.TypeReleaseApproved, airlock.TypeReleaseRejected, airlock.TypeReleaseReturned, airlock.TypeReleaseWithdrawn}},
	{[]string{airlock.TypeReleaseApproved}, []string{airlock.TypeReleasePublished}, []string{airlock.TypeReleaseExpired, airlock.TypeReleaseRevoked}},
	{[]string{approval.TypePermitGranted}, []string{approval.TypePermitAmended, approval.TypePermitRenewed}, []string{approval.TypePermitRevoked, approval.TypePermitExpired}},
	{[]string{federation.TypeStudyOpened}, nil, []string{federation.TypeStudyCompleted}},
	{[]string{federation.TypeInquiryOpened}, nil, []string{federation.TypeInquiryAnswered}},
}

// lawfulLives reads what a service says of each thing in the order of its numbers, which is one line without a gap (I6):
// a history that follows the table is one that a single process could have made.
func lawfulLives(h history) []string {
	var b breaches
	chains := map[string][]seen{}
	for _, s := range h.records {
		if s.err == nil && !slices.ContainsFunc(chains[chain(s)], func(f seen) bool { return f.event.ID == s.event.ID }) {
			chains[chain(s)] = append(chains[chain(s)], s)
		}
	}
	for name, all := range chains {
		slices.SortFunc(all, func(a, c seen) int { return int(a.event.Sequence) - int(c.event.Sequence) })
		for _, l := range lives {
			b = append(b, l.follow(name, all)...)
		}
	}
	return b
}

func (l step) follow(name string, all []seen) (b breaches) {
	begun, over := false, ""
	for _, s := range all {
		switch t := s.event.Type; {
		case slices.Contains(l.begins, t):
			b.unless(!begun, "%s: %s twice", name, t)
			begun = true
		case slices.Contains(l.goesOn, t), slices.Contains(l.ends, t):
			b.unless(begun, "%s: %s before %s", name, t, l.begins[0])
			b.unless(over == "", "%s: %s after %s", name, t, over)
			if slices.Contains(l.ends, t) {
				over = t
			}
		}
	}
	return b
}

// noRowTold looks for what stands beside each row of all data in everything that anybody can read.
func noRowTold(h history) []string {
	var b breaches
	for _, line := range h.told {
		b.unless(false, "a log tells of a row: %.80q", line)
	}
	for _, s := range h.records {
		b.unless(!bytes.Contains(s.Value, []byte(canary)) && !bytes.Contains(s.Key, []byte(canary)) && !strings.Contains(fmt.Sprint(s.Headers), canary),
			"%s on %s tells of a row", s.event.Type, s.Topic)
	}
	for _, j := range h.journals {
		for _, l := range j.log {
			b.unless(!bytes.Contains(l.Data, []byte(canary)), "leaf %d of %s tells of a row", l.Index, j.source)
		}
	}
	return b
}

// bounded holds that what is done is done: nothing that was begun for one piece of work is left. That nothing at all is
// left at the end the bubble of the test holds, which does not end otherwise.
func bounded(h history) []string {
	var b breaches
	const more = 10 // in a hundred: a connection here and there
	b.unless(h.routines[0] == 0 || h.routines[1] <= h.routines[0]*(100+more)/100, "%d goroutines are at work where %d were when all had settled", h.routines[1], h.routines[0])
	return b
}
