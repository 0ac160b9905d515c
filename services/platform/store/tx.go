package store

import (
	"context"
	"maps"
	"time"
)

// Tx is one transaction. It is used by one goroutine and ends with the closure that got it.
type Tx struct {
	ctx   context.Context
	on    session
	now   time.Time
	seal  sealer
	after []func()

	versions map[document]int64 // of the documents that were read or written here; 0 for one that is not there
	edge     *edge              // the end of the audit log as this transaction sees it, nil in one that only looks
}

// Now is the time at which the transaction began, the same for all that happens in it.
func (tx *Tx) Now() time.Time { return tx.now }

// Context is the context that the transaction runs under.
func (tx *Tx) Context() context.Context { return tx.ctx }

// After registers f to run once the transaction is durable. It does not run when the transaction fails.
func (tx *Tx) After(f func()) { tx.after = append(tx.after, f) }

// Attempt runs fn inside the transaction so that its failure can be survived: when fn returns an error, all that it
// wrote and registered is undone, the error is returned, and the transaction goes on.
func (tx *Tx) Attempt(fn func() error) error {
	if err := tx.writeLeaves(); err != nil {
		return err
	}
	registered, versions, edge := len(tx.after), maps.Clone(tx.versions), tx.edge.clone()
	return tx.on.attempt(tx.ctx, func() error {
		failure := fn()
		if failure != nil {
			tx.after, tx.versions, tx.edge = tx.after[:registered], versions, edge
		}
		return failure
	})
}

// exec executes a statement and returns how many rows it touched.
func (tx *Tx) exec(what, query string, args ...any) (int64, error) {
	return tx.on.exec(tx.ctx, command{what: what, query: query, args: args})
}

// later executes a statement whose outcome nobody waits for.
func (tx *Tx) later(what, query string, args ...any) error {
	return tx.on.later(tx.ctx, command{what: what, query: query, args: args})
}

// only is later for a statement that must touch a row, or else ErrConflict ends the transaction.
func (tx *Tx) only(what, query string, args ...any) error {
	return tx.on.later(tx.ctx, command{what: what, query: query, args: args, must: true})
}

// row scans the one row that query answers; found is false when it answers none.
func (tx *Tx) row(what, query string, args []any, into ...any) (found bool, err error) {
	err = tx.on.ask(tx.ctx, command{what: what, query: query, args: args}, func(r scanner) (bool, error) {
		found = true
		return false, r.Scan(into...)
	})
	return found && err == nil, err
}

// rows scans every row that query answers, by calling scan for each.
func (tx *Tx) rows(what, query string, args []any, scan func(scanner) error) error {
	return tx.on.ask(tx.ctx, command{what: what, query: query, args: args}, func(r scanner) (bool, error) { return true, scan(r) })
}

// stamp is how times are stored: fixed width, so that text order is time order.
const stamp = "2006-01-02T15:04:05.000000000Z"

func toStamp(t time.Time) string { return t.UTC().Format(stamp) }

func fromStamp(s string) (time.Time, error) { return time.Parse(stamp, s) }
