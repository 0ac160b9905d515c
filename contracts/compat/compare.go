// Package compat is the evolution gate. Sites upgrade at different times, so within a major version every minor must be
// read by readers of every other one, older and newer. What is not known to be safe is refused.
package compat

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
)

// Level is the part of a version that a change raises.
type Level int

// The levels, in order.
const (
	None  Level = iota
	Patch       // words only: no instance is judged otherwise
	Minor       // readers of each side read what the other writes
	Major       // they may not
)

func (l Level) String() string { return [...]string{"none", "patch", "minor", "major"}[l] }

// Change is one difference between two schemas.
type Change struct {
	Pointer string // into the newer schema; into the nearest place that it still has
	Rule    string
	Level   Level
	Problem string
	Do      string
}

// Highest is the highest level of some changes, None if there are none.
func Highest(changes []Change) Level {
	level := None
	for _, c := range changes {
		level = max(level, c.Level)
	}
	return level
}

// Compare lists what changed from an older schema to a newer one of the same major. Readers are taken to ignore members
// that they do not know and values they do not know of extensible enumerations, as schemas.Open does.
func Compare(older, newer *schemas.Schema) []Change {
	c := comparison{older: older, newer: newer, rules: rules, seen: map[[2]*schemas.Schema]bool{}}
	c.node("", older, newer)
	return c.changes
}

type comparison struct {
	older, newer *schemas.Schema
	rules        map[string]rule
	seen         map[[2]*schemas.Schema]bool
	changes      []Change
}

func (c *comparison) add(level Level, rule, at, do, problem string, args ...any) {
	c.changes = append(c.changes, Change{Pointer: at, Rule: rule, Level: level, Problem: fmt.Sprintf(problem, args...), Do: do})
}

// node compares two schemas keyword by keyword. One that no rule names is compared too, and may not differ.
func (c *comparison) node(at string, older, newer *schemas.Schema) {
	pair := [2]*schemas.Schema{older, newer}
	if c.seen[pair] {
		return
	}
	c.seen[pair] = true
	a, b := reflect.ValueOf(older).Elem(), reflect.ValueOf(newer).Elem()
	for i := range a.NumField() {
		field := a.Type().Field(i)
		if rule, known := c.rules[field.Name]; known {
			rule(c, at, older, newer)
		} else if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			c.add(Major, "not-known-safe", at, doRevert, "%s changed, and no rule says that this is safe", keyword(field))
		}
	}
}

func keyword(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// reference compares what two $ref name, at the place of the definition.
func reference(c *comparison, at string, older, newer *schemas.Schema) {
	if older.Ref == "" && newer.Ref == "" {
		return
	}
	from, to := target(c.older, older.Ref), target(c.newer, newer.Ref)
	if from == nil || to == nil {
		c.add(Major, "reference-changed", at, doRevert, "$ref changed from %q to %q: one of them names no definition", older.Ref, newer.Ref)
		return
	}
	if older.Ref != newer.Ref {
		c.add(Patch, "definition-renamed", at, doPatch, "the definition %s is now %s", older.Ref, newer.Ref)
	}
	c.node(strings.TrimPrefix(newer.Ref, "#"), from, to)
}

func target(root *schemas.Schema, ref string) *schemas.Schema {
	name, ok := strings.CutPrefix(ref, "#/$defs/")
	if !ok {
		return nil
	}
	return root.Defs[name]
}

// properties compares members by name. Their order has no meaning.
func properties(c *comparison, at string, older, newer *schemas.Schema) {
	for _, p := range older.Properties {
		if now, ok := newer.Member(p.Name); ok {
			c.node(at+"/properties/"+escape(p.Name), p.Schema, now)
			continue
		}
		c.add(Major, "property-removed", at, "keep "+p.Name+" and mark it deprecated; "+doMajor,
			"%s is gone: older readers may rely on it, newer ones refuse it in the closed view", p.Name)
	}
	for _, p := range newer.Properties {
		if _, ok := older.Member(p.Name); !ok {
			c.added(at, p.Name, older, newer)
		}
	}
}

func (c *comparison) added(at, name string, older, newer *schemas.Schema) {
	place := at + "/properties/" + escape(name)
	i := slices.IndexFunc(older.Properties, func(p schemas.Property) bool { return strict.SameFold(p.Name, name) })
	switch {
	case i >= 0:
		c.add(Major, "property-respelled", place, "choose a name that differs in more than its capitals",
			"%s is another spelling of %s, which older readers refuse", name, older.Properties[i].Name)
	case slices.Contains(newer.Required, name):
		c.add(Major, "required-added", place, "make it optional, absence meaning what it meant before; "+doMajor,
			"%s is new and required, and older writers do not send it", name)
	case newer.Additional == nil || *newer.Additional:
		c.add(Major, "property-added-open", place, "close the object with additionalProperties: false",
			"%s is new in an object that is open: older writers may have sent anything under this name", name)
	default:
		c.add(Minor, "property-added", place, doMinor, "%s is new and optional", name)
	}
}

// required compares promises of members that both have.
func required(c *comparison, at string, older, newer *schemas.Schema) {
	for _, name := range newer.Required {
		if _, existed := older.Member(name); existed && !slices.Contains(older.Required, name) {
			c.add(Major, "required-added", at+"/properties/"+escape(name), "leave it optional; "+doMajor,
				"%s is now required, and older writers may leave it out", name)
		}
	}
	for _, name := range older.Required {
		if _, exists := newer.Member(name); exists && !slices.Contains(newer.Required, name) {
			c.add(Major, "required-removed", at+"/properties/"+escape(name), "leave it required; "+doMajor,
				"%s is no longer required, and older readers count on it", name)
		}
	}
}

// values compares the values of an enumeration.
func values(c *comparison, at string, older, newer *schemas.Schema) {
	if (older.Enum == nil) != (newer.Enum == nil) {
		c.add(Major, "enum-changed", at, doRevert, "a list of allowed values came or went")
		return
	}
	for _, v := range older.Enum {
		if !slices.Contains(newer.Enum, v) {
			c.add(Major, "enum-value-removed", at+"/enum", "keep the value; "+doMajor, "%q is no longer allowed, and older writers send it", v)
		}
	}
	for _, v := range newer.Enum {
		switch {
		case slices.Contains(older.Enum, v):
		case older.Extensible && newer.Extensible:
			c.add(Minor, "enum-value-added", at+"/enum", doMinor, "%q is new", v)
		default:
			c.add(Major, "enum-closed", at+"/enum", "values may be added only where x-extensible-enum was true from the first version; "+doMajor,
				"%q is new in a closed list, and older readers refuse it", v)
		}
	}
}

func items(c *comparison, at string, older, newer *schemas.Schema) {
	switch {
	case older.Items == nil && newer.Items == nil:
	case older.Items == nil || newer.Items == nil:
		c.add(Major, "items-changed", at, doRevert, "items came or went")
	default:
		c.node(at+"/items", older.Items, newer.Items)
	}
}

// escape writes a name as a token of a JSON pointer.
func escape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}
