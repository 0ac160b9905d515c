package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/federation/internal/border"
	"github.com/fairway-tre/fairway/federation/internal/study"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

func TestWhatAStrangerWritesIntoTheInboxIsNotRepeatedAndBlocksNobody(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for name, said := range map[string]string{"long": long, "personal": "Jane Doe, born 1961, ward 7"} {
		t.Run(name, func(t *testing.T) {
			f := federated(t)
			r := f.data.Sign("/sites/"+host+"/gateway", federation.JobAccepted{JobID: f.data.NewID(), StudyID: f.data.NewID(), Site: host, HostSite: data})
			for _, attribute := range []string{"ce_id", "ce_source", "ce_type"} {
				forged := r
				forged.Headers = slices.Clone(r.Headers)
				for i, h := range forged.Headers {
					if h.Key == attribute {
						forged.Headers[i].Value = []byte(said)
					}
				}
				f.data.DeliverRecord(forged)
			}
			told := runtest.Sent[federation.BorderRefused](f.data)
			if len(told) != 3 {
				t.Fatalf("%d refusals, expected 3", len(told))
			}
			for _, e := range f.data.Outbox() {
				if strings.Contains(string(e.Data), said) {
					t.Errorf("%s repeats it", e.Type)
				}
			}
		})
	}
}

func TestARefusalThatComesAfterTheStudyEndedChangesNothingAndBlocksNobody(t *testing.T) {
	f := federated(t)
	f.answer(f.host, result(t, 1))
	runtest.Await[federation.ResultReceived](f.host, 1)
	f.host.Advance(time.Hour)
	runtest.Await[workspace.OutputSeal](f.host, 1)
	seal := lastOf(f.host, workspace.OutputSeal{}.EventType())
	f.host.Advance(60 * 24 * time.Hour)
	ended := runtest.Last[federation.StudyCompleted](f.host)
	refused := workspace.ActRefused{ActID: seal.ID, ActType: seal.Type, ActSubject: seal.Subject, Reason: "permit-ended", Detail: "too late"}
	f.host.Deliver("workspace", refused)
	if got := runtest.Sent[federation.StudyCompleted](f.host); len(got) != 1 || got[0].Reason != ended.Reason {
		t.Fatalf("completed %+v", got)
	}
}

func TestASiteCannotFillTheHostWithResultsThatNeverBecomeWhole(t *testing.T) {
	f := federated(t)
	job := f.job(f.data)
	part := federation.ResultPart{JobID: job.JobID, StudyID: job.StudyID, ProjectID: job.ProjectID, Site: data, HostSite: host,
		Digest: "sha256:" + strings.Repeat("0", 64), Size: 60 << 10, Part: 2, Parts: 2, Bytes: []byte("junk")}
	for range 3 {
		part.ReleaseID = f.host.NewID()
		f.host.Deliver("/sites/"+data+"/gateway", part)
	}
	f.host.View(func(tx *run.Tx) error {
		n := 0
		err := assemblies.Each(tx.Tx, func(string, border.Assembly) error { n++; return nil })
		if n != 1 {
			t.Errorf("%d results are being collected for one job", n)
		}
		return err
	})
	refusedFor(t, f.host, in, border.PartMismatch)
	if n := f.keptOf(job.JobID); n != 1 {
		t.Errorf("%d parts are kept of one", n)
	}
	f.host.Advance(60 * 24 * time.Hour)
	runtest.Await[federation.StudyCompleted](f.host, 1)
	if n := f.keptOf(job.JobID); n != 0 {
		t.Errorf("%d parts are kept once nobody waits for them", n)
	}
}

func TestAStudyWhoseResultIsLostFailsInsteadOfCombiningForEver(t *testing.T) {
	f := federated(t)
	if err := f.host.Env.Failpoints.Arm(combiningPoint, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
	f.answer(f.host, result(t, 1))
	runtest.Await[federation.ResultReceived](f.host, 1)
	f.host.Advance(time.Hour)
	f.host.Until("the failpoint", func() bool { return f.host.Env.Failpoints.Hits(combiningPoint) > 0 })
	lost, err := filepath.Glob(filepath.Join(f.host.Env.Dir, "objects", "aggregate", "*", "sha256", "*", "*"))
	if err != nil || len(lost) == 0 {
		t.Fatalf("no object to lose: %v", err)
	}
	for _, name := range lost {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	f.host.Env.Failpoints.Release(combiningPoint)
	if c := runtest.Await[federation.StudyCompleted](f.host, 1)[0]; c.Outcome != study.OutcomeFailed || c.Reason != border.ObjectMissing {
		t.Fatalf("completed %+v", c)
	}
}

// A participant that means harm can answer whatever its own airlock signs. What would spoil the answer of all is refused
// when it comes, the study waits for the true one, and ends without the site, which the manifest names.
func TestASiteCannotSpoilTheStudyOfTheOthers(t *testing.T) {
	of := func(change func(*outputs.LogRank)) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			document, err := outputs.Decode(result(t, 2))
			if err != nil {
				t.Fatal(err)
			}
			l := document.Results[0].(outputs.LogRank)
			change(&l)
			document.Results[0] = l
			text, err := outputs.Encode(document)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
	for name, text := range map[string]func(*testing.T) []byte{
		"an answer to another question": of(func(l *outputs.LogRank) { l.Arm = "menopause" }),
		"a variance beyond all sums":    of(func(l *outputs.LogRank) { l.Variance, l.Groups[0].Variance = 1e308, 1e308 }),
		"more people than a document":   of(func(l *outputs.LogRank) { l.Groups[0].N = 999_999_999 }),
		"more than was asked":           func(t *testing.T) []byte { return large(t, 10) },
	} {
		t.Run(name, func(t *testing.T) {
			f := federated(t)
			f.answer(f.host, result(t, 1))
			runtest.Await[federation.ResultReceived](f.host, 1)
			bad := text(t)
			f.host.Deliver("/sites/"+data+"/gateway", f.parts(decision(f.data, f.seal(f.data, bad)), "/sites/"+data+"/airlock", bad)[0])
			refusedFor(t, f.host, in, border.AnswerInvalid)
			f.host.Advance(time.Hour)
			c := f.publish()
			if c.Outcome != study.OutcomePartial || !slices.Equal(outcomes(c), []string{data + " timed-out", host + " returned"}) {
				t.Errorf("completed %+v", c)
			}
		})
	}
}

func TestASiteThatCountsOtherPeopleInALaterRoundIsRefusedAndTheOthersFinish(t *testing.T) {
	f := estimated(t)
	f.answer(f.host, f.part(f.host, atHost))
	f.returns(1, atData)
	f.dispatched(2)
	document, err := outputs.Decode(f.part(f.data, atData))
	if err != nil {
		t.Fatal(err)
	}
	p := document.Results[0].(outputs.ModelPart)
	p.N++
	document.Results[0] = p
	text, err := outputs.Encode(document)
	if err != nil {
		t.Fatal(err)
	}
	f.answer(f.data, text)
	f.partsFrom(2)
	f.carry()
	if told := refusedFor(t, f.host, in, border.AnswerInvalid); !strings.Contains(told.Detail, "other people") {
		t.Errorf("refused with %q", told.Detail)
	}
}
