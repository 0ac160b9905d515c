package simulation

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// TestASiteIsUpgradedServiceByServiceWhileItsStudyGoesOn has a site of the release before in a study. The others speak to it
// in the minors that it reads; they do so in the new ones once its services were replaced in the middle of the study.
func TestASiteIsUpgradedServiceByServiceWhileItsStudyGoesOn(t *testing.T) {
	inMemory(t)
	found := play(t, func(w *world) {
		w.outdate(other)
		w.later(time.Minute, func() { w.roll(w.place(other), 0) })
		w.completed(w.scene())
		w.until("the end of the upgrade", func() bool { return !w.outdated[other] })
		w.pass(shown)
		told := map[string]bool{}
		for _, c := range facts[federation.CheckpointPublished](w.records()) {
			if c.Topic == topics.Inbox(other) && siteOf(c.seen) == host {
				told[versionOf(c.seen)] = true
			}
		}
		c, _ := topics.Lookup(federation.TypeCheckpointPublished)
		if len(c.Versions) < 2 || !told[c.Versions[0]] || !told[c.Newest()] {
			t.Errorf("%s was told checkpoints in versions %v, of %v", other, told, c.Versions)
		}
	})
	if len(found) > 0 {
		t.Error(tell(found))
	}
}

// shown is the time in which gateways show their audit logs to each other, at least once.
const shown = 4 * 24 * time.Hour

// outdate makes a site one of the release before, and waits until the others have told it something as such.
func (w *world) outdate(site string) {
	w.outdated[site] = true
	w.reads(w.place(site), firstMinors())
	w.pass(shown)
}

// newWords lets a gateway take a site for newer than it said it is.
func newWords(w *world) {
	w.outdate(other)
	c, _ := topics.Lookup(federation.TypeCheckpointPublished)
	g := w.gatewayOf(host)
	g.stop()
	g.tamper(fmt.Sprintf(`update aggregate set doc = replace(cast(doc as text), '%[1]s","version":"%[2]s"', '%[1]s","version":"%[3]s"') where kind = 'listed' and id = '%[4]s'`,
		c.Type, c.Versions[0], c.Newest(), other))
	g.start()
	w.pass(shown)
}

func versionOf(s seen) string {
	return s.event.DataSchema[strings.LastIndexByte(s.event.DataSchema, ':')+1:]
}
