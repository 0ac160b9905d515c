package app

import (
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// affirmedNext lets the time of the next affirmation come, and returns it.
func affirmedNext(b *runtest.Bench) approval.PermitsAffirmed {
	n := len(runtest.Sent[approval.PermitsAffirmed](b))
	b.Until("the next affirmation", func() bool {
		b.Advance(time.Minute)
		return len(runtest.Sent[approval.PermitsAffirmed](b)) > n
	})
	return runtest.Last[approval.PermitsAffirmed](b)
}

func TestAHolderWithoutAWorkspaceAffirmsThePermitsThatHoldAgainAndAgain(t *testing.T) {
	b := runtest.New(t, "approval", Register, runtest.Profile(runtest.DefaultProfile+"hosting: {workspace: none, at: harbour}\n"))
	first := granted(t, b)
	if got := runtest.Last[approval.PermitsAffirmed](b); got.Holder != "molgenis" || got.HostingSite != "harbour" || !slices.Equal(got.Permits, []string{first.PermitID}) ||
		!got.Until.Equal(b.Clock.Now().Add(10*time.Minute)) {
		t.Fatalf("with the grant: %+v", got)
	}
	second := granted(t, b)
	if got := affirmedNext(b); len(got.Permits) != 2 || !got.Until.After(b.Clock.Now()) {
		t.Fatalf("of two: %+v", got)
	}
	b.Act(b.Person("data-access-committee"), approval.PermitRevoke{PermitID: first.PermitID, Reason: "consent-withdrawn"})
	if got := affirmedNext(b); !slices.Equal(got.Permits, []string{second.PermitID}) {
		t.Fatalf("after a revocation: %+v", got)
	}
	b.Restart()
	if got := affirmedNext(b); !slices.Equal(got.Permits, []string{second.PermitID}) {
		t.Fatalf("after a restart: %+v", got)
	}
}

func TestASiteThatHasItsDataItselfAffirmsNothing(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	granted(t, b)
	b.Advance(time.Hour)
	if n := len(runtest.Sent[approval.PermitsAffirmed](b)); n != 0 {
		t.Fatalf("affirmed %d times", n)
	}
}
