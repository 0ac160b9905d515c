// Package conformance has the features that every TRE is held against, and the tests of what the documents promise.
package conformance

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// walk is a copy of the repository in which the commands of CONTRIBUTING are given.
type walk struct {
	t   *testing.T
	dir string
}

// TestTheWalkFromANewEventToAScenario gives the commands of the section "A new event" of CONTRIBUTING.md, in their
// order, in a copy of the repository, and plays the scenario that stands there.
func TestTheWalkFromANewEventToAScenario(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program anew: run without -short")
	}
	w := copied(t)
	commands, feature := section(t)
	if err := os.WriteFile(filepath.Join(w.dir, "paused.feature"), []byte(feature), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, command := range commands {
		w.give(command)
	}
	if text := w.read("contracts/topics/table.go"); !strings.Contains(text, "fairway.airlock.release.paused.v1") {
		t.Error("the table of topics does not have the event")
	}
	if text := w.read("contracts/asyncapi/asyncapi.json"); !strings.Contains(text, "fairway.airlock.release.paused.v1") {
		t.Error("the AsyncAPI document does not have the event")
	}
}

// section takes the commands and the scenario of the walk from the document itself.
func section(t *testing.T) (commands []string, feature string) {
	t.Helper()
	text, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "## A new event, from its name to a scenario")
	rest, _, _ = strings.Cut(rest, "\n## ")
	for part := range strings.SplitSeq(rest, "```sh\n") {
		if block, _, closed := strings.Cut(part, "```"); closed && block != "" && strings.Contains(rest, "```sh\n"+block) {
			commands = append(commands, strings.Split(strings.TrimSpace(block), "\n")...)
		}
	}
	_, after, has := strings.Cut(rest, "```gherkin\n")
	feature, _, _ = strings.Cut(after, "```")
	if !found || !has || len(commands) < 5 {
		t.Fatalf("CONTRIBUTING.md has not the walk: %d commands, a scenario: %t", len(commands), has)
	}
	return commands, feature
}

// copied copies every file that is not ignored, as it stands in the working folder.
func copied(t *testing.T) walk {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	out, err := list.Output()
	if err != nil {
		t.Skipf("git does not say which files belong to the repository: %v", err)
	}
	w := walk{t: t, dir: t.TempDir()}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if err := copyFile(filepath.Join(root, name), filepath.Join(w.dir, name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	// what is copied counts as released
	w.give("git init -q -b main && git add . && git -c user.name=walk -c user.email=walk@example.org -c commit.gpgsign=false commit -q -m released")
	return w
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func (w walk) read(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// give runs one command of the document in a shell.
func (w walk) give(command string) {
	w.t.Helper()
	started := time.Now()
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", command)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "FAIRWAY_BIN=")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%s: %v\n%s", command, err, out)
	}
	w.t.Logf("%s: %.1f s", command, time.Since(started).Seconds())
}
