package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// reasonTable is the table of every code that a refusal can carry.
const reasonTable = "contracts/REASONS.md"

// reasonFiles have nothing but reason codes among their constants of text. Everywhere else a code is a constant whose
// name begins with Reason or reason, or stands in the call that refuses.
var reasonFiles = []string{"contracts/reason/reason.go", "federation/internal/border/border.go", "services/platform/people/authorize.go"}

var (
	anyConstant    = regexp.MustCompile(`(?m)^\t(\w+)\s+=\s+"([a-z0-9]+(?:-[a-z0-9]+)*)"`)
	reasonConstant = regexp.MustCompile(`^[Rr]eason[A-Z]`)
	reasonCall     = regexp.MustCompile(`(?:Refuse\(|Refusal\{)"([a-z-]+)"|AwaitFact\([^\n]*, "([a-z-]+)"\)`)
	// reasonRow takes code and test: a file in backquotes, and the name of a function in it where it is a Go test.
	reasonRow = regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\|.*\\| (none yet|`([^`]+)`(?: (\\w+))?) \\|$")
)

// reasons holds the table of reason codes against the source.
func reasons(dir string) ([]finding, error) {
	table, err := os.ReadFile(filepath.Join(dir, reasonTable))
	if err != nil {
		return nil, fmt.Errorf("read the table of reason codes: %w", err)
	}
	said, err := reasonCodes(dir)
	if err != nil {
		return nil, err
	}
	var all []finding
	listed := map[string]bool{}
	for _, row := range reasonRow.FindAllStringSubmatch(string(table), -1) {
		code, file, test := row[1], row[3], row[4]
		if listed[code] {
			all = append(all, finding{reasonTable, "has two rows for " + code, "keep one"})
		}
		listed[code] = true
		if said[code] == "" {
			all = append(all, finding{reasonTable, "lists " + code + ", which nothing says", "drop the row"})
		}
		if file != "" && !produces(filepath.Join(dir, file), test) {
			all = append(all, finding{reasonTable, fmt.Sprintf("names for %s a test that is not there: %s %s", code, file, test), "name the test that produces the code"})
		}
	}
	for _, code := range slices.Sorted(maps.Keys(said)) {
		if !listed[code] {
			all = append(all, finding{said[code], "says the reason " + code + ", which has no row in " + reasonTable,
				"add one: | `" + code + "` | said by | meaning | what to do | `file` TestName |"})
		}
	}
	return all, nil
}

// reasonCodes maps each code to a file that says it.
func reasonCodes(dir string) (map[string]string, error) {
	git := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "contracts/*.go", "services/*.go", "federation/*.go")
	git.Dir = dir
	names, err := git.Output()
	if err != nil {
		return nil, fmt.Errorf("list the source below %s: %w", dir, err)
	}
	codes := map[string]string{}
	for name := range strings.FieldsSeq(string(names)) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if os.IsNotExist(err) {
			continue // deleted, and git not told yet
		}
		if err != nil {
			return nil, err
		}
		for _, code := range codesIn(name, string(text)) {
			codes[code] = name
		}
	}
	return codes, nil
}

func codesIn(name, text string) (codes []string) {
	for _, m := range anyConstant.FindAllStringSubmatch(text, -1) {
		if slices.Contains(reasonFiles, name) || reasonConstant.MatchString(m[1]) {
			codes = append(codes, m[2])
		}
	}
	for _, m := range reasonCall.FindAllStringSubmatch(text, -1) {
		codes = append(codes, m[1]+m[2])
	}
	return codes
}

// produces reports whether a test is there: a function of a Go file, or any feature.
func produces(file, test string) bool {
	text, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	if strings.HasSuffix(file, ".feature") {
		return test == ""
	}
	return test != "" && strings.Contains(string(text), "func "+test+"(t ")
}
