package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// session is an open transaction of a driver. Whoever asks, sees all that was said before.
type session interface {
	// exec executes a statement and returns how many rows it touched.
	exec(ctx context.Context, c command) (int64, error)
	// later executes a statement at once or together with what follows, at the latest when the transaction commits. What
	// fails of it fails then, and the transaction with it.
	later(ctx context.Context, c command) error
	// insert is later for leaves of the audit log.
	insert(ctx context.Context, leaves []row) error
	// ask calls scan for each row that a query answers, until it returns false or an error.
	ask(ctx context.Context, c command, scan func(scanner) (more bool, err error)) error
	// attempt runs fn so that, when it fails, the transaction goes on as if fn had said nothing.
	attempt(ctx context.Context, fn func() error) error
	commit(ctx context.Context) error
	// rollback ends a transaction that was not committed.
	rollback()
}

// command is a statement with its arguments.
type command struct {
	what  string // for people, should it fail
	query string
	args  []any
	must  bool // it fails with ErrConflict when it touches no row
}

func (c command) failed(err error) error { return fmt.Errorf("%s: %w", c.what, err) }

// touched holds the number of rows that a command touched against what it must.
func (c command) touched(rows int64) error {
	if c.must && rows == 0 {
		return c.failed(ErrConflict) // another writer was faster
	}
	return nil
}

// What an attempt begins and ends with.
var (
	savepoint = command{what: "set a savepoint", query: `savepoint attempt`}
	release   = command{what: "release a savepoint", query: `release savepoint attempt`}
	undo      = command{what: "return to a savepoint", query: `rollback to savepoint attempt`}
)

const appendLeaves = "append to the audit log"

// scanner reads the row before it.
type scanner interface{ Scan(into ...any) error }

// direct says each statement as it comes, to a database in this process.
type direct struct {
	tx         *sql.Tx
	statements *statements // those that are kept prepared; nil: none
}

func (d direct) exec(ctx context.Context, c command) (int64, error) {
	r, err := d.run(ctx, c)
	if err != nil {
		return 0, c.failed(err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return 0, c.failed(err)
	}
	return n, c.touched(n)
}

func (d direct) later(ctx context.Context, c command) error {
	_, err := d.exec(ctx, c)
	return err
}

// leafBatches are how many leaves one statement inserts, the largest first: a statement costs more than a row of it.
var leafBatches = []int{64, 16, 4, 1}

// leafInserts are the statements of leafBatches.
var leafInserts = func() (texts []string) {
	for _, n := range leafBatches {
		var text strings.Builder
		text.WriteString("insert into audit (idx, leaf, nodes) values ")
		for i := range n {
			if i > 0 {
				text.WriteString(", ")
			}
			fmt.Fprintf(&text, "($%d, $%d, $%d)", 3*i+1, 3*i+2, 3*i+3)
		}
		texts = append(texts, text.String())
	}
	return texts
}()

func (d direct) insert(ctx context.Context, leaves []row) error {
	for i, n := range leafBatches {
		for ; len(leaves) >= n; leaves = leaves[n:] {
			args := make([]any, 0, 3*n)
			for _, l := range leaves[:n] {
				args = append(args, l.index, l.leaf, l.nodes)
			}
			if err := d.later(ctx, command{what: appendLeaves, query: leafInserts[i], args: args}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d direct) run(ctx context.Context, c command) (sql.Result, error) {
	if s := d.statements.of(c.query); s != nil {
		return d.tx.StmtContext(ctx, s).ExecContext(ctx, c.args...)
	}
	return d.tx.ExecContext(ctx, c.query, c.args...)
}

func (d direct) query(ctx context.Context, c command) (*sql.Rows, error) {
	if s := d.statements.of(c.query); s != nil {
		return d.tx.StmtContext(ctx, s).QueryContext(ctx, c.args...)
	}
	return d.tx.QueryContext(ctx, c.query, c.args...)
}

func (d direct) ask(ctx context.Context, c command, scan func(scanner) (bool, error)) error {
	rows, err := d.query(ctx, c)
	if err != nil {
		return c.failed(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for more := true; more && rows.Next(); {
		if more, err = scan(rows); err != nil {
			return c.failed(err)
		}
	}
	if err := rows.Err(); err != nil {
		return c.failed(err)
	}
	return nil
}

func (d direct) attempt(ctx context.Context, fn func() error) error {
	if err := d.later(ctx, savepoint); err != nil {
		return err
	}
	failure := fn()
	if failure == nil {
		return d.later(ctx, release)
	}
	if err := d.later(ctx, undo); err != nil {
		return errors.Join(failure, err)
	}
	return errors.Join(failure, d.later(ctx, release))
}

func (d direct) commit(context.Context) error { return d.tx.Commit() }

func (d direct) rollback() { d.tx.Rollback() } //nolint:errcheck // after a commit there is nothing left to roll back
