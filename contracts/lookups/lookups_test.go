package lookups

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

const codes = "education,isced\nprimary,low\nsecondary,middle\ndegree,high\n"

func TestATableIsReadAndWrittenInItsOneText(t *testing.T) {
	for name, text := range map[string]string{"canonical": codes, "of Windows": strings.ReplaceAll(codes, "\n", "\r\n"), "quoted": strings.ReplaceAll(codes, "low", `"low"`)} {
		got, err := Decode([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.From != "education" || got.To != "isced" || len(got.Recodes) != 3 || got.Recodes[2] != (vocabulary.Recode{From: "degree", To: "high"}) {
			t.Errorf("%s: %+v", name, got)
		}
		if string(got.Encode()) != codes {
			t.Errorf("%s: written as %q", name, got.Encode())
		}
	}
}

func TestWhatIsNoTableIsRefusedByRowWithoutItsValues(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":               {"", ErrMalformed},
		"a header alone":        {"education,isced\n", ErrMalformed},
		"three columns":         {"education,isced,x\nsecret,low,1\n", ErrMalformed},
		"a row of one":          {codes + "secret\n", ErrMalformed},
		"a blank in a level":    {codes + "secret one,low\n", ErrMalformed},
		"an empty name":         {codes + "secret,\n", ErrMalformed},
		"a level twice":         {codes + "primary,secret\n", ErrMalformed},
		"Latin-1":               {codes + "secret\xe9,low\n", ErrMalformed},
		"an open quote":         {codes + "\"secret,low\n", ErrMalformed},
		"one concept twice":     {"education,education\nsecret,low\n", ErrMalformed},
		"too many":              {"education,isced\n" + strings.Repeat("secret,low\n", MostLevels+1), ErrMalformed},
		"a formula":             {codes + "secret,=cmd\n", ErrFormula},
		"a formula in a header": {"@education,isced\nsecret,low\n", ErrFormula},
		"a wide formula":        {codes + "secret,＝cmd\n", ErrFormula},
		"a tab":                 {codes + "\tsecret,low\n", ErrFormula},
		"patients":              {"patient_id,isced\nsecret,low\n", ErrIdentifier},
		"persons":               {"education,person\nsecret,low\n", ErrIdentifier},
	} {
		_, err := Decode([]byte(c.text))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error repeats a value: %v", name, err)
		}
	}
}

// FuzzDecode holds that what is read is written in one text, which reads as the same table.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{codes, "a,b\n", "a,b\r\n\"c\",d\r\n", "a,b\nc,=d", "id,b\nc,d\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := Decode(text)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrFormula) && !errors.Is(err, ErrIdentifier) {
				t.Fatal(err)
			}
			return
		}
		again, err := Decode(table.Encode())
		if err != nil || !bytes.Equal(again.Encode(), table.Encode()) {
			t.Fatalf("%q became %q (%v)", text, again.Encode(), err)
		}
	})
}
