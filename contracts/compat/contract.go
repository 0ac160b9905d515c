package compat

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/fairway-tre/fairway/contracts/finding"
)

// free lists the keys of a contract.yaml that may change while its major lives, with what may happen to them. Any other
// key may not: signatures, access rules and subscriptions of older sites follow from it.
var free = map[string]struct {
	may func(older, newer any) bool
	do  string
}{
	"requirements": {always, ""},
	"deadline":     {announced, "leave the deadline as it was: older readers count on it"},
	"readers":      {grown, "keep the reader: an older release of that service still subscribes"},
	"sunset":       {announced, "leave the day as it was: it was promised"},
}

func always(any, any) bool { return true }

// announced lets a key come, and then not change.
func announced(older, _ any) bool { return older == nil }

// grown lets a list grow.
func grown(older, newer any) bool {
	a, okA := older.([]any)
	b, okB := newer.([]any)
	return okA && okB && !slices.ContainsFunc(a, func(v any) bool { return !slices.Contains(b, v) })
}

// contracts compares the contract files of a folder.
func contracts(released, current fs.FS, folder string) ([]finding.Finding, error) {
	names, err := fs.Glob(released, folder+"/contract*.yaml")
	if err != nil {
		return nil, err
	}
	var found []finding.Finding
	for _, name := range names {
		older, _, err := document(released, name)
		if err != nil {
			return nil, err
		}
		newer, lines, err := document(current, name)
		if errors.Is(err, fs.ErrNotExist) {
			found = append(found, finding.Finding{File: name, Rule: "released-removed", Problem: "a released contract is gone", Do: "bring it back"})
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, compareContracts(name, older, newer, lines)...)
	}
	return found, nil
}

func compareContracts(name string, older, newer map[string]any, lines map[string]int) []finding.Finding {
	var found []finding.Finding
	keys := maps.Clone(older)
	maps.Copy(keys, newer)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if reflect.DeepEqual(older[key], newer[key]) {
			continue
		}
		f, known := free[key]
		if known && f.may(older[key], newer[key]) {
			continue
		}
		do := f.do
		if !known {
			do = doRevert
		}
		found = append(found, finding.Finding{File: name, Line: lines[key], Pointer: "/" + escape(key), Rule: "contract-changed",
			Problem: fmt.Sprintf("%s of %s changed within its major", key, path.Base(path.Dir(name))), Do: do})
	}
	return found
}

// document reads a YAML mapping and the line of each of its keys.
func document(tree fs.FS, name string) (map[string]any, map[string]int, error) {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, nil, err
	}
	var node yaml.Node
	var values map[string]any
	lines := map[string]int{}
	if err := yaml.Unmarshal(text, &node); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	if err := node.Decode(&values); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	if values == nil { // an empty file
		values = map[string]any{}
	}
	if len(node.Content) == 1 {
		for i := 0; i+1 < len(node.Content[0].Content); i += 2 {
			lines[node.Content[0].Content[i].Value] = node.Content[0].Content[i].Line
		}
	}
	return values, lines, nil
}
