package simulation

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/workspace/v1"
)

func TestActsThatOvertookEachOtherAreTakenInTheirOrder(t *testing.T) {
	inMemory(t)
	found := play(t, func(w *world) {
		n := w.portalOf(other).with("researcher")[0]
		n.signIn()
		time.Sleep(time.Second)
		act := workspace.JobCancel{JobID: newID()}
		first, second := n.at.sign(act, n.by), n.at.sign(act, n.by)
		n.at.say(second)
		time.Sleep(20 * time.Second)
		if early := facts[workspace.ActRefused](w.records()); len(early) != 0 {
			t.Errorf("the second was answered before the first: %+v", early[0].is)
		}
		n.at.say(first)
		time.Sleep(2 * time.Minute) // each waits for the job that nobody submitted, the second as long as it may wait at all
		if both := facts[workspace.ActRefused](w.records()); len(both) != 2 {
			t.Errorf("%d answers to two acts", len(both))
		}
	})
	if len(found) > 0 {
		t.Error(tell(found))
	}
}
