package outputs

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func encoded(t testing.TB, document Document) string {
	t.Helper()
	text, err := Encode(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDocumentOfEveryKindSurvivesTheRoundTrip(t *testing.T) {
	want := everyKind()
	text := encoded(t, want)
	got, canonical, err := Canonical([]byte(text))
	if err != nil || !canonical {
		t.Fatalf("canonical %v, error %v", canonical, err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %#v\nwant %#v", got, want)
	}
}

func TestTextIsInFixedOrderWithShortestNumbers(t *testing.T) {
	document := Document{Schema: Schema, Dataset: "lung", Results: []Result{
		LogRank{Time: "time", Event: "death", Arm: "sex", Strata: 1, Dropped: "0", Variance: 1e-7, ChiSquare: 100, DF: 1, P: 0.1,
			Groups: []Group{{Level: "a", N: 1}, {Level: "b", N: 2, Observed: 2, Expected: 1e21, OMinusE: -0.5, Variance: 0.30000000000000004}}}}}
	want := `{"schema":"fairway.output.v1","dataset":"lung","results":[{"kind":"log-rank","time":"time","event":"death","arm":"sex","strata":1,"dropped":"0",` +
		`"groups":[{"level":"a","n":1,"observed":0,"expected":0,"oMinusE":0,"variance":0},{"level":"b","n":2,"observed":2,"expected":1e+21,"oMinusE":-0.5,"variance":0.30000000000000004}],` +
		`"variance":1e-7,"chiSquare":100,"df":1,"p":0.1}]}`
	if got := encoded(t, document); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

// Each of these says the same values; only the bytes differ, and bytes are
// where something can be smuggled out.
func TestOtherSpellingsOfTheSameValuesAreFoundByReencoding(t *testing.T) {
	text := encoded(t, everyKind())
	for name, smuggled := range map[string]string{
		"white space":       text + "\n",
		"inner space":       strings.Replace(text, `"kind":`, `"kind": `, 1),
		"escape":            strings.Replace(text, `"gbsg"`, `"\u0067bsg"`, 1),
		"long number":       strings.Replace(text, `169.5`, `169.50`, 1),
		"digits past float": strings.Replace(text, `0.9772`, `0.977200000000000000000000012345`, 1),
		"exponent":          strings.Replace(text, `169.5`, `1695e-1`, 1),
		"negative int zero": strings.Replace(text, `"n":0}`, `"n":-0}`, 1),
		"order":             strings.Replace(text, `"schema":"fairway.output.v1","dataset":"gbsg"`, `"dataset":"gbsg","schema":"fairway.output.v1"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if smuggled == text {
				t.Fatal("the case changes nothing")
			}
			_, canonical, err := Canonical([]byte(smuggled))
			if err == nil && canonical {
				t.Fatal("passed as canonical")
			}
		})
	}
}

func TestTextThatSaysMoreOrLessThanADocumentIsRefused(t *testing.T) {
	text := encoded(t, everyKind())
	change := func(old, new string) string { return strings.Replace(text, old, new, 1) }
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"unknown member":        {change(`"dataset":`, `"note":"x","dataset":`), ErrMalformed},
		"unknown in a result":   {change(`"kind":"count"`, `"kind":"count","note":1`), ErrMalformed},
		"unknown in a group":    {change(`"observed":205`, `"observed":205,"note":1`), ErrMalformed},
		"duplicate member":      {change(`"dataset":"gbsg"`, `"dataset":"gbsg","dataset":"gbsg"`), ErrMalformed},
		"duplicate in a result": {change(`"strata":1`, `"strata":1,"strata":1`), ErrMalformed},
		"case variant":          {change(`"dataset"`, `"Dataset"`), ErrMalformed},
		"case variant beside":   {change(`"strata":1`, `"strata":1,"Strata":1`), ErrMalformed},
		"missing member":        {change(`"strata":1,`, ``), ErrInvalid},
		"missing count":         {change(`"observed":205,`, ``), ErrMalformed},
		"null":                  {change(`"observed":205`, `"observed":null`), ErrMalformed},
		"trailing document":     {text + text, ErrMalformed},
		"trailing garbage":      {text + "x", ErrMalformed},
		"empty":                 {"", ErrMalformed},
		"too deep":              {strings.Repeat("[", 100) + strings.Repeat("]", 100), ErrMalformed},
		"not an object":         {`[]`, ErrMalformed},
		"bad utf-8":             {change("gbsg", "gb\xffg"), ErrMalformed},
		"fraction of a person":  {change(`"observed":205`, `"observed":205.5`), ErrMalformed},
		"number out of range":   {change(`169.5`, `1e999`), ErrMalformed},
		"unknown kind":          {change(`"kind":"count"`, `"kind":"rows"`), ErrMalformed},
		"no kind":               {change(`"kind":"count",`, ``), ErrMalformed},
		"too large":             {text + strings.Repeat(" ", MaxBytes), ErrTooLarge},
		"other schema":          {change("output.v1", "output.v2"), ErrInvalid},
		"label with a tab":      {change(`"level":"no"`, `"level":"n\to"`), ErrInvalid},
		"label too long":        {change(`"level":"no"`, `"level":"`+strings.Repeat("n", 65)+`"`), ErrInvalid},
		"label in other script": {change(`"level":"no"`, `"level":"nö"`), ErrInvalid},
		"negative zero":         {change(`169.5`, `-0`), ErrInvalid},
		"negative count":        {change(`"n":686`, `"n":-686`), ErrInvalid},
		"time going back":       {change(`169.5`, `97`), ErrInvalid},
		"rising survival":       {change(`"survival":0.95`, `"survival":0.99`), ErrInvalid},
		"probability over one":  {change(`"p":0.0034268`, `"p":1.5`), ErrInvalid},
		"dropped in words":      {change(`"dropped":"suppressed"`, `"dropped":"one"`), ErrInvalid},
		"suppressed and told":   {change(`"suppressed":true`, `"n":4,"suppressed":true`), ErrInvalid},
		"suppressed zero":       {change(`"suppressed":true`, `"n":0,"suppressed":true`), ErrMalformed},
		"suppressed mean":       {change(`"n":0,"mean":0`, `"n":0,"mean":3`), ErrInvalid},
		"percentiles falling":   {change(`"percent":50`, `"percent":0`), ErrInvalid},
		"same cell twice":       {change(`"by":[{"concept":"hormone-therapy","level":"<= 1 year"}]`, `"by":[]`), ErrInvalid},
		"direction free text":   {change(`fewer events than expected`, `fewer`), ErrInvalid},
		"digest":                {change(`sha256:`, `sha512:`), ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			if c.text == text {
				t.Fatal("the case changes nothing")
			}
			if _, err := Decode([]byte(c.text)); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestNumbersWithoutOneTextAreNotEncoded(t *testing.T) {
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)} {
		document := everyKind()
		r := document.Results[1].(LogRank)
		r.Groups = append([]Group{}, r.Groups...)
		r.Groups[0].OMinusE = value
		document.Results[1] = r
		if _, err := Encode(document); !errors.Is(err, ErrInvalid) {
			t.Errorf("%v: %v", value, err)
		}
	}
}

func TestErrorsNeverRepeatTheValue(t *testing.T) {
	document := everyKind()
	document.Results[0] = Count{Cells: []Cell{{By: []Level{{"sex", "Jane Doe; born 1961"}}, N: 1}}, Dropped: "0"}
	_, err := Encode(document)
	if err == nil || strings.Contains(err.Error(), "Jane") {
		t.Fatal(err)
	}
}

func TestDroppedRowsAreNotTellingOfFewPeople(t *testing.T) {
	for n, want := range map[int]Dropped{0: "0", 1: Suppressed, 9: Suppressed, 10: "10", 11: "11"} {
		if got := DroppedRows(n, 10); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestAnyDocumentReadsBackEqual(t *testing.T) {
	label := rapid.StringMatching(`[A-Za-z0-9 _.<>=-]{1,64}`)
	number := rapid.Float64Range(0, math.MaxFloat64)
	rapid.Check(t, func(t *rapid.T) {
		groups := []Group{}
		for _, level := range rapid.SliceOfNDistinct(label, 2, 5, rapid.ID).Draw(t, "levels") {
			n := rapid.IntRange(0, maxCount).Draw(t, "n")
			groups = append(groups, Group{Level: level, N: n, Observed: rapid.IntRange(0, n).Draw(t, "observed"),
				Expected: number.Draw(t, "expected"), OMinusE: number.Draw(t, "o-e"), Variance: number.Draw(t, "v")})
		}
		r := LogRank{Time: "t", Event: "e", Arm: "a", Strata: 3, Dropped: "0", Groups: groups, DF: len(groups) - 1,
			ChiSquare: number.Draw(t, "chi2"), P: rapid.Float64Range(0, 1).Draw(t, "p")}
		if len(groups) == 2 {
			r.Variance = rapid.Float64Range(math.SmallestNonzeroFloat64, 1e300).Draw(t, "variance")
		}
		want := Document{Schema: Schema, Dataset: "d", Results: []Result{r}}
		text, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%v\n%#v\n%#v", err, got, want)
		}
	})
}

func FuzzDecodeAcceptsOnlyWhatEncodesBack(f *testing.F) {
	f.Add([]byte(encoded(f, everyKind())))
	f.Add([]byte(`{"schema":"fairway.output.v1","dataset":"d","results":[{"kind":"count","cells":[{"by":[],"n":5}],"dropped":"0"}]}`))
	f.Add([]byte(`{"schema":"fairway.output.v1","dataset":"d","results":[null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		document, err := Decode(text)
		if err != nil {
			return
		}
		once, err := Encode(document)
		if err != nil {
			t.Fatal(err)
		}
		again, canonical, err := Canonical(once)
		if err != nil || !canonical {
			t.Fatalf("%v %v", canonical, err)
		}
		twice, err := Encode(again)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s\n%s", once, twice)
		}
	})
}
