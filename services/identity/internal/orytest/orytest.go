// Package orytest gives a test a real Ory Kratos or Keto: one that runs already, where the environment says so, or a
// process that it starts for the test. With neither it skips the test and says how to have one.
package orytest

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
)

// The environment of a test: addresses of a server to try it on, or a program to start one.
const (
	kratosPublic, kratosAdmin, kratosBin = "KRATOS_PUBLIC", "KRATOS_ADMIN", "KRATOS_BIN" // URLs
	ketoRead, ketoWrite, ketoBin         = "KETO_READ", "KETO_WRITE", "KETO_BIN"         // host:port
)

// sqlite are the settings of a database file: a transaction takes its lock when it begins, since two that began to read
// would refuse each other the writing. What a test writes need not outlast the machine.
const sqlite = "?_fk=true&mode=rwc&_txlock=immediate&_busy_timeout=60000&_journal=WAL&_sync=OFF"

// Kratos returns the addresses of one with the settings of compose/ory. One that runs already may hold people of earlier
// tests, and keeps those of this one.
func Kratos(t *testing.T) (publicURL, adminURL string) {
	t.Helper()
	if public, admin := os.Getenv(kratosPublic), os.Getenv(kratosAdmin); public != "" && admin != "" {
		return public, admin
	}
	p := newProcess(t, "kratos", kratosBin, "kratos.yml", "person.schema.json")
	public, admin := freePort(t), freePort(t)
	publicURL, adminURL = "http://127.0.0.1:"+public, "http://127.0.0.1:"+admin
	p.env("SECRETS_COOKIE="+rand.Text()+rand.Text(), "SECRETS_CIPHER="+(rand.Text() + rand.Text())[:32],
		"SERVE_PUBLIC_PORT="+public, "SERVE_PUBLIC_BASE_URL="+publicURL+"/",
		"SERVE_ADMIN_PORT="+admin, "SERVE_ADMIN_BASE_URL="+adminURL+"/")
	p.run(t, "migrate", "sql", "-e", "--yes")
	p.serve(t, adminURL)
	return publicURL, adminURL
}

// Keto returns the addresses of one with the settings of compose/ory. One that runs already is shared with other tests:
// it may hold relations, and keeps those of this one.
func Keto(t *testing.T) (readAddr, writeAddr string, shared bool) {
	t.Helper()
	if read, write := os.Getenv(ketoRead), os.Getenv(ketoWrite); read != "" && write != "" {
		return read, write, true
	}
	p := newProcess(t, "keto", ketoBin, "keto.yml", "namespaces.keto.ts")
	read, write := freePort(t), freePort(t)
	p.env("SERVE_READ_PORT="+read, "SERVE_WRITE_PORT="+write, "SERVE_METRICS_PORT="+freePort(t), "SERVE_OPL_PORT="+freePort(t))
	p.run(t, "migrate", "up", "-y")
	p.serve(t, "http://127.0.0.1:"+write)
	return "127.0.0.1:" + read, "127.0.0.1:" + write, false
}

// settings is the folder of what real servers are started with, seen from a package below services/identity/internal.
var settings = filepath.Join("..", "..", "..", "..", "compose", "ory")
