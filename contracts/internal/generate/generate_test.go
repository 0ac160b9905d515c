package generate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	if err := Run("../..", true); err != nil {
		t.Fatal(err)
	}
}

// module writes a contracts module of two events that share a definition.
func module(t *testing.T, change map[string]string) string {
	t.Helper()
	schema := func(def string) string {
		return `{"title":"T","description":"D.","type":"object","additionalProperties":false,"required":["a"],
			"properties":{"a":{"$ref":"#/$defs/Level"},"at":{"type":"string","format":"date-time"},"releaseId":{"type":"string"}},"$defs":{"Level":` + def + `}}`
	}
	level := `{"type":"object","required":["code"],"properties":{"code":{"type":"string","enum":["x","y"]}}}`
	contract := func(eventType string) string {
		return "type: " + eventType + "\nkind: event\nowner: s\nwriters: [s]\nreaders: []\ntopic: \"{site}.s.events.v1\"\nsubject: \"a/{a}\"\n"
	}
	files := map[string]string{
		"s/a-told/contract.yaml": contract("fairway.s.a.told.v1"), "s/a-told/1.0.0.json": schema(level),
		"s/b-told/contract.yaml": contract("fairway.s.b.told.v1"), "s/b-told/1.0.0.json": schema(level), "s/b-told/1.10.0.json": schema(level), "s/b-told/1.9.0.json": schema(level),
	}
	for name, text := range change {
		files[name] = text
	}
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, "schemas", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTypesFollowTheSchema(t *testing.T) {
	root := module(t, nil)
	if err := Run(root, false); err != nil {
		t.Fatal(err)
	}
	event := strings.Join(strings.Fields(read(t, root, "s/v1/b_told.go")), " ")
	for _, want := range []string{"type BTold struct { A vocabulary.Level `json:\"a\"` At time.Time `json:\"at,omitzero\"` ReleaseID string `json:\"releaseId,omitzero\"` }",
		`const TypeBTold = "fairway.s.b.told.v1"`} {
		if !strings.Contains(event, want) {
			t.Errorf("no %s in %s", want, event)
		}
	}
	if n := strings.Count(read(t, root, "vocabulary/v1/vocabulary.go"), "type Level struct"); n != 1 {
		t.Errorf("Level is defined %d times", n)
	}
	if table := read(t, root, "topics/table.go"); !strings.Contains(table, `[]string{"1.0.0", "1.9.0", "1.10.0"}`) {
		t.Errorf("versions are not in their order: %s", table)
	}
}

func TestCheckNamesStaleFiles(t *testing.T) {
	root := module(t, nil)
	if err := Run(root, false); err != nil {
		t.Fatal(err)
	}
	if err := Run(root, true); err != nil {
		t.Fatalf("just written: %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, "s/v1/a_told.go"), []byte("package s\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(root, "schemas/s/b-told")); err != nil {
		t.Fatal(err)
	}
	err := Run(root, true)
	for _, want := range []string{"s/v1/a_told.go", "s/v1/b_told.go", "topics/table.go", "EVENTS.md"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	if err := Run(root, false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "s/v1/b_told.go")); !os.IsNotExist(err) {
		t.Errorf("the type of a contract that is gone stays: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	valid := read(t, module(t, nil), "schemas/s/a-told/1.0.0.json")
	for name, c := range map[string]struct{ file, text, says string }{
		"a definition of two meanings":    {"s/a-told/1.0.0.json", strings.Replace(valid, `"y"`, `"z"`, 1), "define Level differently"},
		"a keyword outside the profile":   {"s/a-told/1.0.0.json", strings.Replace(valid, `"title"`, `"oneOf"`, 1), "s/a-told"},
		"an unknown field of a contract":  {"s/a-told/contract.yaml", "type: fairway.s.a.told.v1\ncolour: red\n", "colour"},
		"a type that is not its folder's": {"s/a-told/contract.yaml", "type: fairway.s.a.said.v1\n", "of its folder"},
		"a contract without schema":       {"s/c-told/contract.yaml", "type: fairway.s.c.told.v1\n", "no schema"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Run(module(t, map[string]string{c.file: c.text}), false); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
