package schemas_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
)

// folders are all contract folders on disk, <service>/<noun>-<verb>.
func folders(t *testing.T) []string {
	t.Helper()
	found, err := fs.Glob(os.DirFS("."), "*/*")
	if err != nil || len(found) == 0 {
		t.Fatalf("no contract folders: %v", err)
	}
	return found
}

func TestEveryFolderIsComplete(t *testing.T) {
	for _, folder := range folders(t) {
		if _, ok := contractOf(folder); !ok {
			t.Errorf("%s is not in the topic table: run scripts/generate.sh", folder)
		}
		log, err := os.ReadFile(path.Join(folder, "CHANGELOG.md"))
		if err != nil {
			t.Error(err)
		}
		versions, err := schemas.Versions(schemas.Files, folder)
		if err != nil || len(versions) == 0 {
			t.Errorf("%s has no schema: %v", folder, err)
		}
		for _, v := range versions {
			if !strings.Contains(string(log), "## "+v+"\n") {
				t.Errorf("%s/CHANGELOG.md does not tell of %s", folder, v)
			}
		}
		for kind, least := range map[string]int{"valid": 1, "invalid": 2} {
			examples, err := fs.Glob(os.DirFS(folder), "examples/"+kind+"/*.json")
			if err != nil || len(examples) < least {
				t.Errorf("%s has %d %s examples, at least %d are needed", folder, len(examples), kind, least)
			}
		}
	}
}

func contractOf(folder string) (topics.Contract, bool) {
	all := topics.All()
	i := slices.IndexFunc(all, func(c topics.Contract) bool { return c.Service+"/"+c.Name() == folder })
	if i < 0 {
		return topics.Contract{}, false
	}
	return all[i], true
}

func TestEverySchemaKeepsTheProfile(t *testing.T) {
	for _, folder := range folders(t) {
		versions, _ := schemas.Versions(schemas.Files, folder)
		for _, v := range versions {
			text, err := os.ReadFile(folder + "/" + v + ".json")
			if err != nil {
				t.Fatal(err)
			}
			s, err := schemas.Parse(text)
			if err != nil {
				t.Errorf("%s/%s: %v", folder, v, err)
				continue
			}
			for _, fault := range faults(s, strings.ReplaceAll(folder, "/", ":")+":"+v) {
				t.Errorf("%s/%s: %s", folder, v, fault)
			}
		}
	}
}

// faults holds a schema against the rules of the profile that are not about keywords.
func faults(s *schemas.Schema, name string) []string {
	var found []string
	if s.Dialect != "https://json-schema.org/draft/2020-12/schema" || s.ID != "urn:fairway:contracts:"+name {
		found = append(found, "$schema or $id is not as agreed")
	}
	if s.Title == "" || !strings.HasSuffix(s.Description, ".") {
		found = append(found, "title or description is missing")
	}
	found = append(found, objectFaults("", s, s.Defs)...)
	for def, d := range s.Defs {
		found = append(found, objectFaults("/$defs/"+def, d, s.Defs)...)
	}
	return found
}

// Lookaround, backreferences and \d are read differently by the regular expressions of different languages.
var unportable = regexp.MustCompile(`\(\?|\\[0-9dDwWsSbBpP]`)

func objectFaults(where string, s *schemas.Schema, defs map[string]*schemas.Schema) []string {
	var found []string
	say := func(format string, args ...any) { found = append(found, where+": "+fmt.Sprintf(format, args...)) }
	if s.Type == "object" && (s.Additional == nil || *s.Additional) {
		say("an object that is not closed")
	}
	for _, r := range s.Required {
		if _, ok := s.Member(r); !ok {
			say("requires %s, which it does not define", r)
		}
	}
	switch {
	case s.Ref != "" && defs[strings.TrimPrefix(s.Ref, "#/$defs/")] == nil:
		say("refers to %s, which is not there", s.Ref)
	case s.Ref == "" && !slices.Contains([]string{"object", "array", "string", "integer", "boolean"}, s.Type):
		say("type %q", s.Type)
	case s.Type == "string" && s.Enum == nil && s.Pattern == "" && s.MaxLength == nil:
		say("text without a limit")
	case s.Type == "integer" && (s.Minimum == nil || s.Maximum == nil || *s.Maximum > strict.MaxInteger):
		say("an integer without limits within 2^53-1")
	case s.Type == "array" && (s.MaxItems == nil || s.Items == nil):
		say("a list without a limit or without items")
	case s.Format != "" && !slices.Contains([]string{"date-time", "date", "uuid", "uri", "email", "duration"}, s.Format):
		say("format %q", s.Format)
	case s.Format == "date-time" && s.Pattern != "Z$":
		say("a time that is not held to UTC")
	case unportable.MatchString(s.Pattern):
		say("pattern %q is not portable", s.Pattern)
	}
	for _, p := range s.Properties {
		found = append(found, objectFaults(where+"/"+p.Name, p.Schema, defs)...)
	}
	if s.Items != nil {
		found = append(found, objectFaults(where+"/items", s.Items, defs)...)
	}
	return found
}

func TestKeywordsOutsideTheProfileAreRefused(t *testing.T) {
	for _, keyword := range []string{"oneOf", "anyOf", "allOf", "not", "if", "patternProperties", "unevaluatedProperties", "default", "contentEncoding"} {
		if _, err := schemas.Parse([]byte(`{"type":"object","` + keyword + `":{}}`)); err == nil {
			t.Errorf("%s is accepted", keyword)
		}
	}
}

func TestSubjectIsAMemberThatEveryPayloadHas(t *testing.T) {
	for _, c := range topics.All() {
		_, rest, _ := strings.Cut(c.Subject, "{")
		member := strings.TrimSuffix(rest, "}")
		s := newest(t, c)
		m, ok := s.Member(member)
		if !ok || m.Type != "string" || !slices.Contains(s.Required, member) {
			t.Errorf("%s: subject %s needs %s as required text", c.Type, c.Subject, member)
		}
		receivers := strings.TrimPrefix(c.Border.Receivers, "data.")
		if c.Border.Out && !slices.Contains(s.Required, receivers) {
			t.Errorf("%s: receivers %s is not a required member", c.Type, c.Border.Receivers)
		}
	}
}

func newest(t *testing.T, c topics.Contract) *schemas.Schema {
	t.Helper()
	text, err := fs.ReadFile(schemas.Files, c.Service+"/"+c.Name()+"/"+c.Versions[len(c.Versions)-1]+".json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := schemas.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestErrorsDoNotQuoteValues(t *testing.T) {
	j, err := schemas.Of("airlock", "release-review", "1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	v, err := strict.Value([]byte(`{"releaseId":"Jane Doe","digest":"sha256:x","decision":"Jane Doe"}`))
	if err != nil {
		t.Fatal(err)
	}
	err = j.Check(v, schemas.Closed)
	if err == nil || strings.Contains(err.Error(), "Jane") {
		t.Errorf("%v quotes the value or accepts it", err)
	}
}
