package door

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/topics"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/objects"
	"github.com/fairway-tre/fairway/services/platform/people"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// holdOver is the timer that drops bytes of which nobody has told what became of them.
const holdOver = "door-import-over"

// patience is how much longer than a review bytes are held.
const patience = 24 * time.Hour

// bring takes the bytes of an import, holds them outside every workspace, and sends the act that asks for it. The
// workspace and the kind of the import stand in the query, its media type in the header Content-Type.
func (d *door) bring(w http.ResponseWriter, r *http.Request) error {
	v, err := d.asker(r)
	if err != nil {
		return err
	}
	text, err := d.importBody(w, r)
	if err != nil {
		return err
	}
	act := workspace.ImportRequest{WorkspaceID: r.URL.Query().Get("workspace"), Kind: r.URL.Query().Get("kind"),
		Digest: objects.Digest(text), Size: int64(len(text)), MediaType: r.Header.Get("Content-Type")}
	said, err := d.hold(r.Context(), v, act, text)
	if err != nil {
		return err
	}
	answer(w, http.StatusAccepted, struct {
		ActID   string `json:"actId"`
		Subject string `json:"subject"`
		Digest  string `json:"digest"`
	}{said.ID, said.Subject, act.Digest})
	return nil
}

// importBody reads at most what the site's policy lets in.
//
// SATRE 3.1.12: a site that allows no imports does not take the bytes.
func (d *door) importBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	policy := d.s.Env().Profile.Imports
	if !policy.Allowed {
		return nil, refuse(http.StatusForbidden, "imports-not-allowed", "by the policy of this site nothing is brought in")
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(policy.MaxBytes)))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, refuse(http.StatusRequestEntityTooLarge, "import-too-large", "the file is larger than the policy of this site lets in")
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, envelope.CodeMalformed, "the body could not be read to its end")
	}
	return text, nil
}

// worded is the act as its contract has it; an error says by JSON pointer which member is wrong.
func worded(act envelope.Payload) (written, error) {
	contract, _ := topics.Lookup(act.EventType())
	text, err := json.Marshal(act, json.Deterministic(true))
	if err != nil {
		return written{}, err
	}
	return wordsOf(contract, text)
}

// hold stores the bytes and says the act. What it stores is noted first, with an end, so that nothing stays that nobody
// knows of.
func (d *door) hold(ctx context.Context, v visit, act workspace.ImportRequest, text []byte) (said run.Fact, err error) {
	var words written
	if err := d.s.Update(ctx, func(tx *run.Tx) (err error) {
		act.ImportID = tx.NewID()
		if words, err = worded(act); err != nil {
			return err
		}
		if err := tx.Alarm(holdOver, act.ImportID, tx.Profile().Review.Deadline(tx.Now()).Add(patience), act.ImportID); err != nil {
			return err
		}
		return held.Put(tx.Tx, act.ImportID, act.Digest)
	}); err != nil {
		return said, err
	}
	if _, err := d.s.Env().Objects.PutClass(ctx, objects.Incoming, text); err != nil {
		return said, err
	}
	err = d.s.Update(ctx, func(tx *run.Tx) error {
		rests, err := standing(tx, v)
		if err != nil {
			return err
		}
		if said, err = d.say(tx, v, words.subject, words, rests); err != nil {
			return err
		}
		return acts.Put(tx.Tx, said.ID, submitted{Actor: v.PersonID, Import: act.ImportID})
	})
	return said, err
}

// followImports drops the bytes of an import once it is decided, or they are in the workspace.
func (d *door) followImports() {
	run.Handle(d.s, func(tx *run.Tx, _ envelope.Event, p airlock.ImportRejected) error { return d.forget(tx, p.ImportID) })
	run.Handle(d.s, func(tx *run.Tx, _ envelope.Event, p airlock.ImportWithdrawn) error { return d.forget(tx, p.ImportID) })
	run.Handle(d.s, func(tx *run.Tx, _ envelope.Event, p workspace.ImportTaken) error { return d.forget(tx, p.ImportID) })
}

// forgetRefused drops the bytes of an import whose act was refused.
func (d *door) forgetRefused(tx *run.Tx, actID string) error {
	a, found, err := acts.Get(tx.Tx, actID)
	if err != nil || !found || a.Import == "" {
		return err
	}
	return d.forget(tx, a.Import)
}

func (d *door) forgetHeld(tx *run.Tx, _ string, id string) error { return d.forget(tx, id) }

// forget removes what was held of an import, unless another one holds the same bytes.
func (d *door) forget(tx *run.Tx, id string) error {
	digest, found, err := held.Get(tx.Tx, id)
	if err != nil || !found {
		return err
	}
	if err := tx.ClearTimer(holdOver, id); err != nil {
		return err
	}
	if err := held.Delete(tx.Tx, id); err != nil {
		return err
	}
	needed := false
	if err := held.Each(tx.Tx, func(_, other string) error {
		needed = needed || other == digest
		return nil
	}); err != nil || needed {
		return err
	}
	return d.s.Env().Objects.Remove(tx.Context(), objects.Incoming, digest)
}

var errImport = refuse(http.StatusNotFound, "import-unknown", "no import of this id waits for your review")

// look shows the bytes of an import that waits to who may review it. Everyone else learns nothing, not even that it is
// there.
func (d *door) look(w http.ResponseWriter, r *http.Request) error {
	v, err := d.authenticate(r)
	if err != nil {
		return err
	}
	var digest string
	err = d.s.View(r.Context(), func(tx *run.Tx) error {
		who, _, err := people.Persons.Get(tx.Tx, v.PersonID)
		if err != nil {
			return err
		}
		var found bool
		if digest, found, err = held.Get(tx.Tx, r.PathValue("importId")); err != nil {
			return err
		}
		reviews := false
		for _, s := range tx.Profile().Review.Steps() {
			reviews = reviews || slices.Contains(who.Roles, s.Role)
		}
		if !found || !reviews || who.Suspended {
			return errImport
		}
		return attested(tx, v)
	})
	if err != nil {
		return err
	}
	text, err := d.s.Env().Objects.GetClass(r.Context(), objects.Incoming, digest)
	if errors.Is(err, objects.ErrNotFound) {
		return errImport
	}
	if err != nil {
		return err
	}
	// Never as what it claims to be: a browser is not to make anything of it.
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="`+r.PathValue("importId")+`"`)
	_, _ = w.Write(text) // the client went away
	return nil
}
