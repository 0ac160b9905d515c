// Package schemas holds the contracts themselves, one folder per event, and judges payloads by them.
package schemas

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Files has every schema and contract: <service>/<noun>-<verb>/{<version>.json, contract.yaml}.
//
//go:embed */*/*.json */*/contract.yaml
var Files embed.FS

// Schema is one schema in the restricted profile of JSON Schema 2020-12. Reading it refuses every keyword outside the
// profile, so that the compatibility gate and the generator never meet one that they do not understand.
type Schema struct {
	Dialect     string             `json:"$schema,omitempty"`
	ID          string             `json:"$id,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Ref         string             `json:"$ref,omitempty"`
	Type        string             `json:"type,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Properties  Properties         `json:"properties,omitempty"`
	Additional  *bool              `json:"additionalProperties,omitempty"`
	Items       *Schema            `json:"items,omitempty"`
	MinItems    *int               `json:"minItems,omitempty"`
	MaxItems    *int               `json:"maxItems,omitempty"`
	UniqueItems bool               `json:"uniqueItems,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Const       jsontext.Value     `json:"const,omitempty"`
	Extensible  bool               `json:"x-extensible-enum,omitempty"`
	MinLength   *int               `json:"minLength,omitempty"`
	MaxLength   *int               `json:"maxLength,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Format      string             `json:"format,omitempty"`
	Encoding    string             `json:"x-encoding,omitempty"`
	Minimum     *int64             `json:"minimum,omitempty"`
	Maximum     *int64             `json:"maximum,omitempty"`
	Examples    []jsontext.Value   `json:"examples,omitempty"`
	Deprecated  bool               `json:"deprecated,omitempty"`
	Defs        map[string]*Schema `json:"$defs,omitempty"`
}

// Property is a named member of an object.
type Property struct {
	Name string
	*Schema
}

// Properties keeps the order of the file.
type Properties []Property

// UnmarshalJSONFrom reads an object in its order.
func (p *Properties) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		member := Property{Name: name.String(), Schema: &Schema{}}
		if err := json.UnmarshalDecode(dec, member.Schema); err != nil {
			return err
		}
		*p = append(*p, member)
	}
	_, err := dec.ReadToken()
	return err
}

// Member returns the schema of a member of an object.
func (s *Schema) Member(name string) (*Schema, bool) {
	i := slices.IndexFunc(s.Properties, func(p Property) bool { return p.Name == name })
	if i < 0 {
		return nil, false
	}
	return s.Properties[i].Schema, true
}

// Parse reads one schema and refuses keywords outside the profile.
func Parse(data []byte) (*Schema, error) {
	var s Schema
	if err := json.Unmarshal(data, &s, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("outside the schema profile: %w", err)
	}
	for name, def := range s.Defs {
		if def == nil {
			return nil, fmt.Errorf("outside the schema profile: $defs/%s is null, not a schema", name)
		}
	}
	return &s, nil
}

// Versions lists the versions of an event, oldest first. The folder is <service>/<noun>-<verb> in a tree such as Files.
func Versions(tree fs.FS, folder string) ([]string, error) {
	names, err := fs.Glob(tree, folder+"/*.json")
	if err != nil {
		return nil, fmt.Errorf("list the schemas of %s: %w", folder, err)
	}
	for i, n := range names {
		names[i] = strings.TrimSuffix(path.Base(n), ".json")
	}
	slices.SortFunc(names, compareVersions)
	return names, nil
}

func compareVersions(a, b string) int {
	return slices.Compare(numbers(a), numbers(b))
}

func numbers(version string) []int {
	var n [3]int
	fmt.Sscanf(version, "%d.%d.%d", &n[0], &n[1], &n[2])
	return n[:]
}
