package compat

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/finding"
	"github.com/fairway-tre/fairway/contracts/schemas"
)

// Gate holds a tree of contracts, <service>/<noun>-<verb>/…, against a released one: what was released is still there
// to the byte, and what is new fits all of it. Trees are such as schemas.Files or the folder schemas of a checkout.
func Gate(released, current fs.FS) ([]finding.Finding, error) {
	var found []finding.Finding
	before, err := folders(released)
	if err != nil {
		return nil, err
	}
	for _, folder := range before {
		more, err := gateFolder(released, current, folder)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	within, err := Within(current)
	return finding.Sort(append(found, within...)), err
}

func gateFolder(released, current fs.FS, folder string) ([]finding.Finding, error) {
	if _, err := fs.Stat(current, folder+"/contract.yaml"); errors.Is(err, fs.ErrNotExist) {
		return []finding.Finding{{File: folder, Rule: "event-removed", Problem: "a released event is gone",
			Do: "bring the folder back; an event that nobody writes any more is marked deprecated"}}, nil
	}
	found, err := kept(released, current, folder)
	if err != nil {
		return nil, err
	}
	order, err := appended(released, current, folder)
	if err != nil {
		return nil, err
	}
	contract, err := contracts(released, current, folder)
	return slices.Concat(found, order, contract), err
}

// kept looks for every released schema and valid example, unchanged.
func kept(released, current fs.FS, folder string) ([]finding.Finding, error) {
	var found []finding.Finding
	for _, pattern := range []string{"/*.json", "/examples/valid/*.json"} {
		names, err := fs.Glob(released, folder+pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			old, err := fs.ReadFile(released, name)
			if err != nil {
				return nil, err
			}
			now, err := fs.ReadFile(current, name)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				found = append(found, finding.Finding{File: name, Rule: "released-removed", Problem: "a released file is gone",
					Do: "bring it back; what was released stays"})
			case err != nil:
				return nil, err
			case !bytes.Equal(old, now):
				found = append(found, finding.Finding{File: name, Line: firstDifference(old, now), Rule: "released-changed",
					Problem: "a released file is another one now", Do: "undo it, and put the change into a new version or a new example"})
			}
		}
	}
	return found, nil
}

func firstDifference(old, now []byte) int {
	n := 0
	for n < min(len(old), len(now)) && old[n] == now[n] {
		n++
	}
	return 1 + bytes.Count(now[:n], []byte("\n"))
}

// appended checks that a new version comes after all released ones of its major.
func appended(released, current fs.FS, folder string) ([]finding.Finding, error) {
	old, err := schemas.Versions(released, folder)
	if err != nil {
		return nil, err
	}
	now, err := schemas.Versions(current, folder)
	if err != nil {
		return nil, err
	}
	var found []finding.Finding
	last := map[string]int{} // index in now of the newest released version of a major
	for i, v := range now {
		if slices.Contains(old, v) {
			last[major(v)] = i
		}
	}
	for i, v := range now {
		if at, ok := last[major(v)]; ok && i < at && !slices.Contains(old, v) {
			found = append(found, finding.Finding{File: folder + "/" + v + ".json", Rule: "version-order",
				Problem: fmt.Sprintf("%s is new and older than %s, which is released", v, now[at]), Do: "give it the next version after " + now[at]})
		}
	}
	return found, nil
}

// Within checks that within each major of a tree every two versions fit one another, and that each version says what
// changed by its number.
func Within(tree fs.FS) ([]finding.Finding, error) {
	all, err := folders(tree)
	if err != nil {
		return nil, err
	}
	var found []finding.Finding
	for _, folder := range all {
		versions, err := load(tree, folder)
		if err != nil {
			return nil, err
		}
		for i := range versions {
			found = append(found, versions[i].judge(versions[:i])...)
		}
	}
	return finding.Sort(found), nil
}

func folders(tree fs.FS) ([]string, error) {
	found, err := fs.Glob(tree, "*/*/contract.yaml")
	for i := range found {
		found[i] = path.Dir(found[i])
	}
	return found, err
}

// version is one schema of a folder.
type version struct {
	name, file string
	text       []byte
	schema     *schemas.Schema
}

func load(tree fs.FS, folder string) ([]version, error) {
	names, err := schemas.Versions(tree, folder)
	if err != nil {
		return nil, err
	}
	all := make([]version, len(names))
	for i, name := range names {
		v := version{name: name, file: folder + "/" + name + ".json"}
		if v.text, err = fs.ReadFile(tree, v.file); err != nil {
			return nil, err
		}
		if v.schema, err = schemas.Parse(v.text); err != nil {
			return nil, fmt.Errorf("%s: %w: mend it with the help of fairway contracts lint", v.file, err)
		}
		all[i] = v
	}
	return all, nil
}

func major(v string) string { m, _, _ := strings.Cut(v, "."); return m }

// judge compares a version with all that came before it in its major, and its number with the last of them.
func (v version) judge(before []version) []finding.Finding {
	before = slices.DeleteFunc(slices.Clone(before), func(b version) bool { return major(b.name) != major(v.name) })
	if len(before) == 0 {
		if first := major(v.name) + ".0.0"; v.name != first {
			return []finding.Finding{{File: v.file, Rule: "version-first", Problem: "a major begins with " + first, Do: "rename the file and its $id to " + first}}
		}
		return nil
	}
	var found []finding.Finding
	for _, b := range before {
		for _, c := range Compare(b.schema, v.schema) {
			if c.Level == Major {
				found = append(found, finding.Finding{File: v.file, Line: finding.Line(v.text, c.Pointer), Pointer: c.Pointer, Rule: c.Rule,
					Problem: c.Problem + " (against " + b.name + ")", Do: c.Do})
			}
		}
	}
	if len(found) > 0 {
		return found
	}
	last := before[len(before)-1]
	level := Highest(Compare(last.schema, v.schema))
	if level == None {
		return []finding.Finding{{File: v.file, Rule: "version-needless", Problem: "nothing changed since " + last.name, Do: "remove the version"}}
	}
	if want := bump(last.name, level); want != v.name {
		return []finding.Finding{{File: v.file, Rule: "version-bump", Problem: fmt.Sprintf("what changed since %s is %s", last.name, level),
			Do: "rename the file and its $id to " + want}}
	}
	return nil
}

// bump is the version after v for a change of a level below Major.
func bump(v string, level Level) string {
	parts := strings.SplitN(v, ".", 3)
	n := func(s string) int { i, _ := strconv.Atoi(s); return i } // versions come from names that lint has checked
	if level == Minor {
		return fmt.Sprintf("%s.%d.0", parts[0], n(parts[1])+1)
	}
	return fmt.Sprintf("%s.%s.%d", parts[0], parts[1], n(parts[2])+1)
}
