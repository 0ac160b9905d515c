package document_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/services/platform/document"
)

// secret stands where a file could hold a password.
const secret = "k7Qz-secret-9Wx"

type settings struct {
	Name  string            `yaml:"name" json:"name"`
	Port  int               `yaml:"port" json:"port"`
	Key   []byte            `yaml:"-" json:"key"`
	Users map[string]string `yaml:"users" json:"users"`
	Since struct {
		Days []int `yaml:"days" json:"days"`
	} `yaml:"since" json:"since"`
}

// FuzzYAML: a file reads the same twice or is refused without a value of it.
func FuzzYAML(f *testing.F) {
	for _, text := range []string{"name: a\nport: 1\nusers: {a: b}\n", "port: S", "port: !!int S", "port: !!float S", "since: S", "users: [S]", "name: *S", "name: &S a\nname: *S\n",
		"since: {days: [S, {a: S}]}", "name: {a: S}", "port: 'S'\nport: S", "port: !!binary S", "port: !!timestamp S", "<<: S", "<<: [S]", "port: !!bool S", "a: &a [*a]", "name: \"S\\q\"",
		"port: |\n  S\n", "- S", "S", "'S", "{S", "name: a\n---\nname: S", "port: !S S", "name: !!null S", "%S", "? {a: S}\n: b", "port: 0x", "\xff"} {
		f.Add([]byte(strings.ReplaceAll(text, "S", secret)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var first, second settings
		err := document.YAML(text, &first)
		again := document.YAML(text, &second)
		if (err == nil) != (again == nil) || err == nil && !reflect.DeepEqual(first, second) {
			t.Fatalf("read twice: %v and %v", err, again)
		}
		if err != nil && strings.Contains(err.Error(), secret) && !names(text) {
			t.Fatalf("a value is told: %v", err)
		}
	})
}

// names tells whether the secret stands in a name, which an error may repeat: of a field, an anchor or a tag.
func names(text []byte) bool {
	var node yaml.Node
	return yaml.Unmarshal(text, &node) == nil && inName(&node)
}

func inName(n *yaml.Node) bool {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && strings.Contains(child.Value, secret) || inName(child) {
			return true
		}
	}
	return strings.Contains(n.Tag, secret)
}

// FuzzJSON: the same of JSON.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{`{"name":"a","port":1,"key":"AAAA"}`, `{"port":"S"}`, `{"key":"S"}`, `{"users":{"a":{"b":"S"}}}`, `{"since":"S"}`, `{"since":{"days":["S"]}}`, `{"name":"S`,
		`{"name":"a","name":"S"}`, `{"name":"\ud800 S"}`, `"S"`, `S`, `{"port":1e999}`, `{"name":S}`, `{"name":"S"} S`} {
		f.Add([]byte(strings.ReplaceAll(text, "S", secret)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var first, second settings
		err := document.JSON(text, &first)
		again := document.JSON(text, &second)
		if (err == nil) != (again == nil) || err == nil && !reflect.DeepEqual(first, second) {
			t.Fatalf("read twice: %v and %v", err, again)
		}
		if err != nil && strings.Contains(err.Error(), secret) && !memberNames(text) {
			t.Fatalf("a value is told: %v", err)
		}
	})
}

func memberNames(text []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return false
		}
		kind, length := d.StackIndex(d.StackDepth())
		if kind == '{' && length%2 == 1 && strings.Contains(token.String(), secret) {
			return true
		}
	}
}
