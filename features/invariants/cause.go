package invariants

import (
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/features/harness"
)

// caused judges every honest record but people's acts, which are roots.
func caused(h *History, r *Result) {
	for _, s := range h.honest {
		_, principal, _ := topics.ParseSource(s.Event.Source)
		switch {
		case principal == topics.Portal: // acts are roots
			continue
		case s.Event.CausationID == "" && s.Is(federation.TypePolicyPublished, federation.TypeCheckpointPublished, federation.TypeRegistryTaken, approval.TypePermitsAffirmed):
			r.Checked++ // what a site announces of itself when it starts, or by the clock
		case s.Event.CausationID == "" && harness.KindOf(s.Event.Type) == topics.KindDead:
			// a record of which nothing can be read has no id; its position is its name
			r.hold(s, h.at(positionOf(s)), "names neither a cause nor the position of a record that was seen")
		default:
			h.causedBy(r, s)
		}
	}
}

func (h *History) causedBy(r *Result, s harness.Seen) {
	causes := h.byID[s.Event.CausationID]
	r.hold(s, len(causes) > 0, "caused by %q, which was not seen", s.Event.CausationID)
	r.unless(s.Event.CausationID != s.Event.ID, s, "caused by itself")
	r.unless(len(causes) == 0 || slices.ContainsFunc(causes, func(c harness.Seen) bool { return before(c, s) }), s, "older than its cause")
}

// letter is what a dead letter says of the record that was put away.
type letter struct {
	Topic     string `json:"topic"`
	Partition int64  `json:"partition"`
	Offset    int64  `json:"offset"`
	Digest    string `json:"digest"`
}

func positionOf(s harness.Seen) position {
	var l letter
	if err := json.Unmarshal(s.Record.Value, &l); err != nil {
		return position{}
	}
	return position{l.Topic, l.Partition, l.Offset}
}

func (h *History) at(p position) bool {
	return slices.ContainsFunc(h.all, func(s harness.Seen) bool {
		return position{s.Record.Topic, int64(s.Partition), s.Offset} == p
	})
}

// bury notes a dead letter.
func (h *History) bury(s harness.Seen) {
	if harness.KindOf(s.Event.Type) == topics.KindDead {
		h.dead[positionOf(s)] = s
	}
}

var code = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// reasoned judges every refusal.
func reasoned(h *History, r *Result) {
	for _, s := range h.honest {
		refusal, ok := harness.RefusalOf(s)
		if !ok {
			continue
		}
		r.hold(s, code.MatchString(refusal.Reason), "its reason %q is no code", refusal.Reason)
		switch refusal.Kind {
		case "act":
			r.unless(len(h.byID[refusal.Cause]) > 0, s, "refuses an act that was not seen")
			fallthrough
		case "border", "record":
			r.unless(refusal.Detail != "", s, "says nothing for people")
			r.unless(refusal.Leaf != "", s, "names no audit leaf")
		}
	}
}

// withoutEffect judges what followed from each refused act.
func withoutEffect(h *History, r *Result) {
	refusedBy := map[string]string{} // act to the source of its refusal
	for _, s := range h.honest {
		if refusal, ok := harness.RefusalOf(s); ok && refusal.Kind == "act" {
			r.Checked++
			refusedBy[refusal.Cause] = s.Event.Source
		}
	}
	for _, s := range h.honest {
		source, refused := refusedBy[s.Event.CausationID]
		if !refused || s.Event.Source != source {
			continue
		}
		_, refusal := harness.RefusalOf(s)
		r.unless(refusal, s, "follows from an act that the same service refused")
	}
}

// signed judges every record that was seen.
func signed(h *History, r *Result) {
	for _, s := range h.all {
		r.Checked++
		why := h.opened[s.N]
		if why == nil || h.test[s.Event.KeyID] {
			continue
		}
		d, dead := h.dead[position{s.Record.Topic, int64(s.Partition), s.Offset}]
		r.unless(dead && digestOf(d) == s.Digest, s, "it does not open (%v) and nobody put it away", why)
	}
}

func digestOf(d harness.Seen) string {
	var l letter
	if err := json.Unmarshal(d.Record.Value, &l); err != nil {
		return ""
	}
	return l.Digest
}
