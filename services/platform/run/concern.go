package run

import (
	"strings"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// concerns tells which kinds of subject a service acts on, topic by topic. A topic carries what its service says about
// all its aggregates; of those that a reader never acts on it keeps nothing: neither marks nor order.
type concerns map[string]map[string]bool // topic -> kind of subject, as in kind/id

func (c concerns) add(topic, kind string) {
	if c[topic] == nil {
		c[topic] = map[string]bool{}
	}
	c[topic][kind] = true
}

// kindOf is the part of a subject, or of a contract's template of it, that says what it is about.
func kindOf(subject string) string {
	kind, _, _ := strings.Cut(subject, "/")
	return kind
}

// passes reports that a record of the site is of no concern here, by what it says of itself. Nobody has verified that,
// and nobody needs to: a record that lies about its subject has no effect on whoever passes over it, and is a dead
// letter to whoever does not.
func (c concerns) passes(in incoming) bool {
	if in.link != "" || !strings.HasSuffix(in.record.Topic, ".events.v1") {
		return false // what is asked of this service, or sent to its site, is always answered
	}
	for _, h := range in.record.Headers {
		if h.Key == "ce_subject" {
			return !c[in.record.Topic][kindOf(string(h.Value))]
		}
	}
	return false
}

// rests reports whether a fact that an act rests on is one that this service keeps, so that it can be waited for.
func (c concerns) rests(r envelope.Rest) bool {
	site, principal, ok := topics.ParseSource(r.Source)
	if !ok {
		return true
	}
	return c[site+"."+topics.ServiceOf(principal)+".events.v1"][kindOf(r.Subject)]
}
