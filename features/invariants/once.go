package invariants

import (
	"fmt"
	"slices"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/features/harness"
)

// nothingTwice judges what may happen once. A record that lies on a topic twice, same source, id and bytes, is one
// event delivered twice, which every reader has to bear.
func nothingTwice(h *History, r *Result) {
	once(h, r, "publication of release", func(p airlock.ReleasePublished) string { return p.ReleaseID })
	once(h, r, "approval of output", func(p airlock.ReleaseApproved) string { return p.OutputID })
	once(h, r, "publication of output", func(p airlock.ReleasePublished) string { return p.OutputID })
	once(h, r, "sealing of output", func(p workspace.OutputSealed) string { return p.OutputID })
	once(h, r, "output of job", func(p workspace.OutputSealed) string { return p.JobID })
	once(h, r, "part of result", func(p federation.ResultPart) string { return fmt.Sprintf("%s part %d", p.JobID, p.Part) })
	once(h, r, "receipt for job", func(p federation.ResultReceived) string { return p.JobID })
	once(h, r, "dispatch of job", func(p federation.JobDispatched) string { return p.JobID })
	once(h, r, "opening of study", func(p federation.StudyOpened) string { return p.StudyID })
	once(h, r, "completion of study", func(p federation.StudyCompleted) string { return p.StudyID })
	once(h, r, "permit for application", func(p approval.PermitGranted) string { return p.ApplicationID })
	oneWorkspace(h, r)
	said := map[string]string{}
	for _, s := range h.honest {
		name := s.Event.Source + " " + s.Event.ID
		r.Checked++
		r.unless(said[name] == "" || said[name] == s.Digest, s, "its source and id have said something else before")
		said[name] = s.Digest
	}
}

// once judges that no two events of a type have the same name at the same site and topic; an empty name is none.
func once[T envelope.Payload](h *History, r *Result, what string, name func(T) string) {
	seen := map[string]bool{}
	for _, f := range of[T](h) {
		n := name(f.is)
		if n == "" {
			continue
		}
		key := f.Record.Topic + " " + n
		r.hold(f.Seen, !seen[key], "a second %s %s", what, n)
		seen[key] = true
	}
}

// oneWorkspace judges that a permit has one workspace, which is announced anew only after the permit was amended.
func oneWorkspace(h *History, r *Result) {
	rooms := map[string][]string{} // workspaces announced, by topic and permit
	for _, f := range of[workspace.WorkspaceProvisioned](h) {
		amended := 0
		for _, a := range of[approval.PermitAmended](h) {
			if a.is.PermitID == f.is.PermitID && before(a.Seen, f.Seen) {
				amended++
			}
		}
		key := f.Record.Topic + " " + f.is.PermitID
		same := !slices.ContainsFunc(rooms[key], func(id string) bool { return id != f.is.WorkspaceID })
		r.hold(f.Seen, same && len(rooms[key]) <= amended, "a second workspace for permit %s", f.is.PermitID)
		rooms[key] = append(rooms[key], f.is.WorkspaceID)
	}
}

// counted judges the sequences of facts.
func counted(h *History, r *Result) {
	numbers := map[string][]uint64{}
	last := map[string]harness.Seen{}
	for _, s := range h.honest {
		if s.Event.Sequence == 0 {
			continue
		}
		chain := s.Record.Topic + " " + s.Event.Source + " " + s.Event.Subject
		numbers[chain] = append(numbers[chain], s.Event.Sequence)
		last[chain] = s
		r.Checked++
	}
	for chain, all := range numbers {
		slices.Sort(all)
		for i, n := range all {
			if n != uint64(i+1) {
				r.unless(false, last[chain], "facts of %s about it are numbered %v", last[chain].Event.Source, all)
				break
			}
		}
	}
}

// named judges the manifests of completed studies.
func named(h *History, r *Result) {
	opened := map[string]federation.StudyOpened{}
	for _, s := range of[federation.StudyOpened](h) {
		opened[s.is.StudyID] = s.is
	}
	for _, s := range of[federation.StudyCompleted](h) {
		study, ok := opened[s.is.StudyID]
		r.hold(s.Seen, ok, "a study that was never opened")
		silent := false
		for _, target := range study.Targets {
			n := 0
			for _, e := range s.is.Manifest {
				if e.Site == target.Site && e.DatasetID == target.DatasetID {
					n++
				}
			}
			r.unless(n == 1, s.Seen, "%s is named %d times", target.Site, n)
		}
		r.unless(len(s.is.Manifest) == len(study.Targets), s.Seen, "%d sites asked, %d named", len(study.Targets), len(s.is.Manifest))
		for _, e := range s.is.Manifest {
			silent = silent || e.Outcome == "timed-out"
			// silence is never zero, and a refusal is never silent
			r.unless(e.Outcome != "returned" || e.Digest != "", s.Seen, "%s returned, but nothing", e.Site)
			r.unless(e.Outcome != "refused" || e.Reason != "", s.Seen, "%s refused without a reason", e.Site)
			r.unless(e.Outcome == "returned" || e.Digest == "", s.Seen, "%s did not return, but has a result", e.Site)
		}
		partial := s.is.Outcome == "PartialResult"
		r.unless(partial == silent || s.is.Outcome == "Failed" || s.is.Outcome == "Cancelled", s.Seen, "outcome %s while a silent site is %v", s.is.Outcome, silent)
	}
}

// Honest lists the records that opened, each event once.
func (h *History) Honest() []harness.Seen { return h.honest }
