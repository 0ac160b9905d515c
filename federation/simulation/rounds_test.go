package simulation

import (
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
)

func arm(t *testing.T, points *failpoint.Set, name string) {
	t.Helper()
	if err := points.Arm(name, failpoint.Hold); err != nil {
		t.Fatal(err)
	}
}

// estimated asks for a model, which takes rounds.
var estimated = []vocabulary.Analysis{{Kind: "cox", Time: "follow-up", Event: "ended", Covariates: []string{"treatment"}}}

// TestAPartitionInTheMiddleOfAStudyInRoundsNamesTheSiteAndLosesNothing cuts a site off for 30 minutes between two rounds.
// The others finish with a partial result before it heals; what the site says then is refused, and nothing happens twice.
func TestAPartitionInTheMiddleOfAStudyInRoundsNamesTheSiteAndLosesNothing(t *testing.T) {
	inMemory(t)
	found := play(t, func(w *world) {
		between, working := w.gatewayOf(host).points, w.at(other, topics.Workspace).points
		arm(t, between, "study/combining")
		study := w.sceneOf(estimated, 50*time.Minute)
		w.until("the end of the first round", func() bool { return between.Hits("study/combining") > 0 })
		arm(t, working, "workspace/running")
		between.Release("study/combining")
		w.until("the second round at "+other, func() bool { return working.Hits("workspace/running") > 0 })
		away := w.gatewayOf(other)
		away.cut(w.hub.addr())
		working.Release("workspace/running")
		cut := time.Now()
		ended := func() bool { return len(facts[federation.StudyCompleted](w.records())) == 1 }
		for !ended() && time.Since(cut) < 30*time.Minute {
			for _, d := range w.reviews(w.records()) {
				w.do(d)
			}
			time.Sleep(10 * time.Second)
		}
		away.heal(w.hub.addr())
		w.until("the end of the study", ended)
		c := facts[federation.StudyCompleted](w.records())[0].is
		outcomes := map[string]string{}
		for _, e := range c.Manifest {
			outcomes[e.Site] = e.Outcome
		}
		if c.StudyID != study || c.Outcome != "PartialResult" || outcomes[host] != "returned" || outcomes[other] != "timed-out" || c.Rounds < 3 {
			t.Errorf("%+v", c)
		}
		time.Sleep(10 * time.Minute) // what was on its way arrives
		if late := facts[federation.BorderRefused](w.records()); !slices.ContainsFunc(late, func(r fact[federation.BorderRefused]) bool { return r.is.Reason == "late" && siteOf(r.seen) == host }) {
			t.Errorf("the late answer of %s was not refused: %+v", other, late)
		}
		covered := 0
		for _, a := range facts[airlock.ReleaseApproved](w.records()) {
			if a.is.CoveredBy != "" {
				covered++
			}
		}
		if covered == 0 {
			t.Error("people reviewed every round")
		}
	})
	if len(found) > 0 {
		t.Error(tell(found))
	}
}
