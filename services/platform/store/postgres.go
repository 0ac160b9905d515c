package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// ErrDSN says that a connection string of PostgreSQL is not one that a service can use.
var ErrDSN = errors.New("not a usable PostgreSQL connection string")

// OpenPostgres opens a service's schema in a PostgreSQL database: the first of the connection string's search_path,
// which must exist. It brings the schema up to date; several processes may do so at once. dir holds what is not for
// the database: the key of the quarantine, which all processes of one service must have alike.
// Errors: ErrDSN.
func OpenPostgres(ctx context.Context, dsn, dir string, c clock.Clock) (*Store, error) {
	db, d, err := connect(dsn)
	if err != nil {
		return nil, err
	}
	return start(ctx, db, d, migratePostgres, dir, c)
}

// patience is how long the server lets a process sit on an open transaction. One that was stopped in the middle of an
// update loses its turn, and its commit fails when it goes on.
const patience = 10 * time.Second

func connect(dsn string) (*sql.DB, postgres, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil { // its text hides the password but not the rest
		return nil, postgres{}, fmt.Errorf("%w: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE?search_path=SCHEMA", ErrDSN)
	}
	schema := cfg.RuntimeParams["search_path"]
	if schema == "" {
		return nil, postgres{}, fmt.Errorf("%w: it names no search_path: each service has a schema of its own, add ?search_path=SCHEMA", ErrDSN)
	}
	for name, value := range map[string]string{"idle_in_transaction_session_timeout": strconv.FormatInt(patience.Milliseconds(), 10), "application_name": "fairway " + schema} {
		if cfg.RuntimeParams[name] == "" {
			cfg.RuntimeParams[name] = value
		}
	}
	db := stdlib.OpenDB(*cfg)
	db.SetMaxOpenConns(8) // readers, relays and one writer
	db.SetMaxIdleConns(8) // to connect costs more than a transaction
	db.SetConnMaxIdleTime(time.Minute)
	where := "PostgreSQL " + net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port))) + "/" + cfg.Database + " schema " + schema
	return db, postgres{where: where, schema: schema}, nil
}

func migratePostgres(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(migrations, "migrations/postgres")
	if err != nil {
		return err
	}
	one, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60)) // processes that start together take turns
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir, goose.WithSessionLocker(one))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// postgres is a schema that several processes of one service may share.
type postgres struct{ where, schema string }

func (d postgres) name() string { return d.where }
func (d postgres) shared() bool { return true }

// begin takes the service's one turn to write before the transaction gets its snapshot, which repeatable read takes at
// the first statement that reads. So what a writer sees is all that was committed, numbers of rows grow in the order of
// commits, and the audit log has one end: serial, without the false alarms of serializable isolation, which counts
// writers that follow each other closely as concurrent. A writer that takes no turn fails, or makes the one that has
// it fail, by what both write or by the version of a document.
func (d postgres) begin(ctx context.Context, db *sql.DB, write bool) (session, error) {
	commands := []command{{what: "begin", query: `begin isolation level repeatable read`}}
	if write {
		commands = append(commands, command{what: "wait for the turn to write", query: `lock table turn in exclusive mode`})
	}
	return begun(ctx, db, commands...)
}

// forget has nothing to do: relay removes in the transaction that holds the rows.
func (d postgres) forget(context.Context, *Store, string) error { return nil }

func (d postgres) close() error { return nil }

// again knows serialization_failure and deadlock_detected, and the unique_violation of two leaves with one index.
func (d postgres) again(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01" || e.Code == "23505" && e.TableName == "audit")
}

// relay holds the link's lock from reading to removing, so that of several processes one publishes at a time. It takes
// no turn to write: rows that it removes are nobody else's. When the server ends a transaction that waits too long for
// the broker, another process may publish the same rows: each from the oldest on and in order, so that what comes
// first is in order still. Skipping locked rows would not be apt here: it would publish a later row before an earlier.
func (d postgres) relay(ctx context.Context, s *Store, link string, limit int, publish func([]Outgoing) error) (int, error) {
	t, err := begun(ctx, s.db, command{what: "begin", query: `begin`},
		command{what: "wait for the outbox", query: `select pg_advisory_xact_lock($1)`, args: []any{d.lock(link)}})
	if err != nil {
		return 0, fmt.Errorf("begin to relay from %s: %w", d.where, err)
	}
	defer t.rollback() // after a commit there is nothing left to roll back
	tx := s.tx(ctx, t)
	rows, err := tx.Outbox(link, limit)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	if err := publish(rows); err != nil {
		return 0, err
	}
	tx.ctx = context.WithoutCancel(ctx) // what was published is removed, also while stopping
	if err := tx.sent(rows); err != nil {
		return 0, err
	}
	if err := t.commit(tx.ctx); err != nil {
		return 0, fmt.Errorf("clear the outbox of %s: %w", d.where, err)
	}
	return len(rows), nil
}

// lock numbers a link of a schema; advisory locks are the whole database's.
func (d postgres) lock(link string) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "fairway outbox %s %s", d.schema, link)
	return int64(h.Sum64())
}
