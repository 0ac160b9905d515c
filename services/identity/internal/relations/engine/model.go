package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rule is one way to hold a permit. There is no negation: a real Keto answers a negated rule
// with "allowed" once its depth limit is reached.
type Rule struct {
	Relation string // the holders of Relation on the same object, or,
	Via      string // when set, on each object that stands in relation Via,
	Then     string // the holders of its relation or permit Then
}

// Namespace is a kind of object, what may stand in relation to it and what that permits.
type Namespace struct {
	Name      string
	Relations map[string][]string // relation -> subject types: "User", "Site" (the object), "Site#operator" (its holders)
	Permits   map[string][]Rule   // permit -> any of these rules suffices
}

// Model is the whole language of relations. Read only.
type Model []Namespace

// PersonType is the subject type of a person id.
const PersonType = "User"

func (m Model) namespace(name string) (Namespace, bool) {
	i := slices.IndexFunc(m, func(n Namespace) bool { return n.Name == name })
	if i < 0 {
		return Namespace{}, false
	}
	return m[i], true
}

// CheckQuestion returns ErrInvalid unless t asks for a relation or permit of the model.
func (m Model) CheckQuestion(t Tuple) error {
	if err := m.checkNames(t); err != nil {
		return err
	}
	n, _ := m.namespace(t.Namespace)
	_, relation := n.Relations[t.Relation]
	_, permit := n.Permits[t.Relation]
	if !relation && !permit {
		return fmt.Errorf("%w: %s has no relation or permit %q", ErrInvalid, t.Namespace, t.Relation)
	}
	return nil
}

// CheckFact returns ErrInvalid unless t may be stored: a relation of the model with a subject of a type that it allows.
// A real Keto checks the namespace alone and takes the rest in silence.
func (m Model) CheckFact(t Tuple) error {
	if err := m.checkNames(t); err != nil {
		return err
	}
	n, _ := m.namespace(t.Namespace)
	types, ok := n.Relations[t.Relation]
	if !ok {
		return fmt.Errorf("%w: %s has no relation %q; it has %s", ErrInvalid, t.Namespace, t.Relation,
			strings.Join(slices.Sorted(maps.Keys(n.Relations)), ", "))
	}
	if kind := subjectType(t.Subject); !slices.Contains(types, kind) {
		return fmt.Errorf("%w: %s of %s takes %s, not %s", ErrInvalid, t.Relation, t.Namespace, strings.Join(types, " or "), kind)
	}
	return nil
}

func (m Model) checkNames(t Tuple) error {
	if _, ok := m.namespace(t.Namespace); !ok {
		return fmt.Errorf("%w: unknown namespace %q", ErrInvalid, t.Namespace)
	}
	if err := checkName("object", t.Object); err != nil {
		return err
	}
	s, ok := set(t.Subject)
	if !ok {
		return checkName("subject", t.Subject)
	}
	if _, ok := m.namespace(s.namespace); !ok {
		return fmt.Errorf("%w: subject of unknown namespace %q", ErrInvalid, s.namespace)
	}
	return checkName("object of the subject", s.object)
}

func subjectType(subject string) string {
	n, ok := set(subject)
	switch {
	case !ok:
		return PersonType
	case n.relation == "":
		return n.namespace
	default:
		return n.namespace + "#" + n.relation
	}
}

// Depth returns the length of the longest chain of steps that a check under m can take, counting the first node.
// It fails when the model refers to something that it does not define, or to itself in a circle: with neither, no graph is
// too deep, and a real Keto whose depth limit is not under it never answers a silent "no".
func (m Model) Depth() (int, error) {
	longest := 0
	for _, n := range m {
		for _, name := range slices.Concat(slices.Collect(maps.Keys(n.Relations)), slices.Collect(maps.Keys(n.Permits))) {
			d, err := m.depth(n.Name, name, nil)
			if err != nil {
				return 0, err
			}
			longest = max(longest, d)
		}
	}
	return longest, nil
}

func (m Model) depth(namespace, name string, above []string) (int, error) {
	here := namespace + "#" + name
	if slices.Contains(above, here) {
		return 0, fmt.Errorf("relation model: %s refers to itself by way of %s", here, strings.Join(above, " -> "))
	}
	n, ok := m.namespace(namespace)
	types, isRelation := n.Relations[name]
	rules, isPermit := n.Permits[name]
	if !ok || isRelation == isPermit {
		return 0, fmt.Errorf("relation model: %s must be defined once, as a relation or as a permit", here)
	}
	below := 0
	for _, next := range m.steps(namespace, types, rules) {
		d, err := m.depth(next[0], next[1], append(slices.Clone(above), here))
		if err != nil {
			return 0, err
		}
		below = max(below, d)
	}
	return below + 1, nil
}

// steps lists what a check of a relation with these types, or of a permit with these rules, looks at next.
func (m Model) steps(namespace string, types []string, rules []Rule) (next [][2]string) {
	for _, t := range types {
		if other, relation, ok := strings.Cut(t, "#"); ok {
			next = append(next, [2]string{other, relation})
		}
	}
	n, _ := m.namespace(namespace)
	for _, r := range rules {
		if r.Via == "" {
			next = append(next, [2]string{namespace, r.Relation})
			continue
		}
		next = append(next, [2]string{namespace, r.Via})
		for _, t := range n.Relations[r.Via] {
			other, _, _ := strings.Cut(t, "#")
			next = append(next, [2]string{other, r.Then})
		}
	}
	return next
}
