package steps

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/features/harness"
)

func TestAFileIsOneThatComesWithTheProgramOrBesideTheScenario(t *testing.T) {
	data, mine := t.TempDir(), t.TempDir()
	for _, path := range []string{filepath.Join(data, "known.csv.gz"), filepath.Join(mine, "own.csv"), filepath.Join(mine, "known.csv.gz")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := New(harness.Config{}, harness.Whole, data)
	w.folder = mine
	for name, want := range map[string]string{
		"known.csv.gz":                 filepath.Join(data, "known.csv.gz"),
		"./known.csv.gz":               filepath.Join(mine, "known.csv.gz"),
		"own.csv":                      filepath.Join(mine, "own.csv"),
		filepath.Join(mine, "own.csv"): filepath.Join(mine, "own.csv"),
	} {
		if got, err := w.file(name); got != want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if _, err := w.file("knwon.csv.gz"); err == nil || !strings.Contains(err.Error(), mine) || !strings.Contains(err.Error(), "perhaps known.csv.gz is meant") {
		t.Error(err)
	}
	if w.profile("molgenis") != "molgenis" || w.profile("files/a.yaml") != filepath.Join(mine, "files/a.yaml") || w.profile("/a.yaml") != "/a.yaml" {
		t.Error("a profile is looked for elsewhere")
	}
}

func TestAMisspeltColumnOfATableIsToldWithTheOneThatIsMeant(t *testing.T) {
	table := tableOf("site nmae", []string{"molgenis", "M"})
	if err := only(table, "site", "name"); err == nil || !strings.Contains(err.Error(), `a column "nmae": expected are site, name; perhaps name is meant`) {
		t.Error(err)
	}
	if err := only(table, "site", "nmae"); err != nil {
		t.Error(err)
	}
}
