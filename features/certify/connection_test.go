package certify_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/features/certify"
)

func TestAConnectionIsReadWithItsSecretsFromElsewhere(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "db.pass"), []byte("hidden\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := certify.Parse([]byte(`role: airlock
product: an airlock in Python, 0.1
command: [python3, airlock.py, "{folder}"]
dir: there
env:
  DATABASE_PASSWORD: file:db.pass
  TOKEN: env:GIVEN
  LEVEL: debug
budgets: {start: 5s, answer: 2m}
`), filepath.Join(dir, "connection.yaml"), func(string) (string, bool) { return "from outside", true })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"DATABASE_PASSWORD=hidden", "TOKEN=from outside", "LEVEL=debug"}
	if !slices.Equal(c.Env, want) || c.Dir != filepath.Join(dir, "there") || c.Start != 5*time.Second || c.Answer != 2*time.Minute || c.Run != certify.DefaultRun {
		t.Errorf("%+v", c)
	}
}

// TestWhatIsWrongIsNamedByLineAndField: and no value is told, which may be a secret.
func TestWhatIsWrongIsNamedByLineAndField(t *testing.T) {
	for text, want := range map[string]string{
		"":              "line 1: (file): it is empty",
		"role: [":       "(file): it is no YAML",
		"- role":        "line 1: (file): a group of fields",
		"builtIn: true": "line 1: role: it is missing",
		"role: airlock": "line 1: command: expected exactly one of",
		"role: airlock\nbuiltIn: true\nrunning: true":                   "line 1: command: expected exactly one of",
		"role: airlock\nrunning: true":                                  "line 1: folder: it is missing",
		"role: portal\nbuiltIn: true":                                   "line 1: role: expected one of: airlock",
		"role: airlock\nbuiltIn: maybe":                                 "line 2: builtIn: expected true or false",
		"role: airlock\ncommand: run-it":                                "line 2: command: expected a list",
		"role: airlock\nbuiltIn: true\nbudget: {}":                      "line 3: budget: unknown field",
		"role: airlock\nbuiltIn: true\nbuiltIn: true":                   "line 3: builtIn: it is there twice",
		"role: airlock\nbuiltIn: true\nbudgets:\n  run: 5d":             "line 4: budgets.run: expected a time",
		"role: airlock\nbuiltIn: true\nbudgets:\n  all: 5s":             "line 4: budgets.all: unknown field",
		"role: airlock\ncommand: [x]\nenv:\n  PASSWORD: hunter2":        "line 4: env.PASSWORD: a secret does not stand in this file",
		"role: airlock\ncommand: [x]\nenv:\n  PASSWORD: env:hunter2":    "line 4: env.PASSWORD: the variable that it refers to is not set",
		"role: airlock\ncommand: [x]\nenv:\n  PASSWORD: file:./hunter2": "line 4: env.PASSWORD: the file that it refers to cannot be read",
	} {
		_, err := certify.Parse([]byte(text), "connection.yaml", func(string) (string, bool) { return "", false })
		if err == nil || !errors.As(err, new(*certify.Problems)) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, expected %q", text, err, want)
		}
	}
}

func TestAProgramThatIsNotThereIsToldBeforeAnythingIsPlayed(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"mine": 0o700, "notes": 0o600} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "connection.yaml")
	for text, want := range map[string]string{
		"command: [./mine]\ndir: .":           "",
		"command: [go]":                       "",
		"command: [\"{folder}/mine\"]":        "",
		"command: [./mine]\ndir: nowhere":     "dir: there is no folder",
		"command: [./mine]\ndir: mine":        "dir: there is no folder",
		"command: [./another]\ndir: .":        "command: ",
		"command: [./notes]\ndir: .":          "command: ",
		"command: [no-such-program-anywhere]": "command: ",
	} {
		if err := os.WriteFile(file, []byte("role: airlock\n"+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := certify.Load(file); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, expected %q", text, err, want)
		}
	}
}

// TestTheSchemaNamesTheFieldsThatAreRead: the unknown-field error lists what is read.
func TestTheSchemaNamesTheFieldsThatAreRead(t *testing.T) {
	var schema struct {
		Properties map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(certify.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	for prefix, text := range map[string]string{"": "none: 1", "budgets": "budgets: {none: 1s}"} {
		_, err := certify.Parse([]byte(text), "connection.yaml", os.LookupEnv)
		_, list, _ := strings.Cut(err.Error(), "unknown field: expected one of ")
		list, _, _ = strings.Cut(list, ";")
		var named []string
		if prefix == "" {
			for name := range schema.Properties {
				named = append(named, name)
			}
		} else {
			for name := range schema.Properties[prefix].Properties {
				named = append(named, name)
			}
		}
		slices.Sort(named)
		if list != strings.Join(named, ", ") {
			t.Errorf("read are %s, the schema has %s", list, named)
		}
	}
}
