package generate

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// matrix writes the table of principals by events: w where one writes it, r where one reads it, x where it crosses to
// other sites.
func matrix(b *bytes.Buffer, events []event) {
	seen := map[string]bool{}
	for _, e := range events {
		for _, p := range slices.Concat(e.Writers, e.Readers) {
			seen[principalOf(p)] = true
		}
	}
	principals := slices.Sorted(maps.Keys(seen))
	fmt.Fprintf(b, "\n## Who writes and who reads\n\nw: writes, r: reads, x: carries it to and from other sites.\n\n| type | %s |\n|---|%s\n",
		strings.Join(principals, " | "), strings.Repeat("---|", len(principals)))
	for _, e := range events {
		fmt.Fprintf(b, "| %s |", strings.TrimPrefix(e.Type, "fairway."))
		for _, p := range principals {
			fmt.Fprintf(b, " %s |", part(e, p))
		}
		b.WriteString("\n")
	}
}

// part is what a principal has to do with an event.
func part(e event, principal string) string {
	var marks string
	if slices.Contains(e.Writers, principal) && (e.Kind == "act" || principal != "gateway" || principalOf(e.service()) == principal) {
		marks += "w"
	}
	if slices.ContainsFunc(e.Readers, func(r string) bool { return principalOf(r) == principal }) {
		marks += "r"
	}
	if principal == "gateway" && len(e.Border.Directions) > 0 {
		marks += "x"
	}
	return marks
}
