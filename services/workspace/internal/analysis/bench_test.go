package analysis

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/bench"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
)

const (
	scanRounds = 11
	scanGoal   = 2 // times as long
)

// TestBench measures the scan of two real cohorts, pooled, in turn with plink2's: from the same files, with two threads,
// to a written result. plink2 is a process, ours a function; a process begins in some milliseconds.
func TestBench(t *testing.T) {
	bench.Only(t)
	const id = "gwas-plink2"
	plink, err := exec.LookPath("plink2")
	if err != nil {
		bench.Skip(t, id, "no plink2 on the path (Debian package plink2)")
	}
	prefix := filepath.Join(t.TempDir(), "pooled")
	pool(t, prefix)
	var told outputs.Association
	ours := func() float64 {
		began := time.Now()
		told = scanned(t, prefix)
		return float64(time.Since(began).Microseconds()) / 1000
	}
	peer := func() float64 {
		began := time.Now()
		out, err := exec.Command(plink, "--bfile", prefix, "--out", prefix, "--threads", "2", "--glm", "allow-no-covars").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return float64(time.Since(began).Microseconds()) / 1000
	}
	our, peers := bench.Turns(scanRounds, ours, peer)
	estimated := 0
	for _, row := range printed(t, plink, prefix, ".PHENO1.glm.logistic.hybrid", "--glm", "allow-no-covars") {
		if row["ERRCODE"] == "." {
			estimated++
		}
	}
	if got := told.Variants.Len(); got != estimated || got == 0 {
		t.Fatalf("%d variants with an estimate, %d of plink2: these are not the same work", got, estimated)
	}
	t.Logf("%d cases, %d controls, %d variants", told.Cases, told.Controls, estimated)
	bench.Write(t, bench.Compare(id, "ms", bench.Lower, scanGoal, our, peers))
}

// scanned is what a job does: read the files, test every variant, write the document.
func scanned(t *testing.T, prefix string) outputs.Association {
	t.Helper()
	plain := func(suffix string) genotypes.Opener {
		return func() (io.ReadCloser, error) { return os.Open(prefix + suffix) }
	}
	source, err := genotypes.OpenPLINK(t.Context(), plain(".bed"), plain(".bim"), plain(".fam"))
	if err != nil {
		t.Fatal(err)
	}
	told, err := Association(t.Context(), tableOf(source), "case", nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "pooled", Results: []outputs.Result{told}})
	if err == nil {
		err = os.WriteFile(prefix+".json", text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return told
}

// pool writes the two cohorts, of the same variants, as one. Each row of a bed file has two bits for each person, from the
// lowest on, and ends with its byte: the second cohort's people have to move up.
func pool(t *testing.T, prefix string) {
	t.Helper()
	const magic = 3
	beds, fams := [2][]byte{}, [2][]byte{}
	for i, cohort := range []string{"ceu", "jpt_chb"} {
		beds[i], fams[i] = contents(t, cohort+".bed.gz"), contents(t, cohort+".fam.gz")
	}
	first, second := bytes.Count(fams[0], []byte("\n")), bytes.Count(fams[1], []byte("\n"))
	rows := [2][]byte{beds[0][magic:], beds[1][magic:]}
	width := [2]int{(first + 3) / 4, (second + 3) / 4}
	if len(rows[0])/width[0] != len(rows[1])/width[1] {
		t.Fatal("the cohorts have not the same variants")
	}
	pooled := bytes.Clone(beds[0][:magic])
	for len(rows[0]) > 0 {
		row := make([]byte, (first+second+3)/4)
		copy(row, rows[0][:width[0]])
		for person := range second {
			bits := rows[1][person/4] >> (2 * (person % 4)) & 3
			at := first + person
			row[at/4] |= bits << (2 * (at % 4))
		}
		pooled = append(pooled, row...)
		rows[0], rows[1] = rows[0][width[0]:], rows[1][width[1]:]
	}
	for suffix, text := range map[string][]byte{".bed": pooled, ".bim": contents(t, "chr10.bim.gz"), ".fam": append(fams[0], fams[1]...)} {
		if err := os.WriteFile(prefix+suffix, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func contents(t *testing.T, name string) []byte {
	t.Helper()
	r, err := file(name)()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // read
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return text
}
