package simulation

import (
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/topics"
)

// TestAStudyOutlivesDisksThatAreFullOrFail lets the disks of a site's services fail for half an hour, one after the other,
// each from before the study on. As long as its disk fails, a service takes nothing in. It goes on by itself once its disk
// is mended, or once it has lost its power while the disk was failing: what it could not make last may lie there then.
func TestAStudyOutlivesDisksThatAreFullOrFail(t *testing.T) {
	inMemory(t)
	faults := map[string]diskFault{"full": full, "writes nothing": torn, "makes nothing last": noSync}
	if testing.Short() {
		faults = map[string]diskFault{"makes nothing last": noSync}
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			found := play(t, func(w *world) {
				for i, principal := range []string{topics.Approval, topics.Workspace, topics.Airlock, topics.Gateway} {
					m := w.at(other, principal)
					mended, before := disk.breaks(m.disk, fault), len(m.journal().leaves)
					w.later(time.Duration(i+1)*30*time.Minute, func() {
						if after := len(m.journal().leaves); after != before {
							t.Errorf("%s took in %d events on a disk that fails", principal, after-before)
						}
						if i%2 == 1 {
							m.crash()
							m.start()
						}
						mended()
					})
				}
				w.completed(w.scene())
			})
			if len(found) > 0 {
				t.Error(tell(found))
			}
		})
	}
}
