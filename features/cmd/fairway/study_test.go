package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	json "github.com/go-json-experiment/json"

	"github.com/fairway-tre/fairway/features/data"
)

// plays calls the program for a study, which may take minutes on a busy machine, and returns what it wrote and how it ended.
func plays(t *testing.T, args ...string) (string, int) {
	t.Helper()
	p := start(t, args...)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	select {
	case <-p.ended:
	case <-ctx.Done():
		_ = p.cmd.Process.Kill()
		<-p.ended
		t.Fatalf("the study does not end:\n%s", p.err.String())
	}
	if p.status != 0 {
		t.Logf("%s\n%s", p.out.String(), p.err.String())
	}
	return p.out.String(), p.status
}

func TestThePlanThatInitWritesIsPlayedAtFirstTry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	works(t, "study", "init", filepath.Join(dir, "s"))
	refuses(t, 1, []string{"is there already"}, "study", "init", filepath.Join(dir, "s"))
	text, status := plays(t, "study", "run", "--plan", filepath.Join(dir, "s", "plan.yaml"), "--out", out, "--json")
	var told struct {
		Met      bool
		Outcome  string
		Manifest []struct{ Site, Outcome string }
		Result   struct{ Results []struct{ Kind string } }
	}
	if err := json.Unmarshal([]byte(text), &told, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	if status != 0 || !told.Met || told.Outcome != "Completed" || len(told.Manifest) != 2 || told.Manifest[1].Outcome != "returned" || len(told.Result.Results) != 3 {
		t.Errorf("status %d, %+v", status, told)
	}
	for _, name := range []string{"result.json", "manifest.json", "study.feature", "report/index.html", "report/results.json"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if text, status := plays(t, "run", filepath.Join(out, "study.feature"), "--out", filepath.Join(dir, "again")); status != 0 {
		t.Errorf("the scenario that the plan was turned into is not played again: status %d\n%s", status, text)
	}
}

// refusedInPart is the plan of which one site gives nothing; every other one is answered by all.
const refusedInPart = "company.yaml"

// TestEveryPlanGivesItsKnownAnswers: each names its own, which the run holds the result against. The plans ask every analysis
// of the table in every way (features/plan).
func TestEveryPlanGivesItsKnownAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("plays all plans; runs without -short")
	}
	plans, err := filepath.Glob(filepath.Join("..", "..", "plan", "testdata", "*.yaml"))
	if err != nil || len(plans) < 10 {
		t.Fatal(plans, err)
	}
	for _, plan := range plans {
		name := filepath.Base(plan)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			text, status := plays(t, "study", "run", "--plan", plan, "--out", out)
			if !strings.Contains(text, "known answer") || strings.Contains(text, "not met") {
				t.Error("not all known answers are met")
			}
			if name != refusedInPart {
				if status != 0 {
					t.Errorf("status %d", status)
				}
				return
			}
			manifest := readText(t, filepath.Join(out, "manifest.json"))
			if status != 1 || !strings.Contains(text, "jpt-chb of trust will be refused: its condition NPU forbids") ||
				strings.Count(manifest, `"returned"`) != 1 || strings.Count(manifest, `"permit-missing"`) != 1 {
				t.Errorf("status %d: %s", status, manifest)
			}
		})
	}
}

// TestAStudyThatEverySiteRefusesEndsWithOneAndAManifest: a table with small cells is not released.
func TestAStudyThatEverySiteRefusesEndsWithOneAndAManifest(t *testing.T) {
	if testing.Short() {
		t.Skip("plays a study; runs without -short")
	}
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	works(t, "study", "init", dir)
	plan := readText(t, filepath.Join(dir, "plan.yaml"))
	head, rest, _ := strings.Cut(plan, "analyses:\n")
	_, tail, _ := strings.Cut(rest, "deadline:")
	write(t, filepath.Join(dir, "plan.yaml"), strings.Replace(head, "[60]", "[36]", 1)+"analyses:\n  - {kind: count, by: [treatment, age-group]}\ndeadline:"+tail)
	text, status := plays(t, "study", "run", "--plan", filepath.Join(dir, "plan.yaml"), "--out", out)
	if strings.Count(text, "what its own people are told: cell-under-threshold") != 2 {
		t.Error("why the sites refused is not told to who plays them")
	}
	if manifest := readText(t, filepath.Join(out, "manifest.json")); status != 1 || strings.Count(manifest, "not-released") != 2 || !strings.Contains(manifest, "nothing-returned") {
		t.Errorf("status %d: %s", status, manifest)
	}
	if _, err := os.Stat(filepath.Join(out, "result.json")); !os.IsNotExist(err) {
		t.Errorf("there is a result: %v", err)
	}
}

// broken is a plan over files that each case below spoils.
const broken = `title: spoilt
question: Is what is wrong found?
host: north
sites:
  north:
    profile: molgenis
    datasets:
      people:
        file: people.csv
        dictionary:
          person: {column: id, type: identifier}
          sex: {type: category, levels: {f: female, m: male}}
          age: {type: number}
analyses:
  - {kind: summary, measure: age, by: sex}
`

const genetic = `title: spoilt
question: Is what is wrong found?
host: north
sites:
  north:
    profile: molgenis
    datasets:
      genes:
        genotypes: [FILES]
dictionary:
  genotype: {type: genotype}
analyses:
  - {kind: allele-frequency}
`

// unpacked is a file of the data that come with the program.
func unpacked(t *testing.T, dir, name string) []byte {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(text)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAFileThatIsSpoiltIsToldByNameAndLineBeforeAnySiteIsMade(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"semicolons": {"id;sex;age\n1;f;50\n", []string{"line 9: sites.north.datasets.people.file: ", "people.csv: line 1: its header is separated by ';': write the file with commas"}},
		"NaN":        {"id,sex,age\n1,f,50\n2,m,NaN\n", []string{"line 8: sites.north.datasets.people: ", `people.csv: data file has a row that cannot be read: line 3, column "age": not a number`}},
		"a word":     {"id,sex,age\n1,f,fifty\n", []string{"people.csv", `line 2, column "age": not a number`}},
		"a level":    {"id,sex,age\n1,f,50\n2,d,40\n", []string{"people.csv", `line 3, column "sex": not one of the 2 coded values of sex`}},
		"an id":      {"id,sex,age\n1,f,50\n2,f,40\n1,f,51\n", []string{"line 9: ", "people.csv: line 4: the person of line 2 again, in the column id"}},
		"a column":   {"id,gender,age\n1,f,50\n", []string{"line 12: sites.north.datasets.people.dictionary.sex: ", "people.csv: line 1: the file has no column sex"}},
		"a row":      {"id,sex,age\n1,f\n", []string{"people.csv: line 2: it has 2 cells, and the header has 3: wrong number of fields"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "people.csv"), c.text)
			write(t, filepath.Join(dir, "plan.yaml"), broken)
			refuses(t, 2, c.want, "study", "check", "--plan", filepath.Join(dir, "plan.yaml"))
		})
	}
}

func TestGenotypesThatAreSpoiltAreToldByFileAndPlace(t *testing.T) {
	t.Parallel()
	demo := t.TempDir()
	if err := data.WriteTo(demo); err != nil {
		t.Fatal(err)
	}
	bed, bim, fam, vcf := unpacked(t, demo, "ceu.bed.gz"), unpacked(t, demo, "chr10.bim.gz"), unpacked(t, demo, "ceu.fam.gz"), unpacked(t, demo, "1kg.vcf.gz")
	lines := func(text []byte, n int) []byte {
		return bytes.Join(bytes.SplitAfterN(text, []byte("\n"), n+1)[:n], nil)
	}
	first := lines(fam, 1)
	packed, err := os.ReadFile(filepath.Join(demo, "1kg.vcf.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files    map[string][]byte
		of, want string // the file that is told, and what of it
	}{
		"a bed that ends too early":    {map[string][]byte{"c.bed": bed[:len(bed)/2], "c.bim": bim, "c.fam": fam}, "c.bed", "bed, byte 1767064: bed ends before the variants of bim do; the two disagree or bed is truncated"},
		"a bim of fewer variants":      {map[string][]byte{"c.bed": bed, "c.bim": lines(bim, 100), "c.fam": fam}, "c.bed", "bed, byte 12404: bed goes on after the variants of bim; bed, bim and fam disagree"},
		"a bim of other letters":       {map[string][]byte{"c.bed": bed, "c.bim": append([]byte("10\trs0\t0\t1\tA\tN\n"), bim...), "c.fam": fam}, "c.bim", "bim, line 1: alleles must be of the letters A, C, G, T"},
		"a fam of fewer people":        {map[string][]byte{"c.bed": bed, "c.bim": bim, "c.fam": lines(fam, 10)}, "c.bed", "bed, byte 85507: bed goes on after the variants of bim; bed, bim and fam disagree"},
		"a person twice":               {map[string][]byte{"c.bed": bed, "c.bim": bim, "c.fam": append(bytes.Clone(first), fam...)}, "c.fam", "fam, line 2: another line has the same individual id"},
		"no bed":                       {map[string][]byte{"c.bed": []byte("no bed at all"), "c.bim": bim, "c.fam": fam}, "c.bed", "bed, byte 1: the first two bytes are not those of a PLINK 1 bed file"},
		"a vcf that ends too early":    {map[string][]byte{"c.vcf": vcf[:len(vcf)-2000]}, "c.vcf", "vcf, line 400: the last line has no end; the file is truncated"},
		"a gzip that ends too early":   {map[string][]byte{"c.vcf.gz": packed[:len(packed)/2]}, "c.vcf.gz", "the file ends too early; it is truncated"},
		"a vcf without its first line": {map[string][]byte{"c.vcf": vcf[bytes.IndexByte(vcf, '\n')+1:]}, "c.vcf", "vcf, line 1: the first line must be ##fileformat=VCFv4.x"},
		"a sample twice":               {map[string][]byte{"c.vcf": bytes.Replace(vcf, []byte("\tFORMAT\t"), []byte("\tFORMAT\tHG1\tHG1\t"), 1)}, "c.vcf", "every sample must have an id of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var names []string
			for file, text := range c.files {
				write(t, filepath.Join(dir, file), string(text))
				names = append(names, file)
			}
			write(t, filepath.Join(dir, "plan.yaml"), strings.Replace(genetic, "FILES", strings.Join(names, ", "), 1))
			refuses(t, 2, []string{"line 8: sites.north.datasets.genes: " + filepath.Join(dir, c.of) + ": data file cannot be read: genotype file breaks a rule of its format: ", c.want},
				"study", "check", "--plan", filepath.Join(dir, "plan.yaml"))
		})
	}
}

// TestAnAlleleThatMatchesNeitherWayIsToldByItsLine: of a variant that the genotypes have not, or with another allele.
func TestAnAlleleThatMatchesNeitherWayIsToldByItsLine(t *testing.T) {
	t.Parallel()
	demo := t.TempDir()
	if err := data.WriteTo(demo); err != nil {
		t.Fatal(err)
	}
	bim := unpacked(t, demo, "chr10.bim.gz")
	second := bytes.SplitN(bim, []byte("\n"), 3)[1]
	twice := append(append(bytes.Clone(second), '\n'), bim[bytes.IndexByte(bim, '\n')+1:]...) // the first line is as the second
	named := string(bytes.Fields(second)[1])
	for name, c := range map[string]struct{ asked, want string }{
		"dosage": {"prepare:\n  - {step: dosage, variant: rs870041, allele: G, as: copies}\nanalyses:\n  - {kind: count}",
			"line 13: prepare.1.allele: rs870041 with the allele G, in genes at north: the genotypes have no such variant or allele: the allele is not one of its two, or the name is of several variants"},
		"unknown variant": {"prepare:\n  - {step: dosage, variant: rs1, allele: G, as: copies}\nanalyses:\n  - {kind: count}",
			"line 13: prepare.1.allele: rs1 with the allele G, in genes at north: the genotypes have no such variant or allele"},
		"weight": {"analyses:\n  - kind: polygenic-score\n    weights:\n      - {variant: rs870041, allele: C, weight: 1}\n      - {variant: rs10882596, allele: A, weight: 1}",
			"line 16: analyses.1.weights.2.allele: rs10882596 with the allele A, in genes at north: "},
		"name of several": {"prepare:\n  - {step: dosage, variant: " + named + ", allele: " + string(bytes.Fields(second)[4]) + ", as: copies}\nanalyses:\n  - {kind: count}",
			"line 13: prepare.1.allele: " + named + " with the allele "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			head, _, _ := strings.Cut(strings.Replace(genetic, "FILES", "demo:ceu.bed.gz, twice.bim, demo:ceu.fam.gz", 1), "analyses:")
			write(t, filepath.Join(dir, "twice.bim"), string(twice))
			write(t, filepath.Join(dir, "plan.yaml"), head+c.asked+"\n")
			refuses(t, 2, []string{c.want}, "study", "check", "--plan", filepath.Join(dir, "plan.yaml"))
		})
	}
}
