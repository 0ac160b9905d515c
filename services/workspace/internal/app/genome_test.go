package app

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/approval/v1"
	"github.com/fairway-tre/fairway/contracts/catalog/v1"
	documents "github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	events "github.com/fairway-tre/fairway/contracts/workspace/v1"
	"github.com/fairway-tre/fairway/services/platform/run/runtest"
)

// genomes is a workspace that holds the cohort CEU, and the first samples of the 1000 Genomes beside the last.
func genomes(t *testing.T, options ...runtest.Option) (*bench, approval.PermitGranted) {
	t.Helper()
	b := benchWith(t, map[string]string{"lung": filepath.Join(real, "lung.csv.gz")}, options...)
	folder, err := filepath.Abs(real)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`datasets:
  ceu:
    genotypes: {bed: %[1]q, bim: %[2]q, fam: %[3]q}
  kgp-1:
    genotypes: {vcf: %[4]q, samples: {first: 1, last: 315}}
  kgp-2:
    genotypes: {vcf: %[4]q, samples: {first: 316}}
  lung: {file: %[5]q}
`, folder+"/ceu.bed.gz", folder+"/chr10.bim.gz", folder+"/ceu.fam.gz", folder+"/1kg.vcf.gz", folder+"/lung.csv.gz")
	if err := os.WriteFile(b.holdings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	genotype := vocabulary.Variable{Concept: "genotype", Column: "genotypes", Type: "genotype"}
	b.describe("ceu", []vocabulary.Variable{genotype, {Concept: "case", Column: "phenotype", Type: "event", EventValue: "2"}})
	b.describe("kgp-1", []vocabulary.Variable{genotype})
	b.describe("kgp-2", []vocabulary.Variable{genotype})
	g := b.permit(func(g *approval.PermitGranted) {
		g.Datasets, g.Concepts = []string{"ceu", "kgp-1", "kgp-2"}, []string{"genotype", "case"}
		g.Analyses = []string{"allele-frequency", "association", "polygenic-score", "count"}
	})
	return b, g
}

const real = "../../../../features/data"

func TestAGenomeWideScanIsAJobLikeAnyOther(t *testing.T) {
	b, g := genomes(t)
	weights := []vocabulary.Weight{{Variant: "rs870041", Allele: "C", Weight: "-0.509001"}, {Variant: "rs10882596", Allele: "T", Weight: "0.453175"},
		{Variant: "rs7085895", Allele: "G", Weight: "0.400225"}, {Variant: "rs11596495", Allele: "A", Weight: "-0.531662"},
		{Variant: "rs17668255", Allele: "T", Weight: "0.468033"}, {Variant: "rs12762312", Allele: "T", Weight: "-0.364992"}}
	o, d := b.sealed(b.submit(g, "ceu", vocabulary.Analysis{Kind: analyses.Association, Outcome: "case"},
		vocabulary.Analysis{Kind: analyses.AlleleFrequency}, vocabulary.Analysis{Kind: analyses.PolygenicScore, Weights: weights, By: []string{"case"}}))
	if !slices.Equal(o.Kinds, []string{"association", "allele-frequency", "polygenic-score"}) {
		t.Errorf("%v", o.Kinds)
	}
	a, f, s := d.Results[0].(documents.Association), d.Results[1].(documents.AlleleFrequency), d.Results[2].(documents.PolygenicScore)
	i := slices.Index(a.Variants.ID, "rs870041")
	if a.Cases != 267 || a.Controls != 227 || a.Threshold != 5 || a.Beta[i] != -0.324258 || a.SE[i] != 0.133843 || f.People != 494 {
		t.Errorf("%d cases, %d controls, %v (%v), %d people", a.Cases, a.Controls, a.Beta[i], a.SE[i], f.People)
	}
	for i, mean := range []float64{-0.1448275471698, 0.3181959920319} {
		if math.Abs(s.Groups[i].Mean-mean) > 1e-12 {
			t.Errorf("%+v", s.Groups[i])
		}
	}
	t.Logf("%d bytes", o.Claim.Size)
}

func TestDosagesAreAStepOfThePreparation(t *testing.T) {
	b, g := genomes(t)
	j := b.job(g, "ceu", vocabulary.Analysis{Kind: analyses.Count, By: []string{"copies"}})
	j.Prepare = []vocabulary.Preparation{{Op: analyses.Dosage, Variant: "rs870041", Allele: "C", As: "dosage"},
		{Op: analyses.Derive, Concept: "dosage", Cuts: []string{"1", "2"}, Levels: []string{"none", "one", "two"}, As: "copies"}}
	b.Act(b.researcher, j)
	_, d := b.sealed(j.JobID)
	r := d.Results[0].(documents.Count)
	if len(r.Cells) != 3 || r.Cells[0].N != 150 || r.Cells[1].N != 249 || r.Cells[2].N != 88 {
		t.Errorf("%+v", r)
	}
}

func TestAScoreOfAVariantThatIsNotThereFails(t *testing.T) {
	b, g := genomes(t)
	score := func(variant string) vocabulary.Analysis {
		return vocabulary.Analysis{Kind: analyses.PolygenicScore, Weights: []vocabulary.Weight{{Variant: variant, Allele: "C", Weight: "1"}}}
	}
	if last := b.ended(b.submit(g, "ceu", score("rs0"))); last.Reason != ReasonVariantUnknown {
		t.Errorf("%+v", last)
	}
	b.sealed(b.submit(g, "ceu", score("rs870041")))
}

func TestAPermitThatDoesNotNameGenotypesDoesNotReachThem(t *testing.T) {
	b, _ := genomes(t)
	g := b.permit(func(g *approval.PermitGranted) {
		g.Datasets, g.Concepts, g.Analyses = []string{"ceu"}, []string{"case"}, []string{"allele-frequency"}
	})
	b.submit(g, "ceu", vocabulary.Analysis{Kind: analyses.AlleleFrequency})
	if b.reason() != ReasonBeyond {
		t.Error(b.reason())
	}
}

func TestCarriersOfARareVariantAreCountedLikeNobody(t *testing.T) {
	b, _ := genomes(t)
	ask := func(dataset string, position int64, alternate string) events.CountAnswered {
		n := len(runtest.Sent[events.CountAnswered](b.Bench))
		reference := map[int64]string{10205: "T", 10363: "G", 1: "T"}[position]
		b.Deliver("catalog", catalog.QuestionAsked{QuestionID: b.NewID(), DatasetID: dataset, Filters: []vocabulary.Filter{},
			Variant: vocabulary.Variant{Chromosome: "2", Position: position, Reference: reference, Alternate: alternate}})
		return runtest.Await[events.CountAnswered](b.Bench, n+1)[n]
	}
	for _, c := range []struct {
		dataset   string
		position  int64
		alternate string
		want      events.CountAnswered
	}{
		{"kgp-1", 10205, "G", events.CountAnswered{Outcome: counted, Count: 25}}, // 26, at a threshold of 5
		{"kgp-2", 10205, "G", events.CountAnswered{Outcome: counted, Count: 20}}, // 22
		{"kgp-1", 10363, "A", events.CountAnswered{Outcome: suppressed}},         // nobody
		{"kgp-2", 10363, "A", events.CountAnswered{Outcome: suppressed}},         // three
		{"kgp-2", 10363, "C", events.CountAnswered{Outcome: suppressed}},         // not in the file
		{"kgp-2", 1, "G", events.CountAnswered{Outcome: suppressed}},             // nor this
		{"lung", 10205, "G", events.CountAnswered{Outcome: notAnswered, Reason: ReasonVariableUnknown}},
	} {
		got := ask(c.dataset, c.position, c.alternate)
		if got.Outcome != c.want.Outcome || got.Count != c.want.Count || got.Reason != c.want.Reason {
			t.Errorf("%s %d %s: %+v", c.dataset, c.position, c.alternate, got)
		}
	}
}

func TestGenotypesThatBreakARuleEndTheJob(t *testing.T) {
	b, _ := genomes(t)
	cut := filepath.Join(t.TempDir(), "cut.vcf")
	head := "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\n2\t7\t.\tA\tC\t.\t.\t.\tGT\t0/1\n"
	if err := os.WriteFile(cut, []byte(head), 0o600); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("datasets:\n  cut:\n    genotypes: {vcf: %q}\n", cut)
	if err := os.WriteFile(b.holdings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.describe("cut", []vocabulary.Variable{{Concept: "genotype", Column: "genotypes", Type: "genotype"}})
	g := b.permit(func(g *approval.PermitGranted) {
		g.Datasets, g.Concepts, g.Analyses = []string{"cut"}, []string{"genotype"}, []string{"allele-frequency"}
	})
	if last := b.ended(b.submit(g, "cut", vocabulary.Analysis{Kind: analyses.AlleleFrequency})); last.Reason != ReasonUnreadableData {
		t.Errorf("%+v", last)
	}
}
