package schemas

import (
	"slices"
	"strings"
)

// Known is a payload, as strict.Value returned it, as far as the schema has words for it: without members that it does
// not know, and without values of extensible enumerations that it does not know. left says how many were left out; of
// them nothing is told, since nobody here knows what they hold. The payload has to pass Check; it is not changed.
func (j *Judge) Known(payload any) (known any, left int) {
	known, _ = j.known(j.schema, payload, &left)
	return known, left
}

func (j *Judge) known(s *Schema, value any, left *int) (known any, keep bool) {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		s = j.schema.Defs[name]
	}
	switch v := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(v))
		for name, child := range v {
			member, ok := s.Member(name)
			if ok {
				child, ok = j.known(member, child, left)
			} else {
				*left++
			}
			if ok {
				members[name] = child
			}
		}
		return members, true
	case []any:
		items := make([]any, 0, len(v))
		for _, child := range v {
			if s.Items == nil {
				*left++
			} else if item, ok := j.known(s.Items, child, left); ok {
				items = append(items, item)
			}
		}
		return items, true
	case string:
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
			*left++
			return nil, false
		}
	}
	return value, true
}
