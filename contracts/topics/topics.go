// Package topics is the one table of what may be said, where, by whom and to whom; topics, subscriptions and access
// rules follow from it and stand nowhere else.
package topics

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	Major                     int
	Kind                      string
	Topic                     string // template with {site}
	Subject                   string // template with {member of the payload}
	Key                       string // what the record key is: subject
	Writers, Readers          []string
	Border                    Border
	Deadline                  string   // how long the answer may take, in ISO 8601; none where none is owed or the payload says
	Supersedes                string   // the type of the major before, which is published beside this one
	Sunset                    string   // the date before which the major before does not go
	Versions                  []string // of the schema, oldest first, all of the major
	DataClass                 string
	Requirements              []string
}

// Name is the name of the contract's folder: <noun>-<verb>, and .v<major> from the second major on.
func (c Contract) Name() string {
	if c.Major < 2 {
		return c.Noun + "-" + c.Verb
	}
	return fmt.Sprintf("%s-%s.v%d", c.Noun, c.Verb, c.Major)
}

// Newest is the newest version of the schema.
func (c Contract) Newest() string { return c.Versions[len(c.Versions)-1] }

// DataSchema is the name of the newest schema.
func (c Contract) DataSchema() string { return c.SchemaName(c.Newest()) }

// SchemaName is the name of a version of the schema.
func (c Contract) SchemaName(version string) string {
	return "urn:fairway:contracts:" + c.Service + ":" + c.Noun + "-" + c.Verb + ":" + version
}

// At is the contract's own topic at a site; that of the federation's registry is the same for all.
func (c Contract) At(site string) string { return strings.Replace(c.Topic, "{site}", site, 1) }

// Owner is the principal that runs the contract's service.
func (c Contract) Owner() string { return principal(c.Service) }

// MayWrite reports whether a principal may write the event to its own topic. An events topic is written by its
// service alone: where a contract lists the gateway besides the owner, that is for the federation's inboxes.
func (c Contract) MayWrite(principal string) bool {
	if c.Topic == Registry {
		return principal == Operator
	}
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

// ServiceOf is the service that a principal runs, by its name in types and topics.
func ServiceOf(principal string) string {
	if principal == Gateway {
		return "federation"
	}
	return principal
}

// All returns every contract in order of service and name.
func All() []Contract { return slices.Clone(table) }

// byType is the place of each contract in the table.
var byType = sync.OnceValue(func() map[string]int {
	places := make(map[string]int, len(table))
	for i, c := range table {
		places[c.Type] = i
	}
	return places
})

// Lookup finds the contract of a type.
func Lookup(eventType string) (Contract, bool) {
	i, ok := byType()[eventType]
	if !ok {
		return Contract{}, false
	}
	return table[i], true
}

// Stem is a type without its major, the same for all majors of an event.
func Stem(eventType string) string {
	stem, _ := cutMajor(eventType)
	return stem
}

// MajorOf finds the contract of another major of a type's event.
func MajorOf(eventType string, major int) (Contract, bool) {
	return Lookup(Stem(eventType) + ".v" + strconv.Itoa(major))
}

// Kin finds the newest major that is known of a type's event, for a type that is in a major which is not.
func Kin(eventType string) (newest Contract, found bool) {
	stem, major := cutMajor(eventType)
	if major == 0 {
		return newest, false
	}
	for _, c := range table {
		if other, n := cutMajor(c.Type); other == stem && n > newest.Major {
			newest, found = c, true
		}
	}
	return newest, found
}

// cutMajor splits fairway.airlock.release.published.v1; major is 0 where there is none.
func cutMajor(eventType string) (stem string, major int) {
	i := strings.LastIndex(eventType, ".v")
	if i < 0 {
		return eventType, 0
	}
	major, err := strconv.Atoi(eventType[i+2:])
	if err != nil || major < 1 || strconv.Itoa(major) != eventType[i+2:] {
		return eventType, 0
	}
	return eventType[:i], major
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
		if c.Topic != Registry && wanted(c) {
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
