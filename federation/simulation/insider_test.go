package simulation

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// TestAnInsiderWhoEditsADecisionReleasesNothing lets somebody who may write an airlock's database set what is in review to
// approved. Nothing follows from the row: what leaves needs the signed decision.
func TestAnInsiderWhoEditsADecisionReleasesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("short: what it holds is held by the gateway's own tests")
	}
	inMemory(t)
	found := play(t, func(w *world) {
		w.sceneOf(compared, time.Hour)
		asked := func() bool {
			for _, r := range facts[airlock.ReleaseAssigned](w.records()) {
				if siteOf(r.seen) == other {
					return true
				}
			}
			return false
		}
		for !asked() {
			time.Sleep(time.Second)
		}
		a := w.at(other, topics.Airlock)
		a.stop()
		a.tamper(`update aggregate set doc = replace(cast(doc as text), '"status":"IN_REVIEW"', '"status":"APPROVED"') where kind = 'release' and cast(doc as text) like '%"status":"IN_REVIEW"%'`)
		a.start()
		time.Sleep(2 * time.Hour)
		for _, p := range facts[federation.ResultPart](w.records()) {
			if siteOf(p.seen) == other {
				t.Errorf("release %s left", p.is.ReleaseID)
			}
		}
	})
	if len(found) > 0 {
		t.Error(tell(found))
	}
}
