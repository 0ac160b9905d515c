package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestThePageOfAttacksIsHeldAgainstTheTests(t *testing.T) {
	rows := func(change func(n int, row string) string) string {
		page := "| no | what | refused as | tests |\n|---|---|---|---|\n"
		for n := 1; n <= attackCount; n++ {
			test := "`a/some_test.go` TestSome"
			switch n {
			case 12:
				test = "`a/attacks_test.go` TestTable; `f/a.feature` @SC-REF-001"
			case 23:
				test = "`a/attacks_test.go` TestOne"
			case 7:
				test = "none yet"
			}
			page += change(n, fmt.Sprintf("| %d | something | `signature` | %s |\n", n, test))
		}
		return page
	}
	as := func(number int, old, by string) func(int, string) string {
		return func(n int, row string) string {
			if n == number {
				return strings.Replace(row, old, by, 1)
			}
			return row
		}
	}
	for name, c := range map[string]struct {
		change func(int, string) string
		want   string
	}{
		"sound":                         {as(0, "", ""), ""},
		"one is missing":                {func(n int, row string) string { return map[bool]string{true: row}[n != 40] }, "39 attacks"},
		"no reason":                     {as(3, "`signature`", "`made-up`"), "no reason of"},
		"no test":                       {as(3, "TestSome", "TestGone"), "a test that is not there"},
		"no file":                       {as(3, "some_test", "gone_test"), "a file that is not there"},
		"no example of the number":      {as(13, "`a/some_test.go` TestSome", "`f/attacks.feature` @SC-ATT-001"), "without its number"},
		"an example of the number":      {as(12, "`f/a.feature` @SC-REF-001", "`f/attacks.feature` @SC-ATT-001"), ""},
		"no scenario":                   {as(12, "SC-REF-001", "SC-REF-002"), "a scenario that is not there"},
		"no line of the number":         {as(13, "`a/some_test.go` TestSome", "`a/attacks_test.go` TestTable"), "without its number"},
		"words in the place of a test":  {as(3, "`a/some_test.go` TestSome", "somewhere"), "no `file` and test"},
		"a number of another's comment": {as(2, "`a/some_test.go` TestSome", "`a/attacks_test.go` TestOne"), "without its number"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tree(t, map[string]string{
				attackPage: rows(c.change), reasonTable: "| `signature` | a | b | c | none yet |\n",
				"a/some_test.go":    "package a\n\nfunc TestSome(t *testing.T) {}\n",
				"a/attacks_test.go": "package a\n\nvar table = []attack{\n\t{\"12 unsigned\"},\n}\n\nfunc TestTable(t *testing.T) {}\n\n// Attack 23: again.\nfunc TestOne(t *testing.T) {}\n",
				"f/a.feature":       "@SC-REF-001 @kind:negative\n",
				"f/attacks.feature": "@SC-ATT-001 @kind:negative\n  | no | how |\n  | 12 | unsigned |\n",
			})
			found, err := attacks(dir)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" && len(found) > 0 || c.want != "" && (len(found) != 1 || !strings.Contains(found[0].String(), c.want)) {
				t.Fatalf("got %v, want %q", found, c.want)
			}
		})
	}
}
