package simulation

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/failpoint"
)

// appointment is something that happens at its time, mostly the end of a fault.
type appointment struct {
	at time.Time
	do func()
}

// later makes an appointment, until which something is broken.
func (w *world) later(after time.Duration, do func()) {
	at := time.Now().Add(after)
	w.agenda = append(w.agenda, appointment{at, do})
	w.troubles = append(w.troubles, trouble{time.Now(), at})
}

// pass lets time pass and keeps appointments.
func (w *world) pass(d time.Duration) {
	end := time.Now().Add(d)
	for {
		slices.SortStableFunc(w.agenda, func(a, b appointment) int { return a.at.Compare(b.at) })
		if len(w.agenda) == 0 || w.agenda[0].at.After(end) {
			break
		}
		next := w.agenda[0]
		w.agenda = w.agenda[1:]
		time.Sleep(time.Until(next.at))
		next.do()
	}
	time.Sleep(time.Until(end))
}

// mend ends every fault now.
func (w *world) mend() {
	for len(w.agenda) > 0 {
		next := w.agenda[0]
		w.agenda = w.agenda[1:]
		next.do()
	}
}

// fault is something that breaks, and which of the faults F1 to F22 (TRACK-RECORD.md) it is. Each ends by an appointment.
type fault struct {
	of, name string
	begin    func(*world)
}

// faults are all that may break. What breaks more often stands here twice.
var faults = []fault{
	{"F1", "a crash at a failpoint", (*world).crashAtPoint},
	{"F1", "a service loses power", (*world).crashService},
	{"F1", "a service loses power", (*world).crashService},
	{"F1", "a site loses power", (*world).crashSite},
	{"F1", "a service restarts", (*world).restartService},
	{"F2", "a service hangs", (*world).hangService},
	{"F3", "a broker restarts", (*world).restartBroker},
	{"F3", "a broker loses power", (*world).crashBroker},
	{"F4", "acknowledgements are lost", (*world).loseAcks},
	{"F4", "acknowledgements are lost and the power too", (*world).loseAcksAndPower},
	{"F5", "a broker refuses to write", (*world).refuseWrites},
	{"F6", "a broker throws members out of their groups", (*world).throwOut},
	{"F7", "old records come again", (*world).repeat},
	{"F8", "topics overtake each other", (*world).slowReaders},
	{"F9", "a site is cut off from the federation", (*world).cutSite},
	{"F9", "a service is cut off from its broker", (*world).cutService},
	{"F10", "a connection comes and goes", (*world).flap},
	{"F10", "a network is slow", (*world).slowNetwork},
	{"F11", "a clock is wrong", (*world).wrongClock},
	{"F12", "a disk is full", (*world).fillDisk},
	{"F13", "a disk fails", (*world).failDisk},
	{"F16", "somebody writes what nobody can read", (*world).poison},
	{"F17", "a site gets new keys", (*world).rotateKeys},
	{"F18", "a site is suspended", (*world).suspendSite},
	{"F19", "somebody floods a site", (*world).flood},
	{"F20", "a service has everything to catch up with", (*world).backlog},
	{"F21", "a site of the release before is upgraded", (*world).upgradeSite},
}

func (w *world) breakSomething() {
	f := pick(w.fate, faults)
	w.breaks[f.of+" "+f.name]++
	f.begin(w)
}

func (w *world) anyMachine() *machine { return pick(w.fate, pick(w.fate, w.places).machines) }

// soon is a moment at which what was just asked for is being worked on.
func (w *world) soon() time.Duration { return time.Duration(w.fate.below(1500)) * time.Millisecond }

func (w *world) cutSite() {
	p := pick(w.fate, w.places)
	m := p.machines[len(p.machines)-1] // the gateway alone speaks to the federation
	cutOff(w, m, w.hub)
}

func (w *world) cutService() {
	m := w.anyMachine()
	cutOff(w, m, m.own)
}

func cutOff(w *world, m *machine, from *node) {
	m.cut(from.addr())
	w.later(w.fate.between(time.Minute, 4*24*time.Hour), func() { m.heal(from.addr()) })
}

func (w *world) crashService() {
	m := w.anyMachine()
	w.later(w.soon(), func() { w.powerCut(m) })
}

// powerCut crashes a machine unless it is down already, and starts it some time later.
func (w *world) powerCut(m *machine) {
	if m.down() {
		return
	}
	m.crash()
	w.later(w.fate.between(time.Second, 8*time.Hour), m.start)
}

func (w *world) crashSite() {
	p := pick(w.fate, w.places)
	w.later(w.soon(), func() {
		for _, m := range p.machines {
			w.powerCut(m)
		}
	})
}

func (w *world) restartService() {
	m := w.anyMachine()
	w.later(w.soon(), func() {
		if m.down() {
			return
		}
		m.stop()
		w.later(w.fate.between(time.Second, time.Hour), m.start)
	})
}

func (w *world) restartBroker() {
	b := w.anyBroker()
	w.later(w.soon(), func() {
		if b.broker == nil {
			return
		}
		b.stop()
		w.later(w.fate.between(time.Second, 30*time.Second), b.start)
	})
}

func (w *world) anyBroker() *node {
	if w.fate.one(len(w.places) + 1) {
		return w.hub
	}
	return pick(w.fate, w.places).node
}

func (w *world) loseAcks() {
	w.anyMachine().line.loseAcks(1 + w.fate.below(3))
	pick(w.fate, w.places).portal.line.loseAcks(1)
}

func (w *world) loseAcksAndPower() {
	m := w.anyMachine()
	m.line.loseAcks(1)
	w.later(w.soon(), func() { w.powerCut(m) })
}

// refuseWrites lets a broker answer some writes with an error, of which the last kind says that it has written all the
// same.
func (w *world) refuseWrites() {
	b := w.anyBroker()
	if b.broker == nil {
		return
	}
	b.inside.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Count: 1 + w.fate.below(5),
		Err: pick(w.fate, []*kerr.Error{kerr.NotEnoughReplicas, kerr.NotLeaderForPartition, kerr.NotEnoughReplicasAfterAppend})})
}

// throwOut lets a broker refuse to know members of groups, and where they stand.
func (w *world) throwOut() {
	b := w.anyBroker()
	if b.broker == nil {
		return
	}
	b.inside.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit, kmsg.Heartbeat, kmsg.JoinGroup, kmsg.SyncGroup}, Count: 1 + w.fate.below(5),
		Err: pick(w.fate, []*kerr.Error{kerr.RebalanceInProgress, kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.NotCoordinator})})
}

func (w *world) crashBroker() {
	b := w.anyBroker()
	w.later(w.soon(), func() {
		if b.broker == nil {
			return
		}
		b.crash()
		w.later(w.fate.between(time.Second, time.Hour), b.start)
	})
}

// hangService lets a service take nothing in for up to longer than its session with the broker, and then go on with what
// it had in hand.
func (w *world) hangService() {
	w.later(w.fate.between(time.Minute, 40*time.Hour), w.anyMachine().line.stall())
}

func (w *world) flap() {
	m := w.anyMachine()
	from := m.own
	if m.part.Principal == topics.Gateway {
		from = w.hub
	}
	for i := range 20 {
		at := time.Duration(2*i) * time.Second
		w.later(at, func() { m.cut(from.addr()) })
		w.later(at+time.Second, func() { m.heal(from.addr()) })
	}
}

func (w *world) slowNetwork() {
	l := w.anyMachine().line
	l.delay(w.fate.between(200*time.Millisecond, 10*time.Second))
	w.later(w.fate.between(time.Minute, 24*time.Hour), func() { l.delay(0) })
}

// wrongClock sets a machine's clock ahead or back, by less than what services allow each other; see envelope.Skew.
func (w *world) wrongClock() {
	c := w.anyMachine().clock
	off := w.fate.between(time.Second, envelope.Skew-10*time.Second)
	if w.fate.one(2) {
		off = -off
	}
	c.set(off)
	w.later(w.fate.between(time.Hour, 4*24*time.Hour), func() { c.set(0) })
}

func (w *world) slowReaders() {
	w.later(w.fate.between(time.Second, 2*time.Hour), w.anyMachine().line.hold())
}

// repeat publishes some of what was published before, on the same topics. What is older than brokers keep it cannot come
// again; a service that has forgotten it refuses it as stale.
func (w *world) repeat() {
	const kept = 30 * 24 * time.Hour
	all := slices.DeleteFunc(slices.Clone(w.tap.records()), func(s seen) bool { return time.Since(s.event.Time) > kept })
	if len(all) == 0 {
		return
	}
	for range 1 + w.fate.below(20) {
		s := pick(w.fate, all)
		w.portalAt(s.Topic).say(s.Record)
	}
}

// poison writes what nobody can read, or what nobody has signed, where honest events are.
func (w *world) poison() {
	all := slices.DeleteFunc(slices.Clone(w.tap.records()), func(s seen) bool { return s.err != nil || !strings.HasPrefix(s.Topic, siteOf(s)+".") })
	if len(all) == 0 {
		return
	}
	for range 1 + w.fate.below(3) {
		r := pick(w.fate, all).Record
		switch w.fate.below(3) {
		case 0:
			r.Value = []byte("{")
		case 1:
			r.Value, r.Headers = bytes.Repeat([]byte("a"), 200_000), nil
		default: // a bit of what was signed
			r.Value = slices.Clone(r.Value)
			r.Value[w.fate.below(len(r.Value))] ^= 1
		}
		w.poisoned[digestOf(seen{Record: r})] = true
		w.portalAt(r.Topic).say(r)
	}
}

// flood lets somebody ask for more at once than in all the rest of the month, all of which is refused.
func (w *world) flood() {
	p := w.someFate()
	n := p.with("researcher")[0]
	for range 50 + w.fate.below(150) {
		n.act(airlock.ReleaseReview{ReleaseID: newID(), Digest: "sha256:" + strings.Repeat("0", 64), Decision: "Approved"})
	}
}

// backlog is a flood while the service that it is for is down.
func (w *world) backlog() {
	p := w.someFate()
	m := w.place(p.site).machine(topics.Airlock)
	if !m.down() {
		m.stop()
		w.later(w.fate.between(time.Hour, 24*time.Hour), m.start)
	}
	n := p.with("researcher")[0]
	for range 50 + w.fate.below(150) {
		n.act(airlock.ReleaseReview{ReleaseID: newID(), Digest: "sha256:" + strings.Repeat("0", 64), Decision: "Approved"})
	}
}

// someFate is a site that has researchers, drawn by fate.
func (w *world) someFate() *portal {
	for {
		if p := pick(w.fate, w.places).portal; len(p.with("researcher")) > 0 {
			return p
		}
	}
}

// point is a failpoint of the program.
type point struct {
	name, principal string // the service in which it is
	hosts           bool   // it is reached at the host of a study, not at the site that is asked
	once            bool   // it is reached in the first round alone: people review one output for all rounds
}

// points are all failpoints of the program, in the order in which a study reaches them; but for erased, which is reached
// long after.
var points = []point{
	{"workspace/running", topics.Workspace, false, false},
	{"workspace/stored", topics.Workspace, false, false},
	{"airlock/approved", topics.Airlock, false, true},
	{"gateway/before-part", topics.Gateway, false, false},
	{"study/combining", topics.Gateway, true, false},
}

func (w *world) crashAtPoint() {
	point := pick(w.fate, points)
	m := pick(w.fate, w.places).machine(point.principal)
	if m.down() {
		return
	}
	if err := m.points.Arm(point.name, failpoint.Hold); err != nil {
		w.t.Fatal(err)
	}
	armed := m.points
	w.later(w.fate.between(time.Hour, 24*time.Hour), func() {
		reached := armed == m.points && armed.Hits(point.name) > 0
		if !reached {
			armed.Release(point.name)
			return
		}
		w.breaks["reached "+point.name]++
		w.powerCut(m)
	})
}
