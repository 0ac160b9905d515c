package simulation

import (
	"cmp"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
)

// TestAPowerCutAtAnyNamedPlaceLosesNothing plays one study that meets a power cut at every failpoint of the program.
func TestAPowerCutAtAnyNamedPlaceLosesNothing(t *testing.T) {
	inMemory(t)
	at := map[string]string{"study/combining": host} // the others are at the site that is asked
	found := play(t, func(w *world) {
		var armed []*machine
		for _, p := range points {
			m := w.at(cmp.Or(at[p.name], other), p.principal)
			if err := m.points.Arm(p.name, failpoint.Hold); err != nil {
				t.Fatal(err)
			}
			armed = append(armed, m)
		}
		study := w.scene()
		for i, p := range points {
			w.until("somebody at "+p.name, func() bool { return armed[i].points.Hits(p.name) > 0 })
			armed[i].crash()
			time.Sleep(time.Minute)
			armed[i].start()
		}
		w.completed(study)
	})
	if len(found) > 0 {
		t.Error(tell(found))
	}
}

// The moments of the chassis that have no name: between commit and sending, and between sending and its
// acknowledgement. Each service of the site that answers is cut there once, in turn.
func TestAPowerCutBetweenCommitAndAcknowledgementLosesNothing(t *testing.T) {
	inMemory(t)
	moments := map[string]func(*line) <-chan struct{}{
		"committed and not sent":    (*line).stopNext,
		"sent and not acknowledged": (*line).loseNext,
	}
	for name, moment := range moments {
		t.Run(name, func(t *testing.T) {
			cuts := 0
			found := play(t, func(w *world) {
				stop := make(chan struct{})
				go func() {
					for _, principal := range []string{topics.Approval, topics.Workspace, topics.Airlock, topics.Gateway} {
						m := w.at(other, principal)
						select {
						case <-moment(m.line):
						case <-stop:
							return
						}
						m.crash()
						time.Sleep(10 * time.Second)
						m.start()
						cuts++
					}
				}()
				w.completed(w.scene())
				close(stop)
			})
			if len(found) > 0 || cuts != 4 {
				t.Errorf("%d services were cut\n%s", cuts, tell(found))
			}
		})
	}
}
