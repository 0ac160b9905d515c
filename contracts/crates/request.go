package crates

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// Request is what a crate asks for: one analysis of one dataset, by one person, in one project. Under which permit is not
// the asker's to say.
type Request struct {
	Requester string
	ProjectID string
	DatasetID string
	Analysis  vocabulary.Analysis
}

// ErrTool says that the workflow of a crate is none whose description is published.
var ErrTool = errors.New("the workflow of the crate is no tool by the digest of a published description")

var contexts = regexp.MustCompile(`^https://w3id\.org/ro/crate/1\.[2-9](-DRAFT)?/context$`)

// shortest is how long the name of an action is at least.
//
// 5S-MUST-26: Workflow (CreateAction) MUST have a name string of at least 10 characters.
const shortest = 10

// Read reads a request: ro-crate-metadata.json, within the limits of package strict. Its errors are ErrTool and
// *reason.Error, which says where, what and what to do, and repeats nothing.
//
// What a crate says beyond a request is passed over. So is every AssessAction: whoever asks has no word in what the
// environment checked and agreed to (the profile: those that a client submits are removed). Names decide nothing.
func Read(text []byte) (Request, error) {
	g, err := open(text)
	if err != nil {
		return Request{}, err
	}
	about, err := g.root()
	if err != nil {
		return Request{}, err
	}
	// 5S-MUST-04: The `sourceOrganization` property of the RootDataEntity MUST point to a Project entity.
	in, err := g.one(about, "sourceOrganization", "Project")
	if err != nil {
		return Request{}, err
	}
	// 5S-MUST-16: The mainEntity pointed to by the RootDataEntity MUST be of type schema:Dataset
	workflow, err := g.one(about, "mainEntity", "Dataset")
	if err != nil {
		return Request{}, err
	}
	// 5S-MUST-18: conformsTo IRI must start with https://w3id.org/workflowhub/workflow-ro-crate
	conforms, err := workflow.refs("conformsTo")
	if err != nil {
		return Request{}, err
	}
	if len(conforms) != 1 || !strings.HasPrefix(conforms[0], workflowCrate) {
		return Request{}, workflow.wrong("conformsTo", "is not one reference that begins with %s", workflowCrate)
	}
	action, err := g.action(about)
	if err != nil {
		return Request{}, err
	}
	// 5S-MUST-21: `CreateAction` --> `instrument` MUST reference the same entity as `Root Data Entity` --> `mainEntity`
	if instrument, err := g.one(action, "instrument", "Dataset"); err != nil || instrument.id != workflow.id {
		return Request{}, action.wrong("instrument", "is not the mainEntity of the crate: ask for the workflow that it is about")
	}
	return g.request(action, in, workflow)
}

// action is the one run that a crate asks for.
func (g graph) action(about entity) (entity, error) {
	mentioned, err := g.all(about, "mentions")
	if err != nil {
		return entity{}, err
	}
	var asks []entity
	for _, e := range mentioned {
		if e.is("CreateAction") {
			asks = append(asks, e)
		}
	}
	// 5S-MUST-19: `RootDataEntity` MUST reference at least one `CreateAction` through `mentions`
	if len(asks) != 1 {
		return entity{}, about.wrong("mentions", "has %d actions of the type CreateAction: a request is for one run", len(asks))
	}
	action := asks[0]
	if name, _ := action.members["name"].(string); utf8.RuneCountInString(name) < shortest {
		return entity{}, action.wrong("name", "is not a text of at least %d characters", shortest)
	}
	if status, there := action.members["actionStatus"]; there && status != potential {
		return entity{}, action.wrong("actionStatus", "is not %s: what is asked for has not begun", potential)
	}
	return action, nil
}

func (g graph) request(action, in, workflow entity) (r Request, err error) {
	// 5S-MUST-08: Each CreateAction agent MUST be typed as schema:Person.
	agent, err := g.one(action, "agent", "Person")
	if err != nil {
		return r, err
	}
	// 5S-MUST-02: At least one Project referenced by Agent -> memberOf MUST be included in sourceOrganization.
	member, err := agent.refs("memberOf")
	if err != nil {
		return r, err
	}
	if !has(member, in.id) {
		return r, agent.wrong("memberOf", "does not refer to the project that is the sourceOrganization of the crate")
	}
	if r.Requester, err = agent.named(person); err != nil {
		return r, err
	}
	if r.ProjectID, err = in.named(project); err != nil {
		return r, err
	}
	digest, err := workflow.named(tool)
	if err != nil {
		return r, err
	}
	kind, known := kindOf(digest)
	if !known {
		return r, ErrTool
	}
	var parameters map[string]entity
	if r.DatasetID, parameters, err = g.inputs(action); err != nil {
		return r, err
	}
	r.Analysis, err = asked(kind, parameters)
	return r, err
}

// inputs are the dataset that an action is about, and its parameters. What is neither is refused: without it something
// else would be computed than was asked for.
func (g graph) inputs(action entity) (of string, parameters map[string]entity, err error) {
	// 5S-MUST-22: Each `object` in `CreateAction` MUST reference an existing entity.
	given, err := g.all(action, "object")
	if err != nil {
		return "", nil, err
	}
	parameters = map[string]entity{}
	for _, e := range given {
		switch {
		case e.is("Dataset") && of == "":
			if of, err = e.named(dataset); err != nil {
				return "", nil, err
			}
		case e.is("PropertyValue"):
			// 5S-SHOULD-18: Input SHOULD reference a FormalParameter using exampleOfWork
			formal, err := g.one(e, "exampleOfWork", "FormalParameter")
			if err != nil {
				return "", nil, err
			}
			name, err := formal.named(parameter)
			if err != nil {
				return "", nil, err
			}
			if _, before := parameters[name]; before {
				return "", nil, e.wrong("exampleOfWork", "is a parameter that has a value already")
			}
			parameters[name] = e
		default:
			return "", nil, reason.New(reason.Schema, e.where, "neither the one dataset nor a parameter (PropertyValue), which are all that an analysis is given")
		}
	}
	if of == "" {
		return "", nil, action.wrong("object", "names no dataset: refer to an entity of the type Dataset called %s and its id", dataset)
	}
	return of, parameters, nil
}

// Encode writes a request as Read reads it, made at a time.
func (r Request) Encode(at time.Time) ([]byte, error) {
	contextual, inputs := described(r.Requester, r.ProjectID, r.DatasetID, r.Analysis)
	action := thing(run, "CreateAction", "Request to run "+r.Analysis.Kind)
	action["agent"], action["instrument"], action["object"] = ref(person+r.Requester), ref(toolOf(r.Analysis)), refs(inputs...)
	action["actionStatus"] = potential
	about := thing(root, "Dataset", "Request to run "+r.Analysis.Kind)
	about["description"] = "A person of a project asks for one analysis of a dataset"
	about["conformsTo"], about["sourceOrganization"], about["mainEntity"] = ref(Profile), ref(project+r.ProjectID), ref(toolOf(r.Analysis))
	about["mentions"], about["hasPart"] = ref(run), []object{ref(toolOf(r.Analysis)), ref(dataset + r.DatasetID)}
	about["datePublished"], about["license"] = stamp(at), ref("#use")
	return metadata(about, []object{action, thing("#use", "CreativeWork", "For the site that is asked, to read and to keep")}, contextual, inputs)
}
