package health_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	metric    = regexp.MustCompile(`"(tre_[a-z_]+)"`)
	condition = regexp.MustCompile(`(?:Check)?\{Name: "([a-z-]+)",\s+Advice:`)
)

// Who is woken by a metric or a condition looks it up.
func TestOperatingTellsOfEveryMetricAndEveryConditionOfReadiness(t *testing.T) {
	page, err := os.ReadFile("../../OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, module := range []string{"../..", "../../../federation"} {
		err := filepath.WalkDir(module, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			for kind, pattern := range map[string]*regexp.Regexp{"metric": metric, "condition": condition} {
				for _, m := range pattern.FindAllSubmatch(text, -1) {
					found[kind]++
					if !strings.Contains(string(page), "`"+string(m[1])) {
						t.Errorf("%s: OPERATING.md tells nothing of the %s %s", name, kind, m[1])
					}
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found["metric"] < 12 || found["condition"] < 12 {
		t.Errorf("%v were found: this test looks past the rest", found)
	}
}
