package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// OPL writes the model in the Ory Permission Language, for a real Keto. The same model gives the same bytes.
// Names are quoted, since "output-checker" is no identifier.
func (m Model) OPL() string {
	var b strings.Builder
	b.WriteString("// Generated from the relation model of services/identity. Do not edit.\n")
	b.WriteString("import { Namespace, SubjectSet, Context } from \"@ory/keto-namespace-types\"\n")
	for _, n := range m {
		fmt.Fprintf(&b, "\nclass %s implements Namespace {\n", n.Name)
		m.writeRelations(&b, n)
		m.writePermits(&b, n)
		b.WriteString("}\n")
	}
	return b.String()
}

func (m Model) writeRelations(b *strings.Builder, n Namespace) {
	if len(n.Relations) == 0 {
		return
	}
	b.WriteString("  related: {\n")
	for _, name := range slices.Sorted(maps.Keys(n.Relations)) {
		var types []string
		for _, t := range n.Relations[name] {
			if other, relation, ok := strings.Cut(t, "#"); ok {
				t = fmt.Sprintf("SubjectSet<%s, %q>", other, relation)
			}
			types = append(types, t)
		}
		fmt.Fprintf(b, "    %q: (%s)[]\n", name, strings.Join(types, " | "))
	}
	b.WriteString("  }\n")
}

func (m Model) writePermits(b *strings.Builder, n Namespace) {
	if len(n.Permits) == 0 {
		return
	}
	b.WriteString("  permits = {\n")
	for _, name := range slices.Sorted(maps.Keys(n.Permits)) {
		var any []string
		for _, r := range n.Permits[name] {
			any = append(any, m.expression(n, r))
		}
		fmt.Fprintf(b, "    %q: (ctx: Context): boolean =>\n      %s,\n", name, strings.Join(any, " ||\n      "))
	}
	b.WriteString("  }\n")
}

func (m Model) expression(n Namespace, r Rule) string {
	if r.Via == "" {
		return fmt.Sprintf("this.related[%q].includes(ctx.subject)", r.Relation)
	}
	then := fmt.Sprintf("via.related[%q].includes(ctx.subject)", r.Then)
	if other, _ := m.namespace(n.Relations[r.Via][0]); other.Permits[r.Then] != nil {
		then = fmt.Sprintf("via.permits[%q](ctx)", r.Then)
	}
	return fmt.Sprintf("this.related[%q].traverse((via) => %s)", r.Via, then)
}
