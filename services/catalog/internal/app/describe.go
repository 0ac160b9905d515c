package app

import (
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/catalog/internal/record"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// describe publishes a dataset record, or a newer version of it.
func describe(tx *run.Tx, e envelope.Event, act catalog.DatasetDescribe) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"data-manager"}}); err != nil {
		return err
	}
	if err := record.CheckDictionary(variables(act.Dictionary)); err != nil {
		return refusal(err)
	}
	before, found, err := datasets.Get(tx.Tx, act.DatasetID)
	if err != nil {
		return err
	}
	if found && before.Version == act.Version {
		return run.Refuse(ReasonSameVersion, "version %s of this dataset is published; give a changed description a new version", act.Version)
	}
	published := catalog.DatasetPublished(act)
	if err := datasets.Put(tx.Tx, act.DatasetID, published); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, published)
	return err
}
