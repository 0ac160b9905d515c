package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"github.com/fairway-tre/fairway/contracts/audit"
)

// growTree is the migration of SQLite databases that kept with each leaf its own hash alone: it adds the nodes above.
// The tree is built from the hashes as they were kept, so that a leaf altered before is found afterwards.
func growTree() *goose.Migration {
	return goose.NewGoMigration(3, &goose.GoFunc{RunTx: func(ctx context.Context, t *sql.Tx) error {
		if _, err := t.ExecContext(ctx, `alter table audit rename column hash to nodes`); err != nil {
			return err
		}
		return plant(ctx, t)
	}}, &goose.GoFunc{RunTx: func(ctx context.Context, t *sql.Tx) error {
		if _, err := t.ExecContext(ctx, `update audit set nodes = substr(nodes, 1, 32)`); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `alter table audit rename column nodes to hash`)
		return err
	}})
}

func plant(ctx context.Context, t *sql.Tx) error {
	var size int64
	if err := t.QueryRowContext(ctx, `select coalesce(max(idx) + 1, 0) from audit`).Scan(&size); err != nil {
		return err
	}
	tx := &Tx{ctx: ctx, on: direct{tx: t}}
	var tree audit.Frontier
	for index := range size {
		leaf, err := nodeReader{tx}.row(index)
		if err != nil {
			return err
		}
		if len(leaf) != len(audit.Hash{}) {
			return fmt.Errorf("the hash of audit leaf %d has %d bytes, not 32: restore the database from a backup", index, len(leaf))
		}
		if _, err := t.ExecContext(ctx, `update audit set nodes = $1 where idx = $2`, tree.Grow(audit.Hash(leaf)), index); err != nil {
			return err
		}
	}
	return nil
}
