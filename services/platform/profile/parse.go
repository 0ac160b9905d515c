package profile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxSize of a profile file, far above any real one.
const maxSize = 64 << 10

// ErrInvalid is what every error of Parse wraps.
var ErrInvalid = errors.New("invalid site profile")

// Parse reads one YAML document. Every field is required but those of policies that most sites leave out, and no other is known; aliases are refused. The error lists
// each problem with its line, its field and what is allowed there.
func Parse(text []byte) (Profile, error) {
	root, err := document(text)
	if err != nil {
		return Profile{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	problems := checkFields(root, reflect.TypeFor[Profile](), "")
	var p Profile
	if len(problems) == 0 {
		problems = decode(root, reflect.ValueOf(&p).Elem(), "")
	}
	if len(problems) == 0 {
		problems = p.problems(root)
	}
	if len(problems) > 0 {
		return Profile{}, fmt.Errorf("%w: %s", ErrInvalid, strings.Join(problems, "; "))
	}
	return p, nil
}

func document(text []byte) (*yaml.Node, error) {
	if len(text) > maxSize {
		return nil, fmt.Errorf("%d bytes, at most %d are read", len(text), maxSize)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	} else if err != nil {
		return nil, err
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one YAML document: keep one")
	}
	return doc.Content[0], nil
}

func at(n *yaml.Node, field, format string, args ...any) string {
	if field == "" {
		field = "the document"
	}
	return fmt.Sprintf("line %d: %s: %s", n.Line, field, fmt.Sprintf(format, args...))
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// fieldsOf gives the names of t in the order of the struct, nil when t is written as one value.
func fieldsOf(t reflect.Type) (names, required []string, types map[string]reflect.Type) {
	if t.Kind() != reflect.Struct || isText(t) {
		return nil, nil, nil
	}
	types = map[string]reflect.Type{}
	for f := range fields(t) {
		name, optional := named(f)
		names, types[name] = append(names, name), f.Type
		if !optional {
			required = append(required, name)
		}
	}
	return names, required, types
}

// checkFields compares the shape of the file with the type: exactly its fields, each once, lists where lists are due.
func checkFields(n *yaml.Node, t reflect.Type, path string) (problems []string) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return []string{at(n, path, "anchors and aliases are not allowed: write the value out")}
	}
	if t.Kind() == reflect.Slice {
		if n.Kind != yaml.SequenceNode {
			return []string{at(n, path, "expected a list")}
		}
		for i, item := range n.Content {
			problems = append(problems, checkFields(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i))...)
		}
		return problems
	}
	names, required, types := fieldsOf(t)
	if names == nil {
		if n.Kind != yaml.ScalarNode {
			return []string{at(n, path, "expected one value")}
		}
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return []string{at(n, path, "expected the fields %s", strings.Join(names, ", "))}
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch name := key.Value; {
		case !slices.Contains(names, name):
			problems = append(problems, at(key, join(path, name), "unknown field; allowed here: %s", strings.Join(names, ", ")))
		case seen[name]:
			problems = append(problems, at(key, join(path, name), "given twice"))
		default:
			seen[name] = true
			problems = append(problems, checkFields(value, types[name], join(path, name))...)
		}
	}
	for _, name := range required {
		if !seen[name] {
			problems = append(problems, at(n, join(path, name), "missing"))
		}
	}
	return problems
}
