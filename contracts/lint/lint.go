// Package lint holds contract folders against the rules for them: the profile of JSON Schema, what contract.yaml has to
// say, examples that pass or fail as they claim, and versions that fit one another.
package lint

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/fairway-tre/fairway/contracts/compat"
	"github.com/fairway-tre/fairway/contracts/finding"
	"github.com/fairway-tre/fairway/contracts/schemas"
)

// Tree checks every folder <service>/<noun>-<verb> of a tree such as the folder schemas of a checkout. The error is for
// what could not be read; what is wrong with the contracts are findings.
func Tree(tree fs.FS) ([]finding.Finding, error) {
	all, err := fs.Glob(tree, "*/*")
	if err != nil {
		return nil, err
	}
	var found []finding.Finding
	events := 0
	for _, name := range all {
		info, err := fs.Stat(tree, name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			continue
		}
		events++
		f := folder{tree: tree, name: name}
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("check %s: %w", name, err)
		}
		found = append(found, f.found...)
	}
	if events == 0 {
		return nil, errors.New("there is no folder <service>/<noun>-<verb>: is this the folder schemas of the contracts?")
	}
	if len(found) == 0 { // versions are compared only once they can be read
		return compat.Within(tree)
	}
	return finding.Sort(found), nil
}

// folder is one contract folder and what was found in it.
type folder struct {
	tree     fs.FS
	name     string // <service>/<noun>-<verb>
	contract contract
	versions []*version // oldest first
	found    []finding.Finding
}

// version is one schema; judge is nil if it cannot be used.
type version struct {
	name, file string
	text       []byte
	schema     *schemas.Schema
	judge      *schemas.Judge
}

func (f *folder) service() string { return path.Dir(f.name) }

// event is <noun>-<verb>.
func (f *folder) event() string { e, _, _ := strings.Cut(path.Base(f.name), ".v"); return e }

// major is what the folder's name says: <noun>-<verb> is the first, <noun>-<verb>.v<major> each later one.
func (f *folder) major() string {
	if _, major, later := strings.Cut(path.Base(f.name), ".v"); later {
		return major
	}
	return "1"
}

func (f *folder) say(file string, line int, rule, do, problem string, args ...any) {
	f.found = append(f.found, finding.Finding{File: path.Join(f.name, file), Line: line, Rule: rule, Problem: fmt.Sprintf(problem, args...), Do: do})
}

// at is say for a place in a JSON file.
func (f *folder) at(file string, text []byte, pointer, rule, do, problem string, args ...any) {
	f.found = append(f.found, finding.Finding{File: path.Join(f.name, file), Line: finding.Line(text, pointer), Pointer: pointer, Rule: rule,
		Problem: fmt.Sprintf(problem, args...), Do: do})
}

func (f *folder) check() error {
	for _, step := range []func() error{f.readVersions, f.checkContract, f.checkLog, f.checkExamples} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// read returns a file of the folder; one that is missing is no error and has no text.
func (f *folder) read(name string) ([]byte, error) {
	text, err := fs.ReadFile(f.tree, path.Join(f.name, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

func (f *folder) checkLog() error {
	text, err := f.read("CHANGELOG.md")
	if err != nil {
		return err
	}
	for _, v := range f.versions {
		if !strings.Contains(string(text), "## "+v.name+"\n") {
			f.say("CHANGELOG.md", 0, "changelog", "write a section \"## "+v.name+"\" that says what changed and for whom", "version %s is not told of", v.name)
		}
	}
	return nil
}

// newest is the newest usable version, nil if there is none.
func (f *folder) newest() *version {
	for i := len(f.versions) - 1; i >= 0; i-- {
		if f.versions[i].judge != nil {
			return f.versions[i]
		}
	}
	return nil
}
