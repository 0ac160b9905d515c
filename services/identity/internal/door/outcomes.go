package door

import (
	"net/http"

	"github.com/fairway-tre/fairway/contracts/airlock/v1"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/contracts/federation/v1"
	"github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run"
)

// submitted is what the door knows of an act that it sent.
type submitted struct {
	Actor  string `json:"actor"`
	Import string `json:"import,omitzero"` // whose bytes wait for it
	Reason string `json:"reason,omitzero"` // of its refusal
	Detail string `json:"detail,omitzero"`
}

// followRefusals remembers what became of the door's acts: every service tells when it refuses one, and so does
// identity itself.
func (d *door) followRefusals() {
	s := d.s
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, r approval.ActRefused) error {
		return refused(tx, r.ActID, r.Reason, r.Detail)
	})
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, r catalog.ActRefused) error {
		return refused(tx, r.ActID, r.Reason, r.Detail)
	})
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, r workspace.ActRefused) error {
		if err := d.forgetRefused(tx, r.ActID); err != nil {
			return err
		}
		return refused(tx, r.ActID, r.Reason, r.Detail)
	})
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, r airlock.ActRefused) error {
		return refused(tx, r.ActID, r.Reason, r.Detail)
	})
	run.Handle(s, func(tx *run.Tx, _ envelope.Event, r federation.ActRefused) error {
		return refused(tx, r.ActID, r.Reason, r.Detail)
	})
	s.OnRefused(func(tx *run.Tx, e envelope.Event, r run.Refusal, _ int64) error {
		return refused(tx, e.ID, r.Reason, r.Detail)
	})
}

// refused notes a refusal of an act that went through this door; others are none of its business.
func refused(tx *run.Tx, actID, reason, detail string) error {
	a, found, err := acts.Get(tx.Tx, actID)
	if err != nil || !found {
		return err
	}
	a.Reason, a.Detail = reason, detail
	return acts.Put(tx.Tx, actID, a)
}

// outcome tells a person whether an act of theirs was refused. Pending means that no refusal is known: what follows
// from a granted act is told by facts, not here.
func (d *door) outcome(w http.ResponseWriter, r *http.Request) error {
	v, err := d.authenticate(r)
	if err != nil {
		return err
	}
	var a submitted
	var found bool
	err = d.s.View(r.Context(), func(tx *run.Tx) (err error) {
		a, found, err = acts.Get(tx.Tx, r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	if !found || a.Actor != v.PersonID {
		return refuse(http.StatusNotFound, "act-unknown", "you have sent no act of this id through this door")
	}
	state := "pending"
	if a.Reason != "" {
		state = "refused"
	}
	answer(w, http.StatusOK, struct {
		State  string `json:"state"`
		Reason string `json:"reason,omitzero"`
		Detail string `json:"detail,omitzero"`
	}{state, a.Reason, a.Detail})
	return nil
}
