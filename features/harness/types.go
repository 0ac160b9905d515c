package harness

import (
	"strings"

	"github.com/fairway-tre/fairway/contracts/topics"
)

// verbOf is <noun>.<verb> of a type such as fairway.airlock.act.refused.v1, empty for another TRE's own types.
func verbOf(eventType string) string {
	parts := strings.Split(eventType, ".")
	if len(parts) != 5 || parts[0] != "fairway" {
		return ""
	}
	return parts[2] + "." + parts[3]
}

// KindOf is the kind of a type by its contract, empty for an unknown one.
func KindOf(eventType string) string {
	c, ok := topics.Lookup(eventType)
	if !ok {
		return ""
	}
	return c.Kind
}
