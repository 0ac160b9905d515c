// Package facets tells what a scenario or a law shows: of the four layers of interoperability (European Interoperability
// Framework: legal, organisational, semantic, technical) and of the Five Safes (people, projects, settings, data,
// outputs). A scenario says it by tags, @layer:semantic and @safe:outputs, added to what facets.csv gives for the
// requirements that it is tagged with; a law has its own line there.
package facets

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Facet is one layer or one of the Five Safes, and the question that it asks.
type Facet struct{ ID, Name, Asks string }

// Layers are the four layers of interoperability.
func Layers() []Facet {
	return []Facet{
		{"legal", "Legal", "On what ground may the data be used, by whom, until when?"},
		{"organisational", "Organisational", "Who decides, in which order, and who answers for it?"},
		{"semantic", "Semantic", "Does a word mean the same at every site?"},
		{"technical", "Technical", "Do the systems understand and believe each other?"},
	}
}

// Safes are the Five Safes.
func Safes() []Facet {
	return []Facet{
		{"people", "Safe people", "Are those who work with the data known, trained and bound?"},
		{"projects", "Safe projects", "Is this use of the data permitted?"},
		{"settings", "Safe settings", "Does the place keep others out, and the data in?"},
		{"data", "Safe data", "Is no more of the data used than is needed?"},
		{"outputs", "Safe outputs", "Does what leaves tell of nobody?"},
	}
}

// Shown are the ids of layers and safes, each in the order of [Layers] and [Safes].
type Shown struct{ Layers, Safes []string }

// Has reports whether a layer or safe is among them.
func (s Shown) Has(id string) bool {
	return slices.Contains(s.Layers, id) || slices.Contains(s.Safes, id)
}

// ErrNowhere is when no layer or no safe is named.
var ErrNowhere = errors.New("it shows no layer of interoperability, or none of the Five Safes")

//go:embed facets.csv
var source string

type line struct{ kind, name string }

// table is facets.csv.
var table = sync.OnceValues(func() (map[line]Shown, error) {
	rows, err := csv.NewReader(strings.NewReader(source)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("facets.csv: %w", err)
	}
	all := map[line]Shown{}
	for i, row := range rows[1:] {
		s, err := ordered(strings.Fields(row[2]), strings.Fields(row[3]))
		if err != nil {
			return nil, fmt.Errorf("facets.csv:%d: %w", i+2, err)
		}
		all[line{row[0], row[1]}] = s
	}
	return all, nil
})

// OfScenario reads the tags of a scenario. A requirement such as SATRE-3.1.05 has the line of SATRE-3.1 unless it has
// its own. The error is [ErrNowhere], or tells of a word that is none.
func OfScenario(tags []string) (Shown, error) {
	all, err := table()
	if err != nil {
		return Shown{}, err
	}
	var layers, safes []string
	for _, tag := range tags {
		if id, ok := strings.CutPrefix(tag, "@layer:"); ok {
			layers = append(layers, id)
		} else if id, ok := strings.CutPrefix(tag, "@safe:"); ok {
			safes = append(safes, id)
		} else if name, ok := strings.CutPrefix(tag, "@REQ-"); ok {
			s := ofRequirement(all, name)
			layers, safes = append(layers, s.Layers...), append(safes, s.Safes...)
		}
	}
	return ordered(layers, safes)
}

func ofRequirement(all map[line]Shown, name string) Shown {
	for {
		if s, ok := all[line{"requirement", name}]; ok {
			return s
		}
		dot := strings.LastIndex(name, ".")
		if dot < 0 {
			return Shown{}
		}
		name = name[:dot]
	}
}

// OfLaw is what a law shows that every run is judged by.
func OfLaw(name string) (Shown, error) {
	all, err := table()
	if err != nil {
		return Shown{}, err
	}
	s, ok := all[line{"law", name}]
	if !ok {
		return s, fmt.Errorf("the law %q has no line in facets.csv: %w", name, ErrNowhere)
	}
	return s, nil
}

func ordered(layers, safes []string) (Shown, error) {
	l, err := among(Layers(), "layer", layers)
	if err != nil {
		return Shown{}, err
	}
	s, err := among(Safes(), "safe", safes)
	if err != nil {
		return Shown{}, err
	}
	if len(l) == 0 || len(s) == 0 {
		return Shown{l, s}, ErrNowhere
	}
	return Shown{l, s}, nil
}

// among sorts ids as the facets are, each once.
func among(all []Facet, what string, ids []string) ([]string, error) {
	var out, known []string
	for _, f := range all {
		known = append(known, f.ID)
		if slices.Contains(ids, f.ID) {
			out = append(out, f.ID)
		}
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return nil, fmt.Errorf("no %s is called %q: %s", what, id, strings.Join(known, ", "))
		}
	}
	return out, nil
}
