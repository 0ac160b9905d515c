package store

import (
	"fmt"

	"github.com/go-json-experiment/json"
)

// Kind is a collection of documents of one Go type, kept as JSON under their aggregate id.
//
//	var releases = store.Kind[release.Release]("release")
//
// A document has a version, which each Put counts up. What a transaction read, it writes only over what it read:
// where another writer was faster, Put and Delete return ErrConflict, and Update runs its closure again.
type Kind[T any] string

// document is the identity of a stored one.
type document struct{ kind, id string }

// Get returns the document and whether there is one.
func (k Kind[T]) Get(tx *Tx, id string) (doc T, found bool, err error) {
	var raw []byte
	var version int64
	found, err = tx.row("read "+string(k)+" "+id, `select doc, version from aggregate where kind = $1 and id = $2`,
		[]any{string(k), id}, &raw, &version)
	if err != nil {
		return doc, false, err
	}
	tx.versions[document{string(k), id}] = version // 0: there is none
	if !found {
		return doc, false, nil
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return doc, false, fmt.Errorf("understand the stored %s %s: %w", k, id, err)
	}
	return doc, true, nil
}

// Put writes the document, new or not, and counts its version up. One that the transaction did not read is
// overwritten, whatever it was. A conflict may show only when the transaction commits.
func (k Kind[T]) Put(tx *Tx, id string, doc T) error {
	raw, err := json.Marshal(doc, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", k, id, err)
	}
	at, what := document{string(k), id}, "write "+string(k)+" "+id
	version, read := tx.versions[at]
	if !read {
		return tx.later(what, `insert into aggregate (kind, id, version, doc) values ($1, $2, 1, $3)
			on conflict (kind, id) do update set version = aggregate.version + 1, doc = excluded.doc`, string(k), id, raw)
	}
	if version == 0 {
		err = tx.only(what, `insert into aggregate (kind, id, version, doc) values ($1, $2, 1, $3) on conflict (kind, id) do nothing`,
			string(k), id, raw)
	} else {
		err = tx.only(what, `update aggregate set version = version + 1, doc = $3 where kind = $1 and id = $2 and version = $4`,
			string(k), id, raw, version)
	}
	if err == nil {
		tx.versions[at] = version + 1
	}
	return err
}

// Delete removes the document; removing what is not there is no error.
func (k Kind[T]) Delete(tx *Tx, id string) (err error) {
	at, what := document{string(k), id}, "delete "+string(k)+" "+id
	if version := tx.versions[at]; version > 0 {
		err = tx.only(what, `delete from aggregate where kind = $1 and id = $2 and version = $3`, string(k), id, version)
	} else {
		err = tx.later(what, `delete from aggregate where kind = $1 and id = $2`, string(k), id)
	}
	if err == nil {
		tx.versions[at] = 0
	}
	return err
}

// Each calls fn for every document in order of id, until fn returns an error. fn may write.
func (k Kind[T]) Each(tx *Tx, fn func(id string, doc T) error) error {
	type row struct {
		id  string
		doc T
	}
	var all []row
	err := tx.rows("list "+string(k), `select id, doc, version from aggregate where kind = $1 order by id`, []any{string(k)},
		func(r scanner) error {
			var one row
			var raw []byte
			var version int64
			if err := r.Scan(&one.id, &raw, &version); err != nil {
				return err
			}
			if err := json.Unmarshal(raw, &one.doc); err != nil {
				return err
			}
			tx.versions[document{string(k), one.id}] = version
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
