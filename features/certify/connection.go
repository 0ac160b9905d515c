// Package certify judges one service of a site that shares no code with us: it reads how to start it, plays the scenarios
// of its role, and gives a verdict on each.
package certify

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/features/fields"
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

// Problems are all that is wrong with a connection file.
type Problems = fields.Problems

// Load reads a connection file. Paths in it count from its own folder, secrets are read from where it says. An error that
// is about the content is *Problems.
func Load(name string) (Connection, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return Connection{}, fmt.Errorf("connection: %w: give a YAML file that says how to start what is judged", err)
	}
	c, err := Parse(text, name, os.LookupEnv)
	if err == nil {
		err = c.startable()
	}
	if err != nil {
		return Connection{}, err
	}
	return c, nil
}

// startable looks for the program before a site is made for it: that it is not there says nothing about it.
func (c Connection) startable() error {
	if c.Dir != "" {
		if at, err := os.Stat(c.Dir); err != nil || !at.IsDir() {
			return fmt.Errorf("connection: dir: there is no folder %s: give the one in which the command is to be started", c.Dir)
		}
	}
	if len(c.Command) == 0 || strings.Contains(c.Command[0], "{") { // it is where the judge will put it
		return nil
	}
	program := c.Command[0]
	if c.Dir != "" && strings.ContainsRune(program, filepath.Separator) && !filepath.IsAbs(program) {
		program = filepath.Join(c.Dir, program)
	}
	if _, err := exec.LookPath(program); err != nil {
		return fmt.Errorf("connection: command: %w: give a program of the PATH, or a path as it counts from dir", err)
	}
	return nil
}

// Parse is Load of a text; lookup finds variables of the environment.
func Parse(text []byte, name string, lookup func(string) (string, bool)) (Connection, error) {
	base, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		return Connection{}, err
	}
	r := reader{Reader: fields.Reader{Base: base}, lookup: lookup, c: Connection{Start: DefaultStart, Answer: DefaultAnswer, Run: DefaultRun}}
	if doc := r.Document(text, "role and how to start the service are needed"); doc != nil {
		r.Group(doc, "", r.fields())
		r.together(doc)
	}
	if err := r.Err(name); err != nil {
		return Connection{}, err
	}
	return r.c, nil
}

// reader reads a connection and its secrets.
type reader struct {
	fields.Reader
	lookup func(string) (string, bool)
	c      Connection
}

// fields is the whole of a connection file; connection.schema.json says the same.
func (r *reader) fields() map[string]fields.Field {
	return map[string]fields.Field{
		"role":    func(n *yaml.Node, f string) { r.c.Role = r.OneOf(n, f, "airlock") },
		"product": r.Text(&r.c.Product),
		"builtIn": r.Truth(&r.c.BuiltIn),
		"running": r.Truth(&r.c.Running),
		"command": r.Texts(&r.c.Command, "a list of texts: the program, then its arguments"),
		"dir":     r.Path(&r.c.Dir),
		"folder":  r.Path(&r.c.Folder),
		"env":     r.env,
		"budgets": func(n *yaml.Node, f string) {
			r.Group(n, f+".", map[string]fields.Field{"start": r.Duration(&r.c.Start), "answer": r.Duration(&r.c.Answer), "run": r.Duration(&r.c.Run)})
		},
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// secretName is what a variable with a secret tends to be called; such a value stands in no file.
var secretName = regexp.MustCompile(`(?i)pass|secret|token|key|credential`)

// env reads variables. A value may be a reference: env:NAME to another variable, file:PATH to a file.
func (r *reader) env(n *yaml.Node, f string) {
	if n.Kind != yaml.MappingNode {
		r.Wrong(n, f, "expected NAME: value")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := f + "." + key.Value
		if value.Kind != yaml.ScalarNode || key.Value == "" || strings.ContainsAny(key.Value, "= \x00") {
			r.Wrong(key, name, "expected NAME: value")
			continue
		}
		text, ok := r.resolve(value, name)
		if !ok {
			continue
		}
		if text == value.Value && text != "" && secretName.MatchString(key.Value) {
			r.Wrong(value, name, "a secret does not stand in this file: give env:NAME or file:PATH")
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
			r.Wrong(n, f, "the variable that it refers to is not set")
		}
		return text, set
	}
	name, is := strings.CutPrefix(n.Value, "file:")
	if !is {
		return n.Value, true
	}
	text, err := os.ReadFile(r.Within(name))
	if err != nil {
		r.Wrong(n, f, "the file that it refers to cannot be read")
	}
	return strings.TrimSpace(string(text)), err == nil
}

// together holds the fields against each other.
func (r *reader) together(n *yaml.Node) {
	ways := b2i(r.c.BuiltIn) + b2i(r.c.Running) + b2i(len(r.c.Command) > 0)
	if r.c.Role == "" && !slices.ContainsFunc(r.Problems, func(p fields.Problem) bool { return p.Field == "role" }) {
		r.Wrong(n, "role", "it is missing: expected airlock")
	}
	unread := func(p fields.Problem) bool {
		return slices.Contains([]string{"command", "running", "builtIn"}, p.Field)
	}
	if ways != 1 && !slices.ContainsFunc(r.Problems, unread) {
		r.Wrong(n, "command", "expected exactly one of command, running: true and builtIn: true")
	}
	if r.c.Running && r.c.Folder == "" {
		r.Wrong(n, "folder", "it is missing: a service that runs already looks for its credentials somewhere")
	}
}
