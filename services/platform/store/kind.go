package store

import (
	"database/sql"
	"fmt"

	"github.com/go-json-experiment/json"
)

// Kind is a collection of documents of one Go type, kept as JSON under their aggregate id.
//
//	var releases = store.Kind[release.Release]("release")
type Kind[T any] string

// Get returns the document and whether there is one.
func (k Kind[T]) Get(tx *Tx, id string) (doc T, found bool, err error) {
	var raw []byte
	found, err = tx.row("read "+string(k)+" "+id, `select doc from aggregate where kind = $1 and id = $2`,
		[]any{string(k), id}, &raw)
	if err != nil || !found {
		return doc, false, err
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return doc, false, fmt.Errorf("understand the stored %s %s: %w", k, id, err)
	}
	return doc, true, nil
}

// Put writes the document, new or not, and counts its version up.
func (k Kind[T]) Put(tx *Tx, id string, doc T) error {
	raw, err := json.Marshal(doc, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", k, id, err)
	}
	_, err = tx.exec("write "+string(k)+" "+id, `insert into aggregate (kind, id, version, doc) values ($1, $2, 1, $3)
		on conflict (kind, id) do update set version = aggregate.version + 1, doc = excluded.doc`, string(k), id, raw)
	return err
}

// Delete removes the document; removing what is not there is no error.
func (k Kind[T]) Delete(tx *Tx, id string) error {
	_, err := tx.exec("delete "+string(k)+" "+id, `delete from aggregate where kind = $1 and id = $2`, string(k), id)
	return err
}

// Each calls fn for every document in order of id, until fn returns an error. fn may write.
func (k Kind[T]) Each(tx *Tx, fn func(id string, doc T) error) error {
	type row struct {
		id  string
		doc T
	}
	var all []row
	err := tx.rows("list "+string(k), `select id, doc from aggregate where kind = $1 order by id`, []any{string(k)},
		func(r *sql.Rows) error {
			var one row
			var raw []byte
			if err := r.Scan(&one.id, &raw); err != nil {
				return err
			}
			if err := json.Unmarshal(raw, &one.doc); err != nil {
				return err
			}
			all = append(all, one)
			return nil
		})
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := fn(one.id, one.doc); err != nil {
			return err
		}
	}
	return nil
}
