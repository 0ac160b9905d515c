// Package storetest gives tests a PostgreSQL server: that of FAIRWAY_POSTGRES, a connection string of one who may create
// schemas and roles, or one that it starts from the system's own package and ends.
package storetest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/oklog/ulid/v2"
)

// Variable names the server that tests use.
const Variable = "FAIRWAY_POSTGRES"

// Server starts a server when the first test asks for one.
type Server struct {
	once sync.Once
	dsn  string
	dir  string // of a server that was started here
	none string // why there is none
}

// Main runs a package's tests and ends the server that they started.
func (s *Server) Main(m *testing.M) {
	code := m.Run()
	if s.dir != "" {
		if err := script("stop", s.dir).Run(); err != nil {
			fmt.Fprintln(os.Stderr, "storetest: end the server in", s.dir, err)
			code = 1
		}
		os.RemoveAll(s.dir) //nolint:errcheck // a temporary folder
	}
	os.Exit(code)
}

// Admin is the connection string of one who may create schemas and roles. Without a server the test is skipped.
func (s *Server) Admin(t testing.TB) string {
	t.Helper()
	s.once.Do(s.find)
	if s.dsn == "" {
		t.Skip(s.none)
	}
	return s.dsn
}

// Schema makes an empty schema, which goes with the test, and returns its connection string.
func (s *Server) Schema(t testing.TB) string {
	t.Helper()
	admin, name := s.Admin(t), "test_"+strings.ToLower(ulid.Make().String())
	Exec(t, admin, "create schema "+name)
	t.Cleanup(func() { Exec(t, admin, "drop schema "+name+" cascade") })
	at, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("%s: expected a URL", Variable)
	}
	query := at.Query()
	query.Set("search_path", name)
	at.RawQuery = query.Encode()
	return at.String()
}

// Exec does something to a database behind the back of whoever uses it.
func Exec(t testing.TB, dsn, statements string) {
	t.Helper()
	ctx := context.Background()
	db, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(ctx) //nolint:errcheck // all that matters was committed
	if _, err := db.Exec(ctx, statements, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) find() {
	if s.dsn = os.Getenv(Variable); s.dsn != "" {
		return
	}
	if out, err := script("found").CombinedOutput(); err != nil {
		s.none = Variable + " is not set, and " + strings.TrimSpace(string(out))
		return
	}
	dir, err := os.MkdirTemp("", "fairway-postgres-")
	if err != nil {
		s.none = err.Error()
		return
	}
	s.dir = dir
	start := script("start", dir)
	var errs bytes.Buffer
	start.Stderr = &errs
	out, err := start.Output()
	if err != nil {
		s.none = fmt.Sprintf("PostgreSQL did not start: %v: %s", err, errs.Bytes())
		return
	}
	s.dsn = strings.TrimSpace(string(out))
}

// script is scripts/postgres.sh, which lies beside the modules.
func script(args ...string) *exec.Cmd {
	_, here, _, _ := runtime.Caller(0)
	return exec.Command(filepath.Join(filepath.Dir(here), "../../../../scripts/postgres.sh"), args...)
}
