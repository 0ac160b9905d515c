package app

import (
	"errors"
	"time"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/run"
	domain "github.com/fairway-tre/fairway/services/workspace/internal/workspace"
)

// retentionEnd is the timer that begins the deletion of what a project left.
const retentionEnd = "retention-end"

// settling is how long a service that has just started waits before it begins a deletion: what was decided while it was
// down, such as a release, is read first.
const settling = time.Hour

// releaseApproved notes that an output may leave: what was released stays, with the evidence by which later outputs are
// compared with it.
func releaseApproved(tx *run.Tx, _ envelope.Event, a airlock.ReleaseApproved) error {
	return released.Put(tx.Tx, a.OutputID, tx.Now())
}

// retire decides what of a closed workspace is deleted. From here on nothing can claim it any more.
func (w *workspace) retire(tx *run.Tx, subject string, permitID string) error {
	if ready := w.started.Add(settling); tx.Now().Before(ready) {
		return tx.Alarm(retentionEnd, subject, ready, permitID)
	}
	r, found, err := rooms.Get(tx.Tx, permitID)
	if err != nil || !found {
		return err
	}
	if r.Status, err = r.Status.Become(domain.Deleting); err != nil {
		return err
	}
	if err := rooms.Put(tx.Tx, permitID, r); err != nil {
		return err
	}
	e := erasure{Cause: tx.CauseID()}
	if e.Objects, err = condemn(tx, permitID); err != nil {
		return err
	}
	if e.Keys, err = forget(tx, permitID); err != nil {
		return err
	}
	tx.After(w.erasing.Now)
	return erasures.Put(tx.Tx, permitID, e)
}

// condemn lists the objects that nobody claims any more once a permit's outputs do not.
func condemn(tx *run.Tx, permitID string) (all []doomed, err error) {
	stays := func(output string) bool {
		_, found, failed := released.Get(tx.Tx, output)
		err = errors.Join(err, failed)
		return found
	}
	failed := kept.Each(tx.Tx, func(digest string, o domain.Stored) error {
		gone := o.GiveUp(permitID, stays)
		if len(gone) == 0 {
			return nil
		}
		if o.Class == string(objects.Imported) {
			if err := giveUp(tx, gone); err != nil {
				return err
			}
		}
		if o.Doomed {
			kind, err := kindOf(tx, o, gone)
			if err != nil {
				return err
			}
			all = append(all, doomed{Kind: kind, Class: objects.Class(o.Class), Digest: digest})
		}
		return kept.Put(tx.Tx, digest, o)
	})
	return all, errors.Join(err, failed)
}

// kindOf says what an object was to the outputs, or imports, that claimed it.
func kindOf(tx *run.Tx, o domain.Stored, claimed []string) (string, error) {
	if o.Class == string(objects.Imported) {
		return broughtIn, nil
	}
	for _, output := range claimed {
		_, sealed, err := outputs.Get(tx.Tx, output)
		switch {
		case err != nil:
			return "", err
		case sealed && o.Class == string(objects.Evidence):
			return evidenceOf, nil
		case sealed:
			return sealedOutput, nil
		}
	}
	return intermediate, nil
}

// forget deletes the key of a project's pseudonyms with the last of its workspaces: nobody can tell any more who was who.
func forget(tx *run.Tx, permitID string) (keysDeleted int, err error) {
	p, _, err := permits.Get(tx.Tx, permitID)
	if err != nil {
		return 0, err
	}
	all, _, err := projects.Get(tx.Tx, p.Project)
	if err != nil {
		return 0, err
	}
	for _, id := range all {
		r, found, err := rooms.Get(tx.Tx, id)
		if err != nil {
			return 0, err
		}
		if found && r.Status != domain.Deleting && r.Status != domain.Deleted {
			return 0, nil
		}
	}
	if _, found, err := keys.Get(tx.Tx, p.Project); err != nil || !found {
		return 0, err
	}
	return 1, keys.Delete(tx.Tx, p.Project)
}
