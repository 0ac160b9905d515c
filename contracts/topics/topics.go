// Package topics is the one table of what may be said, where, by whom and to whom; topics, subscriptions and access
// rules follow from it and stand nowhere else.
package topics

import (
	"slices"
	"strings"
)

// Kinds of contracts.
const (
	KindAct   = "act"   // something asked for
	KindEvent = "event" // a fact
	KindDead  = "dead"  // a record that a service could not handle
)

// Principals of a site: its five services, its gateway, the portal that signs people's acts, and an observer.
const (
	Identity  = "identity"
	Approval  = "approval"
	Catalog   = "catalog"
	Workspace = "workspace"
	Airlock   = "airlock"
	Gateway   = "gateway"
	Portal    = "portal"
	Observer  = "observer"
)

// Border says whether an event may cross the border of a site, and to whom.
type Border struct {
	Out, In   bool
	Receivers string // the member of the payload that names the receivers: data.<member>, a site or a list of sites
}

// Contract is what contract.yaml says about one event.
type Contract struct {
	Type, Service, Noun, Verb string
	Kind                      string
	Topic                     string // template with {site}
	Subject                   string // template with {member of the payload}
	Key                       string // what the record key is: subject
	Writers, Readers          []string
	Border                    Border
	Versions                  []string // of the schema, oldest first
	DataClass                 string
	Requirements              []string
}

// Name is <noun>-<verb>, the name of the contract's folder.
func (c Contract) Name() string { return c.Noun + "-" + c.Verb }

// DataSchema is the name of the newest schema.
func (c Contract) DataSchema() string {
	return "urn:fairway:contracts:" + c.Service + ":" + c.Name() + ":" + c.Versions[len(c.Versions)-1]
}

// At is the contract's own topic at a site.
func (c Contract) At(site string) string { return strings.Replace(c.Topic, "{site}", site, 1) }

// Owner is the principal that runs the contract's service.
func (c Contract) Owner() string { return principal(c.Service) }

// MayWrite reports whether a principal may write the event to its own topic. An events topic is written by its
// service alone: where a contract lists the gateway besides the owner, that is for the federation's inboxes.
func (c Contract) MayWrite(principal string) bool {
	if c.Kind == KindAct {
		return slices.Contains(c.Writers, principal)
	}
	return principal == c.Owner()
}

// ReadBy reports whether the contract lists a principal as reader.
func (c Contract) ReadBy(reader string) bool {
	return slices.ContainsFunc(c.Readers, func(service string) bool { return principal(service) == reader })
}

// principal is who runs a service.
func principal(service string) string {
	if service == "federation" {
		return Gateway
	}
	return service
}

// All returns every contract in order of service and name.
func All() []Contract { return slices.Clone(table) }

// Lookup finds the contract of a type.
func Lookup(eventType string) (Contract, bool) {
	i := slices.IndexFunc(table, func(c Contract) bool { return c.Type == eventType })
	if i < 0 {
		return Contract{}, false
	}
	return table[i], true
}

// TopicOf is the topic of a type at a site, empty if there is no such type.
func TopicOf(eventType, site string) string {
	c, ok := Lookup(eventType)
	if !ok {
		return ""
	}
	return c.At(site)
}

// WrittenBy lists the types that a principal may sign, to its site or at the border.
func WrittenBy(principal string) []string {
	var types []string
	for _, c := range table {
		if slices.Contains(c.Writers, principal) {
			types = append(types, c.Type)
		}
	}
	return types
}

// ForSite lists every topic of a site's broker.
func ForSite(site string) []string {
	return collect(site, func(Contract) bool { return true })
}

// ReadBy lists the topics of a site that a principal has to follow, because some contract lists it as reader.
func ReadBy(principal, site string) []string {
	return collect(site, func(c Contract) bool { return c.ReadBy(principal) })
}

func collect(site string, wanted func(Contract) bool) []string {
	var names []string
	for _, c := range table {
		if wanted(c) {
			names = append(names, c.At(site))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// BorderOut lists the types that may leave a site: the gateway's closed list.
func BorderOut() []string { return crossing(func(b Border) bool { return b.Out }) }

// BorderIn lists the types that may enter a site: the gateway's closed list.
func BorderIn() []string { return crossing(func(b Border) bool { return b.In }) }

func crossing(allowed func(Border) bool) []string {
	var types []string
	for _, c := range table {
		if allowed(c.Border) {
			types = append(types, c.Type)
		}
	}
	return types
}
