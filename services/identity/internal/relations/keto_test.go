package relations_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/services/identity/internal/relations"
)

// realKeto starts the real server on loopback with the shipped settings and a file of its own.
func realKeto(t *testing.T) *relations.Relations {
	t.Helper()
	bin := os.Getenv("KETO_BIN")
	if bin == "" {
		t.Skip("KETO_BIN is not set: run make ory-tools and set it to bin/keto to compare with a real Keto")
	}
	dir := t.TempDir()
	for _, name := range []string{"keto.yml", "namespaces.keto.ts"} {
		content, err := os.ReadFile(filepath.Join(settings, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read, write := freePort(t), freePort(t)
	env := append(os.Environ(), "SQA_OPT_OUT=true", "DSN=sqlite://"+filepath.Join(dir, "keto.sqlite")+"?_fk=true&mode=rwc",
		"SERVE_READ_PORT="+read, "SERVE_WRITE_PORT="+write, "SERVE_METRICS_PORT="+freePort(t), "SERVE_OPL_PORT="+freePort(t))
	migrate := exec.Command(bin, "migrate", "up", "-y", "-c", "keto.yml")
	migrate.Dir, migrate.Env = dir, env
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("keto migrate: %v\n%s", err, out)
	}
	var log bytes.Buffer
	serve := exec.Command(bin, "serve", "-c", "keto.yml", "--sqa-opt-out")
	serve.Dir, serve.Env, serve.Stdout, serve.Stderr = dir, env, &log, &log
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		serve.Process.Signal(os.Interrupt)
		serve.Wait()
		if t.Failed() {
			t.Logf("keto:\n%s", log.String())
		}
	})
	untilReady(t, "http://127.0.0.1:"+write+"/health/ready")
	r, err := relations.New(relations.Config{ReadAddr: "127.0.0.1:" + read, WriteAddr: "127.0.0.1:" + write, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
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

func TestTheEngineInTheProcessDecidesAsARealKetoDoes(t *testing.T) {
	real := realKeto(t)
	embedded, err := relations.New(relations.Config{})
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	allowed, asked := 0, 0
	for round := range 40 {
		for range 30 {
			fact := randomFact(random, round)
			for _, r := range []*relations.Relations{embedded, real} {
				change := r.Grant
				if fact.revoke {
					change = r.Revoke
				}
				if err := change(t.Context(), fact.Tuple); err != nil {
					t.Fatalf("%s: %v", r.Engine(), err)
				}
			}
		}
		for range 250 {
			q := randomQuestion(random, round)
			want, wantErr := real.Check(t.Context(), q)
			got, gotErr := embedded.Check(t.Context(), q)
			if got != want || (gotErr == nil) != (wantErr == nil) {
				t.Errorf("%v: embedded says %v (%v), Keto says %v (%v)", q, got, gotErr, want, wantErr)
			}
			if asked++; want {
				allowed++
			}
		}
	}
	if allowed == 0 || allowed == asked {
		t.Errorf("%d of %d allowed: the questions tell nothing", allowed, asked)
	}
	t.Logf("%d questions, %d allowed", asked, allowed)
	ours, _ := embedded.List(t.Context(), relations.Query{})
	theirs, err := real.List(t.Context(), relations.Query{})
	if err != nil || !slices.Equal(ours, theirs) {
		t.Errorf("the engines hold %d and %d tuples (%v)", len(ours), len(theirs), err)
	}
}

type randomChange struct {
	relations.Tuple
	revoke bool
}

func randomFact(r *rand.Rand, round int) randomChange {
	object := func() string { return fmt.Sprintf("r%d-%d", round, r.IntN(4)) }
	c := randomChange{revoke: r.IntN(6) == 0}
	c.Object, c.Subject = object(), fmt.Sprintf("u%d", r.IntN(6))
	switch r.IntN(3) {
	case 0:
		c.Namespace, c.Relation = "Site", relations.Roles()[r.IntN(len(relations.Roles()))]
	case 1:
		c.Namespace, c.Relation = "Project", []string{"members", "owners"}[r.IntN(2)]
	case 2:
		c.Namespace, c.Relation, c.Subject = "Project", "site", "Site:"+object()+"#"
	}
	return c
}

func randomQuestion(r *rand.Rand, round int) relations.Tuple {
	site := append(relations.Roles(), strings.Fields("enrol apply describe review decide operate nothing")...)
	project := strings.Fields("members owners work manage view view view view nothing")
	q := relations.Tuple{Namespace: "Site", Object: fmt.Sprintf("r%d-%d", round, r.IntN(4)), Relation: site[r.IntN(len(site))], Subject: fmt.Sprintf("u%d", r.IntN(6))}
	if r.IntN(2) == 0 {
		q.Namespace, q.Relation = "Project", project[r.IntN(len(project))]
	}
	return q
}
