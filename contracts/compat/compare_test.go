package compat

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/schemas"
)

// base has every keyword that a rule is about.
const base = `{"$schema":"d","$id":"urn:x:1.0.0","title":"T","description":"D.","type":"object","additionalProperties":false,
"required":["a","e"],"properties":{
"a":{"type":"string","minLength":1,"maxLength":9,"pattern":"^[a-z]+$"},
"b":{"type":"string","format":"uuid","description":"B."},
"c":{"type":"integer","minimum":0,"maximum":9},
"d":{"type":"array","minItems":1,"maxItems":3,"items":{"type":"string","maxLength":4}},
"e":{"type":"string","enum":["x","y"]},
"f":{"type":"string","enum":["x","y"],"x-extensible-enum":true},
"g":{"$ref":"#/$defs/G"},
"h":{"type":"string","const":"h"},
"i":{"type":"string","maxLength":99,"x-encoding":"base64"}},
"$defs":{"G":{"type":"object","additionalProperties":false,"required":["n"],"properties":{"n":{"type":"boolean"},"o":{"type":"boolean"}}}}}`

// edits change base; each rule has one that breaks it and, where there is one, its safe neighbour.
var edits = []struct {
	rule, pointer string
	level         Level
	old, new      string
	neighbour     string // what new would have to be
	safe          Level
}{
	{"property-removed", "", Major, `"b":{"type":"string","format":"uuid","description":"B."},`, ``, `"b":{"type":"string","format":"uuid","description":"B.","deprecated":true},`, Minor},
	{"property-respelled", "/properties/B", Major, `"c":{`, `"B":{"type":"boolean"},"c":{`, `"k":{"type":"boolean"},"c":{`, Minor},
	{"required-added", "/properties/z", Major, `"required":["a","e"],"properties":{`, `"required":["a","e","z"],"properties":{"z":{"type":"boolean"},`, `"required":["a","e"],"properties":{"z":{"type":"boolean"},`, Minor},
	{"required-added", "/properties/b", Major, `"required":["a","e"]`, `"required":["a","e","b"]`, `"required":["e","a"]`, None},
	{"required-removed", "/properties/e", Major, `"required":["a","e"]`, `"required":["a"]`, `"required":["e","a"]`, None},
	{"type-changed", "/properties/c", Major, `"c":{"type":"integer"`, `"c":{"type":"string"`, `"c":{"title":"C","type":"integer"`, Patch},
	{"format-changed", "/properties/b", Major, `"format":"uuid"`, `"format":"date"`, `"format":"uuid","examples":["x"]`, Patch},
	{"format-changed", "/properties/b", Major, `"format":"uuid",`, ``, `"format":"uuid","title":"B",`, Patch},
	{"pattern-changed", "/properties/a", Major, `"^[a-z]+$"`, `"^[a-z]*$"`, `"^[a-z]+$","title":"A"`, Patch},
	{"const-changed", "/properties/h", Major, `"const":"h"`, `"const":"i"`, `"const":"h","deprecated":true`, Minor},
	{"encoding-changed", "/properties/i", Major, `"x-encoding":"base64"`, `"x-encoding":"hex"`, `"x-encoding":"base64","title":"I"`, Patch},
	{"bounds-changed", "/properties/a", Major, `"maxLength":9`, `"maxLength":10`, `"maxLength":9,"title":"A"`, Patch},
	{"bounds-changed", "/properties/a", Major, `"minLength":1`, `"minLength":2`, `"minLength":1,"title":"A"`, Patch},
	{"bounds-changed", "/properties/c", Major, `"minimum":0`, `"minimum":1`, `"minimum":0,"title":"C"`, Patch},
	{"bounds-changed", "/properties/c", Major, `"maximum":9`, `"maximum":8`, `"maximum":9,"title":"C"`, Patch},
	{"bounds-changed", "/properties/d", Major, `"minItems":1`, `"minItems":0`, `"minItems":1,"title":"D"`, Patch},
	{"bounds-changed", "/properties/d", Major, `"maxItems":3`, `"maxItems":4`, `"maxItems":3,"title":"D"`, Patch},
	{"bounds-changed", "/properties/d", Major, `"maxItems":3`, `"maxItems":3,"uniqueItems":true`, `"maxItems":3,"title":"D"`, Patch},
	{"bounds-changed", "/properties/d/items", Major, `"maxLength":4`, `"maxLength":5`, `"maxLength":4,"title":"D"`, Patch},
	{"items-changed", "/properties/d", Major, `,"items":{"type":"string","maxLength":4}`, ``, `,"items":{"description":"I.","type":"string","maxLength":4}`, Patch},
	{"additional-changed", "", Major, `"type":"object","additionalProperties":false,
`, `"type":"object","additionalProperties":true,
`, `"type":"object","additionalProperties":false,
`, None},
	{"property-added-open", "/properties/z", Major, `"type":"object","additionalProperties":false,
"required":["a","e"],"properties":{`, `"type":"object",
"required":["a","e"],"properties":{"z":{"type":"boolean"},`, `"type":"object","additionalProperties":false,
"required":["a","e"],"properties":{"z":{"type":"boolean"},`, Minor},
	{"enum-value-removed", "/properties/f/enum", Major, `["x","y"],"x-ext`, `["x"],"x-ext`, `["x","y","z"],"x-ext`, Minor},
	{"enum-closed", "/properties/e/enum", Major, `"e":{"type":"string","enum":["x","y"]}`, `"e":{"type":"string","enum":["x","y","z"]}`, `"e":{"type":"string","enum":["y","x"]}`, None},
	{"enum-changed", "/properties/e", Major, `"e":{"type":"string","enum":["x","y"]}`, `"e":{"type":"string"}`, `"e":{"type":"string","enum":["y","x"]}`, None},
	{"enum-extensible-changed", "/properties/e", Major, `"e":{"type":"string","enum":["x","y"]}`, `"e":{"type":"string","enum":["x","y"],"x-extensible-enum":true}`, `"e":{"type":"string","enum":["x","y"],"title":"E"}`, Patch},
	{"dialect-changed", "", Major, `"$schema":"d"`, `"$schema":"e"`, `"$schema":"d"`, None},
	{"reference-changed", "/properties/g", Major, `"#/$defs/G"`, `"#/$defs/H"`, `"#/$defs/G","title":"G"`, Patch},
	{"type-changed", "/$defs/G/properties/o", Major, `"o":{"type":"boolean"}`, `"o":{"type":"string"}`, `"o":{"type":"boolean"},"p":{"type":"boolean"}`, Minor},
	{"words-changed", "", Patch, `"D."`, `"E."`, `"D."`, None},
	{"property-added", "/properties/k", Minor, `"c":{`, `"k":{"type":"boolean"},"c":{`, `"c":{`, None},
	{"enum-value-added", "/properties/f/enum", Minor, `["x","y"],"x-ext`, `["x","y","z"],"x-ext`, `["y","x"],"x-ext`, None},
	{"deprecation-changed", "/properties/a", Minor, `"minLength":1`, `"minLength":1,"deprecated":true`, `"minLength":1`, None},
	{"definition-renamed", "/properties/g", Patch, `GG`, ``, `"#/$defs/G"`, None},
}

func parse(t *testing.T, text string) *schemas.Schema {
	t.Helper()
	s, err := schemas.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return s
}

func TestEveryRuleHasAPairThatBreaksItAndOneThatKeepsIt(t *testing.T) {
	older := parse(t, base)
	for _, e := range edits {
		t.Run(e.rule+" "+e.new, func(t *testing.T) {
			broken, kept := strings.Replace(base, e.old, e.new, 1), strings.Replace(base, e.old, e.neighbour, 1)
			if e.rule == "definition-renamed" {
				broken, kept = strings.NewReplacer(`$defs/G"`, `$defs/K"`, `"G":{`, `"K":{`).Replace(base), base
			}
			if broken == base {
				t.Fatal("the edit changes nothing")
			}
			changes := Compare(older, parse(t, broken))
			if len(changes) == 0 || Highest(changes) != e.level {
				t.Fatalf("%v, want %s as %s", changes, e.rule, e.level)
			}
			found := false
			for _, c := range changes {
				found = found || c.Rule == e.rule && c.Pointer == e.pointer && c.Level == e.level && c.Do != "" && c.Problem != ""
			}
			if !found {
				t.Errorf("%+v, want %s at %q", changes, e.rule, e.pointer)
			}
			if changes := Compare(older, parse(t, kept)); Highest(changes) != e.safe {
				t.Errorf("the safe neighbour is %s: %+v", Highest(changes), changes)
			}
		})
	}
}

// unreachable are rules that no text can break while the profile is what it is.
var unreachable = map[string]bool{"not-known-safe": true}

func TestNoRuleIsLeftOutOfTheTable(t *testing.T) {
	for _, name := range ruleNames(t) {
		tested := unreachable[name]
		for _, e := range edits {
			tested = tested || e.rule == name
		}
		if !tested {
			t.Errorf("rule %s is in no row of the table", name)
		}
	}
}

func TestAKeywordWithoutARuleMayNotChange(t *testing.T) {
	known := map[string]rule{}
	for name, r := range rules {
		if name != "Title" {
			known[name] = r
		}
	}
	a, b := parse(t, base), parse(t, strings.Replace(base, `"T"`, `"U"`, 1))
	c := comparison{older: a, newer: b, rules: known, seen: map[[2]*schemas.Schema]bool{}}
	c.node("", a, b)
	if len(c.changes) != 1 || c.changes[0].Rule != "not-known-safe" || c.changes[0].Level != Major {
		t.Errorf("%+v", c.changes)
	}
	for i := range reflect.TypeFor[schemas.Schema]().NumField() {
		if f := reflect.TypeFor[schemas.Schema]().Field(i); rules[f.Name] == nil {
			t.Errorf("keyword %s of the profile has no rule: any change of it is refused", f.Name)
		}
	}
}

func TestRecursiveDefinitionsEnd(t *testing.T) {
	text := `{"type":"object","additionalProperties":false,"properties":{"a":{"$ref":"#/$defs/N"}},"$defs":{"N":{"type":"object","additionalProperties":false,"properties":{"next":{"$ref":"#/$defs/N"}}}}}`
	if changes := Compare(parse(t, text), parse(t, text)); len(changes) != 0 {
		t.Errorf("%+v", changes)
	}
}

func mustJSON(v any) []byte {
	text, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return text
}
