// Package record judges descriptions of datasets and questions about them. It does no I/O.
package record

import (
	"errors"
	"fmt"
)

// Variable is one line of a data dictionary: what a concept is called in this dataset and how it is coded.
type Variable struct {
	Concept, Column, Type string
	EventValue            string            // for type event: the value that means it happened
	Levels                map[string]string // for type category: label by code
}

// Status of a question.
type Status string

// The statuses of a question.
const (
	Asked    Status = "asked"
	Answered Status = "answered"
)

// next is the whole life of a question.
var next = map[Status]map[Status]bool{"": {Asked: true}, Asked: {Answered: true}, Answered: {}}

// Become moves a question on.
func (s Status) Become(to Status) (Status, error) {
	if !next[s][to] {
		return s, fmt.Errorf("%w: a question that is %q cannot become %q", ErrTransition, s, to)
	}
	return to, nil
}

// Why a description or a question is not accepted.
var (
	ErrTransition      = errors.New("the question is not in a state for this")
	ErrDictionary      = errors.New("the data dictionary contradicts itself")
	ErrVariableUnknown = errors.New("the dataset has no such variable")
	ErrLevelUnknown    = errors.New("the variable has no such level")
)

// CheckDictionary finds what would make a dictionary ambiguous: a concept or column named twice, a category without
// levels, an event without the value that means it, an identifier that is not
// called person, genotypes that are not called genotype.
func CheckDictionary(dictionary []Variable) error {
	concepts, columns := map[string]bool{}, map[string]bool{}
	for i, v := range dictionary {
		switch {
		case concepts[v.Concept]:
			return fmt.Errorf("%w: concept %s is named twice (entry %d)", ErrDictionary, v.Concept, i)
		case columns[v.Column]:
			return fmt.Errorf("%w: column %s is named twice (entry %d)", ErrDictionary, v.Column, i)
		case v.Type == "event" && v.EventValue == "":
			return fmt.Errorf("%w: %s is an event without eventValue (entry %d)", ErrDictionary, v.Concept, i)
		// Whoever links rows by it must find it, and whoever counts must not.
		case (v.Type == "identifier") != (v.Concept == "person"):
			return fmt.Errorf("%w: the concept person is of type identifier, and no other is (entry %d)", ErrDictionary, i)
		case (v.Type == "genotype") != (v.Concept == "genotype"):
			return fmt.Errorf("%w: the concept genotype is of type genotype, and no other is (entry %d)", ErrDictionary, i)
		case v.Type != "event" && v.EventValue != "":
			return fmt.Errorf("%w: %s has an eventValue but is no event (entry %d)", ErrDictionary, v.Concept, i)
		}
		concepts[v.Concept], columns[v.Column] = true, true
	}
	return nil
}

// CheckVariant finds out whether a dictionary binds genotypes, so that carriers of a variant can be counted.
func CheckVariant(dictionary []Variable) error {
	for _, v := range dictionary {
		if v.Type == "genotype" {
			return nil
		}
	}
	return fmt.Errorf("%w: genotype", ErrVariableUnknown)
}

// CheckFilter finds out whether a question can be asked of a dictionary: only levels of its categories can.
func CheckFilter(dictionary []Variable, concept, level string) error {
	for _, v := range dictionary {
		if v.Concept != concept {
			continue
		}
		for _, label := range v.Levels {
			if label == level {
				return nil
			}
		}
		return fmt.Errorf("%w: %s of %s", ErrLevelUnknown, level, concept)
	}
	return fmt.Errorf("%w: %s", ErrVariableUnknown, concept)
}
