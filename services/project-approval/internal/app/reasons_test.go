package app

import (
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// twoBodies is a site where the data holder decides after the data access committee.
var twoBodies = runtest.Profile(strings.Replace(runtest.DefaultProfile, "quorum: 2, of: 3}\n",
	"quorum: 2, of: 3}\n  - {body: data-holder, quorum: 1, of: 1}\n", 1))

// wantOnlyRefused lets an act be refused for reason, and fails if anything else came of it.
func wantOnlyRefused(t *testing.T, b *runtest.Bench, reason string, act func()) {
	t.Helper()
	before := len(b.Outbox())
	act()
	b.Advance(time.Minute)
	wantRefused(t, b, reason)
	if more := len(b.Outbox()) - before; more != 1 {
		t.Fatalf("said %d events, not the refusal alone", more)
	}
}

func TestAnAssessmentOutOfTurnOrTwiceIsRefusedAndCountsForNothing(t *testing.T) {
	b := runtest.New(t, "approval", Register, twoBodies)
	researcher, member := b.Person("researcher"), b.Person("data-access-committee")
	a := newApplication(b, researcher.ID)
	b.Act(researcher, a)
	holder := assessment(a, "Positive")
	holder.Body = "data-holder"
	wantOnlyRefused(t, b, ReasonNotTheTurn, func() { b.Act(b.Person("data-holder"), holder) })
	b.Act(member, assessment(a, "Positive"))
	wantOnlyRefused(t, b, ReasonAlreadyAssessed, func() { b.Act(member, assessment(a, "Positive")) })
	b.Act(b.Person("data-access-committee"), assessment(a, "Positive"))
	b.Act(b.Person("data-holder"), holder)
	if d := runtest.Last[approval.DecisionIssued](b); d.Decision != "Positive" {
		t.Fatalf("decided %+v", d)
	}
}

func TestAnApplicationThatItsHostDoesNotStandForIsRefused(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	researcher := b.Person("researcher")
	elsewhere := newApplication(b, researcher.ID)
	elsewhere.HostSite = "denbi"
	wantOnlyRefused(t, b, ReasonNotTheHost, func() { b.Act(researcher, elsewhere) })
	for name, change := range map[string]func(*approval.ApplicationSubmit){
		"attests another person":     func(a *approval.ApplicationSubmit) { a.Attestation.Person = "denbi:" + b.NewID() },
		"is attested by a third one": func(a *approval.ApplicationSubmit) { a.Attestation.HomeSite = "harbour" },
	} {
		t.Run(name, func(t *testing.T) {
			a := foreign(b, b.Clock.Now())
			change(&a)
			wantOnlyRefused(t, b, ReasonAttestation, func() { b.Deliver("gateway", a, caused(b)) })
		})
	}
}

func TestAPermitThatNobodyGrantedCannotBeRevoked(t *testing.T) {
	b := runtest.New(t, "approval", Register)
	wantOnlyRefused(t, b, ReasonPermitUnknown, func() {
		b.Act(b.Person("data-access-committee"), approval.PermitRevoke{PermitID: b.NewID(), Reason: "consent-withdrawn"})
	})
}
