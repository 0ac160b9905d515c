package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"
)

// Tx is one transaction. It is used by one goroutine and ends with the closure that got it.
type Tx struct {
	ctx   context.Context
	sql   *sql.Tx
	now   time.Time
	seal  sealer
	after []func()

	statements *statements // nil where the driver keeps its own

	versions map[document]int64 // of the documents that were read or written here; 0 for one that is not there
	edge     *edge              // the end of the audit log as this transaction sees it, nil until it is looked at
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
	if _, err := tx.exec("set a savepoint", `savepoint attempt`); err != nil {
		return err
	}
	registered, versions := len(tx.after), maps.Clone(tx.versions)
	failure := fn()
	if failure == nil {
		_, err := tx.exec("release a savepoint", `release savepoint attempt`)
		return err
	}
	tx.after, tx.versions, tx.edge = tx.after[:registered], versions, nil
	if _, err := tx.exec("return to a savepoint", `rollback to savepoint attempt`); err != nil {
		return errors.Join(failure, err)
	}
	_, err := tx.exec("release a savepoint", `release savepoint attempt`)
	return errors.Join(failure, err)
}

func (tx *Tx) exec(what, query string, args ...any) (int64, error) {
	r, err := tx.run(query, args)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

func (tx *Tx) run(query string, args []any) (sql.Result, error) {
	if s := tx.prepared(query); s != nil {
		return s.ExecContext(tx.ctx, args...)
	}
	return tx.sql.ExecContext(tx.ctx, query, args...)
}

func (tx *Tx) ask(query string, args []any) (*sql.Rows, error) {
	if s := tx.prepared(query); s != nil {
		return s.QueryContext(tx.ctx, args...)
	}
	return tx.sql.QueryContext(tx.ctx, query, args...)
}

// row scans the one row that query answers; found is false when it answers none.
func (tx *Tx) row(what, query string, args []any, into ...any) (found bool, err error) {
	if s := tx.prepared(query); s != nil {
		err = s.QueryRowContext(tx.ctx, args...).Scan(into...)
	} else {
		err = tx.sql.QueryRowContext(tx.ctx, query, args...).Scan(into...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", what, err)
	}
	return true, nil
}

// rows scans every row that query answers, by calling scan for each.
func (tx *Tx) rows(what, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := tx.ask(query, args)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// stamp is how times are stored: fixed width, so that text order is time order.
const stamp = "2006-01-02T15:04:05.000000000Z"

func toStamp(t time.Time) string { return t.UTC().Format(stamp) }

func fromStamp(s string) (time.Time, error) { return time.Parse(stamp, s) }
