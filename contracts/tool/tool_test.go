package tool

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/finding"
)

// checkout is a git repository with the module's contracts of one service, committed and tagged.
func checkout(t *testing.T) (dir string) {
	t.Helper()
	root := t.TempDir()
	dir = filepath.Join(root, "contracts")
	if err := os.CopyFS(filepath.Join(dir, "schemas", "catalog"), os.DirFS("../schemas/catalog")); err != nil {
		t.Fatal(err)
	}
	run(t, root, "git", "init", "-q", "-b", "main")
	commit(t, root)
	run(t, root, "git", "tag", "v1")
	return dir
}

func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", args, err, out)
	}
}

func commit(t *testing.T, root string) {
	t.Helper()
	run(t, root, "git", "add", ".")
	run(t, root, "git", "-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "m")
}

func change(t *testing.T, path, old, new string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, new, 1)
	if changed == string(text) {
		t.Fatalf("%s has no %s", path, old)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

func rules(found []finding.Finding) (names []string) {
	for _, f := range found {
		names = append(names, f.Rule)
	}
	return names
}

func TestWhatNewWritesIsComplete(t *testing.T) {
	dir := checkout(t)
	for _, e := range []Event{{"airlock", "thing", "noted", false}, {"federation", "long-thing", "noted", false}, {"approval", "thing", "note-down", true}} {
		files, err := New(dir, e)
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != 7 {
			t.Errorf("%v: %d files", e, len(files))
		}
		if found, err := Lint(dir); err != nil || len(found) > 0 {
			t.Errorf("%v: %v %v", e, found, err)
		}
		if !strings.Contains(e.Next(dir), "fairway contracts generate") {
			t.Errorf("%v: no next step", e)
		}
		if _, err := New(dir, e); err == nil || !strings.Contains(err.Error(), "is there already") {
			t.Errorf("%v a second time: %v", e, err)
		}
	}
	if err := Generate(dir, false); err != nil {
		t.Fatal(err)
	}
	if err := Generate(dir, true); err != nil {
		t.Errorf("just written: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "airlock", "v1", "thing_noted.go")); err != nil {
		t.Error(err)
	}
	if path, err := Docs(dir, filepath.Join(t.TempDir(), "docs")); err != nil {
		t.Error(err)
	} else if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "fairway.approval.thing.note-down.v1") {
		t.Errorf("the page does not have the new event: %v", err)
	}
}

func TestNewRefusesNames(t *testing.T) {
	dir := checkout(t)
	for _, e := range []Event{{"billing", "thing", "noted", false}, {"airlock", "Thing", "noted", false}, {"airlock", "thing", "", false}, {"airlock", "../thing", "noted", false}, {"airlock", "thing.x", "noted", false}} {
		if files, err := New(dir, e); err == nil {
			t.Errorf("%v: wrote %v", e, files)
		}
	}
	if _, err := New(t.TempDir(), Event{"airlock", "thing", "noted", false}); err == nil || !strings.Contains(err.Error(), "--dir") {
		t.Errorf("a folder without contracts: %v", err)
	}
}

func TestCheckAgainstTheLastTagARevisionAndAFolder(t *testing.T) {
	dir := checkout(t)
	copied := filepath.Join(t.TempDir(), "released")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	change(t, filepath.Join(dir, "schemas/catalog/question-ask/1.0.0.json"), `"type": "string"`, `"type": "integer"`)
	for against, taken := range map[string]string{"": "v1", "v1": "v1", "HEAD": "HEAD", copied: copied, filepath.Join(copied, "schemas"): filepath.Join(copied, "schemas")} {
		got, found, err := Check(t.Context(), dir, against)
		if err != nil || got != taken || !slices.Contains(rules(found), "released-changed") {
			t.Errorf("against %q: %s %v %v", against, got, found, err)
		}
		for _, f := range found {
			if f.Line == 0 || !strings.HasPrefix(f.File, dir) {
				t.Errorf("no place: %+v", f)
			}
		}
	}
	commit(t, filepath.Dir(dir))
	if _, found, err := Check(t.Context(), dir, "HEAD"); err != nil || len(found) > 0 {
		t.Errorf("against itself: %v %v", found, err)
	}
	if _, _, err := Check(t.Context(), dir, "no-such-thing"); err == nil || !strings.Contains(err.Error(), "neither a folder nor a revision") {
		t.Errorf("%v", err)
	}
}

func TestWithoutATagMainIsReleased(t *testing.T) {
	dir := checkout(t)
	root := filepath.Dir(dir)
	run(t, root, "git", "tag", "-d", "v1")
	run(t, root, "git", "checkout", "-q", "-b", "work")
	if err := os.RemoveAll(filepath.Join(dir, "schemas/catalog/question-ask")); err != nil {
		t.Fatal(err)
	}
	commit(t, root)
	_, found, err := Check(t.Context(), dir, "")
	if err != nil || !slices.Contains(rules(found), "event-removed") {
		t.Errorf("%v %v", found, err)
	}
	if _, _, err := Check(t.Context(), t.TempDir(), ""); err == nil {
		t.Error("no contracts, and no error")
	}
}

func TestDiffSaysWhichVersionIsNeeded(t *testing.T) {
	dir := checkout(t)
	file := filepath.Join(dir, "schemas/catalog/question-ask/1.0.0.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	next := filepath.Join(t.TempDir(), "next.json")
	if err := os.WriteFile(next, text, 0o644); err != nil {
		t.Fatal(err)
	}
	change(t, next, `"properties": {`, `"properties": {"note": {"type": "boolean"},`)
	d, err := Diff(dir, "catalog/question-ask/1.0.0", next)
	if err != nil || d.Level != "minor" || len(d.Changes) != 1 || d.Changes[0].Pointer != "/properties/note" {
		t.Errorf("%+v %v", d, err)
	}
	if d, err := Diff(dir, file, file); err != nil || d.Level != "none" || d.Changes == nil {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := Diff(dir, file, "catalog/question-ask/9.0.0"); err == nil {
		t.Error("a version that is not there has a difference")
	}
}

func TestAFileThatIsStaleIsNamed(t *testing.T) {
	dir := checkout(t)
	if err := Generate(dir, true); err == nil || !strings.Contains(err.Error(), "asyncapi/asyncapi.json") {
		t.Errorf("%v", err)
	}
}
