package simulation

import (
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// TestThirtyMinutesOfPartitionOfOneSiteInTheMiddleOfAStudy cuts one of three sites off while it computes. Where the study
// ends meanwhile, the others finish with a partial result that names it, and what it says after the heal is refused by the
// rule of the deadline; where there is time, the study is completed with it. Nothing is lost and nothing comes twice.
func TestThirtyMinutesOfPartitionOfOneSiteInTheMiddleOfAStudy(t *testing.T) {
	inMemory(t)
	const long = 30 * time.Minute
	for name, c := range map[string]struct {
		within           time.Duration
		outcome, of, why string
	}{
		"the study ends before the heal": {20 * time.Minute, "PartialResult", "timed-out", "late"},
		"the study ends after the heal":  {24 * time.Hour, "Completed", "returned", ""},
	} {
		t.Run(name, func(t *testing.T) {
			found := play(t, func(w *world) {
				working, away := w.at(other, topics.Workspace).points, w.gatewayOf(other)
				arm(t, working, "workspace/running")
				study := w.sceneAt(compared, c.within, w.names()...)
				w.until("the job at "+other, func() bool { return working.Hits("workspace/running") > 0 })
				away.cut(w.hub.addr())
				healed := time.Now().Add(long)
				w.later(long, func() { away.heal(w.hub.addr()) })
				working.Release("workspace/running")
				w.until("the end of the study", func() bool { return len(facts[federation.StudyCompleted](w.records())) > 0 })
				if early := time.Now().Before(healed); early != (c.outcome == "PartialResult") {
					t.Errorf("the study ended before the heal: %v", early)
				}
				w.pass(2 * long) // what was on its way arrives
				w.endedOnce(study, c.outcome, map[string]string{other: c.of})
				w.receivedOnce(study, c.why)
			})
			if len(found) > 0 {
				t.Error(tell(found))
			}
		})
	}
}

// endedOnce holds that a study has one end, whose manifest names each site with its outcome; those that are not given
// returned an answer.
func (w *world) endedOnce(study, outcome string, of map[string]string) {
	w.t.Helper()
	all := facts[federation.StudyCompleted](w.records())
	if len(all) != 1 || all[0].is.StudyID != study || all[0].is.Outcome != outcome || len(all[0].is.Manifest) != len(w.places) {
		w.t.Fatalf("the study has %d ends, expected one, %s: %+v", len(all), outcome, all)
	}
	for _, e := range all[0].is.Manifest {
		want := of[e.Site]
		if want == "" {
			want = "returned"
		}
		if e.Outcome != want {
			w.t.Errorf("%s %s, expected %s", e.Site, e.Outcome, want)
		}
	}
}

// receivedOnce holds that the host got the answer of each other site once, or, of the one that came too late, refused it
// once for that reason and took none of it.
func (w *world) receivedOnce(study, late string) {
	w.t.Helper()
	received := map[string]int{}
	for _, r := range facts[federation.ResultReceived](w.records()) {
		if r.is.StudyID == study && siteOf(r.seen) == host {
			received[r.is.Site]++
		}
	}
	refused := slices.DeleteFunc(facts[federation.BorderRefused](w.records()), func(r fact[federation.BorderRefused]) bool {
		return siteOf(r.seen) != host || r.is.From != topics.Source(other, topics.Gateway) || r.is.CauseType != federation.TypeResultPart
	})
	if want := len(slices.DeleteFunc([]string{late}, func(s string) bool { return s == "" })); len(refused) != want || received[other] != 1-want {
		w.t.Errorf("the host refused %d answers of %s, expected %d, and received %d: %+v", len(refused), other, want, received[other], refused)
	}
	for _, r := range refused {
		if r.is.Reason != late {
			w.t.Errorf("the answer of %s was refused for %s", other, r.is.Reason)
		}
	}
	for _, site := range w.names() {
		if n := received[site]; site != host && site != other && n != 1 {
			w.t.Errorf("%d answers of %s were received", n, site)
		}
	}
}
