package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// pipeline is a transaction on a server that is a round trip away. What nobody waits for is kept and goes out with the
// next question, or with the commit: one round trip for all of it, in the order in which it was said.
type pipeline struct {
	conn  *sql.Conn
	since time.Time
	queue []command
	trips int  // made so far
	ended bool // by commit or rollback
}

// begun opens a transaction; the commands go out with the first question.
func begun(ctx context.Context, db *sql.DB, commands ...command) (*pipeline, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &pipeline{conn: conn, since: time.Now(), queue: commands}, nil
}

func (p *pipeline) later(_ context.Context, c command) error {
	p.queue = append(p.queue, c)
	return nil
}

func (p *pipeline) insert(ctx context.Context, leaves []row) error {
	indexes, texts, nodes := make([]int64, len(leaves)), make([][]byte, len(leaves)), make([][]byte, len(leaves))
	for i, l := range leaves {
		indexes[i], texts[i], nodes[i] = l.index, l.leaf, l.nodes
	}
	return p.later(ctx, command{what: appendLeaves, args: []any{indexes, texts, nodes},
		query: `insert into audit (idx, leaf, nodes) select * from unnest($1::bigint[], $2::bytea[], $3::bytea[])`})
}

func (p *pipeline) exec(ctx context.Context, c command) (n int64, err error) {
	err = p.trip(ctx, c, func(r pgx.BatchResults) error {
		tag, err := r.Exec()
		if err != nil {
			return c.failed(err)
		}
		n = tag.RowsAffected()
		return c.touched(n)
	})
	return n, err
}

func (p *pipeline) ask(ctx context.Context, c command, scan func(scanner) (bool, error)) error {
	return p.trip(ctx, c, func(r pgx.BatchResults) error {
		rows, err := r.Query()
		if err != nil {
			return c.failed(err)
		}
		defer rows.Close()
		for more := true; more && rows.Next(); {
			if more, err = scan(rows); err != nil {
				return c.failed(err)
			}
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return c.failed(err)
		}
		return nil
	})
}

// trip sends what was kept and one more command, and reads its answer.
func (p *pipeline) trip(ctx context.Context, c command, read func(pgx.BatchResults) error) error {
	kept := p.queue
	if p.trips == 0 && time.Since(p.since) > patience { // what was decided meanwhile is too old; a server would have ended it
		return fmt.Errorf("the process stood still: %w", ErrConflict)
	}
	p.queue = nil
	p.trips++
	var batch pgx.Batch
	for _, k := range kept {
		batch.Queue(k.query, k.args...)
	}
	batch.Queue(c.query, c.args...)
	return p.conn.Raw(func(driver any) (err error) {
		results := driver.(*stdlib.Conn).Conn().SendBatch(ctx, &batch)
		defer func() {
			if closed := results.Close(); err == nil {
				err = closed
			}
		}()
		for _, k := range kept {
			tag, err := results.Exec()
			if err != nil {
				return k.failed(err)
			}
			if err := k.touched(tag.RowsAffected()); err != nil {
				return err
			}
		}
		return read(results)
	})
}

// attempt sets its savepoint together with the first question that fn asks. When fn fails before it asks any, there is
// nothing to undo.
func (p *pipeline) attempt(ctx context.Context, fn func() error) error {
	trips, kept := p.trips, len(p.queue)
	p.queue = append(p.queue, savepoint)
	failure := fn()
	switch {
	case failure == nil:
		p.queue = append(p.queue, release)
	case p.trips == trips:
		p.queue = p.queue[:kept]
	default:
		p.queue = []command{undo, release}
	}
	return failure
}

// commit goes out with what was kept, unless the answers to that decide whether to commit.
func (p *pipeline) commit(ctx context.Context) error {
	if slices.ContainsFunc(p.queue, func(c command) bool { return c.must }) {
		last := p.queue[len(p.queue)-1]
		p.queue = p.queue[:len(p.queue)-1]
		if _, err := p.exec(ctx, last); err != nil {
			return err
		}
	}
	end := command{query: `commit`}
	err := p.trip(ctx, end, func(r pgx.BatchResults) error {
		tag, err := r.Exec()
		if err == nil && tag.String() != "COMMIT" { // the server ends a transaction that failed before with ROLLBACK
			err = errors.New("a statement had failed before")
		}
		return err
	})
	if err == nil {
		p.end()
	}
	return err
}

func (p *pipeline) end() {
	p.ended = true
	p.conn.Close() //nolint:errcheck // what had to be done was answered
}

// rollback gives the connection back; one that is still in a transaction, or that broke, is not used again.
func (p *pipeline) rollback() {
	if p.ended {
		return
	}
	if p.trips > 0 {
		const limit = 5 * time.Second
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		p.queue = nil
		p.exec(ctx, command{query: `rollback`}) //nolint:errcheck // whether it did so or not
	}
	p.end()
}
