package app

import (
	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/catalog/internal/record"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// describe publishes a dataset record, or another version of it.
func describe(tx *run.Tx, e envelope.Event, act catalog.DatasetDescribe) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"data-manager"}}); err != nil {
		return err
	}
	if err := sound(tx, act); err != nil {
		return err
	}
	before, _, err := datasets.Get(tx.Tx, act.DatasetID)
	if err != nil {
		return err
	}
	life, err := lifeOf(tx, act.DatasetID)
	if err != nil {
		return err
	}
	if before.Version == act.Version {
		return run.Refuse(ReasonSameVersion, "version %s of this dataset is published; give a changed description a new version", act.Version)
	}
	published := catalog.DatasetPublished(act)
	published.HostedAt = tx.Profile().Hosting.At
	if err := datasets.Put(tx.Tx, act.DatasetID, published); err != nil {
		return err
	}
	if err := become(tx, act.DatasetID, life, life.Described()); err != nil {
		return err
	}
	var fact envelope.Payload = published
	if life.Found() {
		fact = catalog.DatasetUpdated{DatasetID: act.DatasetID, Title: act.Title, Holder: act.Holder, Version: act.Version,
			PreviousVersion: before.Version, AccessRights: act.AccessRights, Dictionary: act.Dictionary, DataUse: act.DataUse, HostedAt: published.HostedAt}
	}
	_, err = tx.Emit(e.Subject, fact)
	return err
}

// sound holds a description against its own sense and against the site's policy.
func sound(tx *run.Tx, act catalog.DatasetDescribe) error {
	if err := record.CheckDictionary(variables(act.Dictionary)); err != nil {
		return refusal(err)
	}
	if tx.Profile().Export.IdentifiersRefused {
		if err := record.CheckIdentifiers(variables(act.Dictionary), analyses.Identifies); err != nil {
			return refusal(err)
		}
	}
	if at := tx.Profile().Hosting.At; act.HostedAt != "" && act.HostedAt != at {
		return run.Refuse(ReasonHostedElsewhere, "by the policy of this site its data are hosted at %q", at)
	}
	return nil
}

// withdraw lets a dataset be found and used no longer.
func withdraw(tx *run.Tx, e envelope.Event, act catalog.DatasetWithdraw) error {
	if err := people.Authorize(tx, e, people.Need{Roles: []string{"data-manager"}}); err != nil {
		return err
	}
	life, err := lifeOf(tx, act.DatasetID)
	if err != nil {
		return err
	}
	if life == "" {
		return run.Refuse(ReasonDatasetUnknown, "this site has no dataset %s", act.DatasetID)
	}
	if err := become(tx, act.DatasetID, life, record.Withdrawn); err != nil {
		return err
	}
	_, err = tx.Emit(e.Subject, catalog.DatasetWithdrawn(act))
	return err
}

// lifeOf is where a record stands. One of a release that did not keep it is published.
func lifeOf(tx *run.Tx, id string) (record.Life, error) {
	life, found, err := lives.Get(tx.Tx, id)
	if err != nil || found {
		return life, err
	}
	if _, found, err = datasets.Get(tx.Tx, id); err != nil || !found {
		return "", err
	}
	return record.Published, nil
}

func become(tx *run.Tx, id string, from, to record.Life) error {
	now, err := from.Become(to)
	if err != nil {
		return refusal(err)
	}
	return lives.Put(tx.Tx, id, now)
}
