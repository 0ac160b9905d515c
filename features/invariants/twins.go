package invariants

import (
	"slices"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/lift"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/features/harness"
)

// twins judges the facts that are said in two majors (contracts/README.md, "A second major"). A major that no contract
// here knows cannot be judged, nor can its twin.
func twins(h *History, r *Result) {
	for _, s := range h.honest {
		older := lift.Older(s.Event.Type)
		switch {
		case onBorder(s):
			r.unless(s.Event.Twin.ID == "", s, "is said in two majors at the border")
		case s.Event.Twin.ID != "":
			h.twin(r, s, older)
		case len(older) > 0:
			r.hold(s, false, "is not said in %s, for those who read no newer one", older[0])
		}
	}
}

func (h *History) twin(r *Result, s harness.Seen, older []string) {
	if _, known := topics.MajorOf(s.Event.Type, s.Event.Twin.Major); !known {
		return
	}
	at := slices.IndexFunc(h.honest, func(o harness.Seen) bool {
		return o.Event.ID == s.Event.Twin.ID && o.Event.Source == s.Event.Source
	})
	if at < 0 {
		r.hold(s, h.newest(s), "its twin %s was not said by the same source", s.Event.Twin.ID)
		return
	}
	t := h.honest[at]
	c, _ := topics.Lookup(s.Event.Type)
	r.hold(s, t.Event.Twin == envelope.Twin{Major: c.Major, ID: s.Event.ID}, "its twin names %+v as its own twin", t.Event.Twin)
	if len(older) == 0 || older[0] != t.Event.Type {
		r.unless(slices.Contains(lift.Older(t.Event.Type), s.Event.Type), s, "its twin is %s, no major next to its own", t.Event.Type)
		return // of a pair, the newer one is held against the older
	}
	a, b := s.Event, t.Event
	r.unless(a.Subject == b.Subject && s.Record.Topic == t.Record.Topic, s, "its twin is about %s, on %s", b.Subject, t.Record.Topic)
	r.unless(a.Sequence+1 == b.Sequence, s, "is number %d, and its twin number %d", a.Sequence, b.Sequence)
	r.unless(a.CausationID == b.CausationID, s, "its twin has another cause, %q", b.CausationID)
	r.unless(a.CorrelationID == b.CorrelationID, s, "its twin has another root, %q", b.CorrelationID)
	same, err := lift.Same(a, b)
	r.unless(same && err == nil, s, "its twin says something else (error: %v)", err)
}

// newest reports whether nothing was seen behind a record: then its twin may have been on its way as the run ended.
func (h *History) newest(s harness.Seen) bool {
	return !slices.ContainsFunc(h.all, func(o harness.Seen) bool {
		return o.Record.Topic == s.Record.Topic && o.Partition == s.Partition && o.Offset > s.Offset
	})
}
