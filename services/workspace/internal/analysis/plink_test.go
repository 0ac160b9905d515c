package analysis

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
)

const data = "../../../../features/data/"

func file(name string) genotypes.Opener {
	return genotypes.Gzipped(func() (io.ReadCloser, error) { return os.Open(data + name) })
}

// genotyped is the table of a real cohort: its genotypes, and the phenotype as the event "case".
func genotyped(t testing.TB, name string) Table {
	t.Helper()
	source, err := genotypes.OpenPLINK(t.Context(), file(name+".bed.gz"), file("chr10.bim.gz"), file(name+".fam.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return tableOf(source)
}

func tableOf(source genotypes.Source) Table {
	g, event := Column{Type: Genotypes, Source: source}, Column{Type: Event}
	for i, p := range source.People() {
		g.Values = append(g.Values, Value{Number: float64(i), Present: true})
		happened := 0.0
		if p.Phenotype == "2" {
			happened = 1
		}
		event.Values = append(event.Values, Value{Number: happened, Present: p.Phenotype != ""})
	}
	return Table{Columns: map[string]Column{analyses.Genotype: g, "case": event}}
}

// plinkFiles writes a cohort as plink2 reads it; the test is skipped where there is no plink2.
func plinkFiles(t testing.TB, name string) (plink, prefix string) {
	t.Helper()
	plink, err := exec.LookPath("plink2")
	if err != nil {
		t.Skip("no plink2 on the path (Debian package plink2): nothing was compared with it")
	}
	prefix = filepath.Join(t.TempDir(), name)
	for suffix, from := range map[string]string{"bed": name, "bim": "chr10", "fam": name} {
		zipped, err := os.Open(data + from + "." + suffix + ".gz")
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(zipped)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err == nil {
			err = os.WriteFile(prefix+"."+suffix, text, 0o600)
		}
		if err != nil || zipped.Close() != nil {
			t.Fatal(err)
		}
	}
	return plink, prefix
}

// printed runs plink2 and gives the lines of a file that it wrote, by column.
func printed(t testing.TB, plink, prefix, suffix string, args ...string) (rows []map[string]string) {
	t.Helper()
	if out, err := exec.Command(plink, append([]string{"--bfile", prefix, "--out", prefix, "--threads", "2"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f, err := os.Open(prefix + suffix)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var header []string
	for s := bufio.NewScanner(f); s.Scan(); {
		cells := strings.Split(strings.TrimPrefix(s.Text(), "#"), "\t")
		if header == nil {
			header = cells
			continue
		}
		row := map[string]string{}
		for i, cell := range cells {
			row[header[i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// off is how far a number is from a printed one, relative to it.
func off(t testing.TB, got float64, text string) float64 {
	t.Helper()
	want, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return math.Abs(got-want) / max(math.Abs(want), 1e-300)
}

func TestAlleleFrequenciesAreThoseOfPlink(t *testing.T) {
	for _, name := range []string{"ceu", "jpt_chb"} {
		plink, prefix := plinkFiles(t, name)
		rows := printed(t, plink, prefix, ".acount", "--freq", "counts")
		const threshold = 10
		got, err := AlleleFrequency(t.Context(), genotyped(t, name), nil, threshold)
		if err != nil {
			t.Fatal(err)
		}
		at, masked := 0, 0
		for _, row := range rows {
			if at == got.Variants.Len() || got.Variants.ID[at] != row["ID"] {
				masked++
				continue
			}
			if got.Variants.Effect[at] != row["ALT"] || strconv.Itoa(got.Count[at]) != row["ALT_CTS"] || strconv.Itoa(got.Number[at]) != row["OBS_CT"] {
				t.Fatalf("%s: %v", name, row)
			}
			at++
		}
		if at != got.Variants.Len() || masked != got.Masked {
			t.Errorf("%s: %d variants told, %d masked of %d", name, at, got.Masked, masked)
		}
	}
}

func TestAssociationsAreThoseOfPlinkToPrintPrecision(t *testing.T) {
	for _, name := range []string{"ceu", "jpt_chb"} {
		plink, prefix := plinkFiles(t, name)
		rows := printed(t, plink, prefix, ".PHENO1.glm.logistic.hybrid", "--glm", "allow-no-covars")
		s, err := newScan(genotyped(t, name), "case")
		if err != nil {
			t.Fatal(err)
		}
		masked := 0
		all, err := s.run(t.Context(), nil, 0, &masked)
		if err != nil || masked != 0 || len(all) != len(rows) {
			t.Fatalf("%d variants, %d of plink2: %v", len(all), len(rows), err)
		}
		worst, counted, exact, doubtful := map[string]float64{}, 0, 0, []tested{}
		for i, row := range rows {
			got := all[i]
			code, firth := got.code, row["FIRTH?"] == "Y" && row["ERRCODE"] == "."
			if code == "" {
				code = "."
			}
			if got.variant.ID != row["ID"] || code != row["ERRCODE"] || code == "." && got.counted != row["A1"] || got.firth != firth ||
				strconv.Itoa(got.table.all().Called()) != row["OBS_CT"] {
				t.Fatalf("%+v\nplink2 says %v", got, row)
			}
			if code != "." {
				continue
			}
			or, se := off(t, math.Exp(got.beta), row["OR"]), off(t, got.se, row["LOG(OR)_SE"])
			if got.firth { // whose climb plink2 ends earlier
				worst["OR by Firth"] = max(worst["OR by Firth"], or)
				continue
			}
			counted++
			worst["OR"], worst["SE"] = max(worst["OR"], or), max(worst["SE"], se)
			if se < printPrecision {
				exact++
			} else {
				doubtful = append(doubtful, got)
			}
		}
		t.Logf("%s: OR of %d variants and SE of %d equal to print precision; the largest relative differences %v", name, counted, exact, worst)
		if worst["OR"] > printPrecision || worst["OR by Firth"] > 1e-3 || worst["SE"] > 0.01 || float64(exact) < 0.985*float64(counted) {
			t.Errorf("%s: %v", name, worst)
		}
		likeR(t, doubtful)
	}
}

// likeR holds the estimates against R's glm. plink2 2.00a3 computes in single precision, and leaves some standard errors
// where an earlier step of its climb put them; R decides there.
func likeR(t *testing.T, all []tested) {
	t.Helper()
	path, err := exec.LookPath("Rscript")
	if err != nil {
		t.Logf("no R on the path (Debian package r-base-core): %d standard errors that are not plink2's were not held against its", len(all))
		return
	}
	var in strings.Builder
	for _, v := range all {
		fmt.Fprintln(&in, v.table.cases[0], v.table.cases[1], v.table.cases[2], v.table.controls[0], v.table.controls[1], v.table.controls[2])
	}
	cmd := exec.Command(path, "-e", `d <- as.matrix(read.table(file("stdin"))); for (i in seq_len(nrow(d))) { y <- cbind(d[i,1:3], d[i,4:6])
s <- summary(glm(y ~ x, data.frame(x=0:2), family=binomial, control=list(epsilon=1e-14, maxit=100)))$coefficients[2,]
cat(sprintf("%.12g %.12g %.12g\n", s[1], s[2], s[4])) }`)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(all) {
		t.Fatalf("%d lines of R for %d variants", len(lines), len(all))
	}
	for i, line := range lines {
		cells := strings.Fields(line)
		if b, s, p := off(t, all[i].beta, cells[0]), off(t, all[i].se, cells[1]), off(t, all[i].p, cells[2]); max(b, s, p) > 1e-7 {
			t.Errorf("%+v\nR says %s", all[i], line)
		}
	}
	t.Logf("the other %d are those of R to 1e-7", len(all))
}

// printPrecision is six digits, in single precision.
const printPrecision = 2e-5
