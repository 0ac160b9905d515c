package compat

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// ruleNames are the rules that the comparison can name, taken from its source.
func ruleNames(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, file := range []string{"compare.go", "rules.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, pattern := range []string{`\.add\((?:None|Patch|Minor|Major), "([a-z-]+)"`, `same\("[A-Za-z]+", "([a-z-]+)"\)`} {
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
				names = append(names, m[1])
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 20 {
		t.Fatalf("only %d rules found in the source", len(names))
	}
	return names
}
