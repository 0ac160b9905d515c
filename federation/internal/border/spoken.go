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
		approval.TypeApplicationSubmitted, approval.TypeAmendmentSubmitted, approval.TypeDecisionIssued,
		approval.TypeApplicationWithdrawn, approval.TypeApplicationInformationRequested, approval.TypeApplicationInformationReceived,
		approval.TypePermitsAffirmed,
		federation.TypeJobDispatched, federation.TypeJobAccepted, federation.TypeJobRefused, federation.TypeResultPart, federation.TypePermitEntrusted,
		federation.TypeQuestionDispatched, federation.TypeQuestionReturned,
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

// Conditions lists the types that ask for something: each of their members is a condition, so that none may be left out.
func Conditions() []string {
	return []string{approval.TypeApplicationSubmitted, approval.TypeAmendmentSubmitted, federation.TypeJobDispatched,
		federation.TypeQuestionDispatched, federation.TypePermitEntrusted}
}

// Spoken is how p is said to a receiver: in the newest major that the receiver reads, in the newest minor of it that
// both know, without the members that this minor does not have. An optional member that is left out means what was
// meant before there was one; values, the bytes of a result and a packed decision among them, stay as they are. A question
// without one of its conditions would be another question: it is not said. It refuses with ContractNotRead.
func Spoken(p envelope.Payload, receiver registry.Participant) (said envelope.Payload, version string, err error) {
	for said = p; ; {
		if version, ok := receiver.Version(said.EventType()); ok {
			said, whole, err := inVersion(said, version)
			if err == nil && !whole && slices.Contains(Conditions(), said.EventType()) {
				err = refuse(ContractNotRead, "%s reads %s up to version %s, which cannot say all of what is asked", receiver.Site, topics.Stem(p.EventType()), version)
			}
			return said, version, err
		}
		older, ok := lift.Beside(said)
		if !ok {
			return nil, "", refuse(ContractNotRead, "%s reads no version of %s", receiver.Site, topics.Stem(p.EventType()))
		}
		said = older
	}
}

// inVersion leaves out of a payload what a minor does not know, and reports whether that was nothing.
func inVersion(p envelope.Payload, version string) (said envelope.Payload, whole bool, err error) {
	c, _ := topics.Lookup(p.EventType())
	if version == c.Newest() {
		return p, true, nil
	}
	text, err := fs.ReadFile(schemas.Files, path.Join(c.Service, c.Name(), version+".json"))
	if err != nil {
		return nil, false, fmt.Errorf("say %s in version %s: %w", c.Type, version, err)
	}
	schema, err := schemas.Parse(text)
	if err != nil {
		return nil, false, fmt.Errorf("say %s in version %s: %w", c.Type, version, err)
	}
	if said, whole, err = without(p, schema); err != nil {
		return nil, false, fmt.Errorf("say %s in version %s: %w", c.Type, version, err)
	}
	return said, whole, nil
}

func without(p envelope.Payload, schema *schemas.Schema) (said envelope.Payload, whole bool, err error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, false, err
	}
	value, err := strict.Value(text)
	if err != nil {
		return nil, false, err
	}
	whole = prune(schema, schema, value)
	if text, err = json.Marshal(value); err != nil {
		return nil, false, err
	}
	typed := reflect.New(reflect.TypeOf(p))
	err = json.Unmarshal(text, typed.Interface())
	return typed.Elem().Interface().(envelope.Payload), whole, err
}

// prune takes the members out of a value that the schema s of a document has not, and reports whether there were none.
func prune(document, s *schemas.Schema, value any) (whole bool) {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		s = document.Defs[name]
	}
	whole = true
	switch v := value.(type) {
	case map[string]any:
		for name, child := range v {
			member, ok := s.Member(name)
			if !ok {
				delete(v, name)
				whole = false
				continue
			}
			whole = prune(document, member, child) && whole
		}
	case []any:
		for _, child := range v {
			if s.Items != nil {
				whole = prune(document, s.Items, child) && whole
			}
		}
	}
	return whole
}
