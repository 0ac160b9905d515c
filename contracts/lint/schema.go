package lint

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
)

const dialect = "https://json-schema.org/draft/2020-12/schema"

var versionName = regexp.MustCompile(`^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.json$`)

func (f *folder) readVersions() error {
	files, err := fs.Glob(f.tree, f.name+"/*.json")
	if err != nil {
		return err
	}
	for _, file := range files {
		if base := file[len(f.name)+1:]; !versionName.MatchString(base) {
			f.say(base, 0, "version-name", "name a schema <major>.<minor>.<patch>.json", "this is not the name of a version")
		}
	}
	names, err := schemas.Versions(f.tree, f.name)
	if err != nil {
		return err
	}
	for _, name := range names {
		v := &version{name: name, file: name + ".json"}
		if !strings.HasPrefix(name, f.major()+".") {
			f.say(v.file, 0, "version-major", "put it into the folder of its major, "+f.event()+".v<major>", "this is no version of major %s", f.major())
		}
		if v.text, err = f.read(v.file); err != nil {
			return err
		}
		if f.parse(v); v.schema != nil {
			f.checkSchema(v)
		}
		f.versions = append(f.versions, v)
	}
	if len(names) == 0 {
		f.say("", 0, "schema-missing", "write 1.0.0.json", "there is no schema")
	}
	return nil
}

// parse reads a schema, first as strictly as any payload, then by the profile.
func (f *folder) parse(v *version) {
	if _, err := strict.Value(v.text); err != nil {
		f.at(v.file, v.text, pointerOf(err), "json", "write one JSON document without repeated names", "%s", err)
		return
	}
	s, err := schemas.Parse(v.text)
	if err != nil {
		f.at(v.file, v.text, pointerOf(err), "profile", "use only the keywords that contracts/README.md lists; a choice between shapes is two events", "%s", err)
		return
	}
	v.schema = s
	if v.judge, err = schemas.NewJudge(v.text); err == nil {
		err = v.judge.Compile()
	}
	if err != nil {
		v.judge = nil
		f.at(v.file, v.text, "", "profile", "mend the keyword that it names", "%s", err)
	}
}

func pointerOf(err error) string {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	var refused *reason.Error
	switch {
	case errors.As(err, &refused):
		return refused.Where
	case errors.As(err, &semantic):
		return string(semantic.JSONPointer)
	case errors.As(err, &syntactic):
		return string(syntactic.JSONPointer)
	}
	return ""
}

func (f *folder) checkSchema(v *version) {
	want := "urn:fairway:contracts:" + f.service() + ":" + f.event() + ":" + v.name
	if v.schema.Dialect != dialect {
		f.at(v.file, v.text, "/$schema", "dialect", "write \"$schema\": \""+dialect+"\"", "$schema is %q", v.schema.Dialect)
	}
	if v.schema.ID != want {
		f.at(v.file, v.text, "/$id", "schema-id", "write \"$id\": \""+want+"\"", "$id is %q, not that of this file", v.schema.ID)
	}
	if v.schema.Type != "object" {
		f.at(v.file, v.text, "/type", "payload-object", "make it an object: only objects can gain members", "a payload is no object")
	}
	if v.schema.Title == "" || !strings.HasSuffix(v.schema.Description, ".") {
		f.at(v.file, v.text, "/description", "words", "give it a title, and a description that is a sentence: what happened, to what", "title or description is missing")
	}
	f.node(v, "", v.schema)
	for name, def := range v.schema.Defs {
		f.node(v, "/$defs/"+name, def)
	}
}

// Lookaround, backreferences and \d are read differently by the regular expressions of different languages.
var unportable = regexp.MustCompile(`\(\?|\\[0-9dDwWsSbBpP]`)

var (
	types   = []string{"object", "array", "string", "integer", "boolean"}
	formats = []string{"date-time", "date", "uuid", "uri", "email", "duration"}
)

// node holds one schema and those inside against the rules of the profile that are not about keywords.
func (f *folder) node(v *version, at string, s *schemas.Schema) {
	for _, r := range nodeRules {
		if r.broken(v.schema, s) {
			f.at(v.file, v.text, at, r.name, r.do, "%s", r.problem)
		}
	}
	for _, name := range s.Required {
		if _, ok := s.Member(name); !ok {
			f.at(v.file, v.text, at+"/required", "required-unknown", "define it under properties, or do not require it", "%s is required and not defined", name)
		}
	}
	for _, p := range s.Properties {
		f.node(v, at+"/properties/"+p.Name, p.Schema)
	}
	if s.Items != nil {
		f.node(v, at+"/items", s.Items)
	}
}

// nodeRules are rules of one schema within its root.
var nodeRules = []struct {
	name, problem, do string
	broken            func(root, s *schemas.Schema) bool
}{
	{"type", "no type of the profile", "write one type: object, array, string, integer or boolean", func(_, s *schemas.Schema) bool {
		return s.Ref == "" && !slices.Contains(types, s.Type)
	}},
	{"reference", "$ref names no definition", "define it under $defs and refer to #/$defs/<name>", func(root, s *schemas.Schema) bool {
		return s.Ref != "" && root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")] == nil
	}},
	{"object-open", "an object that is not closed", "write \"additionalProperties\": false; readers open it by themselves", func(_, s *schemas.Schema) bool {
		return s.Type == "object" && (s.Additional == nil || *s.Additional)
	}},
	{"text-unlimited", "text without a limit", "give it enum, pattern or maxLength", func(_, s *schemas.Schema) bool {
		return s.Type == "string" && s.Enum == nil && s.Pattern == "" && s.MaxLength == nil && s.Const == nil
	}},
	{"integer-unlimited", "an integer without limits within 2^53-1", "give it minimum and maximum; what can be larger is text", func(_, s *schemas.Schema) bool {
		return s.Type == "integer" && (s.Minimum == nil || s.Maximum == nil || *s.Maximum > strict.MaxInteger || *s.Minimum < -strict.MaxInteger)
	}},
	{"array-unlimited", "a list without a limit or without items", "give it items and maxItems", func(_, s *schemas.Schema) bool {
		return s.Type == "array" && (s.MaxItems == nil || s.Items == nil)
	}},
	{"format", "a format that readers do not agree on", "use one of " + strings.Join(formats, ", "), func(_, s *schemas.Schema) bool {
		return s.Format != "" && !slices.Contains(formats, s.Format)
	}},
	{"time-utc", "a time that is not held to UTC", "write \"pattern\": \"Z$\" beside the format", func(_, s *schemas.Schema) bool {
		return s.Format == "date-time" && s.Pattern != "Z$"
	}},
	{"pattern", "a pattern that languages read differently", "use plain classes such as [0-9], and no lookaround", func(_, s *schemas.Schema) bool {
		return unportable.MatchString(s.Pattern)
	}},
}
