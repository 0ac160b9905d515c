package crates

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/strict"
)

// entity is one object of the graph of a crate, and where it stands.
type entity struct {
	where, id string
	members   map[string]any
}

// graph are the entities of a crate by id. An id has one entity.
type graph map[string]entity

func has(all []string, one string) bool { return slices.Contains(all, one) }

// wrong says what is the matter with a member of an entity.
func (e entity) wrong(member, format string, args ...any) error {
	return reason.New(reason.Schema, e.where+"/"+member, format, args...)
}

// open reads the entities of a crate.
//
// The check of the profile on @context: it matches https://w3id.org/ro/crate/1.[2-9](-DRAFT)?/context. Another context
// beside it could give the terms another meaning, so there is none.
func open(text []byte) (graph, error) {
	value, err := strict.Value(text)
	if err != nil {
		return nil, err
	}
	document, _ := value.(map[string]any)
	context := document["@context"]
	if several, ok := context.([]any); ok && len(several) == 1 {
		context = several[0]
	}
	if iri, _ := context.(string); !contexts.MatchString(iri) {
		return nil, reason.New(reason.Schema, "/@context", "is not the context of RO-Crate 1.2 or later alone: write %s", Context)
	}
	entities, ok := document["@graph"].([]any)
	if !ok {
		return nil, reason.New(reason.Schema, "/@graph", "is not a list of entities")
	}
	g := graph{}
	for i, one := range entities {
		members, _ := one.(map[string]any)
		id, _ := members["@id"].(string)
		where := "/@graph/" + strconv.Itoa(i)
		if _, before := g[id]; before || id == "" {
			return nil, reason.New(reason.Schema, where+"/@id", "is not the id of one entity alone: give each entity an id of its own")
		}
		g[id] = entity{where, id, members}
	}
	return g, nil
}

// root is what the crate is about, by its descriptor.
func (g graph) root() (entity, error) {
	descriptor, ok := g[MetadataFile]
	if !ok {
		return entity{}, reason.New(reason.Schema, "/@graph", "has no entity %s, which says what the crate is", MetadataFile)
	}
	// 5S-MUST-39: The descriptor MUST have a `conformsTo` property with RO-Crate specification version 1.2 or later minor version
	versions, err := descriptor.refs("conformsTo")
	if err != nil {
		return entity{}, err
	}
	if !slices.ContainsFunc(versions, func(v string) bool { return contexts.MatchString(v + "/context") }) {
		return entity{}, descriptor.wrong("conformsTo", "does not refer to RO-Crate 1.2 or later: write %s", specification)
	}
	about, err := g.one(descriptor, "about", "Dataset")
	if err != nil {
		return entity{}, err
	}
	profiles, err := about.refs("conformsTo")
	if err != nil {
		return entity{}, err
	}
	if about.id != root || !has(profiles, Profile) {
		return entity{}, about.wrong("conformsTo", "does not refer to the Five Safes profile: the root is called %s and conforms to %s", root, Profile)
	}
	return about, nil
}

// is says whether an entity has a type.
func (e entity) is(kind string) bool {
	several, ok := e.members["@type"].([]any)
	if !ok {
		return e.members["@type"] == kind
	}
	return slices.Contains(several, any(kind))
}

// named is the id within the URN of an entity.
func (e entity) named(kind string) (string, error) {
	id, ok := strings.CutPrefix(e.id, kind)
	if !ok || id == "" {
		return "", reason.New(reason.Schema, e.where+"/@id", "is not %s and its id, by which this site knows it", kind)
	}
	return id, nil
}

// refs are the ids that a member refers to; none if it is not there.
func (e entity) refs(member string) (ids []string, err error) {
	value, there := e.members[member]
	if !there {
		return nil, nil
	}
	several, ok := value.([]any)
	if !ok {
		several = []any{value}
	}
	for _, one := range several {
		reference, _ := one.(map[string]any)
		id, ok := reference["@id"].(string)
		if !ok || len(reference) != 1 {
			return nil, e.wrong(member, `is not a reference to an entity, {"@id": …}, or a list of such`)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// all are the entities that a member refers to; each is in the crate.
func (g graph) all(e entity, member string) (found []entity, err error) {
	ids, err := e.refs(member)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		one, ok := g[id]
		if !ok {
			return nil, e.wrong(member, "refers to an entity that the crate does not describe")
		}
		found = append(found, one)
	}
	return found, nil
}

// one is the only entity that a member refers to, of a type.
func (g graph) one(e entity, member, kind string) (entity, error) {
	found, err := g.all(e, member)
	if err != nil {
		return entity{}, err
	}
	if len(found) != 1 || !found[0].is(kind) {
		return entity{}, e.wrong(member, "does not refer to exactly one entity of the type %s", kind)
	}
	return found[0], nil
}
