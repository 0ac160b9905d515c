// Package certify judges one service of a site that shares no code with us: it reads how to start it, plays the scenarios
// of its role, and gives a verdict on each.
package certify

import (
	"cmp"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Schema is the published JSON Schema of a connection file.
//
//go:embed connection.schema.json
var Schema []byte

// Connection is the file that says what is judged and how to reach it.
type Connection struct {
	Role    string        // which service: airlock
	Product string        // name and version, for the report
	BuiltIn bool          // ours is judged, as the control
	Command []string      // starts it; {folder} stands for the folder that it is given
	Dir     string        // working folder of the command, absolute
	Env     []string      // NAME=value, with secrets read
	Running bool          // it is started by its owner, who has waited for Folder
	Folder  string        // where its folder is made; empty: below the folder of the run
	Start   time.Duration // until its first answer
	Answer  time.Duration // until each other answer
	Run     time.Duration // for all scenarios
}

// Budgets where the file names none.
const (
	DefaultStart  = time.Minute
	DefaultAnswer = 30 * time.Second
	DefaultRun    = 20 * time.Minute
)

// Problem is one thing that is wrong with a connection file.
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

// Load reads a connection file. Paths in it count from its own folder, secrets are read from where it says. An error that
// is about the content is *Problems.
func Load(name string) (Connection, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return Connection{}, fmt.Errorf("connection: %w: give a YAML file that says how to start what is judged", err)
	}
	return Parse(text, name, os.LookupEnv)
}

// Parse is Load of a text; lookup finds variables of the environment.
func Parse(text []byte, name string, lookup func(string) (string, bool)) (Connection, error) {
	base, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return Connection{}, err
	}
	r := reader{base: base, lookup: lookup, c: Connection{Start: DefaultStart, Answer: DefaultAnswer, Run: DefaultRun}}
	var doc yaml.Node
	switch err := yaml.Unmarshal(text, &doc); {
	case err != nil:
		r.wrong(&yaml.Node{Line: lineOf(err)}, "(file)", "it is no YAML")
	case len(doc.Content) == 0:
		r.wrong(&yaml.Node{Line: 1}, "(file)", "it is empty: role and how to start the service are needed")
	default:
		r.group(doc.Content[0], "", r.fields())
		r.together(doc.Content[0])
	}
	if len(r.problems) > 0 {
		return Connection{}, &Problems{name, r.problems}
	}
	return r.c, nil
}

var inLine = regexp.MustCompile(`line (\d+)`)

func lineOf(err error) (line int) {
	if m := inLine.FindStringSubmatch(err.Error()); m != nil {
		_, _ = fmt.Sscan(m[1], &line) // digits
	}
	return max(line, 1)
}

// reader walks the nodes of a file, which know their lines.
type reader struct {
	base     string
	lookup   func(string) (string, bool)
	c        Connection
	problems []Problem
}

func (r *reader) wrong(n *yaml.Node, field, format string, args ...any) {
	r.problems = append(r.problems, Problem{n.Line, field, fmt.Sprintf(format, args...)})
}

// field reads one field's value.
type field func(n *yaml.Node, name string)

// fields is the whole of a connection file; connection.schema.json says the same.
func (r *reader) fields() map[string]field {
	return map[string]field{
		"role":    func(n *yaml.Node, f string) { r.c.Role = r.oneOf(n, f, "airlock") },
		"product": r.text(&r.c.Product),
		"builtIn": r.truth(&r.c.BuiltIn),
		"running": r.truth(&r.c.Running),
		"command": r.texts(&r.c.Command),
		"dir":     r.path(&r.c.Dir),
		"folder":  r.path(&r.c.Folder),
		"env":     r.env,
		"budgets": func(n *yaml.Node, f string) {
			r.group(n, f+".", map[string]field{"start": r.duration(&r.c.Start), "answer": r.duration(&r.c.Answer), "run": r.duration(&r.c.Run)})
		},
	}
}

func (r *reader) group(n *yaml.Node, prefix string, fields map[string]field) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, cmp.Or(strings.TrimSuffix(prefix, "."), "(file)"), "a group of fields is expected")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, known := fields[key.Value]
		switch {
		case !known:
			r.wrong(key, prefix+key.Value, "unknown field: expected one of %s", strings.Join(sortedKeys(fields), ", "))
		case seen[key.Value]:
			r.wrong(key, prefix+key.Value, "it is there twice")
		default:
			read(value, prefix+key.Value)
		}
		seen[key.Value] = true
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func sortedKeys(fields map[string]field) []string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (r *reader) oneOf(n *yaml.Node, f string, allowed ...string) string {
	if n.Kind != yaml.ScalarNode || !slices.Contains(allowed, n.Value) {
		r.wrong(n, f, "expected one of: %s", strings.Join(allowed, ", "))
	}
	return n.Value
}

func (r *reader) text(to *string) field {
	return func(n *yaml.Node, f string) {
		if n.Kind != yaml.ScalarNode || n.Value == "" || len(n.Value) > 200 {
			r.wrong(n, f, "expected text of 1 to 200 characters")
			return
		}
		*to = n.Value
	}
}

func (r *reader) path(to *string) field {
	return func(n *yaml.Node, f string) {
		if n.Kind != yaml.ScalarNode || n.Value == "" {
			r.wrong(n, f, "expected a path")
			return
		}
		if *to = n.Value; !filepath.IsAbs(*to) {
			*to = filepath.Join(r.base, *to)
		}
	}
}

func (r *reader) truth(to *bool) field {
	return func(n *yaml.Node, f string) {
		if n.Decode(to) != nil || n.Tag != "!!bool" {
			r.wrong(n, f, "expected true or false")
		}
	}
}

func (r *reader) texts(to *[]string) field {
	return func(n *yaml.Node, f string) {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 || n.Decode(to) != nil {
			r.wrong(n, f, "expected a list of texts: the program, then its arguments")
		}
	}
}

func (r *reader) duration(to *time.Duration) field {
	return func(n *yaml.Node, f string) {
		d, err := time.ParseDuration(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || d < time.Second || d > 24*time.Hour {
			r.wrong(n, f, "expected a time from 1s to 24h, such as 30s or 15m")
			return
		}
		*to = d
	}
}

// secretName is what a variable with a secret tends to be called; such a value stands in no file.
var secretName = regexp.MustCompile(`(?i)pass|secret|token|key|credential`)

// env reads variables. A value may be a reference: env:NAME to another variable, file:PATH to a file.
func (r *reader) env(n *yaml.Node, f string) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, f, "expected NAME: value")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := f + "." + key.Value
		if value.Kind != yaml.ScalarNode || key.Value == "" || strings.ContainsAny(key.Value, "= \x00") {
			r.wrong(key, name, "expected NAME: value")
			continue
		}
		text, ok := r.resolve(value, name)
		if !ok {
			continue
		}
		if text == value.Value && text != "" && secretName.MatchString(key.Value) {
			r.wrong(value, name, "a secret does not stand in this file: give env:NAME or file:PATH")
			continue
		}
		r.c.Env = append(r.c.Env, key.Value+"="+text)
	}
}

// resolve reads what a value refers to. The value itself is never told: it may be a secret.
func (r *reader) resolve(n *yaml.Node, f string) (string, bool) {
	if name, is := strings.CutPrefix(n.Value, "env:"); is {
		text, set := r.lookup(name)
		if !set {
			r.wrong(n, f, "the variable that it refers to is not set")
		}
		return text, set
	}
	name, is := strings.CutPrefix(n.Value, "file:")
	if !is {
		return n.Value, true
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(r.base, name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		r.wrong(n, f, "the file that it refers to cannot be read")
	}
	return strings.TrimSpace(string(text)), err == nil
}

// together holds the fields against each other.
func (r *reader) together(n *yaml.Node) {
	ways := b2i(r.c.BuiltIn) + b2i(r.c.Running) + b2i(len(r.c.Command) > 0)
	if r.c.Role == "" && !slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Field == "role" }) {
		r.wrong(n, "role", "it is missing: expected airlock")
	}
	unread := func(p Problem) bool { return slices.Contains([]string{"command", "running", "builtIn"}, p.Field) }
	if ways != 1 && !slices.ContainsFunc(r.problems, unread) {
		r.wrong(n, "command", "expected exactly one of command, running: true and builtIn: true")
	}
	if r.c.Running && r.c.Folder == "" {
		r.wrong(n, "folder", "it is missing: a service that runs already looks for its credentials somewhere")
	}
}
