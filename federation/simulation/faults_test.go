package simulation

import (
	"slices"
	"time"

	"github.com/fairway-tre/fairway/services/platform/failpoint"
)

// appointment is something that happens at its time, mostly the end of a fault.
type appointment struct {
	at time.Time
	do func()
}

// later makes an appointment.
func (w *world) later(after time.Duration, do func()) {
	w.agenda = append(w.agenda, appointment{time.Now().Add(after), do})
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

// faults are all that may break, by name. Each ends by an appointment.
var faults = []struct {
	name  string
	begin func(*world)
}{
	{"a site is cut off from the federation", (*world).cutSite},
	{"a service is cut off from its broker", (*world).cutService},
	{"a service loses power", (*world).crashService},
	{"a service loses power", (*world).crashService},
	{"a site loses power", (*world).crashSite},
	{"a service restarts", (*world).restartService},
	{"a broker restarts", (*world).restartBroker},
	{"acknowledgements are lost", (*world).loseAcks},
	{"acknowledgements are lost and the power too", (*world).loseAcksAndPower},
	{"topics overtake each other", (*world).slowReaders},
	{"old records come again", (*world).repeat},
	{"a crash at a failpoint", (*world).crashAtPoint},
}

func (w *world) breakSomething() {
	f := pick(w.fate, faults)
	w.breaks[f.name]++
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

// points are the failpoints of the program, and the service in which each is.
var points = []struct{ name, principal string }{
	{"workspace/running", "workspace"},
	{"airlock/approved", "airlock"},
	{"gateway/before-part", "gateway"},
	{"study/combining", "gateway"},
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
