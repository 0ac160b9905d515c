package app

import (
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/catalog/internal/record"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// ask passes a researcher's question on to where the data is. The catalog holds descriptions, never data.
func ask(tx *run.Tx, e envelope.Event, act catalog.QuestionAsk) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}, Standing: true}); err != nil {
		return err
	}
	dataset, _, err := datasets.Get(tx.Tx, act.DatasetID)
	if err != nil {
		return err
	}
	life, err := lifeOf(tx, act.DatasetID)
	if err != nil {
		return err
	}
	if !life.Found() {
		return run.Refuse(ReasonDatasetUnknown, "this site has no dataset %s", act.DatasetID)
	}
	for _, f := range act.Filters {
		if err := record.CheckFilter(variables(dataset.Dictionary), f.Concept, f.Level); err != nil {
			return refusal(err)
		}
	}
	if act.Variant != (vocabulary.Variant{}) {
		if err := record.CheckVariant(variables(dataset.Dictionary)); err != nil {
			return refusal(err)
		}
	}
	q, _, err := questions.Get(tx.Tx, act.QuestionID)
	if err != nil {
		return err
	}
	if q.Status, err = q.Status.Become(record.Asked); err != nil {
		return refusal(err)
	}
	q.Asked = catalog.QuestionAsked(act)
	if err := questions.Put(tx.Tx, act.QuestionID, q); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, q.Asked)
	return err
}

// answer tells the asker what the workspace counted; a count under the threshold was suppressed there already.
func answer(tx *run.Tx, e envelope.Event, told workspace.CountAnswered) error {
	q, found, err := questions.Get(tx.Tx, told.QuestionID)
	if err != nil {
		return err
	}
	if !found {
		return run.AwaitFact(e.Subject, "question-unknown")
	}
	if q.Status, err = q.Status.Become(record.Answered); err != nil {
		return refusal(err)
	}
	if err := questions.Put(tx.Tx, told.QuestionID, q); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, catalog.QuestionAnswered(told))
	return err
}
