package app

import (
	"strings"
	"testing"
	"time"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/identity/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

const (
	codeList    = "education,isced\nprimary,low\ndegree,high\n"
	importsHere = "imports: {allowed: true, kinds: [lookup], maxBytes: 65536}\n"
)

var takesImports = runtest.Profile(runtest.DefaultProfile + importsHere)

// importBench is an airlock to which a researcher wants to bring something in.
func importBench(t *testing.T, options ...runtest.Option) *bench {
	t.Helper()
	b := &bench{Bench: runtest.New(t, "airlock", Register, options...), t: t}
	b.author = b.Person("researcher", "output-checker")
	return b
}

// bring has bytes lie outside and the workspace ask for them.
func (b *bench) bring(text string, change ...func(*workspace.ImportRequested)) workspace.ImportRequested {
	b.t.Helper()
	digest, err := b.Objects("identity").PutClass(b.t.Context(), objects.Incoming, []byte(text))
	if err != nil {
		b.t.Fatal(err)
	}
	asked := workspace.ImportRequested{ImportID: b.NewID(), WorkspaceID: b.NewID(), ProjectID: b.NewID(), PermitID: b.NewID(),
		Requester: b.author.ID, Kind: "lookup", Digest: digest, Size: int64(len(text)), MediaType: "text/csv"}
	for _, c := range change {
		c(&asked)
	}
	b.Deliver("workspace", asked)
	return asked
}

func (b *bench) judge(by runtest.Person, asked workspace.ImportRequested, decision string) {
	b.t.Helper()
	b.Act(by, events.ImportReview{ImportID: asked.ImportID, Digest: asked.Digest, Decision: decision})
}

func (b *bench) wantAdmitted(n int) {
	b.t.Helper()
	if got := len(runtest.Sent[events.ImportApproved](b.Bench)); got != n {
		b.t.Fatalf("%d decisions to let in, want %d", got, n)
	}
}

func TestAnImportEntersByTheWordOfOthersThanWhoAsks(t *testing.T) {
	b := importBench(t, runtest.Profile(strings.Replace(runtest.DefaultProfile, "reviewers: 1", "reviewers: 2", 1)+importsHere))
	asked := b.bring(codeList)
	checked := runtest.Last[events.ImportChecked](b.Bench)
	if checked.Outcome != "pass" || checked.Needed != 2 || checked.Role != "output-checker" || !checked.DueAt.After(b.Clock.Now()) || checked.Scan != "" {
		t.Fatalf("checked %+v", checked)
	}
	b.judge(b.author, asked, "Approved")
	b.wantRefused(ReasonDuties)
	first, second := b.Person("output-checker"), b.Person("output-checker")
	b.judge(first, asked, "Approved")
	b.judge(first, asked, "Approved")
	b.wantRefused(ReasonAlreadyReviewed)
	other := asked
	other.Digest = objects.Digest([]byte("other bytes"))
	b.judge(second, other, "Approved")
	b.wantRefused(ReasonDigest)
	b.wantAdmitted(0)
	b.judge(second, asked, "Approved")
	got := runtest.Last[events.ImportApproved](b.Bench)
	if got.Digest != asked.Digest || got.WorkspaceID != asked.WorkspaceID || len(got.Reviewers) != 2 {
		t.Fatalf("approved %+v", got)
	}
	if told := runtest.Sent[events.ImportReviewed](b.Bench); len(told) != 2 || told[1].Reviewer != second.ID || told[0].Needed != 2 {
		t.Fatalf("reviews told %+v", told)
	}
	b.judge(b.Person("output-checker"), asked, "Rejected")
	b.wantRefused(ReasonTransition)
	b.judge(b.Person("output-checker"), workspace.ImportRequested{ImportID: b.NewID(), Digest: asked.Digest}, "Approved")
	b.Advance(time.Minute)
	b.wantRefused(ReasonImportUnknown)
}

func TestWhatTheSiteDoesNotTakeIsRejectedBeforeAnybodyLooks(t *testing.T) {
	scanned := runtest.Profile(runtest.DefaultProfile + strings.Replace(importsHere, "}", ", scanRequired: true}", 1))
	for name, c := range map[string]struct {
		site   runtest.Option
		text   string
		change func(*workspace.ImportRequested)
		reason string
	}{
		"no imports":         {runtest.Profile(runtest.DefaultProfile), codeList, nil, ReasonImportsNotAllowed},
		"another media type": {takesImports, codeList, func(a *workspace.ImportRequested) { a.MediaType = "application/zip" }, ReasonMediaType},
		"too large":          {takesImports, codeList, func(a *workspace.ImportRequested) { a.Size = 65537 }, ReasonImportTooLarge},
		"another size":       {takesImports, codeList, func(a *workspace.ImportRequested) { a.Size++ }, ReasonImportUnreadable},
		"no bytes":           {takesImports, codeList, func(a *workspace.ImportRequested) { a.Digest = objects.Digest([]byte("nothing")) }, ReasonImportUnreadable},
		"no table":           {takesImports, "education\nprimary\n", nil, ReasonImportMalformed},
		"a formula":          {takesImports, codeList + "other,=1+1\n", nil, ReasonFormula},
		"identifiers":        {takesImports, "patient_id,group\np1,a\n", nil, ReasonIdentifier},
		"not clean":          {scanned, strings.ReplaceAll(codeList, "\n", "\r\n"), nil, ReasonScan},
	} {
		t.Run(name, func(t *testing.T) {
			b := importBench(t, c.site)
			asked := b.bring(c.text, func(a *workspace.ImportRequested) {
				if c.change != nil {
					c.change(a)
				}
			})
			if r := runtest.Last[events.ImportRejected](b.Bench); r.Reason != c.reason || r.ImportID != asked.ImportID {
				t.Fatalf("rejected for %q", r.Reason)
			}
			checked := runtest.Last[events.ImportChecked](b.Bench)
			if checked.Outcome != "fail" || checked.Findings[0].Rule != c.reason || c.reason == ReasonScan != (checked.Scan == notClean) {
				t.Fatalf("checked %+v", checked)
			}
			b.judge(b.Person("output-checker"), asked, "Approved")
			b.Advance(time.Minute)
			b.wantAdmitted(0)
		})
	}
	t.Run("clean", func(t *testing.T) {
		b := importBench(t, scanned)
		b.bring(codeList)
		if checked := runtest.Last[events.ImportChecked](b.Bench); checked.Outcome != "pass" || checked.Scan != clean {
			t.Fatalf("checked %+v", checked)
		}
	})
}

// A later minor of the contract may have kinds that the policy does not list.
func TestAKindThatThePolicyDoesNotListIsNotLetIn(t *testing.T) {
	policy := profile.Imports{Allowed: true, Kinds: []string{"lookup"}, MaxBytes: 10}
	found := admits(policy, workspace.ImportRequested{Kind: "weights", MediaType: "text/csv", Size: 10})
	if len(found) != 1 || found[0].Rule != ReasonImportKind {
		t.Fatalf("found %+v", found)
	}
}

func TestAnImportThatNobodyWantsAnyMoreIsNotDecided(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(*bench, workspace.ImportRequested)
		reason string
	}{
		"revoked": {func(b *bench, a workspace.ImportRequested) {
			b.Deliver("approval", approval.PermitRevoked{PermitID: a.PermitID, ProjectID: a.ProjectID, Reason: "misuse"})
		}, ReasonPermitEnded},
		"expired": {func(b *bench, a workspace.ImportRequested) {
			b.Deliver("approval", approval.PermitExpired{PermitID: a.PermitID, ProjectID: a.ProjectID})
		}, ReasonPermitEnded},
		"overdue":  {func(b *bench, _ workspace.ImportRequested) { b.Advance(15 * 24 * time.Hour) }, ReasonOverdue},
		"rejected": {func(b *bench, a workspace.ImportRequested) { b.judge(b.Person("output-checker"), a, "Rejected") }, ReasonRejected},
		"withdrawn": {func(b *bench, a workspace.ImportRequested) {
			b.Act(b.Person("researcher"), events.ImportWithdraw{ImportID: a.ImportID})
			b.wantRefused(ReasonNotTheRequester)
			b.Act(b.author, events.ImportWithdraw{ImportID: a.ImportID, Reason: "superseded"})
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := importBench(t, takesImports)
			asked := b.bring(codeList)
			c.end(b, asked)
			if c.reason == "" {
				if w := runtest.Last[events.ImportWithdrawn](b.Bench); w.ImportID != asked.ImportID || w.Digest != asked.Digest || w.Reason != "superseded" {
					t.Fatalf("withdrawn %+v", w)
				}
			} else if r := runtest.Last[events.ImportRejected](b.Bench); r.Reason != c.reason {
				t.Fatalf("rejected for %q, not %q", r.Reason, c.reason)
			}
			late := b.SignIn(b.Person("output-checker"))
			b.judge(late, asked, "Approved")
			b.wantRefused(ReasonTransition)
			b.wantAdmitted(0)
			if c.reason == ReasonPermitEnded {
				b.bring(codeList, func(a *workspace.ImportRequested) { a.PermitID = asked.PermitID })
				if r := runtest.Sent[events.ImportRejected](b.Bench); len(r) != 2 || r[1].Reason != ReasonPermitEnded {
					t.Fatalf("asked for after the end: %+v", r)
				}
			}
		})
	}
}

func TestTheSponsorsOwnPeopleLetNothingIntoItsProject(t *testing.T) {
	b := importBench(t, takesImports)
	asked := b.bring(codeList, func(a *workspace.ImportRequested) { a.Sponsor = "acme" })
	own := b.Person("output-checker")
	b.Deliver("identity", identity.RoleGranted{PersonID: own.ID, Role: "output-checker", Organisation: "acme"})
	b.judge(own, asked, "Approved")
	b.wantRefused(ReasonDuties)
	b.judge(b.Person("output-checker"), asked, "Approved")
	b.wantAdmitted(1)
}

func TestNothingLeavesThatWasMadeByWhatNobodyLetIn(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher, takesImports)
	asked := b.bring(codeList)
	made := func(project string) {
		b.output.OutputID, b.output.ProjectID = b.NewID(), project
		b.output.Lineage = vocabulary.Lineage{Datasets: []vocabulary.DatasetVersion{}, Steps: []vocabulary.LineageStep{}, Imports: []string{asked.Digest}}
		b.Deliver("workspace", b.output)
		b.request()
	}
	made(asked.ProjectID)
	b.wantRefused(ReasonImportNotTaken)
	b.judge(b.Person("output-checker"), asked, "Approved")
	made(b.NewID())
	b.wantRefused(ReasonImportNotTaken)
	made(asked.ProjectID)
	if n := len(runtest.Sent[events.ReleaseRequested](b.Bench)); n != 1 {
		t.Fatalf("%d releases asked for, not the one of the project that brought it in", n)
	}
}
