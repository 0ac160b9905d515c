package crates

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/strict"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// shape is how the value of a parameter stands in a crate.
type shape int

const (
	single     shape = iota // a text or a number
	list                    // one of these or several; JSON-LD makes no difference between one and a list of one
	structured              // JSON as text, since an entity of a crate has none within
)

// shapes are the parameters of an analysis: the members of vocabulary.Analysis but its kind, which the tool says.
var shapes = map[string]shape{
	"time": single, "event": single, "arm": single, "stratum": single, "outcome": single, "measure": single,
	"smallCells": single, "combine": single, "round": single,
	"by": list, "covariates": list, "percentiles": list, "variants": list, "at": list,
	"references": structured, "weights": structured,
}

// filled is a parameter that has a value.
type filled struct {
	name  string
	value any
}

// parametersOf lists what an analysis is asked with, by name.
func parametersOf(a vocabulary.Analysis) (all []filled) {
	text, err := json.Marshal(a)
	if err != nil { // texts, numbers and lists of them alone
		panic(err)
	}
	members := map[string]any{}
	if err := json.Unmarshal(text, &members); err != nil {
		panic(err)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch s, known := shapes[name]; {
		case !known: // the kind
		case s == structured:
			text, err := json.Marshal(members[name], json.Deterministic(true))
			if err != nil {
				panic(err)
			}
			all = append(all, filled{name, string(text)})
		default:
			value := members[name]
			if several, _ := value.([]any); len(several) == 1 {
				value = several[0]
			}
			all = append(all, filled{name, value})
		}
	}
	return all
}

// valueOf is the value of a parameter as the member of a request has it.
func valueOf(e entity, name string) (any, error) {
	value, there := e.members["value"]
	s, known := shapes[name]
	switch {
	case !known:
		return nil, e.wrong("exampleOfWork", "names no parameter of an analysis: those are the members of a request, such as %scovariates", parameter)
	case !there:
		return nil, e.wrong("value", "is missing: say what the parameter is, or leave it out")
	case s == list:
		if _, several := value.([]any); !several {
			return []any{value}, nil
		}
	case s == structured:
		text, _ := value.(string)
		inner, err := strict.Value([]byte(text))
		if err != nil {
			return nil, e.wrong("value", "is not JSON as text, which this parameter needs")
		}
		return inner, nil
	}
	return value, nil
}

// asked makes the analysis of a kind of its parameters, each from the entity that has it.
func asked(kind string, parameters map[string]entity) (a vocabulary.Analysis, err error) {
	a.Kind = kind
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		e := parameters[name]
		value, err := valueOf(e, name)
		if err != nil {
			return a, err
		}
		text, err := json.Marshal(map[string]any{name: value})
		if err != nil {
			return a, e.wrong("value", "cannot be written as JSON")
		}
		if err := json.Unmarshal(text, &a, json.RejectUnknownMembers(true)); err != nil {
			return a, e.wrong("value", "is none that the parameter can have")
		}
		if !slices.ContainsFunc(parametersOf(a), func(f filled) bool { return f.name == name }) {
			return a, e.wrong("value", "is empty: say what the parameter is, or leave it out")
		}
	}
	return a, nil
}
