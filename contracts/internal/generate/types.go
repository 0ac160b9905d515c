package generate

import (
	"bytes"
	"fmt"
	"go/format"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/schemas"
)

const vocabularyPath = "github.com/fairway-tre/fairway/contracts/vocabulary/v1"

// eventTypes writes one Go file for each event.
func eventTypes(events []event, files map[string][]byte) error {
	documented := map[string]bool{}
	for _, e := range events {
		var b bytes.Buffer
		b.WriteString(banner)
		if !documented[e.goPackage()] {
			documented[e.goPackage()] = true
			fmt.Fprintf(&b, "// Package %s has the events and acts of %s in major %d, as plain structs.\n", e.service(), e.service(), e.major)
		}
		fmt.Fprintf(&b, "package %s\n\n", e.service())
		imports(&b, e.schema)
		fmt.Fprintf(&b, "// Type%s is the type of %s on the wire.\nconst Type%s = %q\n\n", e.goName(), e.goName(), e.goName(), e.Type)
		structType(&b, e.goName(), e.schema, "vocabulary.")
		fmt.Fprintf(&b, "\n// EventType returns Type%s.\nfunc (%s) EventType() string { return Type%s }\n", e.goName(), e.goName(), e.goName())
		name := fmt.Sprintf("%s/%s.go", e.goPackage(), strings.ReplaceAll(e.noun+"-"+e.verb, "-", "_"))
		text, err := format.Source(b.Bytes())
		if err != nil {
			return fmt.Errorf("format %s: %w", name, err)
		}
		files[name] = text
	}
	return nil
}

// vocabulary writes the definitions that schemas share, each once; two of one name must be the same.
func vocabulary(events []event, files map[string][]byte) error {
	all, from := map[string]*schemas.Schema{}, map[string]string{}
	for _, e := range events {
		for name, def := range e.schema.Defs {
			if known, ok := all[name]; ok && !reflect.DeepEqual(known, def) {
				return fmt.Errorf("%s and %s define %s differently", from[name], e.folder, name)
			}
			all[name], from[name] = def, e.folder
		}
	}
	var b bytes.Buffer
	b.WriteString(banner + "// Package vocabulary has the terms that several events share.\npackage vocabulary\n\n")
	whole := &schemas.Schema{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		whole.Properties = append(whole.Properties, all[name].Properties...)
	}
	if usesTime(whole) {
		b.WriteString("import \"time\"\n\n")
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		structType(&b, name, all[name], "")
		b.WriteString("\n")
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		return fmt.Errorf("format the vocabulary: %w", err)
	}
	files["vocabulary/v1/vocabulary.go"] = text
	return nil
}

// imports writes the imports that the fields of an event need, the standard library first.
func imports(b *bytes.Buffer, s *schemas.Schema) {
	var needed []string
	if usesTime(s) {
		needed = append(needed, fmt.Sprintf("%q\n", "time"))
	}
	if slices.ContainsFunc(s.Properties, func(p schemas.Property) bool { return strings.Contains(goType(p.Schema, "vocabulary."), "vocabulary.") }) {
		needed = append(needed, fmt.Sprintf("%q\n", vocabularyPath))
	}
	if len(needed) > 0 {
		fmt.Fprintf(b, "import (\n%s)\n\n", strings.Join(needed, "\n"))
	}
}

func usesTime(s *schemas.Schema) bool {
	return slices.ContainsFunc(s.Properties, func(p schemas.Property) bool { return strings.Contains(goType(p.Schema, ""), "time.Time") })
}

func structType(b *bytes.Buffer, name string, s *schemas.Schema, vocabulary string) {
	comment(b, name+": "+s.Description)
	fmt.Fprintf(b, "type %s struct {\n", name)
	for _, p := range s.Properties {
		tag := p.Name
		if !slices.Contains(s.Required, p.Name) {
			tag += ",omitzero"
		}
		if text := described(p.Schema); text != "" {
			comment(b, text)
		}
		fmt.Fprintf(b, "%s %s `json:\"%s\"`\n", goName(p.Name), goType(p.Schema, vocabulary), tag)
	}
	b.WriteString("}\n")
}

// described is the sentence of a field and the values that it may have.
func described(s *schemas.Schema) string {
	values := s.Enum
	if s.Items != nil {
		values = s.Items.Enum
	}
	if len(values) == 0 {
		return s.Description
	}
	return strings.TrimSpace(s.Description + " One of " + strings.Join(values, ", ") + ".")
}

func comment(b *bytes.Buffer, text string) {
	line := "//"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 118 {
			b.WriteString(line + "\n")
			line = "//"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

func goType(s *schemas.Schema, vocabulary string) string {
	switch {
	case s.Ref != "":
		return vocabulary + strings.TrimPrefix(s.Ref, "#/$defs/")
	case s.Type == "array":
		return "[]" + goType(s.Items, vocabulary)
	case s.Type == "integer":
		return "int64"
	case s.Type == "boolean":
		return "bool"
	case s.Format == "date-time":
		return "time.Time"
	case s.Encoding == "base64":
		return "[]byte"
	default:
		return "string"
	}
}

// goName turns release-approved and releaseId into ReleaseApproved and ReleaseID.
func goName(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	s := b.String()
	if t, ok := strings.CutSuffix(s, "Ids"); ok {
		return t + "IDs"
	}
	if t, ok := strings.CutSuffix(s, "Id"); ok {
		return t + "ID"
	}
	return s
}
