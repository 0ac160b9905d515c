package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// sqliteFile is the name of the database in a service's state folder.
const sqliteFile = "state.db"

// Open opens the SQLite database "state.db" in dir, creating folder, database and key on first use and bringing
// the schema up to date. A committed transaction survives SIGKILL and loss of power.
func Open(ctx context.Context, dir string, c clock.Clock) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil { // SQLite makes files, not folders
		return nil, fmt.Errorf("create the state folder %s: %w", dir, err)
	}
	path := filepath.Join(dir, sqliteFile)
	db, err := openFile(path, url.Values{"_txlock": {"immediate"}, "_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)", "foreign_keys(1)", "trusted_schema(0)"}})
	if err != nil {
		return nil, err
	}
	return start(ctx, db, sqlite{path}, migrateSQLite, dir, c)
}

func openFile(path string, query url.Values) (*sql.DB, error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: path, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // one writer; readers wait for microseconds, and order is what was committed
	return db, nil
}

func migrateSQLite(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithGoMigrations(growTree()))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// sqlite is a file that one process holds.
type sqlite struct{ path string }

func (d sqlite) name() string     { return d.path }
func (d sqlite) shared() bool     { return false }
func (d sqlite) again(error) bool { return false } // the one connection is nobody else's

func (d sqlite) begin(ctx context.Context, db *sql.DB, _ bool) (*sql.Tx, error) {
	return db.BeginTx(ctx, nil)
}

// relay publishes outside any transaction, for the one connection must not wait for a broker.
func (d sqlite) relay(ctx context.Context, s *Store, link string, limit int, publish func([]Outgoing) error) (int, error) {
	var rows []Outgoing
	err := s.View(ctx, func(tx *Tx) (err error) {
		rows, err = tx.Outbox(link, limit)
		return err
	})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	if err := publish(rows); err != nil {
		return 0, err
	}
	return len(rows), s.Update(context.WithoutCancel(ctx), func(tx *Tx) error { return tx.sent(rows) })
}
