// Package app takes the acts of the catalog and announces records and answers.
package app

import (
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/catalog/internal/record"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
	"github.com/fairway-tre/fairway/services/platform/store"
)

// The reasons for which an act is refused here, beside those of package people.
const (
	ReasonDictionary      = "dictionary"
	ReasonDatasetUnknown  = "dataset-unknown"
	ReasonVariableUnknown = "variable-unknown"
	ReasonLevelUnknown    = "level-unknown"
	ReasonSameVersion     = "same-version"
	ReasonTransition      = "transition"
	ReasonIdentifier      = "identifier-refused"
	ReasonHostedElsewhere = "hosted-elsewhere"
	ReasonBudget          = "question-budget"
	ReasonNotOffered      = "discovery-not-offered"
)

// question is what the service keeps of one question.
type question struct {
	Status record.Status         `json:"status"`
	Asked  catalog.QuestionAsked `json:"asked"`
}

const (
	datasets store.Kind[catalog.DatasetPublished] = "dataset"
	lives    store.Kind[record.Life]              = "dataset-life"
	asked    store.Kind[question]                 = "question"
	spent    store.Kind[spending]                 = "spent" // by person and dataset
)

// Register adds the handlers of the service.
func Register(s *run.Service) {
	people.Register(s)
	run.Handle(s, describe)
	run.Handle(s, withdraw)
	run.Handle(s, ask)
	run.Handle(s, answer)
}

func variables(dictionary []vocabulary.Variable) []record.Variable {
	out := make([]record.Variable, len(dictionary))
	for i, v := range dictionary {
		out[i] = record.Variable{Concept: v.Concept, Column: v.Column, Type: v.Type, EventValue: v.EventValue, Levels: map[string]string{}}
		for _, l := range v.Levels {
			out[i].Levels[l.Code] = l.Label
		}
	}
	return out
}

// reasons is the one place where the domain's errors become reason codes.
var reasons = run.Reasons{
	{record.ErrDictionary, ReasonDictionary},
	{record.ErrVariableUnknown, ReasonVariableUnknown},
	{record.ErrLevelUnknown, ReasonLevelUnknown},
	{record.ErrTransition, ReasonTransition},
	{record.ErrRecord, ReasonTransition},
	{record.ErrIdentifier, ReasonIdentifier},
}

func refusal(err error) error { return reasons.Refusal(err) }
