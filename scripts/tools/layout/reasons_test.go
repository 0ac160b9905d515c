package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestTheTableOfReasonsIsHeldAgainstTheSource(t *testing.T) {
	const header = "| code | said by | meaning | what to do | test |\n|---|---|---|---|---|\n"
	source := map[string]string{
		"contracts/reason/reason.go":    "package reason\n\nconst (\n\tMalformed = \"malformed\"\n)\n",
		"services/catalog/a.go":         "package catalog\n\nconst (\n\tReasonDatasetUnknown = \"dataset-unknown\"\n\tother = \"not-a-code\"\n)\n\nvar _ = Refuse(\"said-inline\", 1)\n",
		"contracts/reason/some_test.go": "package reason\n\nfunc TestSome(t *testing.T) {}\n",
	}
	row := func(code, test string) string { return "| `" + code + "` | a | b | c | " + test + " |\n" }
	there := "`contracts/reason/some_test.go` TestSome"
	all := row("malformed", there) + row("dataset-unknown", "none yet") + row("said-inline", there)
	for name, c := range map[string]struct{ table, want string }{
		"sound":                    {all, ""},
		"a code without a row":     {row("malformed", there) + row("said-inline", there), "dataset-unknown, which has no row"},
		"an inline code without":   {row("malformed", there) + row("dataset-unknown", there), "said-inline, which has no row"},
		"a row without a code":     {all + row("made-up", there), "made-up, which nothing says"},
		"a test that is not there": {all[:len(all)-len(row("said-inline", there))] + row("said-inline", "`contracts/reason/some_test.go` TestGone"), "not there"},
		"a file that is not there": {all[:len(all)-len(row("said-inline", there))] + row("said-inline", "`contracts/gone_test.go` TestSome"), "not there"},
		"two rows":                 {all + row("malformed", there), "two rows"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{reasonTable: header + c.table}
			for n, text := range source {
				files[n] = text
			}
			dir := tree(t, files)
			git := exec.Command("git", "init", "-q")
			git.Dir = dir
			if out, err := git.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			found, err := reasons(dir)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" && len(found) > 0 || c.want != "" && (len(found) != 1 || !strings.Contains(found[0].String(), c.want)) {
				t.Fatalf("got %v, want %q", found, c.want)
			}
		})
	}
}
