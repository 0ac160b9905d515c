// Package crates has the two forms in which a site that wants it exchanges research objects with the world outside: a
// request for one analysis, and a released result with the decisions that let it leave, each as an RO-Crate by the Five
// Safes profile 0.4.
//
// A crate tells what the events tell, in the words of the profile: it proves nothing, and no service decides by one. What
// is known here by an id is named by a URN, "urn:fairway:" and one of site, person, project, permit, dataset, tool (with
// the digest of its published description), profile, release or parameter, and the id. Names are for readers alone.
package crates

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// What the profile and RO-Crate are known by.
const (
	MetadataFile  = "ro-crate-metadata.json"
	MediaType     = "application/ld+json" // of the metadata
	Context       = "https://w3id.org/ro/crate/1.2/context"
	Profile       = "https://w3id.org/5s-crate/0.4"
	specification = "https://w3id.org/ro/crate/1.2"
	workflowCrate = "https://w3id.org/workflowhub/workflow-ro-crate"
	phase         = "https://w3id.org/shp#"
	root          = "./"
	run           = "#run" // the action that is asked for
)

// The kinds of things that are named by a URN.
const (
	site      = "urn:fairway:site:"
	person    = "urn:fairway:person:"
	project   = "urn:fairway:project:"
	permit    = "urn:fairway:permit:"
	dataset   = "urn:fairway:dataset:"
	tool      = "urn:fairway:tool:"
	rules     = "urn:fairway:profile:"
	release   = "urn:fairway:release:"
	parameter = "urn:fairway:parameter:"
)

// The states of an action; the profile has them with http.
const (
	potential = "http://schema.org/PotentialActionStatus"
	completed = "http://schema.org/CompletedActionStatus"
)

// object is an entity of a crate, or a reference to one.
type object map[string]any

func ref(id string) object { return object{"@id": id} }

// refs refer to entities; to one alone without a list, as RO-Crate 1.2 recommends.
func refs(of ...object) any {
	var all []object
	for _, e := range of {
		all = append(all, ref(e["@id"].(string)))
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

func thing(id, kind, name string) object { return object{"@id": id, "@type": kind, "name": name} }

// kindOf finds the analysis whose published description has this digest.
func kindOf(digest string) (string, bool) {
	all := analyses.Kinds()
	i := slices.IndexFunc(all, func(kind string) bool { return analyses.Tool(kind) == digest })
	if i < 0 {
		return "", false
	}
	return all[i], true
}

// somebody is a person, of whom nothing is told but the pseudonym.
func somebody(who string) object { return thing(person+who, "Person", who) }

func toolOf(a vocabulary.Analysis) string { return tool + analyses.Tool(a.Kind) }

// described is what a request and a result say alike: who asks whom for what.
func described(who, in, of string, a vocabulary.Analysis) (contextual, inputs []object) {
	home, _, _ := strings.Cut(who, ":")
	asks := somebody(who)
	asks["affiliation"], asks["memberOf"] = ref(site+home), ref(project+in)
	workflow := thing(toolOf(a), "Dataset", "the typed analysis "+a.Kind)
	workflow["conformsTo"] = ref(workflowCrate + "-1.0")
	inputs = append(inputs, thing(dataset+of, "Dataset", of))
	contextual = []object{asks, thing(site+home, "Organization", home), thing(project+in, "Project", "project "+in), workflow}
	for _, p := range parametersOf(a) {
		contextual = append(contextual, thing(parameter+p.name, "FormalParameter", p.name))
		value := thing("#"+p.name, "PropertyValue", p.name)
		value["value"], value["exampleOfWork"] = p.value, ref(parameter+p.name)
		inputs = append(inputs, value)
	}
	return contextual, inputs
}

// metadata is the file of a crate: its descriptor, its root and the rest.
func metadata(about object, entities ...[]object) ([]byte, error) {
	graph := []object{
		{"@id": MetadataFile, "@type": "CreativeWork", "about": ref(root), "conformsTo": ref(specification)},
		about,
		thing(Profile, "Profile", "Five Safes RO-Crate profile"),
	}
	text, err := json.Marshal(object{"@context": Context, "@graph": append(graph, slices.Concat(entities...)...)},
		json.Deterministic(true), jsontext.WithIndent("  "))
	return append(text, '\n'), err
}
