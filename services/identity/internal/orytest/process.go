package orytest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// process is one server in a folder of its own.
type process struct {
	name, program, dir string
	environ            []string
}

// newProcess copies the settings to where the server will run; the first of them is its configuration.
func newProcess(t *testing.T, name, variable string, files ...string) *process {
	t.Helper()
	program := os.Getenv(variable)
	if program == "" {
		t.Skipf("%s is not set: run make ory-tools and set it to the path of bin/%s, to try this on a real server", variable, name)
	}
	dir := t.TempDir()
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(settings, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &process{name, program, dir, append(os.Environ(),
		"SQA_OPT_OUT=true", "DSN=sqlite://"+filepath.Join(dir, name+".sqlite")+sqlite)}
}

func (p *process) env(variables ...string) { p.environ = append(p.environ, variables...) }

func (p *process) command(arguments ...string) *exec.Cmd {
	c := exec.Command(p.program, append(arguments, "-c", p.name+".yml")...)
	c.Dir, c.Env = p.dir, p.environ
	return c
}

func (p *process) run(t *testing.T, arguments ...string) {
	t.Helper()
	if out, err := p.command(arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", p.name, arguments[0], err, out)
	}
}

// serve starts the server, waits until it says at its address that it is ready, and ends it with the test.
func (p *process) serve(t *testing.T, address string) {
	t.Helper()
	var log bytes.Buffer
	c := p.command("serve", "--sqa-opt-out")
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		c.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", p.name, log.String())
		}
	})
	untilReady(t, address+"/health/ready")
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
