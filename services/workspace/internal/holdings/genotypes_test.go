package holdings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
)

const vcfText = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tann\tben\tcleo\n" +
	"2\t7\trs1\tA\tC\t.\t.\t.\tGT\t0/1\t1/1\t./.\n"

// folder writes files and a list of them, and opens it.
func folder(t *testing.T, list string, files map[string]string) (Holdings, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "holdings.yaml")
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	return Open(path)
}

var genes = Dictionary{{Concept: "genotype", Column: "genotypes", Type: Genotype}, {Concept: "sex", Column: "sex", Type: Category},
	{Concept: "age", Column: "age", Type: Number}, {Concept: Identifier, Column: "iid", Type: Identity}}

func TestAFileBesideGenotypesIsJoinedByTheSample(t *testing.T) {
	h, err := folder(t, "datasets:\n  g:\n    genotypes: {vcf: g.vcf, samples: {first: 1, last: 2}}\n    file: people.csv\n    sample: id\n",
		map[string]string{"g.vcf": vcfText, "people.csv": "age,id,sex\n50,ben,f\n61,zoe,f\n40,cleo,m\n"})
	if err != nil {
		t.Fatal(err)
	}
	table, err := h.LoadFor(t.Context(), make([]byte, keySize), "g", genes, []string{"genotype", "age", "sex", Identifier})
	if err != nil {
		t.Fatal(err)
	}
	age := table.Columns["age"].Values
	if len(age) != 2 || age[0].Present || age[1] != (analysis.Value{Number: 50, Present: true}) || len(table.Columns["sex"].Levels) != 1 {
		t.Errorf("%+v", table)
	}
	if levels := table.Columns[Identifier].Levels; len(levels) != 2 || strings.Contains(fmt.Sprint(levels), "ben") {
		t.Errorf("%v are no pseudonyms", levels)
	}
	if got, err := h.Inspect(t.Context(), "g", genes); err != nil || got.Rows != 2 || got.Missing["age"] != 1 || got.Missing["genotype"] != 0 {
		t.Errorf("%+v: %v", got, err)
	}
}

// TestTheFilesColumnOfSamplesStandsForTheirIds: and a column that both have hinders only who asks for it.
func TestTheFilesColumnOfSamplesStandsForTheirIds(t *testing.T) {
	h, err := folder(t, "datasets:\n  g:\n    genotypes: {vcf: g.vcf}\n    file: people.csv\n    sample: id\n",
		map[string]string{"g.vcf": vcfText, "people.csv": "age,id,iid\n50,ben,1\n"})
	if err != nil {
		t.Fatal(err)
	}
	table, err := h.Load(t.Context(), "g", Dictionary{{Concept: "who", Column: "id", Type: Category}, genes[2]}, []string{"who", "age"})
	if err != nil {
		t.Fatal(err)
	}
	if levels := table.Columns["who"].Levels; len(levels) != 3 || !table.Columns["age"].Values[1].Present {
		t.Errorf("%+v", table)
	}
}

func TestColumnsOfFamCanBeBound(t *testing.T) {
	h, err := folder(t, "datasets:\n  g:\n    genotypes: {bed: g.bed, bim: g.bim, fam: g.fam}\n",
		map[string]string{"g.bed": "\x6c\x1b\x01\x0b", "g.bim": "1 rs1 0 5 A G\n", "g.fam": "f ann 0 0 2 1\nf ben 0 0 1 2\nf cleo 0 0 0 -9\n"})
	if err != nil {
		t.Fatal(err)
	}
	dictionary := Dictionary{genes[0], {Concept: "sex", Column: "sex", Type: Category, Levels: map[string]string{"1": "male", "2": "female"}},
		{Concept: "case", Column: "phenotype", Type: Event, EventValue: "2"}}
	table, err := h.Load(t.Context(), "g", dictionary, []string{"genotype", "sex", "case"})
	if err != nil {
		t.Fatal(err)
	}
	event, sex, g := table.Columns["case"].Values, table.Columns["sex"], table.Columns["genotype"]
	if event[0].Number != 0 || event[1].Number != 1 || event[2].Present || sex.Levels[int(sex.Values[0].Number)] != "female" || sex.Values[2].Present {
		t.Errorf("%+v %+v", event, sex)
	}
	if g.Type != analysis.Genotypes || len(g.Values) != 3 || g.Values[2].Number != 2 || g.Source == nil {
		t.Errorf("%+v", g)
	}
}

func TestListsOfGenotypesThatContradictThemselvesAreRefused(t *testing.T) {
	for name, entry := range map[string]string{
		"both kinds":            "genotypes: {vcf: a, bed: a, bim: a, fam: a}",
		"bed alone":             "genotypes: {bed: a}",
		"samples of plink":      "genotypes: {bed: a, bim: a, fam: a, samples: {first: 1}}",
		"samples that go back":  "genotypes: {vcf: a, samples: {first: 9, last: 3}}",
		"samples from nothing":  "genotypes: {vcf: a, samples: {last: 3}}",
		"file without a sample": "genotypes: {vcf: a}\n    file: b",
		"sample without a file": "genotypes: {vcf: a}\n    sample: b",
		"sample of a file":      "file: a\n    sample: b",
		"rows of genotypes":     "genotypes: {vcf: a}\n    file: b\n    sample: c\n    rows: {column: d, equals: e}",
		"nothing":               "genotypes: {}",
	} {
		if _, err := folder(t, "datasets:\n  g:\n    "+entry+"\n", nil); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGenotypesThatCannotBeUsedAreNamedWithoutPathAndPeople(t *testing.T) {
	list := "datasets:\n  g:\n    genotypes: {vcf: g.vcf}\n    file: people.csv\n    sample: id\n  csv: {file: people.csv}\n  gone:\n    genotypes: {vcf: gone.vcf}\n"
	people := "age,id,sex\n50,ben,f\n"
	for name, c := range map[string]struct {
		dataset, vcf, people string
		want                 error
	}{
		"broken rule":        {"g", strings.Replace(vcfText, "0/1", "0/7", 1), people, genotypes.ErrFormat},
		"no file":            {"gone", vcfText, people, os.ErrNotExist},
		"one sample twice":   {"g", vcfText, people + "51,ben,f\n", ErrRow},
		"no sample's column": {"g", vcfText, "age,name,sex\n50,ben,f\n", ErrColumn},
		"column of both":     {"g", vcfText, "age,id,sex,iid\n50,ben,f,1\n", ErrColumn},
		"column of none":     {"g", vcfText, "years,id,sex\n50,ben,f\n", ErrColumn},
		"a column twice":     {"g", vcfText, "age,id,sex,age\n50,ben,f,1\n", ErrColumn},
		"nobody's row":       {"g", vcfText, "age,id,sex\n50,BEN,f\n", ErrColumn},
		"no number":          {"g", vcfText, "age,id,sex\nold,ben,f\n", ErrRow},
		"no genotypes":       {"csv", vcfText, people, ErrColumn},
	} {
		h, err := folder(t, list, map[string]string{"g.vcf": c.vcf, "people.csv": c.people})
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.Inspect(t.Context(), c.dataset, genes)
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "ben") || strings.Contains(err.Error(), "/") && strings.Contains(err.Error(), "holdings_") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "no file" && strings.Contains(err.Error(), "gone.vcf") {
			t.Errorf("the path is told: %v", err)
		}
	}
}
