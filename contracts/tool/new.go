package tool

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/fairway-tre/fairway/contracts/topics"
)

//go:embed scaffold
var scaffold embed.FS

// Event names a new event.
type Event struct {
	Service, Noun, Verb string
	Act                 bool
}

var word = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// services are those that a contract can belong to.
var services = []string{topics.Airlock, topics.Approval, topics.Catalog, "federation", topics.Identity, topics.Workspace}

func (e Event) check() error {
	if !slices.Contains(services, e.Service) {
		return fmt.Errorf("%q is no service: choose one of %s", e.Service, strings.Join(services, ", "))
	}
	for _, w := range []string{e.Noun, e.Verb} {
		if !word.MatchString(w) {
			return fmt.Errorf("%q is no name: use small letters, and hyphens between words, such as release approved", w)
		}
	}
	return nil
}

// New writes the folder of an event that did not exist, complete so that it passes lint, and returns its files.
func New(dir string, e Event) (files []string, err error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	if _, err := schemasOf(dir); err != nil {
		return nil, err
	}
	folder := filepath.Join(dir, "schemas", e.Service, e.Noun+"-"+e.Verb)
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is there already: a change of an event is a new version beside the others, see README.md of the contracts", folder)
	}
	err = fs.WalkDir(scaffold, "scaffold", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		path := filepath.Join(folder, strings.TrimSuffix(strings.TrimPrefix(name, "scaffold/"), ".tmpl"))
		files = append(files, path)
		return e.write(name, path)
	})
	return files, err
}

func (e Event) write(name, path string) error {
	t, err := template.ParseFS(scaffold, name)
	if err != nil {
		return fmt.Errorf("read the pattern %s: %w", name, err)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, e); err != nil {
		return fmt.Errorf("fill the pattern %s: %w", name, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the folder of the event: %w", err)
	}
	return os.WriteFile(path, text.Bytes(), 0o644)
}

// Kind, Stream, Writer and what follows fill the patterns.
func (e Event) Kind() string { return e.either("act", "event") }

// Stream is the part of the topic.
func (e Event) Stream() string { return e.either("acts", "events") }

// Writer is who may write the event.
func (e Event) Writer() string {
	own := e.Service
	if own == "federation" {
		own = topics.Gateway
	}
	return e.either(topics.Portal, own)
}

// Reader is the list of readers: an act is read by its service.
func (e Event) Reader() string { return e.either(e.Service, "") }

// Member is the member of the payload that is the subject.
func (e Event) Member() string { return camel(e.Noun) + "Id" }

// Title is the name of the event in words.
func (e Event) Title() string {
	words := strings.ReplaceAll(e.Noun+" "+e.Verb, "-", " ")
	if e.Act {
		words = strings.ReplaceAll(e.Verb+" a "+e.Noun, "-", " ")
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

func (e Event) either(act, event string) string {
	if e.Act {
		return act
	}
	return event
}

func camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		if b.Len() > 0 {
			part = strings.ToUpper(part[:1]) + part[1:]
		}
		b.WriteString(part)
	}
	return b.String()
}

// Next tells what is left to do for a person.
func (e Event) Next(dir string) string {
	folder := filepath.Join(dir, "schemas", e.Service, e.Noun+"-"+e.Verb)
	return fmt.Sprintf(`next:
  1. say in %[1]s/1.0.0.json what happened and what the payload has; add members, examples
  2. name the readers in %[1]s/contract.yaml
  3. fairway contracts lint        file, line, rule and what to do
  4. fairway contracts generate    %[2]s/%[3]s/v1/%[4]s.go, topics and rights, tables, AsyncAPI
  5. write it where it happens and read it where it matters: CONTRIBUTING.md goes on from here
`, folder, dir, e.Service, strings.ReplaceAll(e.Noun+"_"+e.Verb, "-", "_"))
}
