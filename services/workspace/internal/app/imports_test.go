package app

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/lookups"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// treatments names a level that the trials do not have beside their own.
const treatments = "hormone-therapy,treatment\nnone,untreated\nhormone,treated\nradiation,treated\n"

// room is the workspace of a permit.
func (b *bench) room(g approval.PermitGranted) string {
	b.t.Helper()
	for _, p := range runtest.Sent[events.WorkspaceProvisioned](b.Bench) {
		if p.PermitID == g.PermitID {
			return p.WorkspaceID
		}
	}
	b.t.Fatal("the permit has no workspace")
	return ""
}

// lays has bytes lie outside, as the door does.
func (b *bench) lays(text string) string {
	b.t.Helper()
	digest, err := b.Objects("identity").PutClass(b.t.Context(), objects.Incoming, []byte(text))
	if err != nil {
		b.t.Fatal(err)
	}
	return digest
}

func (b *bench) bringing(g approval.PermitGranted, text string) events.ImportRequest {
	b.t.Helper()
	return events.ImportRequest{ImportID: b.NewID(), WorkspaceID: b.room(g), Kind: lookups.Kind, Digest: b.lays(text),
		Size: int64(len(text)), MediaType: lookups.MediaType}
}

// decision is the airlock's on an import as it was asked for.
func (b *bench) decision(g approval.PermitGranted, act events.ImportRequest) airlock.ImportApproved {
	return airlock.ImportApproved{ImportID: act.ImportID, WorkspaceID: act.WorkspaceID, ProjectID: g.ProjectID, Digest: act.Digest,
		Reviewers: []string{"molgenis:" + b.NewID()}}
}

func (b *bench) wantInside(digest string, want bool) {
	b.t.Helper()
	_, err := b.Env.Objects.GetClass(b.t.Context(), objects.Imported, digest)
	if err != nil && !errors.Is(err, objects.ErrNotFound) {
		b.t.Fatal(err)
	}
	if (err == nil) != want {
		b.t.Fatalf("the bytes are inside: %v", err == nil)
	}
}

// recoded is a job that counts by what a lookup table makes.
func (b *bench) recoded(g approval.PermitGranted, digest string) events.JobSubmit {
	j := b.job(g, "rotterdam", vocabulary.Analysis{Kind: "count", By: []string{"treatment"}})
	j.Prepare = []vocabulary.Preparation{{Op: analyses.Recode, Concept: "hormone-therapy", Lookup: digest, As: "treatment"}}
	return j
}

func TestWhatWasApprovedIsTakenInByItsDigestAndUsedAndTheOutputTellsOfIt(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	act := b.bringing(g, treatments)
	b.Act(b.researcher, act)
	asked := runtest.Last[events.ImportRequested](b.Bench)
	if asked.ProjectID != g.ProjectID || asked.PermitID != g.PermitID || asked.Requester != b.researcher.ID || asked.Digest != act.Digest {
		t.Fatalf("asked %+v", asked)
	}
	b.wantInside(act.Digest, false)
	b.Act(b.researcher, b.recoded(g, act.Digest))
	if got := b.reason(); got != ReasonImportMissing {
		t.Fatalf("used before the decision: %q", got)
	}
	b.Deliver("airlock", b.decision(g, act))
	if taken := runtest.Last[events.ImportTaken](b.Bench); taken.ImportID != act.ImportID || taken.Digest != act.Digest || taken.Size != act.Size {
		t.Fatalf("taken %+v", taken)
	}
	b.wantInside(act.Digest, true)

	j := b.recoded(g, act.Digest)
	b.Act(b.researcher, j)
	output, document := b.sealed(j.JobID)
	if !slices.Equal(output.Lineage.Imports, []string{act.Digest}) {
		t.Errorf("lineage %+v", output.Lineage)
	}
	ns := map[string]int{}
	for _, cell := range document.Results[0].(documents.Count).Cells {
		ns[cell.By[0].Level] = cell.N
	}
	if len(ns) != 2 || ns["untreated"] != 2643 || ns["treated"] != 339 {
		t.Errorf("counted %v", ns)
	}
	// The airlock compares by the steps as they were taken: with the levels that a row can have, and no others.
	text, err := b.Env.Objects.GetClass(t.Context(), objects.Evidence, output.Evidence.Digest)
	if err != nil {
		t.Fatal(err)
	}
	evidence, err := documents.DecodeEvidence(text)
	if err != nil || len(evidence.Prepare) != 1 || len(evidence.Prepare[0].Recodes) != 2 || analyses.Digest(evidence.Prepare[0]) != output.Lineage.Steps[0].Digest {
		t.Errorf("evidence %+v, %v", evidence.Prepare, err)
	}
}

func TestAnImportThatMayNotBeAskedForIsRefusedWithoutEffect(t *testing.T) {
	b := newBench(t)
	g, revoked, expired := b.permit(), b.permit(), b.permit()
	others := b.permit(func(g *approval.PermitGranted) { g.Persons = []string{"denbi:" + b.NewID()} })
	b.Deliver("approval", approval.PermitRevoked{PermitID: revoked.PermitID, ProjectID: revoked.ProjectID, Reason: "misuse"})
	b.Deliver("approval", approval.PermitExpired{PermitID: expired.PermitID, ProjectID: expired.ProjectID})
	first := b.bringing(g, treatments)
	b.Act(b.researcher, first)
	for _, c := range []struct {
		name, reason string
		by           runtest.Person
		act          events.ImportRequest
	}{
		{"no researcher", people.RoleMissing, b.Person("output-checker"), b.bringing(g, "a,b\nc,d\n")},
		{"the same id", ReasonImportExists, b.researcher, first},
		{"the same bytes", ReasonImportExists, b.researcher, b.bringing(g, treatments)},
		{"of nobody's workspace", ReasonNoWorkspace, b.researcher, events.ImportRequest{ImportID: b.NewID(), WorkspaceID: b.NewID(), Kind: "lookup",
			Digest: first.Digest, Size: first.Size, MediaType: "text/csv"}},
		{"of others' workspace", ReasonPerson, b.researcher, b.bringing(others, treatments)},
		{"after the revocation", ReasonPermitRevoked, b.researcher, b.bringing(revoked, treatments)},
		{"after the end", ReasonPermitExpired, b.researcher, b.bringing(expired, treatments)},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.Act(c.by, c.act)
			b.Advance(time.Minute)
			if got := b.reason(); got != c.reason {
				t.Errorf("refused for %q, not %q", got, c.reason)
			}
			if n := len(runtest.Sent[events.ImportRequested](b.Bench)); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
	// What was not let in may be asked for anew.
	b.Deliver("airlock", airlock.ImportRejected{ImportID: first.ImportID, WorkspaceID: first.WorkspaceID, ProjectID: g.ProjectID, Digest: first.Digest,
		Reason: "rejected-by-reviewer", AuditLeaf: 1})
	again := b.bringing(g, treatments)
	b.Act(b.researcher, again)
	b.Deliver("airlock", airlock.ImportWithdrawn{ImportID: again.ImportID, WorkspaceID: again.WorkspaceID, ProjectID: g.ProjectID, Digest: again.Digest})
	third := b.bringing(g, treatments)
	b.Act(b.researcher, third)
	if n := len(runtest.Sent[events.ImportRequested](b.Bench)); n != 3 {
		t.Errorf("asked %d times", n)
	}
	b.wantInside(first.Digest, false)
}

func TestADecisionThatIsNotAboutWhatWasAskedLetsNothingIn(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*bench, *airlock.ImportApproved)
		reason string
	}{
		"other bytes": {func(b *bench, a *airlock.ImportApproved) { a.Digest = b.lays("a,b\nc,d\n") }, ReasonDigest},
		"another project": {func(b *bench, a *airlock.ImportApproved) {
			a.ProjectID = b.permit().ProjectID
		}, ReasonDigest},
		"another workspace": {func(b *bench, a *airlock.ImportApproved) { a.WorkspaceID = b.NewID() }, ReasonDigest},
		"nobody asked":      {func(b *bench, a *airlock.ImportApproved) { a.ImportID = b.NewID() }, ReasonImportUnknown},
		"after the end": {func(b *bench, a *airlock.ImportApproved) {
			b.Deliver("approval", approval.PermitRevoked{PermitID: b.last().PermitID, ProjectID: a.ProjectID, Reason: "misuse"})
		}, ReasonPermitRevoked},
		"bytes that are gone": {func(b *bench, a *airlock.ImportApproved) {
			if err := b.Objects("identity").Remove(b.t.Context(), objects.Incoming, a.Digest); err != nil {
				b.t.Fatal(err)
			}
		}, ReasonImportUnreadable},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			g := b.permit()
			act := b.bringing(g, treatments)
			b.Act(b.researcher, act)
			d := b.decision(g, act)
			c.change(b, &d)
			b.Deliver("airlock", d)
			dead := runtest.Last[events.RecordDeadLettered](b.Bench)
			if dead.Reason != c.reason {
				t.Errorf("dead letter for %q, not %q", dead.Reason, c.reason)
			}
			b.wantInside(d.Digest, false)
			b.wantInside(act.Digest, false)
			if n := len(runtest.Sent[events.ImportTaken](b.Bench)); n != 0 {
				t.Errorf("%d taken", n)
			}
		})
	}
}

// last is what the workspace asked the airlock last.
func (b *bench) last() events.ImportRequested { return runtest.Last[events.ImportRequested](b.Bench) }

func TestALookupTableServesItsOwnProjectAndConcept(t *testing.T) {
	b := newBench(t)
	g, other := b.permit(), b.permit()
	act := b.bringing(g, treatments)
	b.Act(b.researcher, act)
	b.Deliver("airlock", b.decision(g, act))
	stages := b.bringing(g, "stage,treatment\nI,untreated\n")
	b.Act(b.researcher, stages)
	b.Deliver("airlock", b.decision(g, stages))
	foreign := b.bringing(g, "hormone-therapy,treatment\nradiation,treated\n")
	b.Act(b.researcher, foreign)
	b.Deliver("airlock", b.decision(g, foreign))
	elsewhere := b.recoded(g, act.Digest)
	elsewhere.Prepare[0].As = "arm"
	elsewhere.Analyses[0].By = []string{"arm"}
	for name, c := range map[string]struct {
		job    events.JobSubmit
		reason string
	}{
		"another project":            {b.recoded(other, act.Digest), ReasonImportMissing},
		"another concept":            {b.recoded(g, stages.Digest), ReasonAnalysis},
		"under another name":         {elsewhere, ReasonAnalysis},
		"no level of the dictionary": {b.recoded(g, foreign.Digest), ReasonAnalysis},
	} {
		b.Act(b.researcher, c.job)
		if got := b.reason(); got != c.reason {
			t.Errorf("%s: refused for %q, not %q", name, got, c.reason)
		}
	}
	b.Act(b.researcher, b.recoded(g, act.Digest))
	b.Deliver("approval", approval.PermitExpired{PermitID: g.PermitID, ProjectID: g.ProjectID})
	b.Act(b.researcher, b.recoded(g, act.Digest))
	if got := b.reason(); got != ReasonPermitExpired {
		t.Errorf("after the end of the permit: %q", got)
	}
}

func TestWhatWasBroughtInIsDeletedWithWhatTheProjectLeft(t *testing.T) {
	b := newBench(t, keeping)
	g, other := b.permit(), b.permit()
	for _, of := range []approval.PermitGranted{g, other} {
		act := b.bringing(of, treatments)
		b.Act(b.researcher, act)
		b.Deliver("airlock", b.decision(of, act))
	}
	digest := objects.Digest([]byte(treatments))
	b.revoke(g)
	b.Advance(b.until(runtest.Last[events.WorkspaceClosed](b.Bench).DeleteAt))
	runtest.Await[events.DataDeleted](b.Bench, 1)
	b.wantInside(digest, true) // the other project has it too

	b.revoke(other)
	b.Advance(b.until(runtest.Last[events.WorkspaceClosed](b.Bench).DeleteAt))
	c := runtest.Await[events.DataDeleted](b.Bench, 2)[1].Certificate
	if !slices.Contains(c.Kinds, vocabulary.DeletedKind{Kind: "import", Objects: 1, Method: "overwritten"}) {
		t.Errorf("certified %+v", c.Kinds)
	}
	b.wantInside(digest, false)
}
