package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/fairway-tre/fairway/services/platform/clock"
)

// OpenReadOnly opens a service's database for Views alone, beside the service or without it: it changes nothing, not
// even the schema, and cannot open what lies in quarantine. dsn is empty for SQLite in dir.
func OpenReadOnly(ctx context.Context, dsn, dir string) (*Store, error) {
	db, d, err := readOnly(dsn, filepath.Join(dir, sqliteFile))
	if err != nil {
		return nil, err
	}
	if err := db.PingContext(ctx); err != nil {
		db.Close() //nolint:errcheck // nothing was written
		return nil, fmt.Errorf("open the database %s for reading: %w", d.name(), err)
	}
	return &Store{db: db, driver: d, clock: clock.System{}, turn: make(chan struct{}, 1)}, nil
}

func readOnly(dsn, path string) (*sql.DB, driver, error) {
	if dsn != "" {
		db, d, err := connect(dsn)
		return db, d, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, nil, fmt.Errorf("open the database for reading: %w", err)
	}
	db, err := openFile(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)", "trusted_schema(0)"}})
	return db, &sqlite{path: path, reading: db, writes: newStatements(), reads: newStatements()}, err
}
