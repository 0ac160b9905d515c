package report

import (
	"fmt"
	"time"
)

// journey invents the events of a study, each caused by the one before it.
func journey(s Study, offset int) []Event {
	var out []Event
	add := func(cause, source, topic, kind, subject, reason string) string {
		n := offset + len(out)
		id := fmt.Sprintf("01JEV%021d", n)
		out = append(out, Event{id, began.Add(time.Duration(n*n%41+n*60) * time.Millisecond), topic, "fairway." + kind + ".v1", source, subject,
			int64(n%7 + 1), cause, "", reason, s.ID, int64(300 + n*37%900)})
		return id
	}
	say := func(cause, site, service, noun, verb, subject string) string {
		return add(cause, "/sites/"+site+"/"+service, site+"."+topicWord(service)+".events.v1", topicWord(service)+"."+noun+"."+verb, subject, "")
	}
	act := func(site, service, noun, verb, subject string) string {
		return add("", "/sites/"+site+"/portal", site+"."+service+".acts.v1", topicWord(service)+"."+noun+"."+verb, subject, "")
	}
	cross := func(cause, from, to, noun, verb, subject string) string {
		return add(cause, "/sites/"+from+"/gateway", "federation."+to+".inbox.v1", "federation."+noun+"."+verb, subject, "")
	}
	for _, m := range s.Manifest {
		say(act(m.Site, "identity", "training", "record", "person/"+m.Site), m.Site, "identity", "training", "recorded", "person/"+m.Site)
		say(act(m.Site, "identity", "agreement", "sign", "person/"+m.Site), m.Site, "identity", "agreement", "signed", "person/"+m.Site)
		say(act(m.Site, "catalog", "dataset", "describe", "dataset/"+m.Site), m.Site, "catalog", "dataset", "published", "dataset/"+m.Site)
	}
	submitted := say(act(s.Host, "approval", "application", "submit", "application/1"), s.Host, "approval", "application", "submitted", "application/1")
	gate := say(submitted, s.Host, "gateway", "study", "opened", "study/"+s.ID)
	for _, m := range s.Manifest {
		cause := gate
		if m.Site != s.Host {
			cause = cross(gate, s.Host, m.Site, "job", "dispatched", "job/"+m.Site)
			cause = say(cause, m.Site, "gateway", "job", "accepted", "job/"+m.Site)
		}
		if m.Outcome == TimedOut {
			continue
		}
		if m.Outcome == Refused {
			refused := add(cause, "/sites/"+m.Site+"/workspace", m.Site+".workspace.events.v1", "workspace.job.refused", "job/"+m.Site, m.Reason)
			cross(refused, m.Site, s.Host, "job", "refused", "job/"+m.Site)
			continue
		}
		for _, body := range []string{"a", "b"} {
			cause = say(act(m.Site, "approval", "application", "assess", "application/"+body), m.Site, "approval", "decision", "issued", "application/1")
		}
		cause = say(cause, m.Site, "approval", "permit", "granted", "permit/"+m.Site)
		cause = say(cause, m.Site, "workspace", "workspace", "provisioned", "workspace/"+m.Site)
		for range 12 {
			cause = say(cause, m.Site, "workspace", "job", "state-changed", "job/"+m.Site)
		}
		cause = say(cause, m.Site, "workspace", "output", "sealed", "output/"+m.Site)
		say(cause, m.Site, "airlock", "release", "requested", "release/"+m.Site)
		add(act(m.Site, "airlock", "release", "review", "release/"+m.Site), "/sites/"+m.Site+"/airlock", m.Site+".airlock.events.v1", "airlock.act.refused", "release/"+m.Site, "author-reviews")
		cause = say(act(m.Site, "airlock", "release", "review", "release/"+m.Site), m.Site, "airlock", "release", "reviewed", "release/"+m.Site)
		cause = say(cause, m.Site, "airlock", "release", "published", "release/"+m.Site)
		if m.Site != s.Host {
			cause = cross(cause, m.Site, s.Host, "result", "part", "job/"+m.Site)
		}
		say(cause, s.Host, "gateway", "result", "received", "study/"+s.ID)
	}
	return out
}

// topicWord is the service's name in topics and types.
func topicWord(service string) string {
	if service == "gateway" {
		return "federation"
	}
	return service
}
