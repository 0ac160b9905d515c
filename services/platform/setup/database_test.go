package setup

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/services/platform/clock"
	"github.com/fairway-tre/fairway/services/platform/store"
	"github.com/fairway-tre/fairway/services/platform/store/storetest"
)

var server storetest.Server

func TestMain(m *testing.M) { server.Main(m) }

// bare is as much of a site's folder as the choice of a database needs.
func bare(t *testing.T) string {
	t.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, service := range Services() {
		if err := os.Mkdir(filepath.Join(dir, service), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteFile(dir, File{Layout: LayoutVersion, Site: "sensitive-cloud", Root: base64.StdEncoding.EncodeToString(public)}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func database(t *testing.T, dir, service string) (string, error) {
	t.Helper()
	site, err := ReadFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	return Database(dir, site, service)
}

func TestEachServiceGetsASchemaOfItsOwnAndNothingIsToldToOthers(t *testing.T) {
	admin, dir := server.Admin(t), bare(t)
	if err := UsePostgres(t.Context(), dir, admin); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, service := range Services() {
		dsn, err := database(t, dir, service)
		if err != nil || seen[dsn] || dsn == admin {
			t.Fatalf("%s: %v", service, err)
		}
		seen[dsn] = true
		s, err := store.OpenPostgres(t.Context(), dsn, filepath.Join(dir, service, StateDir), clock.System{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		_, schema, _ := strings.Cut(dsn, "search_path=")
		schema, _, _ = strings.Cut(schema, "&")
		t.Cleanup(func() { storetest.Exec(t, admin, "drop schema "+schema+" cascade; drop role "+schema) })
	}
	text, err := os.ReadFile(filepath.Join(dir, SiteFile))
	if err != nil || strings.Contains(string(text), "postgres:") || !strings.Contains(string(text), "database: postgres\n") {
		t.Errorf("%s, %v", text, err)
	}
	if err := UsePostgres(t.Context(), dir, admin); !errors.Is(err, ErrDatabase) {
		t.Errorf("a site that has state: %v", err)
	}
}

func TestAConnectionStringThatOthersMayReadIsRefused(t *testing.T) {
	dir := bare(t)
	site, err := ReadFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	site.Database = Postgres
	if err := WriteFile(dir, site); err != nil {
		t.Fatal(err)
	}
	if _, err := database(t, dir, "airlock"); !errors.Is(err, ErrMissing) {
		t.Errorf("none: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "airlock", DatabaseFile), []byte("postgres://u@h/d\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := database(t, dir, "airlock"); !errors.Is(err, ErrPermissions) {
		t.Errorf("readable: %v", err)
	}
}

func TestADatabaseThatNobodyKnowsIsRefused(t *testing.T) {
	for text, want := range map[string]error{"": nil, SQLite: nil, "oracle": ErrDatabase} {
		if dsn, err := Database("site", File{Database: text}, "airlock"); !errors.Is(err, want) || dsn != "" {
			t.Errorf("%q: %q, %v", text, dsn, err)
		}
	}
}
