package genotypes

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

const data = "../../../../features/data/"

func file(name string) Opener {
	return func() (io.ReadCloser, error) { return os.Open(data + name) }
}

func text(s string) Opener {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
}

func cohort(t testing.TB, name string) Source {
	t.Helper()
	s, err := OpenPLINK(t.Context(), Gzipped(file(name+".bed.gz")), Gzipped(file("chr10.bim.gz")), Gzipped(file(name+".fam.gz")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func everybody(t testing.TB, s Source) Group {
	t.Helper()
	places := make([]int, len(s.People()))
	for i := range places {
		places[i] = i
	}
	g, err := GroupOf(len(places), places)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The known sums are those of plink2 2.00a3.5, --freq counts.
func TestAlleleCountsOfTheRealCohortsAreThoseOfPlink(t *testing.T) {
	for name, known := range map[string]struct{ people, alt, all, first, firstOf int }{
		"ceu":     {494, 13947481, 27877572, 927, 978},
		"jpt_chb": {506, 14259435, 28554102, 944, 1002},
	} {
		s := cohort(t, name)
		all, alt, called, variants := everybody(t, s), 0, 0, 0
		err := s.Scan(t.Context(), func(v Variant, r Row) error {
			c := r.Count(all)
			if variants == 0 && (v.Name() != "rs7909677" || v.Alt != "A" || v.Ref != "G" || c.Alt() != known.first || 2*c.Called() != known.firstOf) {
				t.Errorf("%s: %+v %v", name, v, c)
			}
			alt, called, variants = alt+c.Alt(), called+c.Called(), variants+1
			if c.Alt()+c.Ref() != 2*c.Called() {
				t.Fatal("the copies do not add up")
			}
			return nil
		})
		if err != nil || variants != 28501 || len(s.People()) != known.people || alt != known.alt || 2*called != known.all {
			t.Errorf("%s: %d variants, %d of %d copies: %v", name, variants, alt, 2*called, err)
		}
	}
}

func TestSamplesOfAFileAreTakenInTheOrderOfColumns(t *testing.T) {
	for _, c := range []struct{ first, last, people, carriers, called int }{{1, 315, 315, 26, 300}, {316, 0, 314, 22, 302}, {0, 0, 629, 48, 602}} {
		s, err := OpenVCF(t.Context(), Gzipped(file("1kg.vcf.gz")), c.first, c.last)
		if err != nil {
			t.Fatal(err)
		}
		all := everybody(t, s)
		err = s.Scan(t.Context(), func(v Variant, r Row) error {
			if n := r.Count(all); v.Name() == "2:10205:T:G" && (n.Called() != c.called || n[1]+n[2] != c.carriers) {
				t.Errorf("samples %d to %d: %v", c.first, c.last, n)
			}
			return nil
		})
		if err != nil || len(s.People()) != c.people {
			t.Errorf("%d people, %v", len(s.People()), err)
		}
	}
}

func TestRowsAgreeWithTheGenotypesThatTheyPack(t *testing.T) {
	for people := 1; people < 70; people += 13 {
		row, kept, want := make(Row, words(people)), []int{}, Counts{}
		for i := range people {
			code := uint64(i*7+people) % 4
			row.set(i, code)
			n, called := row.Copies(i)
			if called == (code == notCalled) {
				t.Fatalf("person %d of %d: %d, %v", i, people, n, called)
			}
			if i%3 == 0 {
				if kept = append(kept, i); called {
					want[n]++
				}
			}
		}
		g, err := GroupOf(people, kept)
		if got := row.Count(g); err != nil || got != want || g.Size() != len(kept) {
			t.Errorf("%d people: %v, want %v, %v", people, got, want, err)
		}
	}
	for _, places := range [][]int{{0, 0}, {-1}, {2}} {
		if _, err := GroupOf(2, places); err == nil {
			t.Errorf("a group of %v", places)
		}
	}
}

const (
	goodFam = "f a 0 0 1 1\nf b 0 0 2 2\nf c 0 0 0 -9\n"
	goodBim = "1 rs1 0 5 A G\n1 rs2 0 9 C T\n"
	goodBed = "\x6c\x1b\x01\x0b\x38"
	vcfHead = "##fileformat=VCFv4.2\n" + fixed + "\tSECRET1\tSECRET2\n"
	vcfLine = "2\t7\t.\tA\tC\t.\tPASS\t.\tGT:DP\t0|1:3\t./.\n"
)

func scanPLINK(bed, bim, fam string) error {
	s, err := OpenPLINK(context.Background(), text(bed), text(bim), text(fam))
	if err != nil {
		return err
	}
	return s.Scan(context.Background(), func(Variant, Row) error { return nil })
}

func scanVCF(file string, first, last int) error {
	s, err := OpenVCF(context.Background(), text(file), first, last)
	if err != nil {
		return err
	}
	return s.Scan(context.Background(), func(Variant, Row) error { return nil })
}

func TestFilesThatBreakARuleAreRefusedByItsName(t *testing.T) {
	plink := func(bed, bim, fam string) func() error { return func() error { return scanPLINK(bed, bim, fam) } }
	vcf := func(file string) func() error { return func() error { return scanVCF(file, 1, 0) } }
	line := func(old, new string) func() error { return vcf(vcfHead + strings.Replace(vcfLine, old, new, 1)) }
	for name, c := range map[string]struct {
		scan func() error
		want string // the error must say this
	}{
		"bed truncated":         {plink(goodBed[:4], goodBim, goodFam), "bed, byte 5"},
		"bed without its magic": {plink("", goodBim, goodFam), "bed, byte 1"},
		"bed of another magic":  {plink("\x1f\x8b\x08\x00\x00", goodBim, goodFam), "not those of a PLINK 1 bed"},
		"bed by samples":        {plink("\x6c\x1b\x00\x0b\x38", goodBim, goodFam), "order of samples"},
		"bed of neither order":  {plink("\x6c\x1b\x07\x0b\x38", goodBim, goodFam), "third byte"},
		"bed goes on":           {plink(goodBed+"x", goodBim, goodFam), "bed goes on"},
		"bim is longer":         {plink(goodBed, goodBim+"1 rs3 0 11 A C\n", goodFam), "bed ends before"},
		"bim is shorter":        {plink(goodBed, goodBim[:14], goodFam), "bed goes on"},
		"bim truncated":         {plink(goodBed, goodBim[:len(goodBim)-1], goodFam), "bim, line 2"},
		"bim of five columns":   {plink(goodBed, "1 rs1 5 A G\n", goodFam), "6 columns"},
		"one copy in men":       {plink(goodBed, strings.Replace(goodBim, "1 rs1", "chrX rs1", 1), goodFam), "bim, line 1: ploidy"},
		"one copy in all":       {plink(goodBed, strings.Replace(goodBim, "1 rs1", "26 rs1", 1), goodFam), "bim, line 1: ploidy"},
		"other alleles":         {plink(goodBed, strings.Replace(goodBim, "A G", "I D", 1), goodFam), "bim, line 1: alleles"},
		"missing allele":        {plink(goodBed, strings.Replace(goodBim, "A G", "0 G", 1), goodFam), "A, C, G, T"},
		"one allele twice":      {plink(goodBed, strings.Replace(goodBim, "A G", "A A", 1), goodFam), "differ"},
		"position in words":     {plink(goodBed, strings.Replace(goodBim, " 5 ", " x ", 1), goodFam), "position"},
		"two people, one id":    {plink(goodBed, goodBim, strings.Replace(goodFam, "f b", "f a", 1)), "fam, line 2"},
		"nobody":                {plink(goodBed, goodBim, ""), "each person"},
		"fam of five columns":   {plink(goodBed, goodBim, "f a 0 0 1\n"), "fam, line 1"},
		"sex in words":          {plink(goodBed, goodBim, "f a 0 0 m 1\n"), "sex"},
		"quantitative":          {plink(goodBed, goodBim, "f a 0 0 1 1.75\n"), "phenotype"},
		"vcf of another kind":   {vcf("##fileformat=VCFv3.3\n"), "first line"},
		"vcf without samples":   {vcf("##fileformat=VCFv4.2\n" + fixed + "\n"), "at least one sample"},
		"vcf ends in header":    {vcf("##fileformat=VCFv4.2\n##x\n"), "ends before"},
		"two samples, one id":   {vcf(strings.Replace(vcfHead, "SECRET2", "SECRET1", 1)), "id of its own"},
		"samples not there":     {func() error { return scanVCF(vcfHead, 2, 3) }, "not all there"},
		"vcf truncated":         {vcf(vcfHead + vcfLine[:len(vcfLine)-1]), "truncated"},
		"line truncated":        {line("\t./.", ""), "fewer columns"},
		"line in its first":     {vcf(vcfHead + "2\t7\n"), "fewer columns"},
		"line too long":         {line("./.", "./.\t0/0"), "more columns"},
		"no GT":                 {line("GT:DP", "DP"), "GT"},
		"GT last":               {line("GT:DP", "DP:GT"), "GT"},
		"two alternatives":      {line("\tC\t", "\tC,G\t"), "split"},
		"symbolic allele":       {line("\tC\t", "\t<DEL>\t"), "A, C, G, T"},
		"third allele":          {line("0|1", "0|2"), "does not have"},
		"one copy":              {line("0|1", "1"), "ploidy"},
		"three copies":          {line("0|1", "0/1/1"), "ploidy"},
		"half a call":           {line("0|1", "0/."), "whole or not"},
	} {
		err := c.scan()
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "rs1")) {
			t.Errorf("%s repeats a value: %v", name, err)
		}
	}
	if err := errors.Join(scanPLINK(goodBed, goodBim, goodFam), scanVCF(vcfHead+vcfLine, 1, 0), scanVCF(vcfHead, 1, 2)); err != nil {
		t.Error(err)
	}
}

// zeros is a reader that never ends.
type zeros struct{ b byte }

func (z zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = z.b
	}
	return len(p), nil
}

func TestACompressedFileOfEndlessBytesIsRefusedWithinItsBounds(t *testing.T) {
	bomb := func(start string) Opener {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := io.Copy(w, io.MultiReader(strings.NewReader(start), io.LimitReader(zeros{'A'}, maxLine+1)))
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return Gzipped(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	}
	if _, err := OpenVCF(t.Context(), bomb("##fileformat=VCFv4.2\n"), 1, 0); !errors.Is(err, ErrFormat) {
		t.Errorf("vcf: %v", err)
	}
	if _, err := OpenPLINK(t.Context(), nil, nil, bomb("")); !errors.Is(err, ErrFormat) {
		t.Errorf("fam: %v", err)
	}
	for what, files := range map[string][2]Opener{"bim": {text(goodBed), bomb("")}, "bed": {bomb(goodBed), text(goodBim)}} {
		s, err := OpenPLINK(t.Context(), files[0], files[1], text(goodFam))
		if err == nil {
			err = s.Scan(t.Context(), func(Variant, Row) error { return nil })
		}
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestFilesThatCannotBeReadAreToldFromThoseThatAreWrong(t *testing.T) {
	broken := func() (io.ReadCloser, error) { return nil, os.ErrPermission }
	if _, err := OpenVCF(t.Context(), broken, 1, 0); !errors.Is(err, ErrRead) || !errors.Is(err, os.ErrPermission) {
		t.Error(err)
	}
	if _, err := OpenVCF(t.Context(), Gzipped(text(vcfHead)), 1, 0); !errors.Is(err, ErrRead) {
		t.Error(err)
	}
	whole, err := os.ReadFile(data + "1kg.vcf.gz")
	if err != nil {
		t.Fatal(err)
	}
	cut := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(whole[:len(whole)/2])), nil }
	s, err := OpenVCF(t.Context(), Gzipped(cut), 1, 0)
	if err == nil {
		err = s.Scan(t.Context(), func(Variant, Row) error { return nil })
	}
	if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("half a gzip file: %v", err)
	}
}

func TestAScanEndsWithItsContextAndWithItsVisitor(t *testing.T) {
	s := cohort(t, "ceu")
	ctx, cancel := context.WithCancelCause(t.Context())
	revoked, n := errors.New("the permit was revoked"), 0
	err := s.Scan(ctx, func(Variant, Row) error {
		if n++; n == 10 {
			cancel(revoked)
		}
		return nil
	})
	if !errors.Is(err, revoked) || n > 1000 {
		t.Errorf("%d variants, %v", n, err)
	}
	if err := s.Scan(t.Context(), func(Variant, Row) error { return revoked }); !errors.Is(err, revoked) {
		t.Error(err)
	}
}
