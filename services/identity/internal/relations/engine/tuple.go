package engine

import (
	"errors"
	"fmt"
	"strings"

	rts "github.com/ory/keto/proto/ory/keto/relation_tuples/v1alpha2"
)

// ErrInvalid says that a tuple cannot be right under the model, whatever the graph holds.
var ErrInvalid = errors.New("invalid relation tuple")

// Tuple says that Subject stands in Relation to Object of Namespace.
// Subject is a person id, or "Namespace:object#relation" for everyone who stands in that relation,
// or "Namespace:object#" for the object itself.
type Tuple struct{ Namespace, Object, Relation, Subject string }

// String is the notation of the Zanzibar paper: Namespace:object#relation@subject.
func (t Tuple) String() string {
	return t.Namespace + ":" + t.Object + "#" + t.Relation + "@" + t.Subject
}

// node is one place of the graph: the holders of a relation or permit on an object.
type node struct{ namespace, object, relation string }

func (t Tuple) node() node { return node{t.Namespace, t.Object, t.Relation} }

// set splits a subject that names a set or an object; ok is false for a person.
// Only '#' tells them apart: a person id may hold a colon ("site:ulid").
func set(subject string) (n node, ok bool) {
	at := strings.LastIndexByte(subject, '#')
	if at < 0 {
		return node{}, false
	}
	namespace, object, _ := strings.Cut(subject[:at], ":")
	return node{namespace, object, subject[at+1:]}, true
}

func (n node) subject() string { return n.namespace + ":" + n.object + "#" + n.relation }

// ToProto gives the tuple in Keto's form.
func ToProto(t Tuple) *rts.RelationTuple {
	return &rts.RelationTuple{Namespace: t.Namespace, Object: t.Object, Relation: t.Relation, Subject: SubjectToProto(t.Subject)}
}

// SubjectToProto gives a subject in Keto's form.
func SubjectToProto(subject string) *rts.Subject {
	if n, ok := set(subject); ok {
		return rts.NewSubjectSet(n.namespace, n.object, n.relation)
	}
	return rts.NewSubjectID(subject)
}

// FromProto reads a tuple in Keto's form.
func FromProto(t *rts.RelationTuple) Tuple {
	return Tuple{t.GetNamespace(), t.GetObject(), t.GetRelation(), subjectFromProto(t.GetSubject())}
}

func subjectFromProto(s *rts.Subject) string {
	if set := s.GetSet(); set != nil {
		return node{set.GetNamespace(), set.GetObject(), set.GetRelation()}.subject()
	}
	return s.GetId()
}

// checkName refuses names that the flat notation could not give back, and control characters.
func checkName(what, name string) error {
	if name == "" || len(name) > 200 {
		return fmt.Errorf("%w: %s must have 1 to 200 bytes, has %d", ErrInvalid, what, len(name))
	}
	for _, r := range name {
		if r <= ' ' || r == '#' || r == '@' || r == 0x7f || r == 0xfffd {
			return fmt.Errorf("%w: %s holds a space, '#', '@' or a control character", ErrInvalid, what)
		}
	}
	return nil
}
