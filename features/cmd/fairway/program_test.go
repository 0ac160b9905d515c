package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	json "github.com/go-json-experiment/json"
)

// patience is how long a test waits for a fact that is to come.
const patience = 30 * time.Second

var program = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(programDir, "fairway")
	out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, out)
	}
	return binary, nil
})

var programDir string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fairway-program-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	programDir = dir
	return m.Run()
}

// process is a running call of the program.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    bytes.Buffer // safe to read once ended
	err    bytes.Buffer // the same
	ended  chan struct{}
	status int
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(binary, args...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	p.cmd.Env = append(os.Environ(), "FAIRWAY_DATABASE=", "FAIRWAY_KAFKA_SCRIPT=")
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the status tells
		p.status = p.cmd.ProcessState.ExitCode()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.ended
	})
	return p
}

// wait returns the exit code, -1 of a process that was killed.
func (p *process) wait() int {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	select {
	case <-p.ended:
	case <-ctx.Done():
		_ = p.cmd.Process.Kill()
		<-p.ended
		p.t.Fatalf("%s does not end:\n%s", p.cmd.Args[1:], p.err.String())
	}
	return p.status
}

// stop ends the process as an operator does; it must end well.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Error(err)
	}
	if status := p.wait(); status != 0 {
		p.t.Errorf("%s ended with %d after SIGTERM:\n%s", p.cmd.Args[1:], status, p.err.String())
	}
}

// said is what the process told on standard error, without its log.
func (p *process) said() string {
	var said []string
	for line := range strings.Lines(p.err.String()) {
		if !strings.HasPrefix(line, `{"ts":`) {
			said = append(said, line)
		}
	}
	return strings.Join(said, "")
}

// works calls the program, which must succeed.
func works(t *testing.T, args ...string) string {
	t.Helper()
	p := start(t, args...)
	if status := p.wait(); status != 0 {
		t.Fatalf("fairway %s: status %d:\n%s", strings.Join(args, " "), status, p.err.String())
	}
	return p.out.String()
}

// inside is what no sentence for a person shows: traces, structs, pointers.
var inside = regexp.MustCompile(`goroutine \d|panic:|\.go:\d+|[&*]\{|map\[|0xc0|%!`)

// refuses calls the program, which must end with the status and one sentence that has all of these parts.
func refuses(t *testing.T, status int, parts []string, args ...string) {
	t.Helper()
	p := start(t, args...)
	got, said := p.wait(), p.said()
	line := "fairway " + strings.Join(args, " ")
	if got != status {
		t.Errorf("%s: status %d, not %d", line, got, status)
	}
	listed := strings.Contains(said, ":\n  ") // a line for each mistake in a file
	if (strings.Count(said, "\n") != 1) != listed || !strings.HasPrefix(said, "fairway: ") || len(said) > 700 {
		t.Errorf("%s: not one sentence:\n%s", line, said)
	}
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("%s: %q is not told:\n%s", line, part, said)
		}
	}
	if found := inside.FindString(said); found != "" {
		t.Errorf("%s: %q is nothing for a person:\n%s", line, found, said)
	}
	for _, a := range args {
		noSecret(t, a, p.err.String())
	}
}

// noSecret fails when a text holds a secret of the folder.
func noSecret(t *testing.T, dir, text string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		secret := err == nil && (strings.HasSuffix(name, ".password") || d.Name() == "enrolment-code")
		if !secret {
			return nil
		}
		if content, err := os.ReadFile(name); err == nil && len(content) > 8 && strings.Contains(text, strings.TrimSpace(string(content))) {
			t.Errorf("the secret of %s is told:\n%s", name, text)
		}
		return nil
	})
}

// federated makes a federation and a site that has joined it.
func federated(t *testing.T, more ...string) (federation, site string) {
	t.Helper()
	dir := t.TempDir()
	federation, site = filepath.Join(dir, "fed"), filepath.Join(dir, "molgenis")
	works(t, "federation", "init", "--dir", federation)
	works(t, append([]string{"site", "init", "--dir", site, "--profile", "molgenis", "--federation", federation}, more...)...)
	return federation, site
}

var everyService = []string{"identity", "approval", "catalog", "workspace", "airlock", "gateway"}

// runs starts a whole site, sees all of its services alive, and stops it.
func runs(t *testing.T, site string) {
	t.Helper()
	p := startSite(t, site)
	for _, service := range everyService {
		p.awaits(site, service, "is alive", func(h healthReport) bool { return h.Site != "" })
	}
	p.stop()
}

// startSite forgets the addresses of an earlier run, so that none is taken for those of this one.
func startSite(t *testing.T, site string, more ...string) *process {
	t.Helper()
	for _, service := range everyService {
		_ = os.Remove(filepath.Join(site, "run", service+".http")) // there is none after a first start
	}
	return start(t, append([]string{"site", "run", "--dir", site}, more...)...)
}

// healthReport is the answer of /readyz.
type healthReport struct {
	Site, Status string
	Checks       []struct {
		Name, Detail, Advice string
		OK                   bool
	}
}

// failing is the detail and the advice of a check that fails, empty when none of this name does.
func (h healthReport) failing(name string) (detail, advice string) {
	for _, c := range h.Checks {
		if c.Name == name && !c.OK {
			return c.Detail, c.Advice
		}
	}
	return "", ""
}

func (h healthReport) ready() bool { return h.Status == "ready" }

// awaits polls /readyz of a service until the fact is there; the process must live meanwhile.
func (p *process) awaits(site, service, what string, fact func(healthReport) bool) healthReport {
	p.t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	var last healthReport
	for {
		if h, err := probe(p.t.Context(), site, service); err == nil {
			if last = h; fact(h) {
				return h
			}
		}
		select {
		case <-tick.C:
		case <-p.ended:
			p.t.Fatalf("%s ended with %d before %s %s:\n%s", p.cmd.Args[1:], p.status, service, what, p.err.String())
		case <-deadline:
			p.t.Fatalf("it never came true that %s %s; the last report: %+v", service, what, last)
		}
	}
}

// awaitsFile waits until a file is there.
func (p *process) awaitsFile(name string) {
	p.t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(name); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-p.ended:
			p.t.Fatalf("%s ended with %d before %s was there:\n%s", p.cmd.Args[1:], p.status, name, p.err.String())
		case <-deadline:
			p.t.Fatalf("%s never came", name)
		}
	}
}

func probe(ctx context.Context, site, service string) (healthReport, error) {
	var h healthReport
	addr, err := os.ReadFile(filepath.Join(site, "run", service+".http"))
	if err != nil {
		return h, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+strings.TrimSpace(string(addr))+"/readyz", nil)
	if err != nil {
		return h, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return h, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	if err := json.UnmarshalRead(answer.Body, &h, json.MatchCaseInsensitiveNames(true)); err != nil {
		return h, err
	}
	if (answer.StatusCode == http.StatusOK) != h.ready() {
		return h, fmt.Errorf("status %d and %q", answer.StatusCode, h.Status)
	}
	return h, nil
}

// heavy leaves out of the short form what starts whole sites several times.
func heavy(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("whole sites are started several times")
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
