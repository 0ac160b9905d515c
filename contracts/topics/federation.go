package topics

import "strings"

// Registry is the topic of the federation's registry; the operator alone writes it.
const Registry = "federation.registry.v1"

// Operator is the principal that writes the registry.
const Operator = "operator"

// Inbox is the topic on the federation's broker that only the gateway of the site reads.
func Inbox(site string) string { return "federation." + site + ".inbox.v1" }

// InboxOwner is the site whose inbox a topic is.
func InboxOwner(topic string) (site string, ok bool) {
	rest, ok := strings.CutPrefix(topic, "federation.")
	if !ok {
		return "", false
	}
	site, ok = strings.CutSuffix(rest, ".inbox.v1")
	return site, ok && ValidSite(site)
}

// GatewayOf is the principal of a site's gateway on the federation's broker.
func GatewayOf(site string) string { return site + "." + Gateway }

// ValidSite reports whether a name can be a site's: a letter, then letters, digits and hyphens, 2 to 32 in all.
func ValidSite(name string) bool {
	if len(name) < 2 || len(name) > 32 || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	return strings.IndexFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
	}) < 0
}

// OperatorSource is the source of what the operator writes into the registry. It is of no site.
const OperatorSource = "/federation/" + Operator

// Source is the source of what a principal of a site says.
func Source(site, principal string) string { return "/sites/" + site + "/" + principal }

// ParseSource splits /sites/<site>/<principal>. The operator's source has no site.
func ParseSource(source string) (site, principal string, ok bool) {
	if source == OperatorSource {
		return "", Operator, true
	}
	rest, ok := strings.CutPrefix(source, "/sites/")
	if !ok {
		return "", "", false
	}
	site, principal, ok = strings.Cut(rest, "/")
	return site, principal, ok && ValidSite(site) && ValidSite(principal)
}
