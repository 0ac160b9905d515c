package topics

import (
	"cmp"
	"slices"
)

// Operations of grants.
const (
	Read     = "Read"
	Write    = "Write"
	Describe = "Describe"
)

// Grant is one access rule of a broker. Either Topic is the exact name of a topic, or Group is the prefix of the
// names of consumer groups. What is not granted is denied.
type Grant struct {
	Principal, Topic, Group, Operation string
}

// GroupPrefix starts the names of all consumer groups of a principal.
func GroupPrefix(principal string) string { return principal + "." }

// ACLs lists the access rules of a site's broker. A dead topic is written by its service and by nobody else; the
// observer reads everything and writes nothing.
func ACLs(site string) []Grant {
	services := []string{Identity, Approval, Catalog, Workspace, Airlock, Gateway}
	var grants []Grant
	for _, c := range table {
		if c.Topic == Registry {
			continue // of the federation's broker
		}
		for _, p := range append(services, Portal) {
			if c.MayWrite(p) {
				grants = append(grants, Grant{Principal: p, Topic: c.At(site), Operation: Write})
			}
			if c.ReadBy(p) {
				grants = append(grants, Grant{Principal: p, Topic: c.At(site), Operation: Read})
			}
		}
		grants = append(grants, Grant{Principal: Observer, Topic: c.At(site), Operation: Read})
	}
	for _, p := range append(services, Observer) {
		grants = append(grants, Grant{Principal: p, Group: GroupPrefix(p), Operation: Read})
	}
	return complete(grants)
}

// FederationACLs lists the access rules of the federation's broker: a gateway writes every inbox but its own and
// reads only its own; all gateways read the registry, which the operator writes.
func FederationACLs(sites []string) []Grant {
	grants := []Grant{{Principal: Operator, Topic: Registry, Operation: Write}, {Principal: Operator, Topic: Registry, Operation: Read}}
	for _, site := range sites {
		gateway := GatewayOf(site)
		grants = append(grants,
			Grant{Principal: gateway, Topic: Registry, Operation: Read},
			Grant{Principal: gateway, Topic: Inbox(site), Operation: Read},
			Grant{Principal: gateway, Group: GroupPrefix(gateway), Operation: Read})
		for _, other := range sites {
			if other != site {
				grants = append(grants, Grant{Principal: gateway, Topic: Inbox(other), Operation: Write})
			}
		}
		grants = append(grants, Grant{Principal: Observer, Topic: Inbox(site), Operation: Read})
	}
	grants = append(grants, Grant{Principal: Observer, Topic: Registry, Operation: Read},
		Grant{Principal: Observer, Group: GroupPrefix(Observer), Operation: Read})
	return complete(grants)
}

// complete adds Describe to all that is read or written, sorts, and drops repeats.
func complete(grants []Grant) []Grant {
	for _, g := range slices.Clone(grants) {
		g.Operation = Describe
		grants = append(grants, g)
	}
	slices.SortFunc(grants, func(a, b Grant) int {
		return cmp.Or(cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Topic, b.Topic),
			cmp.Compare(a.Group, b.Group), cmp.Compare(a.Operation, b.Operation))
	})
	return slices.Compact(grants)
}
