package analysis

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/services/workspace/internal/genotypes"
)

func close8(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-8*math.Abs(want)) {
		t.Errorf("%s: got %.14g, known %.14g", what, got, want)
	}
}

// Known: glm of R on the same six counts.
func TestAssociationOfOneVariantIsThatOfR(t *testing.T) {
	for name, known := range map[string]struct {
		table    table2x3
		beta, se float64
	}{
		"ceu":     {table2x3{cases: genotypes.Counts{96, 124, 44}, controls: genotypes.Counts{54, 125, 44}}, -0.3242576785164, 0.1338426557612},
		"jpt_chb": {table2x3{cases: genotypes.Counts{83, 99, 51}, controls: genotypes.Counts{41, 129, 100}}, -0.6783044937380, 0.1281239651926},
	} {
		e := known.table.fit()
		close8(t, name, e.beta, known.beta)
		close8(t, name, e.se, known.se)
		if turned := known.table.turned().fit(); math.Abs(turned.beta+e.beta) > 1e-9 || math.Abs(turned.p-e.p) > 1e-9 || e.firth {
			t.Errorf("%s: the other allele says %+v of %+v", name, turned, e)
		}
	}
}

// With one carrier, or with carriers among cases alone, the penalised estimate is that of counts with one half added to
// each cell.
func TestPenalisedEstimatesAreThoseOfCountsWithAHalfMore(t *testing.T) {
	e := table2x3{cases: genotypes.Counts{264, 1, 0}, controls: genotypes.Counts{224, 0, 0}}.fit()
	close8(t, "one carrier", e.beta, math.Log(1.5/0.5)-math.Log(264.5/224.5))
	if !e.firth || e.code != "" {
		t.Errorf("%+v", e)
	}
	e = table2x3{cases: genotypes.Counts{250, 15, 0}, controls: genotypes.Counts{224, 0, 0}}.fit()
	close8(t, "carriers among cases", e.beta, math.Log(15.5/0.5)-math.Log(250.5/224.5))
}

func TestVariantsThatTellNothingHaveACode(t *testing.T) {
	for code, table := range map[string]table2x3{
		codeConstant:   {cases: genotypes.Counts{264, 0, 0}, controls: genotypes.Counts{224, 0, 0}},
		codeFewSamples: {cases: genotypes.Counts{1, 0, 0}, controls: genotypes.Counts{0, 1, 0}},
	} {
		if e := table.fit(); e.code != code {
			t.Errorf("%s: %+v", code, e)
		}
	}
	if e := (table2x3{cases: genotypes.Counts{0, 9, 0}, controls: genotypes.Counts{0, 7, 0}}).fit(); e.code != codeConstant {
		t.Errorf("all have one copy: %+v", e)
	}
}

func TestFewCarriersAreMaskedAndTheirNumberIsTold(t *testing.T) {
	for name, masked := range map[string]int{"ceu": 696, "jpt_chb": 1367} {
		table := genotyped(t, name)
		f, err := AlleleFrequency(t.Context(), table, nil, 10)
		if err != nil || f.Masked != masked || f.Variants.Len() != 28501-masked {
			t.Errorf("%s: %d masked, %d told: %v", name, f.Masked, f.Variants.Len(), err)
		}
		a, err := Association(t.Context(), table, "case", nil, 10)
		if err != nil || a.Masked != masked || a.Failed != 0 || a.Dropped != "0" || !slices.Equal(a.Variants.ID, f.Variants.ID) {
			t.Errorf("%s: %d masked, %d failed: %v", name, a.Masked, a.Failed, err)
		}
		for i, n := range f.Count {
			if min(n, f.Number[i]-n) < 10 {
				t.Fatalf("%s: %s has %d copies of %d", name, f.Variants.ID[i], n, f.Number[i])
			}
		}
		if name == "ceu" && (a.Cases != 267 || a.Controls != 227) {
			t.Errorf("%d cases, %d controls", a.Cases, a.Controls)
		}
	}
}

func TestOnlyTheVariantsAskedForAreTold(t *testing.T) {
	a, err := Association(t.Context(), genotyped(t, "ceu"), "case", []string{"10:2075671:T:C", "rs7909677", "rs0"}, 10)
	if err != nil || !slices.Equal(a.Variants.ID, []string{"rs7909677", "rs870041"}) || a.Beta[1] != -0.324258 || a.SE[1] != 0.133843 ||
		a.P[1] != 0.0154066 || a.N[1] != 487 || a.Variants.Effect[1] != "C" || a.Variants.Other[1] != "T" {
		t.Errorf("%+v %v", a, err)
	}
	text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "ceu", Results: []outputs.Result{a}})
	if err != nil {
		t.Errorf("%s %v", text, err)
	}
}

// six are the weights of the driver study.
var six = []Weight{{"rs870041", "C", "-0.509001"}, {"rs10882596", "T", "0.453175"}, {"rs7085895", "G", "0.400225"},
	{"rs11596495", "A", "-0.531662"}, {"rs17668255", "T", "0.468033"}, {"rs12762312", "T", "-0.364992"}}

func TestScoresAreTheKnownOnes(t *testing.T) {
	for name, known := range map[string][]outputs.ScoreGroup{
		"ceu":     {{Level: "no", N: 212, Mean: -0.1448275471698}, {Level: "yes", N: 251, Mean: 0.3181959920319}},
		"jpt_chb": {{Level: "no", N: 261, Mean: -0.6003870804598}, {Level: "yes", N: 220, Mean: -0.1107516772727}},
	} {
		table := genotyped(t, name)
		r, _, err := PolygenicScore(t.Context(), table, "case", six, 10)
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range r.Groups {
			close8(t, name+" "+g.Level, g.Mean, known[i].Mean)
			if g.N != known[i].N || g.Level != known[i].Level || g.SD < 0.5 || g.SD > 1 {
				t.Errorf("%s: %+v", name, g)
			}
		}
		all, _, err := PolygenicScore(t.Context(), table, "", six, 10)
		if n := known[0].N + known[1].N; err != nil || len(all.Groups) != 1 || all.Groups[0].N != n || all.Dropped != outputs.DroppedRows(table.Rows()-n, 10) {
			t.Errorf("%s: %+v %v", name, all, err)
		}
	}
}

func TestAScoreOfVariantsThatAreNotThereIsRefused(t *testing.T) {
	table := genotyped(t, "ceu")
	for name, c := range map[string]struct {
		by      string
		weights []Weight
		want    error
	}{
		"another variant": {"case", append(slices.Clone(six), Weight{"rs0", "A", "1"}), ErrVariant},
		"another allele":  {"case", []Weight{{"rs870041", "G", "1"}}, ErrVariant},
		"no number":       {"case", []Weight{{"rs870041", "C", "x"}}, ErrRequest},
		"no weight":       {"case", nil, ErrRequest},
		"another concept": {"sex", six, ErrConcept},
	} {
		if _, _, err := PolygenicScore(t.Context(), table, c.by, c.weights, 10); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDosagesAreCopiesOfTheNamedAllele(t *testing.T) {
	table := genotyped(t, "ceu")
	c, errC := Dosage(t.Context(), table, "rs870041", "C")
	other, errT := Dosage(t.Context(), table, "10:2075671:T:C", "T")
	if errC != nil || errT != nil || c.Type != Number || len(c.Values) != 494 {
		t.Fatal(errC, errT)
	}
	counts, missing := [3]int{}, 0
	for i, v := range c.Values {
		if v.Present != other.Values[i].Present || v.Present && v.Number+other.Values[i].Number != 2 {
			t.Fatalf("row %d: %+v and %+v", i, v, other.Values[i])
		}
		if !v.Present {
			missing++
			continue
		}
		counts[int(v.Number)]++
	}
	if counts != [3]int{150, 249, 88} || missing != 7 {
		t.Errorf("%v, %d missing", counts, missing)
	}
	for _, wrong := range [][2]string{{"rs870041", "A"}, {"rs0", "C"}} {
		if _, err := Dosage(t.Context(), table, wrong[0], wrong[1]); !errors.Is(err, ErrVariant) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	if _, err := Dosage(t.Context(), Table{}, "rs870041", "C"); !errors.Is(err, ErrConcept) {
		t.Error(err)
	}
}

// countCarriers counts who carries a variant, and those whose genotype is known.
func countCarriers(t *testing.T, table Table, chromosome string, position int, reference, alternate string) (carriers, called int, err error) {
	t.Helper()
	column, err := Carrying(t.Context(), table, chromosome, position, reference, alternate)
	for _, v := range column.Values {
		if v.Present {
			carriers, called = carriers+int(v.Number), called+1
		}
	}
	return carriers, called, err
}

func TestCarriersAreCountedAmongThoseCalled(t *testing.T) {
	for name, c := range map[string]struct{ first, last, carriers, called, rare int }{"securevre": {1, 315, 26, 300, 0}, "openvre": {316, 629, 22, 302, 3}} {
		source, err := genotypes.OpenVCF(t.Context(), file("1kg.vcf.gz"), c.first, c.last)
		if err != nil {
			t.Fatal(err)
		}
		table := tableOf(source)
		n, called, err := countCarriers(t, table, "2", 10205, "T", "G")
		if err != nil || n != c.carriers || called != c.called {
			t.Errorf("%s: %d of %d, %v", name, n, called, err)
		}
		if n, _, err = countCarriers(t, table, "2", 10363, "G", "A"); err != nil || n != c.rare {
			t.Errorf("%s: %d carry the rare one, %v", name, n, err)
		}
		if _, _, err = countCarriers(t, table, "2", 10205, "T", "A"); !errors.Is(err, ErrVariant) {
			t.Errorf("%s: %v", name, err)
		}
		// The rare one is told by no frequency either, with its number of carriers under the threshold.
		f, err := AlleleFrequency(t.Context(), table, nil, 5)
		if err != nil || slices.Contains(f.Variants.ID, "2:10363:G:A") || !slices.Contains(f.Variants.ID, "2:10205:T:G") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRowsThatWereDroppedAreInNoResult(t *testing.T) {
	table := genotyped(t, "ceu")
	age := Column{Type: Number, Values: make([]Value, table.Rows())}
	for i := range age.Values {
		age.Values[i].Present = i >= 50
	}
	table.Columns["age"] = age
	kept, err := table.Complete("age", "case", analyses.Genotype)
	if err != nil {
		t.Fatal(err)
	}
	f, err := AlleleFrequency(t.Context(), kept, []string{"rs870041"}, 10)
	if err != nil || f.People != 444 || f.Dropped != "50" || f.Number[0] > 888 {
		t.Errorf("%+v %v", f, err)
	}
	a, err := Association(t.Context(), kept, "case", []string{"rs870041"}, 10)
	if err != nil || a.Cases+a.Controls != 444 || a.Dropped != "50" {
		t.Errorf("%+v %v", a, err)
	}
	none := Column{Type: Event, Values: make([]Value, table.Rows())}
	for i := range none.Values {
		none.Values[i].Present = true
	}
	table.Columns["none"] = none
	if _, err := Association(t.Context(), table, "none", nil, 10); !errors.Is(err, ErrNoInformation) {
		t.Error(err)
	}
}

func TestAScanEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	revoked := errors.New("the permit was revoked")
	cancel(revoked)
	if _, err := Association(ctx, genotyped(t, "ceu"), "case", nil, 10); !errors.Is(err, revoked) {
		t.Error(err)
	}
}

// countedScans counts how often a source is read.
type countedScans struct {
	genotypes.Source
	times *int
}

func (s countedScans) Scan(ctx context.Context, visit func(genotypes.Variant, genotypes.Row) error) error {
	*s.times++
	return s.Source.Scan(ctx, visit)
}

func TestAllDosagesOfAJobAreReadInOneScanWhateverLiesBetween(t *testing.T) {
	table, times := genotyped(t, "ceu"), 0
	column := table.Columns[analyses.Genotype]
	column.Source = countedScans{column.Source, &times}
	table.Columns[analyses.Genotype] = column
	steps := []vocabulary.Preparation{{Op: analyses.Dosage, Variant: "rs870041", Allele: "C", As: "first"},
		{Op: analyses.Filter, Where: []vocabulary.Condition{{Concept: "first", Op: "ge", Value: "1"}}},
		{Op: analyses.Dosage, Variant: "rs870041", Allele: "T", As: "second"}}
	made, err := Prepare(t.Context(), map[string]Table{"": table}, steps)
	if err != nil || times != 1 || made.Rows() != 249+88 {
		t.Fatalf("%d rows, %d scans, %v", made.Rows(), times, err)
	}
	for row, v := range made.Columns["first"].Values {
		if other := made.Columns["second"].Values[row]; !other.Present || v.Number+other.Number != 2 {
			t.Fatalf("row %d: %+v and %+v", row, v, other)
		}
	}
	steps[2].Variant = "rs0"
	if _, err := Prepare(t.Context(), map[string]Table{"": table}, steps); !errors.Is(err, ErrVariant) || !strings.Contains(err.Error(), "step 3") {
		t.Error(err)
	}
}
