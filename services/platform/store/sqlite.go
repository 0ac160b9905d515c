package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
	lite "modernc.org/sqlite" // also the driver "sqlite"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// sqliteFile is the name of the database in a service's state folder.
const sqliteFile = "state.db"

// readers is how many may look at the database at the same time.
const readers = 3

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
	reading, err := openFile(path, url.Values{"_pragma": {"busy_timeout(5000)", "query_only(1)", "trusted_schema(0)"}})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	reading.SetMaxOpenConns(readers)
	d := &sqlite{path: path, reading: reading, writes: newStatements(), reads: newStatements(), published: map[string]int64{}}
	s, err := start(ctx, db, d, migrateSQLite, dir, c)
	if err != nil {
		return nil, errors.Join(err, reading.Close())
	}
	return s, nil
}

func openFile(path string, query url.Values) (*sql.DB, error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: path, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // one writer: order is what was committed
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
	if _, err = p.Up(ctx); damaged(err) {
		err = fmt.Errorf("%w: %w: nothing was changed; %s", ErrDamaged, err, mendDamage)
	}
	return err
}

// ErrDamaged says that the file is not a database, or not a whole one.
var ErrDamaged = errors.New("damaged database")

const mendDamage = "stop the site, and restore its folder and its broker from a backup of one moment"

// damaged tells by SQLite's primary result codes SQLITE_CORRUPT and SQLITE_NOTADB.
func damaged(err error) bool {
	var e *lite.Error
	return errors.As(err, &e) && (e.Code()&0xff == 11 || e.Code()&0xff == 26)
}

// sqlite is a file that one process holds. Whoever only looks has connections of their own and waits for no writer.
type sqlite struct {
	path    string
	reading *sql.DB
	writes  *statements
	reads   *statements

	mu        sync.Mutex
	published map[string]int64 // link -> the last row that was published; rows up to it wait to be removed
}

func (d *sqlite) name() string { return d.path }
func (d *sqlite) shared() bool { return false }
func (d *sqlite) close() error { return d.reading.Close() }

// again knows SQLITE_CONSTRAINT_PRIMARYKEY of two leaves with one index.
func (d *sqlite) again(err error) bool {
	var e *lite.Error
	return errors.As(err, &e) && e.Code() == 1555 && strings.Contains(e.Error(), "audit.idx")
}

func (d *sqlite) begin(ctx context.Context, db *sql.DB, write bool) (session, error) {
	known := d.writes
	if !write {
		db, known = d.reading, d.reads
	}
	known.prepare(ctx, db)
	t, err := db.BeginTx(ctx, nil)
	return direct{t, known}, err
}

// relay publishes outside any transaction, for the one writing connection must not wait for a broker. What it has
// published it only remembers: removing it is a transaction, which would stand in the way of what is being answered.
func (d *sqlite) relay(ctx context.Context, s *Store, link string, limit int, publish func([]Outgoing) error) (int, error) {
	var rows []Outgoing
	err := s.View(ctx, func(tx *Tx) (err error) {
		rows, err = tx.outboxAfter(link, d.done(link), limit)
		return err
	})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	if err := publish(rows); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.published[link] = rows[len(rows)-1].ID
	return len(rows), nil
}

func (d *sqlite) done(link string) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.published[link]
}

func (d *sqlite) forget(ctx context.Context, s *Store, link string) error {
	last := d.done(link)
	if last == 0 {
		return nil
	}
	any := false
	err := s.View(ctx, func(tx *Tx) (err error) { any, err = tx.outboxHolds(link, last); return err })
	if err != nil || !any {
		return err
	}
	return s.Update(ctx, func(tx *Tx) error { return tx.sentUpTo(link, last) })
}
