package app

import (
	"errors"
	"slices"
	"time"

	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/questions"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/catalog/internal/record"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/profile"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// ask passes a question on to where the data is, with how much may be told. The catalog holds descriptions, never data.
func ask(tx *run.Tx, e envelope.Event, act catalog.QuestionAsk) error {
	asker, unfit, err := askerOf(tx, e, act)
	if err != nil {
		return err
	}
	granularity, err := granted(tx.Profile().Discovery, unfit, act.Granularity)
	if err != nil {
		return err
	}
	if err := answerable(tx, act); err != nil {
		return err
	}
	q, _, err := asked.Get(tx.Tx, act.QuestionID)
	if err != nil {
		return err
	}
	if q.Status, err = q.Status.Become(record.Asked); err != nil {
		return refusal(err)
	}
	if err := spend(tx, asker+" "+act.DatasetID, questions.Key(act.Filters, act.Variant)); err != nil {
		return err
	}
	q.Asked = catalog.QuestionAsked{QuestionID: act.QuestionID, DatasetID: act.DatasetID, Filters: act.Filters, Variant: act.Variant,
		Granularity: granularity}
	if err := asked.Put(tx.Tx, act.QuestionID, q); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, q.Asked)
	return err
}

// askerOf is who asks, and what that person lacks for standing: nil where training and agreement are there. The gateway
// asks for people whom their own site attests, its own among them.
func askerOf(tx *run.Tx, e envelope.Event, act catalog.QuestionAsk) (asker string, unfit *run.Refusal, err error) {
	if people.FromGateway(tx, e) {
		if act.Asker == "" {
			return "", nil, run.Refuse(people.NotFromADoor, "the gateway asks for somebody and does not say for whom")
		}
		return act.Asker, people.Unfit(tx, act.Attestation), nil
	}
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"researcher"}}); err != nil {
		return "", nil, err
	}
	if _, err := people.Attestation(tx, e.Actor); err != nil && !errors.As(err, &unfit) {
		return "", nil, err
	}
	return e.Actor, unfit, nil
}

// granted is how much the asker may be told, and no more than is wanted. Who is told nothing for want of standing is
// told what is missing.
//
// Beacon v2: a beacon may answer with lower granularity than was asked for, and says so.
func granted(d profile.Discovery, unfit *run.Refusal, wanted string) (string, error) {
	granularity := d.For(unfit == nil)
	switch {
	case granularity == profile.None && d.For(true) != profile.None:
		return "", unfit
	case granularity == profile.None:
		return "", run.Refuse(ReasonNotOffered, "this site answers no questions about numbers of people; apply for a permit")
	case wanted == profile.Boolean:
		return profile.Boolean, nil
	}
	return granularity, nil
}

// answerable refuses a question that no data of the dataset could answer.
func answerable(tx *run.Tx, act catalog.QuestionAsk) error {
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
	if at := tx.Profile().Hosting.At; at != "" {
		return run.Refuse(ReasonHostedElsewhere, "the data of %s lie at %s; ask there", act.DatasetID, at)
	}
	for _, f := range act.Filters {
		if err := record.CheckFilter(variables(dataset.Dictionary), f.Concept, f.Level); err != nil {
			return refusal(err)
		}
	}
	if act.Variant != (vocabulary.Variant{}) {
		return refusal(record.CheckVariant(variables(dataset.Dictionary)))
	}
	return nil
}

// spending is the different questions that one person has asked of one dataset on a day.
type spending struct {
	Day  string   `json:"day"`
	Keys []string `json:"keys"`
}

// spend counts a question against the budget of a person and a dataset. A question that is asked again costs nothing: it
// has one answer.
func spend(tx *run.Tx, who, key string) error {
	s, _, err := spent.Get(tx.Tx, who)
	if err != nil {
		return err
	}
	if today := tx.Now().UTC().Format(time.DateOnly); s.Day != today {
		s = spending{Day: today}
	}
	if slices.Contains(s.Keys, key) {
		return nil
	}
	if most := tx.Profile().Discovery.Budget(); len(s.Keys) >= most {
		return run.Refuse(ReasonBudget, "one person may ask %d different questions of a dataset on one day; ask again tomorrow, or apply for a permit", most)
	}
	s.Keys = append(s.Keys, key)
	return spent.Put(tx.Tx, who, s)
}

// answer tells the asker what the workspace counted; what may not be told was suppressed there already.
func answer(tx *run.Tx, e envelope.Event, told workspace.CountAnswered) error {
	q, found, err := asked.Get(tx.Tx, told.QuestionID)
	if err != nil {
		return err
	}
	if !found {
		return run.AwaitFact(e.Subject, "question-unknown")
	}
	if q.Status, err = q.Status.Become(record.Answered); err != nil {
		return refusal(err)
	}
	if err := asked.Put(tx.Tx, told.QuestionID, q); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, catalog.QuestionAnswered(told))
	return err
}
