package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrSchemaTaken says that a schema or role of this name is there already.
var ErrSchemaTaken = errors.New("the schema is taken")

// schemaName keeps to what needs no quotes and fits into a name of PostgreSQL.
var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// Provision makes a schema in a PostgreSQL database and a role of the same name that owns it and nothing else, and
// returns the connection string for OpenPostgres. admin is a URL of one who may create schemas and roles there.
// Errors: ErrDSN, ErrSchemaTaken.
func Provision(ctx context.Context, admin, schema string) (dsn string, err error) {
	at, err := url.Parse(admin)
	if err != nil || at.Scheme != "postgres" && at.Scheme != "postgresql" || at.Host == "" {
		return "", fmt.Errorf("%w: expected postgres://USER:PASSWORD@HOST:PORT/DATABASE of who may create schemas and roles", ErrDSN)
	}
	if !schemaName.MatchString(schema) {
		return "", fmt.Errorf("%w: %.80q cannot name a schema: at most 63 small letters, digits and underscores", ErrDSN, schema)
	}
	db, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", fmt.Errorf("connect to PostgreSQL at %s to make schema %s: %w: look at its address, user and password", at.Host, schema, inOneLine{err})
	}
	defer db.Close(ctx) //nolint:errcheck // all that matters was committed
	secret := make([]byte, 24)
	rand.Read(secret) //nolint:errcheck // crypto/rand.Read never fails
	password := hex.EncodeToString(secret)
	// several statements in one simple query are one transaction
	_, err = db.Exec(ctx, fmt.Sprintf(`create role %[1]s login password '%[2]s'; grant %[1]s to current_user; create schema %[1]s authorization %[1]s`,
		schema, password), pgx.QueryExecModeSimpleProtocol)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "42710" || pg.Code == "42P06") { // duplicate_object, duplicate_schema
		return "", fmt.Errorf("%w: %s at %s: another site of this name keeps its state there; drop the schema and the role, or give another database",
			ErrSchemaTaken, schema, at.Host)
	}
	if err != nil {
		return "", fmt.Errorf("make schema %s at %s: %w", schema, at.Host, err)
	}
	at.User = url.UserPassword(schema, password)
	query := at.Query()
	query.Set("search_path", schema)
	at.RawQuery = query.Encode()
	return at.String(), nil
}

// inOneLine tells an error that has a line for each address in one.
type inOneLine struct{ error }

func (e inOneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }
func (e inOneLine) Unwrap() error { return e.error }
