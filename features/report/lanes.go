package report

import (
	"slices"
	"strings"
)

// lane is one vertical line of a sequence diagram: people, one service at one
// site, or a whole site.
type lane struct{ site, service string }

var people = lane{service: "people"}

// order of a site's lanes: the way a study takes through it.
var services = []string{"identity", "approval", "catalog", "workspace", "airlock", "gateway"}

// laneOf reads a source: "/sites/<site>/<service>". The portal speaks for people.
func laneOf(source string) lane {
	parts := strings.Split(strings.TrimPrefix(source, "/"), "/")
	switch {
	case len(parts) == 3 && parts[0] == "sites" && parts[2] == "portal":
		return people
	case len(parts) == 3 && parts[0] == "sites":
		return lane{parts[1], parts[2]}
	case len(parts) == 2 && parts[0] == "federation":
		return lane{"federation", parts[1]}
	}
	return lane{"elsewhere", source}
}

// receiverOf reads from the topic who alone reads it: the service whose acts they
// are, or the gateway whose inbox it is. Facts have many readers: false.
func receiverOf(topic string) (lane, bool) {
	parts := strings.Split(topic, ".")
	if len(parts) != 4 {
		return lane{}, false
	}
	switch {
	case parts[0] == "federation" && parts[2] == "inbox":
		return lane{parts[1], "gateway"}, true
	case parts[1] == "federation" && parts[2] == "acts":
		return lane{parts[0], "gateway"}, true
	case parts[2] == "acts":
		return lane{parts[0], parts[1]}, true
	}
	return lane{}, false
}

// hop is one row of a diagram: an event and those whose next event it caused, or
// several in a row that stayed within one lane.
type hop struct {
	from   lane
	to     []lane
	events []Event
}

// hops turns events into rows. With whole sites as lanes, events that stay within
// a site are drawn together, refusals always by themselves.
func hops(events []Event, after map[string][]lane, wholeSites bool) []hop {
	var out []hop
	for _, e := range events {
		h := hop{from: fold(laneOf(e.Source), wholeSites), events: []Event{e}}
		to := after[e.ID]
		if r, only := receiverOf(e.Topic); only {
			to = []lane{r}
		}
		for _, l := range to {
			if l = fold(l, wholeSites); l != h.from && !slices.Contains(h.to, l) {
				h.to = append(h.to, l)
			}
		}
		if last := len(out) - 1; wholeSites && last >= 0 && out[last].joins(h) {
			out[last].events = append(out[last].events, e)
			continue
		}
		out = append(out, h)
	}
	return out
}

func (h hop) joins(next hop) bool {
	return h.from == next.from && len(h.to) == 0 && len(next.to) == 0 && !h.refused() && !next.refused()
}

func (h hop) refused() bool { return h.events[0].Reason != "" }

func fold(l lane, wholeSites bool) lane {
	if wholeSites && l != people {
		return lane{site: l.site}
	}
	return l
}

// followers maps an event's id to the lanes whose events it caused.
func followers(events []Event) map[string][]lane {
	out := map[string][]lane{}
	for _, e := range events {
		if e.Cause != "" {
			out[e.Cause] = append(out[e.Cause], laneOf(e.Source))
		}
	}
	return out
}

// lanesOf lists the lanes that the hops touch: people, then site by site in the
// order given, then whoever else spoke.
func lanesOf(all []hop, sites []Site) []lane {
	var seen []lane
	for _, h := range all {
		for _, l := range append([]lane{h.from}, h.to...) {
			if !slices.Contains(seen, l) {
				seen = append(seen, l)
			}
		}
	}
	rank := func(l lane) int {
		if l == people {
			return -1
		}
		site := slices.IndexFunc(sites, func(s Site) bool { return s.ID == l.site })
		if site < 0 {
			site = len(sites)
		}
		service := slices.Index(services, l.service)
		if service < 0 {
			service = len(services)
		}
		return site*(len(services)+1) + service
	}
	slices.SortStableFunc(seen, func(a, b lane) int { return rank(a) - rank(b) })
	return seen
}
