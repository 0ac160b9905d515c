package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// attackPage is the table of all attacks, by number.
const (
	attackPage  = "features/ATTACKS.md"
	attackCount = 40
)

var (
	attackRow    = regexp.MustCompile(`(?m)^\| (\d+) \| .* \| (.*?) \| (.*?) \|$`)
	attackReason = regexp.MustCompile("`([a-z0-9-]+)`")
	attackTest   = regexp.MustCompile("^`([^`]+)` (\\w+|@SC-[A-Z]+-\\d+)$")
)

// attacks holds the page of attacks against the table of reasons and against the tests that it names.
func attacks(dir string) ([]finding, error) {
	page, err := os.ReadFile(filepath.Join(dir, attackPage))
	if err != nil {
		return nil, fmt.Errorf("read the page of attacks: %w", err)
	}
	table, err := os.ReadFile(filepath.Join(dir, reasonTable))
	if err != nil {
		return nil, fmt.Errorf("read the table of reason codes: %w", err)
	}
	reasons := map[string]bool{}
	for _, row := range reasonRow.FindAllStringSubmatch(string(table), -1) {
		reasons[row[1]] = true
	}
	var all []finding
	wrong := func(format string, args ...any) {
		all = append(all, finding{attackPage, fmt.Sprintf(format, args...), "correct the row, or write the test"})
	}
	rows := attackRow.FindAllStringSubmatch(string(page), -1)
	if len(rows) != attackCount {
		wrong("has %d attacks, not %d", len(rows), attackCount)
	}
	for i, row := range rows {
		if row[1] != strconv.Itoa(i+1) {
			wrong("has attack %s in the place of %d", row[1], i+1)
		}
		for _, code := range attackReason.FindAllStringSubmatch(row[2], -1) {
			if !reasons[code[1]] {
				wrong("refuses attack %s for %s, which is no reason of %s", row[1], code[1], reasonTable)
			}
		}
		if row[3] == "none yet" {
			continue
		}
		for named := range strings.SplitSeq(row[3], "; ") {
			if why := unlikeAttack(dir, row[1], named); why != "" {
				wrong("names for attack %s %s: %s", row[1], why, named)
			}
		}
	}
	return all, nil
}

// unlikeAttack says what is wrong with a test that is named for an attack: nothing if it is there, and in a file of
// attacks says the number.
func unlikeAttack(dir, number, named string) string {
	m := attackTest.FindStringSubmatch(named)
	if m == nil {
		return "no `file` and test"
	}
	text, err := os.ReadFile(filepath.Join(dir, m[1]))
	switch {
	case err != nil:
		return "a file that is not there"
	case strings.HasPrefix(m[2], "@") && !strings.Contains(string(text), m[2]+" "):
		return "a scenario that is not there"
	case strings.HasPrefix(m[2], "@") && !strings.HasPrefix(filepath.Base(m[1]), "attacks"):
		return ""
	case !strings.HasPrefix(m[2], "@") && !strings.Contains(string(text), "func "+m[2]+"(t "):
		return "a test that is not there"
	case strings.HasPrefix(filepath.Base(m[1]), "attacks") && !numbered(number).Match(text):
		return "a table without its number"
	}
	return ""
}

// numbered finds a line of a table or of examples, or a comment, that is about an attack.
func numbered(number string) *regexp.Regexp {
	return regexp.MustCompile(`\{"0?` + number + ` |\| ` + number + ` +\||// Attacks?[^\n]*\b` + number + `\b`)
}
