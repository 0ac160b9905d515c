package store

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/contracts/audit"
)

// Entry is one leaf of the audit log: what happened, why, and what followed. It names events and persons by id only.
type Entry struct {
	Index   int64     `json:"index"`
	Time    time.Time `json:"time"`
	Action  string    `json:"action"`           // "applied", "refused", "dead-lettered", "fired", "released", …
	Cause   string    `json:"cause,omitzero"`   // id of the event or timer that led to it
	Type    string    `json:"type,omitzero"`    // its type
	Digest  string    `json:"digest,omitzero"`  // digest of its data
	Actor   string    `json:"actor,omitzero"`   // the person who asked, by pseudonymous id
	Reason  string    `json:"reason,omitzero"`  // reason code of a refusal
	Effects []string  `json:"effects,omitzero"` // ids of the events that followed
}

// Audit appends a leaf and returns its index. Leaves are never changed or removed.
func (tx *Tx) Audit(e Entry) (int64, error) {
	index, err := tx.NextLeaf()
	if err != nil {
		return 0, err
	}
	e.Index, e.Time = index, tx.now
	leaf, err := json.Marshal(e, json.Deterministic(true))
	if err != nil {
		return 0, fmt.Errorf("encode an audit leaf: %w", err)
	}
	hash := audit.LeafHash(leaf)
	_, err = tx.exec("append an audit leaf", `insert into audit (idx, leaf, hash) values ($1, $2, $3)`, index, leaf, hash[:])
	return index, err
}

// NextLeaf is the index that the next audit leaf will have.
func (tx *Tx) NextLeaf() (index int64, err error) {
	_, err = tx.row("find the next audit leaf", `select coalesce(max(idx) + 1, 0) from audit`, nil, &index)
	return index, err
}

// Leaves calls fn with every audit leaf, in order of index.
func (tx *Tx) Leaves(fn func(index int64, leaf []byte) error) error {
	return tx.rows("read the audit log", `select idx, leaf from audit order by idx`, nil, func(r *sql.Rows) error {
		var index int64
		var leaf []byte
		if err := r.Scan(&index, &leaf); err != nil {
			return err
		}
		return fn(index, leaf)
	})
}
