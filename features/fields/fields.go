// Package fields reads a YAML file that people write, field by field, and tells all that is wrong with it by line and
// field, never by a value.
package fields

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// MaxSize of a file, far above any that a person writes.
const MaxSize = 1 << 20

// Problem is one thing that is wrong with a file.
type Problem struct {
	Line  int
	Field string // such as budgets.answer
	Text  string
}

func (p Problem) String() string { return fmt.Sprintf("line %d: %s: %s", p.Line, p.Field, p.Text) }

// Problems are all that is wrong with a file.
type Problems struct {
	File string
	All  []Problem
}

func (p *Problems) Error() string {
	lines := make([]string, len(p.All))
	for i, one := range p.All {
		lines[i] = one.String()
	}
	return p.File + ": " + strings.Join(lines, "; ")
}

// Reader walks the nodes of a file, which know their lines, and gathers what is wrong.
type Reader struct {
	Base     string // folder that paths of the file count from
	Problems []Problem
}

// Field reads one field's value; name is its whole name, for Wrong.
type Field func(n *yaml.Node, name string)

// Wrong notes a problem.
func (r *Reader) Wrong(n *yaml.Node, field, format string, args ...any) {
	r.Problems = append(r.Problems, Problem{n.Line, field, fmt.Sprintf(format, args...)})
}

// Err is *Problems of the file called name; nil if nothing was wrong. They are in the order of the lines.
func (r *Reader) Err(name string) error {
	if len(r.Problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.Problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return &Problems{name, slices.Compact(r.Problems)} // one that is found for each dataset is told once
}

var inLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// unreadable says where a text is no YAML, and why. Only errors that are known to repeat nothing of the text are told as
// they are.
func unreadable(err error) (line int, why string) {
	text := err.Error()
	if m := inLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1]) // none in the first line
		text = text[len(m[0]):]
	}
	for _, known := range []struct{ begins, hint string }{
		{"did not find expected", "is a bracket, a quote or a dash missing, or a line indented otherwise than those beside it"},
		{"mapping values are not allowed", "a text with a colon needs quotes, and a field cannot stand below a text"},
		{"found character that cannot start any token", "lines are indented by spaces, never by tabs; a text that begins with a sign needs quotes"},
		{"found unexpected end of stream", "a quote or a bracket is opened and never closed"},
		{"could not find expected ':'", "a field is followed by a colon and a space"},
	} {
		if strings.HasPrefix(text, known.begins) {
			if known.begins == "did not find expected" {
				line++ // the library counts these from 0
			}
			return max(line, 1), text + ": " + known.hint
		}
	}
	return max(line, 1), "it cannot be read from there on"
}

// Whole is the field name of what concerns the whole file.
const Whole = "(file)"

// Document is the one document of a text; nil after a problem. What is needed tells somebody whose file is empty what to
// write.
func (r *Reader) Document(text []byte, needed string) *yaml.Node {
	var doc yaml.Node
	if len(text) > MaxSize {
		r.Wrong(&yaml.Node{Line: 1}, Whole, "it has %d bytes, at most %d are read", len(text), MaxSize)
		return nil
	}
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0:
		r.Wrong(&yaml.Node{Line: 1}, Whole, "it is empty: %s", needed)
		return nil
	case err != nil:
		line, why := unreadable(err)
		r.Wrong(&yaml.Node{Line: line}, Whole, "it is no YAML: %s", why)
		return nil
	}
	var more yaml.Node
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		r.Wrong(&yaml.Node{Line: max(more.Line, 1)}, Whole, "there is more than one document: keep one")
		return nil
	}
	return doc.Content[0]
}

// Group reads the fields of a group, each once at most and none that is not known.
func (r *Reader) Group(n *yaml.Node, prefix string, fields map[string]Field) {
	r.Each(n, prefix, "a group of fields is expected", func(key, value *yaml.Node, name string) {
		read, known := fields[key.Value]
		if !known {
			names, meant := slices.Sorted(maps.Keys(fields)), ""
			if near := Nearest(key.Value, names); near != "" {
				meant = "; perhaps " + near + " is meant"
			}
			r.Wrong(key, name, "unknown field: expected one of %s%s", strings.Join(names, ", "), meant)
			return
		}
		read(value, name)
	})
}

// Each visits what is named in a group, whose names the writer of the file chooses.
func (r *Reader) Each(n *yaml.Node, prefix, expected string, visit func(key, value *yaml.Node, name string)) {
	if n.Kind != yaml.MappingNode {
		r.Wrong(n, cmp.Or(strings.TrimSuffix(prefix, "."), Whole), "%s", expected)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := prefix + shown(key.Value)
		switch {
		case key.Kind != yaml.ScalarNode || key.Value == "":
			r.Wrong(key, cmp.Or(strings.TrimSuffix(prefix, "."), Whole), "a field is named by plain text")
		case seen[key.Value]:
			r.Wrong(key, name, "it is there twice")
		default:
			visit(key, value, name)
		}
		seen[key.Value] = true
	}
}

// shown is a name that a message can bear.
func shown(name string) string {
	if len(name) > 64 || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return "…"
	}
	return name
}

// OneOf is a text of those allowed.
func (r *Reader) OneOf(n *yaml.Node, f string, allowed ...string) string {
	if n.Kind != yaml.ScalarNode || !slices.Contains(allowed, n.Value) {
		r.Wrong(n, f, "expected one of: %s", strings.Join(allowed, ", "))
	}
	return n.Value
}

// Text reads 1 to 200 characters.
func (r *Reader) Text(to *string) Field {
	return func(n *yaml.Node, f string) {
		if n.Kind != yaml.ScalarNode || n.Value == "" || len(n.Value) > 200 {
			r.Wrong(n, f, "expected text of 1 to 200 characters")
			return
		}
		*to = n.Value
	}
}

// Path reads a path and makes it absolute.
func (r *Reader) Path(to *string) Field {
	return func(n *yaml.Node, f string) {
		if n.Kind != yaml.ScalarNode || n.Value == "" {
			r.Wrong(n, f, "expected a path")
			return
		}
		*to = r.Within(n.Value)
	}
}

// Within is a path of the file, absolute.
func (r *Reader) Within(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.Base, path)
}

// Truth reads true or false.
func (r *Reader) Truth(to *bool) Field {
	return func(n *yaml.Node, f string) {
		if n.Decode(to) != nil || n.Tag != "!!bool" {
			r.Wrong(n, f, "expected true or false")
		}
	}
}

// Texts reads a list of at least one text; expected says of what.
func (r *Reader) Texts(to *[]string, expected string) Field {
	return func(n *yaml.Node, f string) {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 || n.Decode(to) != nil {
			r.Wrong(n, f, "expected %s", expected)
		}
	}
}

// Duration reads a time of at least a second and at most a day.
func (r *Reader) Duration(to *time.Duration) Field {
	return func(n *yaml.Node, f string) {
		d, err := time.ParseDuration(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || d < time.Second || d > 24*time.Hour {
			r.Wrong(n, f, "expected a time from 1s to 24h, such as 30s or 15m")
			return
		}
		*to = d
	}
}
