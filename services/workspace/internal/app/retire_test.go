package app

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// keeping is a site that deletes what was left three months after the end.
var keeping = runtest.Profile(runtest.DefaultProfile + "retention: {deleteAfter: 3m}\n")

// onDisk lists the digests of the objects that lie in the store, of any class and writer.
func (b *bench) onDisk() (digests []string) {
	b.t.Helper()
	err := filepath.WalkDir(filepath.Join(b.Env.Dir, "objects"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		shard, name := filepath.Split(path)
		digests = append(digests, "sha256:"+filepath.Base(shard)+name)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	slices.Sort(digests)
	return digests
}

// release has the airlock approve an output.
func (b *bench) release(o events.OutputSealed) {
	b.t.Helper()
	b.Deliver("airlock", airlock.ReleaseApproved{ReleaseID: b.NewID(), OutputID: o.OutputID, ProjectID: o.ProjectID, PermitID: o.PermitID, Claim: o.Claim,
		Requester: o.Author, Reviewers: []string{"molgenis:" + b.NewID()}, Destination: o.Destination, ExpiresAt: b.Clock.Now().AddDate(0, 0, 30),
		Rules: vocabulary.Rules{Threshold: 5, Reviewers: 1, ProfileDigest: b.Env.Profile.Digest()}})
}

func (b *bench) revoke(g approval.PermitGranted) {
	b.t.Helper()
	b.Deliver("approval", approval.PermitRevoked{PermitID: g.PermitID, ProjectID: g.ProjectID, Reason: "misuse"})
}

func digestsOf(sealed ...events.OutputSealed) (digests []string) {
	for _, o := range sealed {
		digests = append(digests, o.Claim.Digest, o.Evidence.Digest)
	}
	slices.Sort(digests)
	return digests
}

// until is the time until a moment.
func (b *bench) until(at time.Time) time.Duration { return at.Sub(b.Clock.Now()) }

func TestWhatWasNeverReleasedIsDeletedThreeMonthsAfterTheEndAndTheRestStays(t *testing.T) {
	b := newBench(t, keeping)
	g, other := b.permit(), b.permit()
	left, _ := b.sealed(b.submit(g, "gbsg", recurrence))
	released, _ := b.sealed(b.submit(g, "lung", survival))
	elsewhere, _ := b.sealed(b.submit(other, "rotterdam", recurrence))
	b.release(released)
	ended := b.Clock.Now()
	b.revoke(g)

	closed := runtest.Last[events.WorkspaceClosed](b.Bench)
	if want := ended.AddDate(0, 3, 0); !closed.DeleteAt.Equal(want) || closed.Reason != ReasonPermitRevoked || closed.PermitID != g.PermitID {
		t.Fatalf("%+v, expected the deletion at %s", closed, want)
	}
	b.Advance(b.until(closed.DeleteAt) - time.Second)
	if n := len(runtest.Sent[events.DataDeleted](b.Bench)); n != 0 || b.key(g.ProjectID) == nil || !slices.Equal(b.onDisk(), digestsOf(left, released, elsewhere)) {
		t.Fatalf("before its time %d were deleted, and on the disk are %v", n, b.onDisk())
	}

	b.Advance(time.Second)
	told := runtest.Await[events.DataDeleted](b.Bench, 1)[0]
	c := told.Certificate
	if told.WorkspaceID != closed.WorkspaceID || told.PermitID != g.PermitID || told.ProjectID != g.ProjectID || !slices.Equal(told.DatasetIDs, g.Datasets) {
		t.Errorf("%+v", told)
	}
	want := []vocabulary.DeletedKind{{Kind: "output", Objects: 1, Method: "overwritten"}, {Kind: "evidence", Objects: 1, Method: "overwritten"},
		{Kind: "pseudonym-key", Objects: 1, Method: "removed"}}
	if c.Objects != 3 || !slices.Equal(c.Kinds, want) || c.DeleteAfter != "3m" || c.ProfileDigest != b.Env.Profile.Digest() || !c.DeletedAt.Equal(closed.DeleteAt) {
		t.Errorf("%+v", c)
	}
	if digest := objects.Digest([]byte(strings.Join(digestsOf(left), "\n") + "\n")); c.Digest != digest {
		t.Errorf("the certificate is of %s, not of %s", c.Digest, digest)
	}
	if got := b.onDisk(); !slices.Equal(got, digestsOf(released, elsewhere)) {
		t.Errorf("on the disk are %v", got)
	}
	if b.key(g.ProjectID) != nil || b.key(other.ProjectID) == nil {
		t.Error("the pseudonyms of the wrong project are gone")
	}
}

func TestADeletionThatWasInterruptedIsFinishedAndSaidOnce(t *testing.T) {
	b := newBench(t, keeping)
	g := b.permit()
	left, _ := b.sealed(b.submit(g, "gbsg", recurrence))
	b.revoke(g)
	if err := b.Env.Failpoints.Arm(erased, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
	b.Advance(b.until(runtest.Last[events.WorkspaceClosed](b.Bench).DeleteAt))
	for _, hits := range []int{1, 2} { // before and after a restart in between
		b.Until("the objects to be removed", func() bool { return b.Env.Failpoints.Hits(erased) == hits })
		if got := b.onDisk(); len(got) != 0 {
			t.Fatalf("on the disk are %v", got)
		}
		if n := len(runtest.Sent[events.DataDeleted](b.Bench)); n != 0 {
			t.Fatalf("said %d times already", n)
		}
		if hits == 1 {
			b.Restart()
		}
	}
	b.Env.Failpoints.Release(erased)
	c := runtest.Await[events.DataDeleted](b.Bench, 1)[0].Certificate
	if want := objects.Digest([]byte(strings.Join(digestsOf(left), "\n") + "\n")); c.Digest != want || c.Objects != 3 {
		t.Errorf("%+v", c)
	}

	b.Restart()
	b.researcher = b.Person("researcher")
	again, _ := b.sealed(b.submit(b.permit(), "gbsg", recurrence)) // the same bytes, of another project
	b.Advance(24 * time.Hour)
	if n := len(runtest.Sent[events.DataDeleted](b.Bench)); n != 1 || !slices.Equal(b.onDisk(), digestsOf(again)) || again.Claim.Digest != left.Claim.Digest {
		t.Errorf("said %d times, and on the disk are %v", n, b.onDisk())
	}
}

func TestWhatTwoProjectsComputedAlikeGoesWithTheSecond(t *testing.T) {
	b := newBench(t, keeping)
	g, other := b.permit(), b.permit()
	first, _ := b.sealed(b.submit(g, "gbsg", recurrence))
	second, _ := b.sealed(b.submit(other, "gbsg", recurrence))
	if first.Claim.Digest != second.Claim.Digest {
		t.Fatal("the two are not alike")
	}
	b.revoke(g)
	b.Advance(24 * time.Hour)
	b.revoke(other)
	all := runtest.Sent[events.WorkspaceClosed](b.Bench)
	b.Advance(b.until(all[0].DeleteAt))
	c := runtest.Await[events.DataDeleted](b.Bench, 1)[0].Certificate
	if want := []vocabulary.DeletedKind{{Kind: "pseudonym-key", Objects: 1, Method: "removed"}}; !slices.Equal(c.Kinds, want) || !slices.Equal(b.onDisk(), digestsOf(second)) {
		t.Errorf("%+v, and on the disk are %v", c, b.onDisk())
	}
	b.Advance(b.until(all[1].DeleteAt))
	if c = runtest.Await[events.DataDeleted](b.Bench, 2)[1].Certificate; c.Objects != 3 || len(b.onDisk()) != 0 {
		t.Errorf("%+v, and on the disk are %v", c, b.onDisk())
	}
}

func TestWhatAJobComputedAndNeverSealedIsDeletedToo(t *testing.T) {
	b := newBench(t, keeping)
	g := b.permit()
	if err := b.Env.Failpoints.Arm(stored, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
	id := b.submit(g, "gbsg", recurrence)
	b.Until("the bytes to be stored", func() bool { return b.Env.Failpoints.Hits(stored) == 1 })
	b.revoke(g)
	if last := b.ended(id); last.State != "CANCELED" || len(b.onDisk()) != 2 {
		t.Fatalf("%+v, and on the disk are %v", last, b.onDisk())
	}
	b.Advance(b.until(runtest.Last[events.WorkspaceClosed](b.Bench).DeleteAt))
	c := runtest.Await[events.DataDeleted](b.Bench, 1)[0].Certificate
	want := []vocabulary.DeletedKind{{Kind: "intermediate", Objects: 2, Method: "overwritten"}, {Kind: "pseudonym-key", Objects: 1, Method: "removed"}}
	if !slices.Equal(c.Kinds, want) || len(b.onDisk()) != 0 {
		t.Errorf("%+v, and on the disk are %v", c, b.onDisk())
	}
}

func TestTheKeyOfPseudonymsGoesWithTheLastWorkspaceOfTheProject(t *testing.T) {
	b := newBench(t, keeping)
	first := b.permit()
	second := b.permit(func(g *approval.PermitGranted) { g.ProjectID = first.ProjectID })
	b.revoke(first)
	b.Advance(b.until(runtest.Last[events.WorkspaceClosed](b.Bench).DeleteAt))
	if c := runtest.Await[events.DataDeleted](b.Bench, 1)[0].Certificate; c.Objects != 0 || b.key(first.ProjectID) == nil {
		t.Fatalf("%+v", c)
	}
	b.revoke(second)
	b.Advance(b.until(runtest.Last[events.WorkspaceClosed](b.Bench).DeleteAt))
	if c := runtest.Await[events.DataDeleted](b.Bench, 2)[1].Certificate; c.Objects != 1 || b.key(first.ProjectID) != nil {
		t.Fatalf("%+v", c)
	}
}

func TestAServiceThatWasDownReadsFirstWhatWasReleasedMeanwhile(t *testing.T) {
	b := newBench(t, keeping)
	g := b.permit()
	o, _ := b.sealed(b.submit(g, "gbsg", recurrence))
	b.revoke(g)
	b.Clock.Advance(b.until(runtest.Last[events.WorkspaceClosed](b.Bench).DeleteAt) + 24*time.Hour)
	b.Restart()
	b.release(o)
	b.Advance(settling)
	if c := runtest.Await[events.DataDeleted](b.Bench, 1)[0].Certificate; c.Objects != 1 || !slices.Equal(b.onDisk(), digestsOf(o)) {
		t.Errorf("%+v, and on the disk are %v", c, b.onDisk())
	}
}

func TestNothingIsDeletedByItselfWhereTheProfileSaysNoTime(t *testing.T) {
	b := newBench(t)
	g := b.permit()
	o, _ := b.sealed(b.submit(g, "gbsg", recurrence))
	b.revoke(g)
	if closed := runtest.Last[events.WorkspaceClosed](b.Bench); !closed.DeleteAt.IsZero() {
		t.Errorf("%+v", closed)
	}
	b.Advance(10 * 365 * 24 * time.Hour)
	if n := len(runtest.Sent[events.DataDeleted](b.Bench)); n != 0 || !slices.Equal(b.onDisk(), digestsOf(o)) || b.key(g.ProjectID) == nil {
		t.Errorf("%d were deleted, and on the disk are %v", n, b.onDisk())
	}
}

// The time counts from the end of the permit, also where that is heard of late.
func TestTheDateIsOfTheEndAndNotOfItsAnnouncement(t *testing.T) {
	b := newBench(t, keeping)
	g := b.permit(func(g *approval.PermitGranted) { g.ExpiresAt = b.Clock.Now().AddDate(0, 0, 10) })
	b.Advance(40 * 24 * time.Hour)
	b.Deliver("approval", approval.PermitExpired{PermitID: g.PermitID, ProjectID: g.ProjectID})
	if closed := runtest.Last[events.WorkspaceClosed](b.Bench); !closed.DeleteAt.Equal(g.ExpiresAt.AddDate(0, 3, 0)) {
		t.Errorf("%+v", closed)
	}
}
