package setup

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fairway-tre/fairway/services/platform/store"
)

// Databases that site.yaml can name.
const (
	SQLite   = "sqlite"   // each service has a file in its state folder; also meant by no name
	Postgres = "postgres" // each service has a schema and a role of its own, whose connection string is in its folder
)

// DatabaseFile holds a service's connection string.
const DatabaseFile = "database.url"

// ErrDatabase says that a site's choice of database cannot be served.
var ErrDatabase = errors.New("database not usable")

// UsePostgres gives each service of a site that has not run yet a schema and a role in a PostgreSQL database, writes
// the connection strings into the services' folders, and names the database in site.yaml. admin is a URL of one who
// may create schemas and roles; it is not kept. Schemas made before an error stay, unused.
// Errors: ErrDatabase, ErrNotSite, those of store.Provision.
func UsePostgres(ctx context.Context, siteDir, admin string) error {
	site, err := ReadFile(siteDir)
	if err != nil {
		return err
	}
	root, err := site.RootKey()
	if err != nil {
		return err
	}
	for _, service := range Services() {
		if _, err := os.Stat(filepath.Join(siteDir, service, StateDir)); !missing(err) {
			return fmt.Errorf("%s: %w: %s has state already, which nothing would move: choose the database with site init", siteDir, ErrDatabase, service)
		}
	}
	for _, service := range Services() {
		// with part of the root's key, so that a site made anew under its old name starts empty
		schema := fmt.Sprintf("fairway_%s_%s_%s", strings.ReplaceAll(site.Site, "-", "_"), hex.EncodeToString(root[:4]), service)
		dsn, err := store.Provision(ctx, admin, schema)
		if err != nil {
			return err
		}
		if err := WriteAtomic(filepath.Join(siteDir, service, DatabaseFile), []byte(dsn+"\n"), 0o600); err != nil {
			return err
		}
	}
	site.Database = Postgres
	return WriteFile(siteDir, site)
}

// Database is the connection string of a service; empty where it keeps its state in SQLite.
func Database(siteDir string, site File, service string) (string, error) {
	switch site.Database {
	case "", SQLite:
		return "", nil
	case Postgres:
		return readPassword(siteDir, service, DatabaseFile)
	}
	return "", fmt.Errorf("%s: %w: database %.40q: expected %s or %s", filepath.Join(siteDir, SiteFile), ErrDatabase, site.Database, SQLite, Postgres)
}
