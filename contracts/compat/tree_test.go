package compat

import (
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fairway-tre/fairway/contracts/schemas"
)

const yamlText = "type: fairway.s.a.told.v1\ntopic: t\nreaders: [x]\nwriters: [w]\n"

func schemaText(members string) string {
	return "{\n\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"a\"],\n\"properties\":{\n\"a\":{\"type\":\"boolean\"}" + members + "}}"
}

// tree is a folder of one event with versions 1.0.0 and 1.1.0, changed as asked; an empty text removes a file.
func tree(change map[string]string) fs.FS {
	files := map[string]string{
		"s/a-told/contract.yaml":         yamlText,
		"s/a-told/1.0.0.json":            schemaText(""),
		"s/a-told/1.1.0.json":            schemaText(",\n\"b\":{\"type\":\"boolean\"}"),
		"s/a-told/examples/valid/1.json": `{"a":true}`,
	}
	maps.Copy(files, change)
	m := fstest.MapFS{}
	for name, text := range files {
		if text != "" {
			m[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return m
}

func TestGate(t *testing.T) {
	for name, c := range map[string]struct {
		change     map[string]string
		rule, file string // empty: passes
		line       int
	}{
		"nothing new":                     {},
		"a new minor":                     {change: map[string]string{"s/a-told/1.2.0.json": schemaText(`,"b":{"type":"boolean"},"c":{"type":"boolean"}`)}},
		"a patch":                         {change: map[string]string{"s/a-told/1.1.1.json": schemaText(`,"b":{"type":"boolean","description":"B."}`)}},
		"a new event":                     {change: map[string]string{"s/b-told/contract.yaml": "type: x\n", "s/b-told/1.0.0.json": schemaText("")}},
		"a new major":                     {change: map[string]string{"s/a-told/2.0.0.json": `{"type":"object","additionalProperties":false}`}},
		"a reader more, a deadline":       {change: map[string]string{"s/a-told/contract.yaml": strings.Replace(yamlText, "[x]", "[y, x]", 1) + "deadline: P1D\nrequirements: [R]\n"}},
		"a released schema edited":        {map[string]string{"s/a-told/1.1.0.json": schemaText(",\n\"b\":{\"type\":\"integer\"}")}, "released-changed", "s/a-told/1.1.0.json", 5},
		"a released schema gone":          {map[string]string{"s/a-told/1.0.0.json": ""}, "released-removed", "s/a-told/1.0.0.json", 0},
		"a released example edited":       {map[string]string{"s/a-told/examples/valid/1.json": `{"a":false}`}, "released-changed", "s/a-told/examples/valid/1.json", 1},
		"a released event gone":           {map[string]string{"s/a-told/contract.yaml": "", "s/a-told/1.0.0.json": "", "s/a-told/1.1.0.json": ""}, "event-removed", "s/a-told", 0},
		"a version pushed in":             {map[string]string{"s/a-told/1.0.1.json": schemaText(``)}, "version-order", "s/a-told/1.0.1.json", 0},
		"too small a version":             {map[string]string{"s/a-told/1.1.1.json": schemaText(`,"b":{"type":"boolean"},"c":{"type":"boolean"}`)}, "version-bump", "s/a-told/1.1.1.json", 0},
		"too large a version":             {map[string]string{"s/a-told/1.3.0.json": schemaText(`,"b":{"type":"boolean"},"c":{"type":"boolean"}`)}, "version-bump", "s/a-told/1.3.0.json", 0},
		"a version for nothing":           {map[string]string{"s/a-told/1.1.1.json": schemaText(`,"b":{"type":"boolean"}`)}, "version-needless", "s/a-told/1.1.1.json", 0},
		"a major that begins late":        {map[string]string{"s/a-told/2.1.0.json": schemaText(``)}, "version-first", "s/a-told/2.1.0.json", 0},
		"fits the last but not the first": {map[string]string{"s/a-told/1.2.0.json": schemaText(",\n\"b\":{\"type\":\"integer\"}")}, "type-changed", "s/a-told/1.2.0.json", 5},
		"member that an older minor had":  {map[string]string{"s/a-told/1.2.0.json": schemaText("")}, "property-removed", "s/a-told/1.2.0.json", 1},
		"another topic":                   {map[string]string{"s/a-told/contract.yaml": strings.Replace(yamlText, "topic: t", "topic: u", 1)}, "contract-changed", "s/a-told/contract.yaml", 2},
		"a reader less":                   {map[string]string{"s/a-told/contract.yaml": strings.Replace(yamlText, "[x]", "[y]", 1)}, "contract-changed", "s/a-told/contract.yaml", 3},
		"a writer more":                   {map[string]string{"s/a-told/contract.yaml": strings.Replace(yamlText, "[w]", "[w, v]", 1)}, "contract-changed", "s/a-told/contract.yaml", 4},
		"a key of which nothing is known": {map[string]string{"s/a-told/contract.yaml": yamlText + "colour: red\n"}, "contract-changed", "s/a-told/contract.yaml", 5},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Gate(tree(nil), tree(c.change))
			if err != nil {
				t.Fatal(err)
			}
			if c.rule == "" {
				if len(found) > 0 {
					t.Errorf("%v", found)
				}
				return
			}
			for _, f := range found {
				if f.Rule == c.rule && f.File == c.file && f.Line == c.line && f.Do != "" {
					return
				}
			}
			t.Errorf("%v, want %s in %s:%d", found, c.rule, c.file, c.line)
		})
	}
}

func TestEveryPairWithinAMajorIsCompared(t *testing.T) {
	// 1.2.0 fits 1.1.0 and not 1.0.0, which 1.1.0 does not fit either: each is named with what it breaks.
	found, err := Within(tree(map[string]string{"s/a-told/1.1.0.json": schemaText(`,"A":{"type":"boolean"}`), "s/a-told/1.2.0.json": schemaText(`,"A":{"type":"boolean"},"c":{"type":"boolean"}`)}))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]bool{}
	for _, f := range found {
		files[f.File] = true
	}
	if !files["s/a-told/1.1.0.json"] || !files["s/a-told/1.2.0.json"] {
		t.Errorf("%v", found)
	}
}

func TestAGateThatCannotReadSaysWhere(t *testing.T) {
	_, err := Within(tree(map[string]string{"s/a-told/1.2.0.json": `{"oneOf":[]}`}))
	if err == nil || !strings.Contains(err.Error(), "s/a-told/1.2.0.json") {
		t.Errorf("%v", err)
	}
}

func TestOurOwnContractsFitOneAnother(t *testing.T) {
	found, err := Within(schemas.Files)
	if err != nil || len(found) > 0 {
		t.Errorf("%v %v", found, err)
	}
}
