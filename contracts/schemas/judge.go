package schemas

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/strict"
)

// View is how a reader treats what its schema does not know.
type View int

const (
	// Closed refuses unknown members and unknown values of enumerations: what a producer sends, what crosses a border.
	Closed View = iota
	// Open ignores unknown members and takes any value of an extensible enumeration, so that a newer minor is read.
	Open
)

// ErrNoSchema says that no schema of this folder or version is known.
var ErrNoSchema = errors.New("no such schema")

// Judge holds one schema, compiled when it is first used.
type Judge struct {
	schema *Schema
	views  [2]func() (*jsonschema.Schema, error)
}

// judges is filled once, from embedded files alone.
var judges = sync.OnceValues(func() (map[string]*Judge, error) {
	names, err := fs.Glob(Files, "*/*/*.json")
	if err != nil {
		return nil, fmt.Errorf("list the schemas: %w", err)
	}
	all := make(map[string]*Judge, len(names))
	for _, name := range names {
		j, err := newJudge(name)
		if err != nil {
			return nil, fmt.Errorf("schemas/%s: %w", name, err)
		}
		all[strings.TrimSuffix(name, ".json")] = j
	}
	return all, nil
})

// Of returns the judge of a version of an event, such as airlock, release-approved, 1.0.0.
func Of(service, name, version string) (*Judge, error) {
	all, err := judges()
	if err != nil {
		return nil, err
	}
	j, ok := all[path.Join(service, name, version)]
	if !ok {
		return nil, fmt.Errorf("%w: %s/%s/%s.json", ErrNoSchema, service, name, version)
	}
	return j, nil
}

func newJudge(name string) (*Judge, error) {
	text, err := fs.ReadFile(Files, name)
	if err != nil {
		return nil, err
	}
	return NewJudge(text)
}

// NewJudge is the judge of a schema that is not among Files, such as one that is being written.
func NewJudge(text []byte) (*Judge, error) {
	s, err := Parse(text)
	if err != nil {
		return nil, err
	}
	j := &Judge{schema: s}
	for view := range j.views {
		j.views[view] = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(s.ID, text, View(view)) })
	}
	return j, nil
}

// Compile compiles the schema in both views, which Check does when it first needs one. It fails for a pattern that is no
// regular expression and the like.
func (j *Judge) Compile() error {
	for _, view := range j.views {
		if _, err := view(); err != nil {
			return err
		}
	}
	return nil
}

func compile(id string, text []byte, view View) (*jsonschema.Schema, error) {
	document, err := strict.Value(text)
	if err != nil {
		return nil, fmt.Errorf("read schema %s: %w", id, err)
	}
	// Unknown members are judged by members, which can name them; the library judges all the rest.
	loosen(document, view)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.UseRegexpEngine(pattern)
	if err := c.AddResource(id, document); err != nil {
		return nil, fmt.Errorf("add schema %s: %w", id, err)
	}
	compiled, err := c.Compile(id)
	if err != nil {
		return nil, fmt.Errorf("compile schema %s: %w", id, err)
	}
	return compiled, nil
}

// patterns are those of all schemas, which have few different ones among hundreds: each is compiled and kept once.
var patterns sync.Map // of text to *regexp.Regexp

func pattern(text string) (jsonschema.Regexp, error) {
	if kept, ok := patterns.Load(text); ok {
		return kept.(*regexp.Regexp), nil
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	kept, _ := patterns.LoadOrStore(text, compiled)
	return kept.(*regexp.Regexp), nil
}

func loosen(node any, view View) {
	switch n := node.(type) {
	case map[string]any:
		delete(n, "additionalProperties")
		if view == Open && n["x-extensible-enum"] == true {
			delete(n, "enum")
		}
		for _, child := range n {
			loosen(child, view)
		}
	case []any:
		for _, child := range n {
			loosen(child, view)
		}
	}
}

// Check judges a payload as strict.Value returned it. Errors are *reason.Error with a JSON pointer.
func (j *Judge) Check(value any, view View) error {
	if refused := j.members(j.schema, value, view); refused != nil {
		return refused
	}
	compiled, err := j.views[view]()
	if err != nil {
		return err
	}
	err = compiled.Validate(value)
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		return describe(invalid)
	}
	return err
}

// members looks for members that the schema does not know, for other spellings of those that it knows, and for
// integers written as fractions. The pointer of a refusal is put together on the way back.
func (j *Judge) members(s *Schema, value any, view View) *reason.Error {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		if s = j.schema.Defs[name]; s == nil {
			return nil // the compiled schema says that there is no such definition
		}
	}
	switch v := value.(type) {
	case map[string]any:
		for name, child := range v {
			if refused := j.member(s, name, child, view); refused != nil {
				return under(name, refused)
			}
		}
	case []any:
		for i, child := range v {
			if s.Items == nil {
				break
			}
			if refused := j.members(s.Items, child, view); refused != nil {
				return under(strconv.Itoa(i), refused)
			}
		}
	case float64:
		if s.Type == "integer" {
			return reason.New(reason.Number, "", "an integer written as a fraction or with an exponent")
		}
	}
	return nil
}

func (j *Judge) member(s *Schema, name string, child any, view View) *reason.Error {
	known, ok := s.Member(name)
	switch {
	case ok:
		return j.members(known, child, view)
	case view == Closed || s.spells(name):
		return reason.New(reason.UnknownMember, "", "the contract has no such member")
	default:
		return nil
	}
}

func under(token string, refused *reason.Error) *reason.Error {
	refused.Where = "/" + escape(token) + refused.Where
	return refused
}

// spells reports whether name is another spelling of a member.
func (s *Schema) spells(name string) bool {
	for _, p := range s.Properties {
		if strict.SameFold(p.Name, name) {
			return true
		}
	}
	return false
}

// describe names the first broken rule at the deepest place. The refused value is not quoted: it may be personal.
func describe(e *jsonschema.ValidationError) error {
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	var where strings.Builder
	for _, token := range e.InstanceLocation {
		where.WriteString("/" + escape(token))
	}
	detail := "breaks the rule " + strings.Join(e.ErrorKind.KeywordPath(), "/")
	if missing, ok := e.ErrorKind.(*kind.Required); ok {
		detail = "has no member " + strings.Join(missing.Missing, ", ")
	}
	return reason.New(reason.Schema, where.String(), "%s", detail)
}

// escape writes a name as a token of a JSON pointer.
func escape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}
