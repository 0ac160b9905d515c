// Package store keeps a service's state. One closure commits everything that belongs together: the state change,
// the inbox mark of its cause, the outgoing events, the timers and the audit leaf. Nothing of it is visible before
// all of it is durable, and no network call but those to the database itself happens inside.
//
// It has two drivers behind one type: SQLite in a file of the service's own, and PostgreSQL, in which several
// processes of one service may share a schema. What a transaction sees and promises is the same in both: updates of
// one service run one after another, so that numbers and the audit log have neither gaps nor forks.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

//go:embed migrations
var migrations embed.FS

// ErrConflict says that another writer changed a document between reading and writing it. Update runs its closure
// again for it, and returns it only when that went on and on.
var ErrConflict = errors.New("the document was changed by another writer meanwhile")

// Store is one service's database. Safe for concurrent use; updates run one after another.
type Store struct {
	db     *sql.DB
	driver driver
	clock  clock.Clock
	seal   sealer
	turn   chan struct{} // held by the one who writes in this process
	edge   lastEdge      // in the hands of whoever holds the turn
	damage atomic.Pointer[error]
}

// driver is where databases differ.
type driver interface {
	// begin starts a transaction that sees all that was committed before; of those that write there is one at a time.
	// It may do so with the first question.
	begin(ctx context.Context, db *sql.DB, write bool) (session, error)
	// again reports whether a transaction failed for another one's sake only.
	again(err error) bool
	// relay calls publish with a link's oldest rows and removes exactly these rows when it succeeds.
	relay(ctx context.Context, s *Store, link string, limit int, publish func([]Outgoing) error) (int, error)
	// forget removes from the outbox what relay has left there for later.
	forget(ctx context.Context, s *Store, link string) error
	// close releases what the driver holds beside the database.
	close() error
	// name tells people which database it is; it holds no secret.
	name() string
	// shared is true where other processes may write too.
	shared() bool
}

// start finishes what both drivers have in common.
func start(ctx context.Context, db *sql.DB, d driver, migrate func(context.Context, *sql.DB) error, dir string, c clock.Clock) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, errors.Join(fmt.Errorf("create the state folder %s: %w", dir, err), db.Close())
	}
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("bring the database %s up to date: %w", d.name(), err), db.Close())
	}
	seal, err := openSealer(filepath.Join(dir, "quarantine.key"))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Store{db: db, driver: d, clock: c, seal: seal, turn: make(chan struct{}, 1)}, nil
}

// Close releases the database. Updates after it fail.
func (s *Store) Close() error { return errors.Join(s.driver.close(), s.db.Close()) }

// Ping reports whether the database answers, and has not turned out to be damaged. Errors: ErrDamaged.
func (s *Store) Ping(ctx context.Context) error {
	if damage := s.damage.Load(); damage != nil {
		return *damage
	}
	return s.db.PingContext(ctx)
}

// examined says of an error that it tells of a damaged database, which nothing but a backup mends, and remembers it.
func (s *Store) examined(err error) error {
	if !damaged(err) || errors.Is(err, ErrDamaged) {
		return err
	}
	err = fmt.Errorf("%s: %w: %w: %s", s.driver.name(), ErrDamaged, err, mendDamage)
	s.damage.Store(&err)
	return err
}

// Shared reports whether other processes may change what is stored here.
func (s *Store) Shared() bool { return s.driver.shared() }

// tries is how often Update runs a closure that others come in the way of.
const tries = 10

// Update runs fn in one transaction: all that fn did is committed together, or, when it returns an error or
// panics, nothing is. What fn registered by After runs once the commit is durable. fn must not call Update or View.
// fn runs again, from the beginning, when another writer came in its way; so it may set what lies outside it but
// not add to it.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	for try := 1; ; try++ {
		err := s.examined(s.update(ctx, fn))
		if err == nil || ctx.Err() != nil || !errors.Is(err, ErrConflict) && !s.driver.again(err) {
			return err
		}
		if try == tries {
			return fmt.Errorf("update %s, given up after %d tries: %w", s.driver.name(), tries, err)
		}
	}
}

func (s *Store) update(ctx context.Context, fn func(*Tx) error) error {
	after, err := s.inTurn(ctx, fn)
	if err != nil {
		return err
	}
	for _, f := range after {
		f()
	}
	return nil
}

// inTurn runs one update of this process at a time: the others wait here and not on connections, and the next begins
// when it is known where this one ended.
func (s *Store) inTurn(ctx context.Context, fn func(*Tx) error) (after []func(), err error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the turn to write to %s: %w", s.driver.name(), context.Cause(ctx))
	}
	defer func() {
		if err != nil {
			s.edge.doubt()
		}
	}()
	tx, err := s.begin(ctx, true)
	if err != nil {
		return nil, err
	}
	defer tx.on.rollback() // after a commit there is nothing left to roll back
	if err := s.findEdge(tx); err != nil {
		return nil, fmt.Errorf("begin a transaction on %s: %w", s.driver.name(), err)
	}
	if err := fn(tx); err != nil {
		return nil, err
	}
	if err := tx.writeLeaves(); err != nil {
		return nil, err
	}
	if err := tx.on.commit(ctx); err != nil {
		return nil, fmt.Errorf("commit to %s: %w", s.driver.name(), err)
	}
	s.edge.keep(tx.edge)
	return tx.after, nil
}

// View runs fn on a consistent state: everything that was committed before. It must not write.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	tx, err := s.begin(ctx, false)
	if err != nil {
		return s.examined(err)
	}
	defer tx.on.rollback()
	return s.examined(fn(tx))
}

// Relay calls publish with the oldest rows of a link's outbox, at most limit, and removes exactly these when it
// returns nil, at once or by Forget; it returns how many they were. What publish sees is complete up to its last row, in the order of
// commits. Rows are published again when removing them fails, so receivers must know them by id.
func (s *Store) Relay(ctx context.Context, link string, limit int, publish func([]Outgoing) error) (int, error) {
	return s.driver.relay(ctx, s, link, limit, publish)
}

// Forget removes from a link's outbox what Relay has published and left for a quieter moment. Rows that a crash leaves
// there are published again.
func (s *Store) Forget(ctx context.Context, link string) error { return s.driver.forget(ctx, s, link) }

func (s *Store) begin(ctx context.Context, write bool) (*Tx, error) {
	t, err := s.driver.begin(ctx, s.db, write)
	if err != nil {
		return nil, fmt.Errorf("begin a transaction on %s: %w", s.driver.name(), err)
	}
	return s.tx(ctx, t), nil
}

func (s *Store) tx(ctx context.Context, on session) *Tx {
	return &Tx{ctx: ctx, on: on, now: s.clock.Now(), seal: s.seal, versions: map[document]int64{}}
}
