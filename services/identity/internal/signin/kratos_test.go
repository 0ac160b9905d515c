package signin_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/identity/internal/signin"
)

// kratos starts the real server on loopback with the shipped settings and a file of its own.
func kratos(t *testing.T) bench {
	t.Helper()
	bin := os.Getenv("KRATOS_BIN")
	if bin == "" {
		t.Skip("KRATOS_BIN is not set: run make ory-tools and set it to bin/kratos to try the suite on a real Kratos")
	}
	dir := t.TempDir()
	for _, name := range []string{"kratos.yml", "person.schema.json"} {
		content, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "compose", "ory", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	public, admin := freePort(t), freePort(t)
	env := append(os.Environ(), "SQA_OPT_OUT=true", "DSN=sqlite://"+filepath.Join(dir, "kratos.sqlite")+"?_fk=true&mode=rwc&_txlock=immediate",
		"SECRETS_COOKIE="+rand.Text()+rand.Text(), "SECRETS_CIPHER="+(rand.Text() + rand.Text())[:32],
		"SERVE_PUBLIC_PORT="+public, "SERVE_PUBLIC_BASE_URL=http://127.0.0.1:"+public+"/",
		"SERVE_ADMIN_PORT="+admin, "SERVE_ADMIN_BASE_URL=http://127.0.0.1:"+admin+"/")
	migrate := exec.Command(bin, "migrate", "sql", "-e", "--yes", "-c", "kratos.yml")
	migrate.Dir, migrate.Env = dir, env
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("kratos migrate: %v\n%s", err, out)
	}
	var log bytes.Buffer
	serve := exec.Command(bin, "serve", "-c", "kratos.yml", "--sqa-opt-out")
	serve.Dir, serve.Env, serve.Stdout, serve.Stderr = dir, env, &log, &log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		serve.Process.Signal(os.Interrupt)
		serve.Wait()
		if t.Failed() {
			t.Logf("kratos:\n%s", log.String())
		}
	})
	untilReady(t, "http://127.0.0.1:"+admin+"/health/ready")
	s, err := signin.New(signin.Config{PublicURL: "http://127.0.0.1:" + public, AdminURL: "http://127.0.0.1:" + admin})
	if err != nil {
		t.Fatal(err)
	}
	return bench{s, time.Now}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func untilReady(t *testing.T, url string) {
	t.Helper()
	deadline, tick := time.After(30*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		if answer, err := http.Get(url); err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-deadline:
			t.Fatalf("%s: not ready after 30 s", url)
		case <-tick.C:
		}
	}
}
