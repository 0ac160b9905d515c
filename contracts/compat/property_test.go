package compat

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
)

type object = map[string]any

// drawSchema draws a closed object of a few members, nested at most depth times.
func drawSchema(t *rapid.T, depth int) object {
	members := object{}
	var required []any
	for i := range rapid.IntRange(1, 4).Draw(t, "members") {
		name := fmt.Sprintf("m%d", i)
		members[name] = drawMember(t, depth)
		if rapid.Bool().Draw(t, "required") {
			required = append(required, name)
		}
	}
	s := object{"type": "object", "additionalProperties": false, "properties": members}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func drawMember(t *rapid.T, depth int) object {
	kinds := []string{"text", "integer", "boolean", "open", "closed"}
	if depth > 0 {
		kinds = append(kinds, "object", "array")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "text":
		return object{"type": "string", "minLength": 1, "maxLength": rapid.IntRange(1, 9).Draw(t, "max"), "pattern": "^[a-z]*$"}
	case "integer":
		return object{"type": "integer", "minimum": 0, "maximum": rapid.IntRange(1, 99).Draw(t, "max")}
	case "boolean":
		return object{"type": "boolean"}
	case "open":
		return object{"type": "string", "enum": []any{"a", "b"}, "x-extensible-enum": true}
	case "closed":
		return object{"type": "string", "enum": []any{"a", "b", "c"}}
	case "object":
		return drawSchema(t, depth-1)
	default:
		return object{"type": "array", "minItems": 1, "maxItems": rapid.IntRange(1, 3).Draw(t, "max"), "items": drawMember(t, depth-1)}
	}
}

// drawValue draws an instance, with a liking for the ends of ranges: there an unsafe change shows.
func drawValue(t *rapid.T, s object) any {
	number := func(key string) int { n, _ := s[key].(int); return n }
	if values, ok := s["enum"].([]any); ok {
		return rapid.SampledFrom(values).Draw(t, "value")
	}
	switch s["type"] {
	case "object":
		v := object{}
		required, _ := s["required"].([]any)
		members, _ := s["properties"].(object)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if slices.Contains(required, any(name)) || rapid.Bool().Draw(t, "present") {
				v[name] = drawValue(t, members[name].(object))
			}
		}
		return v
	case "array":
		var v []any
		for range rapid.SampledFrom([]int{number("minItems"), number("maxItems")}).Draw(t, "items") {
			v = append(v, drawValue(t, s["items"].(object)))
		}
		return v
	case "integer":
		return rapid.SampledFrom([]int{number("minimum"), number("maximum")}).Draw(t, "number")
	case "boolean":
		return rapid.Bool().Draw(t, "truth")
	default:
		return strings.Repeat("q", rapid.SampledFrom([]int{number("minLength"), number("maxLength")}).Draw(t, "length"))
	}
}

func clone(v any) any {
	switch v := v.(type) {
	case object:
		c := object{}
		for k, child := range v {
			c[k] = clone(child)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, child := range v {
			c[i] = clone(child)
		}
		return c
	default:
		return v
	}
}

// nodes lists all schemas in a schema, itself first.
func nodes(s object) []object {
	all := []object{s}
	members, _ := s["properties"].(object)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		all = append(all, nodes(members[name].(object))...)
	}
	if items, ok := s["items"].(object); ok {
		all = append(all, nodes(items)...)
	}
	return all
}

// edit changes one node in place, and reports whether it could.
type edit struct {
	name string
	do   func(t *rapid.T, s object) bool
}

var safeEdits = []edit{
	{"words", func(_ *rapid.T, s object) bool { s["description"] = "Other words."; return true }},
	{"deprecate", func(_ *rapid.T, s object) bool { s["deprecated"] = true; return true }},
	{"optional member", func(t *rapid.T, s object) bool {
		members, ok := s["properties"].(object)
		if ok {
			members[fmt.Sprintf("n%d", len(members))] = drawMember(t, 1)
		}
		return ok
	}},
	{"value of an open list", func(_ *rapid.T, s object) bool {
		if s["x-extensible-enum"] != true {
			return false
		}
		s["enum"] = append(slices.Clone(s["enum"].([]any)), fmt.Sprintf("v%d", len(s["enum"].([]any))))
		return true
	}},
}

var unsafeEdits = []edit{
	{"remove a member", func(_ *rapid.T, s object) bool {
		members, ok := s["properties"].(object)
		if ok {
			delete(members, "m0")
			without(s, "m0")
		}
		return ok
	}},
	{"respell a member", func(_ *rapid.T, s object) bool {
		members, ok := s["properties"].(object)
		if ok {
			members["M0"] = object{"type": "boolean"}
		}
		return ok
	}},
	{"require", func(_ *rapid.T, s object) bool {
		required, _ := s["required"].([]any)
		if _, ok := s["properties"]; !ok || slices.Contains(required, any("m0")) {
			return false
		}
		s["required"] = append(slices.Clone(required), any("m0"))
		return true
	}},
	{"require no longer", func(_ *rapid.T, s object) bool { return without(s, "m0") }},
	{"other type", func(_ *rapid.T, s object) bool {
		if s["type"] != "boolean" {
			return false
		}
		s["type"] = "integer"
		return true
	}},
	{"wider", func(_ *rapid.T, s object) bool { return raise(s, +1) }},
	{"narrower", func(_ *rapid.T, s object) bool { return raise(s, -1) }},
	{"pattern", func(_ *rapid.T, s object) bool { _, ok := s["pattern"]; s["pattern"] = "^[a-p]*$"; return ok }},
	{"value of a closed list", func(_ *rapid.T, s object) bool {
		values, ok := s["enum"].([]any)
		if !ok || s["x-extensible-enum"] == true {
			return false
		}
		s["enum"] = append(slices.Clone(values), "d")
		return true
	}},
	{"value gone", func(_ *rapid.T, s object) bool {
		values, ok := s["enum"].([]any)
		if ok {
			s["enum"] = values[1:]
		}
		return ok
	}},
}

func without(s object, name string) bool {
	required, _ := s["required"].([]any)
	i := slices.Index(required, any(name))
	if i < 0 {
		return false
	}
	s["required"] = slices.Delete(slices.Clone(required), i, i+1)
	return true
}

func raise(s object, by int) bool {
	for _, key := range []string{"maxLength", "maximum", "maxItems"} {
		if n, ok := s[key].(int); ok {
			s[key] = n + by
			return true
		}
	}
	return false
}

// apply tries edits on drawn nodes until one takes, and says which.
func apply(t *rapid.T, s object, from []edit) string {
	for range 40 {
		e := rapid.SampledFrom(from).Draw(t, "edit")
		if e.do(t, rapid.SampledFrom(nodes(s)).Draw(t, "node")) {
			return e.name
		}
	}
	t.Skip("no edit fits this schema")
	return ""
}

func judged(t *rapid.T, s object) (*schemas.Schema, *schemas.Judge) {
	text := object{"$id": "urn:x"}
	maps.Copy(text, s)
	j, err := schemas.NewJudge(mustJSON(text))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := schemas.Parse(mustJSON(text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed, j
}

func accepts(t *rapid.T, j *schemas.Judge, instance any) error {
	value, err := strict.Value(mustJSON(instance))
	if err != nil {
		t.Fatal(err)
	}
	return j.Check(value, schemas.Open)
}

func TestSafeEditsPassAndAreReadInBothDirections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		older := drawSchema(t, 2)
		newer := clone(older).(object)
		var names []string
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			names = append(names, apply(t, newer, safeEdits))
		}
		a, judgeA := judged(t, older)
		b, judgeB := judged(t, newer)
		if changes := Compare(a, b); Highest(changes) == Major {
			t.Fatalf("%v is refused: %+v", names, changes)
		}
		if err := accepts(t, judgeB, drawValue(t, older)); err != nil {
			t.Fatalf("after %v the newer reader refuses the older: %v", names, err)
		}
		if err := accepts(t, judgeA, drawValue(t, newer)); err != nil {
			t.Fatalf("after %v the older reader refuses the newer: %v", names, err)
		}
	})
}

func TestUnsafeEditsAreCaughtAlsoAmongSafeOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		older := drawSchema(t, 2)
		newer := clone(older).(object)
		name := apply(t, newer, unsafeEdits)
		a, _ := judged(t, older)
		b, _ := judged(t, newer)
		if changes := Compare(a, b); Highest(changes) != Major {
			t.Fatalf("%s passes: %+v", name, changes)
		}
		apply(t, newer, safeEdits[:3])
		b, _ = judged(t, newer)
		if Highest(Compare(a, b)) != Major {
			t.Fatalf("%s passes beside a safe edit", name)
		}
	})
}

// Whatever edits do: what the gate lets pass is read in both directions.
func TestWhatPassesIsReadInBothDirections(t *testing.T) {
	all := slices.Concat(safeEdits, unsafeEdits)
	rapid.Check(t, func(t *rapid.T) {
		older := drawSchema(t, 2)
		newer := clone(older).(object)
		for range rapid.IntRange(1, 3).Draw(t, "edits") {
			apply(t, newer, all)
		}
		a, judgeA := judged(t, older)
		b, judgeB := judged(t, newer)
		if Highest(Compare(a, b)) == Major {
			return
		}
		if err := accepts(t, judgeB, drawValue(t, older)); err != nil {
			t.Fatalf("the newer reader refuses the older: %v", err)
		}
		if err := accepts(t, judgeA, drawValue(t, newer)); err != nil {
			t.Fatalf("the older reader refuses the newer: %v", err)
		}
	})
}
