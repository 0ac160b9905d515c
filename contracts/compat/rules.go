package compat

import (
	"reflect"

	"github.com/fairway-tre/fairway/contracts/schemas"
)

// What to do about a change.
const (
	doMajor  = "or make a new major beside this one, and publish both for a time"
	doRevert = "undo it, " + doMajor
	doMinor  = "raise the minor version"
	doPatch  = "raise the patch version"
)

type rule func(c *comparison, at string, older, newer *schemas.Schema)

// rules says for each field of schemas.Schema what its change means. The gate fails closed: a field that is not here
// may not change.
var rules = map[string]rule{
	"ID":          ignored, // carries the version; lint holds it against the file's name
	"Defs":        ignored, // a definition counts where it is referred to
	"Title":       annotation("Title", "title"),
	"Description": annotation("Description", "description"),
	"Examples":    annotation("Examples", "examples"),
	"Deprecated":  deprecation,
	"Ref":         reference,
	"Properties":  properties,
	"Required":    required,
	"Items":       items,
	"Enum":        values,
	"Extensible":  same("Extensible", "enum-extensible-changed"),
	"Dialect":     same("Dialect", "dialect-changed"),
	"Type":        same("Type", "type-changed"),
	"Format":      same("Format", "format-changed"),
	"Pattern":     same("Pattern", "pattern-changed"),
	"Const":       same("Const", "const-changed"),
	"Encoding":    same("Encoding", "encoding-changed"),
	"Additional":  same("Additional", "additional-changed"),
	"UniqueItems": same("UniqueItems", "bounds-changed"),
	"MinItems":    same("MinItems", "bounds-changed"),
	"MaxItems":    same("MaxItems", "bounds-changed"),
	"MinLength":   same("MinLength", "bounds-changed"),
	"MaxLength":   same("MaxLength", "bounds-changed"),
	"Minimum":     same("Minimum", "bounds-changed"),
	"Maximum":     same("Maximum", "bounds-changed"),
}

func ignored(*comparison, string, *schemas.Schema, *schemas.Schema) {}

// same lets a keyword not change within a major: one direction or the other would refuse what was allowed.
func same(field, name string) rule {
	f, _ := reflect.TypeFor[schemas.Schema]().FieldByName(field)
	return func(c *comparison, at string, older, newer *schemas.Schema) {
		if differ(field, older, newer) {
			c.add(Major, name, at, doRevert, "%s changed", keyword(f))
		}
	}
}

func annotation(field, name string) rule {
	return func(c *comparison, at string, older, newer *schemas.Schema) {
		if differ(field, older, newer) {
			c.add(Patch, "words-changed", at, doPatch, "%s changed", name)
		}
	}
}

// deprecation announces that a member will go with the next major; nobody reads it otherwise for that.
func deprecation(c *comparison, at string, older, newer *schemas.Schema) {
	if older.Deprecated != newer.Deprecated {
		c.add(Minor, "deprecation-changed", at, doMinor, "deprecated changed")
	}
}

func differ(field string, older, newer *schemas.Schema) bool {
	a, b := reflect.ValueOf(older).Elem().FieldByName(field), reflect.ValueOf(newer).Elem().FieldByName(field)
	return !reflect.DeepEqual(a.Interface(), b.Interface())
}
