package harness

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestWhoObjectsIsNotInTheFileThatTheSiteReadsFromThenOn(t *testing.T) {
	dir := t.TempDir()
	before := filepath.Join(dir, "people.csv")
	text := "id,age\n1,40\n2,50\n1,41\n"
	if err := os.WriteFile(before, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const people = "cohort/../../people" // whoever writes a scenario names datasets, and no files by them
	s := &Site{Name: "findata", Dir: dir, datasets: map[string]Dataset{people: {File: before}}}
	for _, wrong := range [][3]string{{"cohort", "id", "1"}, {people, "name", "1"}, {people, "id", "9"}} {
		if err := s.Omit(wrong[0], wrong[1], wrong[2]); err == nil {
			t.Errorf("omitted %v", wrong)
		}
	}
	if err := s.Omit(people, "id", "1"); err != nil {
		t.Fatal(err)
	}
	after := s.datasets[people].File
	rows, err := readTable(after)
	if err != nil || len(rows) != 2 || !slices.Equal(rows[1], []string{"2", "50"}) {
		t.Errorf("left are %v, %v", rows, err)
	}
	if list, err := os.ReadFile(filepath.Join(dir, "holdings.yaml")); err != nil || !strings.Contains(string(list), after) {
		t.Errorf("the list of files: %s, %v", list, err)
	}
	if old, err := os.ReadFile(before); err != nil || string(old) != text {
		t.Error("the old file is another one now")
	}
}
