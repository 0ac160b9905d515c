package app

import (
	"testing"
	"time"

	events "github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
	"github.com/fairway-tre/fairway/services/platform/upheld"
)

func TestNothingIsReleasedUnderAPermitWhoseHolderIsSilent(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	b.output.OutputID, b.output.Entrusted = b.NewID(), []string{"harbour:" + b.output.PermitID}
	b.Deliver("workspace", b.output)
	affirm := func() {
		b.Deliver("gateway", federation.PermitsUpheld{Holder: "harbour", Permits: []string{b.output.PermitID}, Until: b.Clock.Now().Add(10 * time.Minute)},
			func(d *envelope.Draft) { d.CausationID = b.NewID() })
	}
	refused := func() {
		t.Helper()
		b.Advance(10 * time.Second) // the holder's word might have been on its way
		b.wantRefused(upheld.ReasonSilent)
	}
	b.request()
	refused()
	affirm()
	r, checker := b.request(), b.Person("output-checker")
	b.Advance(10 * time.Minute)
	b.review(checker, r, "Approved")
	refused()
	b.wantReleased(0)
	affirm()
	b.review(checker, r, "Approved")
	b.wantReleased(1)
}

func TestWhatWasMadeUnderAPermitWhoseHolderIsSilentCanBeTurnedDown(t *testing.T) {
	b := newBench(t, table(10, 20), toResearcher)
	b.output.OutputID, b.output.Entrusted = b.NewID(), []string{"harbour:" + b.output.PermitID}
	b.Deliver("workspace", b.output)
	b.Deliver("gateway", federation.PermitsUpheld{Holder: "harbour", Permits: []string{b.output.PermitID}, Until: b.Clock.Now().Add(time.Minute)},
		func(d *envelope.Draft) { d.CausationID = b.NewID() })
	r := b.request()
	b.Advance(time.Minute)
	b.review(b.Person("output-checker"), r, "Rejected")
	if got := runtest.Last[events.ReleaseRejected](b.Bench); got.ReleaseID != r.ReleaseID || got.Reason != ReasonRejected {
		t.Fatalf("%+v", got)
	}
}
