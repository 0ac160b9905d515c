package border

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/lift"
	"github.com/fairway-tre/fairway/contracts/schemas"
	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/services/platform/registry"
)

// Read lists the types that this release of the gateway reads from other sites: what it tells the registry, so that
// nobody sends it anything else.
func Read() []string {
	return []string{
		approval.TypeApplicationSubmitted, approval.TypeDecisionIssued,
		federation.TypeJobDispatched, federation.TypeJobAccepted, federation.TypeJobRefused, federation.TypeResultPart,
		federation.TypeCheckpointPublished, federation.TypeCheckpointCosigned,
	}
}

// Readings is Read with versions, and with the older majors that can be lifted, in order of types.
func Readings() (all []registry.Reading) {
	for _, kind := range Read() {
		for _, major := range append([]string{kind}, lift.Older(kind)...) {
			all = append(all, registry.ReadingOf(major))
		}
	}
	slices.SortFunc(all, func(a, b registry.Reading) int { return strings.Compare(a.Type, b.Type) })
	return all
}

// Spoken is how p is said to a receiver: in the newest major that the receiver reads, in the newest minor of it that
// both know, without the members that this minor does not have. An optional member that is left out means what was
// meant before there was one; values, the bytes of a result and a packed decision among them, stay as they are.
// It refuses with ContractNotRead.
func Spoken(p envelope.Payload, receiver registry.Participant) (said envelope.Payload, version string, err error) {
	for said = p; ; {
		if version, ok := receiver.Version(said.EventType()); ok {
			said, err = inVersion(said, version)
			return said, version, err
		}
		older, ok := lift.Beside(said)
		if !ok {
			return nil, "", refuse(ContractNotRead, "%s reads no version of %s", receiver.Site, topics.Stem(p.EventType()))
		}
		said = older
	}
}

// inVersion leaves out of a payload what a minor does not know.
func inVersion(p envelope.Payload, version string) (envelope.Payload, error) {
	c, _ := topics.Lookup(p.EventType())
	if version == c.Newest() {
		return p, nil
	}
	text, err := fs.ReadFile(schemas.Files, path.Join(c.Service, c.Name(), version+".json"))
	if err != nil {
		return nil, fmt.Errorf("say %s in version %s: %w", c.Type, version, err)
	}
	schema, err := schemas.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("say %s in version %s: %w", c.Type, version, err)
	}
	said, err := without(p, schema)
	if err != nil {
		return nil, fmt.Errorf("say %s in version %s: %w", c.Type, version, err)
	}
	return said, nil
}

func without(p envelope.Payload, schema *schemas.Schema) (envelope.Payload, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	value, err := strict.Value(text)
	if err != nil {
		return nil, err
	}
	if text, err = json.Marshal(known(schema, schema, value)); err != nil {
		return nil, err
	}
	said := reflect.New(reflect.TypeOf(p))
	err = json.Unmarshal(text, said.Interface())
	return said.Elem().Interface().(envelope.Payload), err
}

// known is a value without the members that the schema s of a document has not.
func known(document, s *schemas.Schema, value any) any {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		s = document.Defs[name]
	}
	switch v := value.(type) {
	case map[string]any:
		for name, child := range v {
			member, ok := s.Member(name)
			if !ok {
				delete(v, name)
				continue
			}
			v[name] = known(document, member, child)
		}
	case []any:
		for i, child := range v {
			if s.Items != nil {
				v[i] = known(document, s.Items, child)
			}
		}
	}
	return value
}
