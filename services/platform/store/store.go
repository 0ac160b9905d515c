// Package store keeps a service's state. One closure commits everything that belongs together: the state change,
// the inbox mark of its cause, the outgoing events, the timers and the audit leaf. Nothing of it is visible before
// all of it is durable, and no network call happens inside.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

//go:embed migrations
var migrations embed.FS

// ErrConflict says that another writer changed a document between reading and writing it: run the closure again.
var ErrConflict = errors.New("the document was changed by another writer meanwhile")

// Store is one service's database. Safe for concurrent use; updates run one after another.
type Store struct {
	db    *sql.DB
	clock clock.Clock
	seal  sealer
	path  string
}

// Open opens the SQLite database "state.db" in dir, creating folder, database and key on first use and bringing
// the schema up to date. A committed transaction survives SIGKILL and loss of power.
func Open(ctx context.Context, dir string, c clock.Clock) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the state folder %s: %w", dir, err)
	}
	path := filepath.Join(dir, "state.db")
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)", "foreign_keys(1)", "trusted_schema(0)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: path, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // one writer; readers wait for microseconds, and order is what was committed
	s := &Store{db: db, clock: c, path: path}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("bring the database %s up to date: %w", path, err), db.Close())
	}
	if s.seal, err = openSealer(filepath.Join(dir, "quarantine.key")); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *Store) migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.db, dir)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Close releases the database. Updates after it fail.
func (s *Store) Close() error { return s.db.Close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// Update runs fn in one transaction: all that fn did is committed together, or, when it returns an error or
// panics, nothing is. What fn registered by After runs once the commit is durable. fn must not call Update or View.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	tx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.sql.Rollback() //nolint:errcheck // after a commit there is nothing left to roll back
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.sql.Commit(); err != nil {
		return fmt.Errorf("commit to %s: %w", s.path, err)
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

// View runs fn on a consistent state and discards whatever it wrote.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	tx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.sql.Rollback() //nolint:errcheck // reading only
	return fn(tx)
}

func (s *Store) begin(ctx context.Context) (*Tx, error) {
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin a transaction on %s: %w", s.path, err)
	}
	return &Tx{ctx: ctx, sql: t, now: s.clock.Now(), seal: s.seal}, nil
}
