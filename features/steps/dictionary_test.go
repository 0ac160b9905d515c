package steps

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/features/harness"
)

func TestEveryStepSaysWhatItDoesAndIsFoundByItsExampleAlone(t *testing.T) {
	for _, subject := range Dictionary() {
		for _, s := range subject.Steps {
			if s.Does == "" || s.Example == "" || s.run == nil {
				t.Errorf("%s: %s has no sentence, no example or nothing that runs it", subject.Name, s.pattern)
			}
			var found []string
			for _, other := range Dictionary() {
				for _, o := range other.Steps {
					if regexp.MustCompile(o.pattern).MatchString(s.Example) {
						found = append(found, o.pattern)
					}
				}
			}
			if len(found) != 1 || found[0] != s.pattern {
				t.Errorf("%s: the example %q is read by %q", s.pattern, s.Example, found)
			}
			if strings.ContainsAny(s.Words(), `^$\[+*`) {
				t.Errorf("%s: its words are %q", s.pattern, s.Words())
			}
		}
	}
}

func TestNoStepIsBoundBesideTheDictionary(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	binding := regexp.MustCompile(`\b\w+\.(Step|Given|When|Then)\(`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(binding.FindAll(text, -1)); got > 0 && name != "dictionary.go" && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s binds %d steps; they belong in the table of a subject in dictionary.go", name, got)
		}
	}
}

func TestThePageOfStepsIsTheDictionary(t *testing.T) {
	text, err := os.ReadFile("../STEPS.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != Page() {
		t.Error("features/STEPS.md is old: write it anew with: bin/fairway steps --page > features/STEPS.md")
	}
}

func TestTheNearestStepIsFoundByItsWordsWhateverFillsItsGaps(t *testing.T) {
	near := New(harness.Config{}, harness.Whole, "").near()
	for words, want := range map[string]string{
		`the data manger at north publish the dataset "a thing" of "north", titled "A", with dictionary`: `the … at … publishes the dataset "…" of "…", titled "…", with the dictionary`,
		`the enviroments`:       "the environments",
		`it rains in the north`: "",
	} {
		if got := near(words); got != want {
			t.Errorf("%s: %q", words, got)
		}
	}
}
