package profile

import (
	"encoding"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func fields(t reflect.Type) iter.Seq[reflect.StructField] {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// named is the field's name in the file, and whether it may be left out.
func named(f reflect.StructField) (name string, optional bool) {
	name, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name, rest == "omitempty"
}

func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// decode fills v from a node whose shape checkFields has approved. Values are taken by their own type, so that a
// number in quotes or a word where a number is due is a problem and not a guess.
func decode(n *yaml.Node, v reflect.Value, path string) (problems []string) {
	switch {
	case isText(v.Type()):
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Value)); err != nil {
			return []string{at(n, path, "%v", err)}
		}
		return nil
	case v.Kind() == reflect.Struct:
		for f := range fields(v.Type()) {
			name, optional := named(f)
			if optional && child(n, name) == n {
				continue
			}
			problems = append(problems, decode(child(n, name), v.FieldByIndex(f.Index), join(path, name))...)
		}
		return problems
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
		for i, item := range n.Content {
			problems = append(problems, decode(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
		}
		return problems
	}
	if problem := scalar(n, v); problem != "" {
		return []string{at(n, path, "%s", problem)}
	}
	return nil
}

func scalar(n *yaml.Node, v reflect.Value) string {
	switch v.Kind() {
	case reflect.Int:
		i, err := strconv.Atoi(n.Value)
		if err != nil || n.Tag != "!!int" {
			return fmt.Sprintf("%q is no whole number", n.Value)
		}
		v.SetInt(int64(i))
	case reflect.Bool:
		if n.Value != "true" && n.Value != "false" || n.Tag != "!!bool" {
			return fmt.Sprintf("%q is neither true nor false", n.Value)
		}
		v.SetBool(n.Value == "true")
	default:
		if n.Tag != "!!str" {
			return fmt.Sprintf("expected text, found %s %s: put it in quotes", strings.TrimPrefix(n.Tag, "!!"), n.Value)
		}
		v.SetString(n.Value)
	}
	return ""
}

// child is the value of a field of a mapping, the mapping itself when it has no such field.
func child(n *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return n
}
