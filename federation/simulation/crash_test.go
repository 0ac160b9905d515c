package simulation

import (
	"slices"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/topics"
)

// TestAPowerCutAtAnyNamedPlaceLosesNothing plays a study in rounds that meets a power cut at every failpoint of the program,
// in the first round and in the second.
func TestAPowerCutAtAnyNamedPlaceLosesNothing(t *testing.T) {
	inMemory(t)
	found := play(t, func(w *world) {
		way := slices.Clone(points)
		for _, p := range points {
			if !p.once {
				way = append(way, p)
			}
		}
		at := func(i int) *machine { return w.at(way[i].at(), way[i].principal) }
		hold := func(i int) *machine {
			arm(t, at(i).points, way[i].name)
			return at(i)
		}
		m := hold(0)
		study := w.sceneOf(estimated, 24*time.Hour)
		for i, p := range way {
			w.until("somebody at "+p.name, func() bool { return m.points.Hits(p.name) > 0 })
			held, more := m, i+1 < len(way)
			again := more && at(i+1) == held // its next life forgets what was armed in this one
			if more && !again {
				m = hold(i + 1)
			}
			held.crash()
			time.Sleep(time.Minute)
			held.start()
			if again {
				hold(i + 1)
			}
		}
		w.completed(study)
	})
	if len(found) > 0 {
		t.Error(tell(found))
	}
}

// at is the site of a scene at which a failpoint is reached.
func (p point) at() string {
	if p.hosts {
		return host
	}
	return other
}

// The moments of the chassis that have no name: between commit and sending, and between sending and its
// acknowledgement. Each service of the site that answers is cut there once, in turn.
func TestAPowerCutBetweenCommitAndAcknowledgementLosesNothing(t *testing.T) {
	inMemory(t)
	moments := map[string]func(*line) <-chan struct{}{
		"committed and not sent":    (*line).stopNext,
		"sent and not acknowledged": (*line).loseNext,
	}
	if testing.Short() {
		delete(moments, "committed and not sent")
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
