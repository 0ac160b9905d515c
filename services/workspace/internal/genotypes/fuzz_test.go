package genotypes

import (
	"errors"
	"testing"
)

// What is read at all is read to counts that add up, and what is not is refused by a rule.
func judge(t *testing.T, s Source, err error) {
	if err == nil {
		all := everybody(t, s)
		err = s.Scan(t.Context(), func(v Variant, r Row) error {
			if c := r.Count(all); c.Called() > all.Size() || c[0] < 0 || c[2] < 0 || !acgt([]byte(v.Alt)) || !acgt([]byte(v.Ref)) {
				t.Fatalf("%+v %v", v, c)
			}
			return nil
		})
	}
	if err != nil && !errors.Is(err, ErrFormat) {
		t.Fatal(err)
	}
}

func FuzzVCFIsReadOrRefusedByARule(f *testing.F) {
	f.Add(vcfHead + vcfLine)
	f.Add(vcfHead + vcfLine + "2\t9\trs1;rs2\tA\tTT\t9\t.\tAF=1\tGT\t1/1\t0/0\r\n")
	f.Fuzz(func(t *testing.T, file string) {
		s, err := OpenVCF(t.Context(), text(file), 1, 0)
		judge(t, s, err)
	})
}

func FuzzPLINKIsReadOrRefusedByARule(f *testing.F) {
	f.Add(goodBed, goodBim, goodFam)
	f.Add(goodBed+"\xff", goodBim+"X . 0.5 8 AC T\n", goodFam)
	f.Fuzz(func(t *testing.T, bed, bim, fam string) {
		s, err := OpenPLINK(t.Context(), text(bed), text(bim), text(fam))
		judge(t, s, err)
	})
}
