package combine

import (
	"errors"
	"math"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

func by(levels ...string) []outputs.Level {
	out := []outputs.Level{}
	for i, level := range levels {
		out = append(out, outputs.Level{Concept: []string{"sex", "diabetes"}[i], Level: level})
	}
	return out
}

var (
	counts   = []vocabulary.Analysis{{Kind: analyses.Count, By: []string{"sex"}, SmallCells: analyses.Suppress}}
	averages = []vocabulary.Analysis{{Kind: analyses.Summary, Measure: "hdl", By: []string{"sex"}}}
)

func TestCountsAddUpAndWhatOneSiteDoesNotTellIsNotTold(t *testing.T) {
	first := outputs.Count{Dropped: "12", Cells: []outputs.Cell{{By: by("female"), N: 50}, {By: by("male"), Suppressed: true}, {By: by("other"), Suppressed: true}, {By: by(), N: 70}}}
	second := outputs.Count{Dropped: "0", Cells: []outputs.Cell{{By: by("female"), N: 30}, {By: by("male"), N: 40}, {By: by(), N: 70}}}
	d, err := Combine("s", counts, []Input{input(t, "b", second), input(t, "a", first)})
	if err != nil {
		t.Fatal(err)
	}
	got := d.Results[0].(outputs.Count)
	if got.Cells[0].N != 80 || !got.Cells[1].Suppressed || !got.Cells[2].Suppressed || got.Cells[3].N != 140 || got.Dropped != "12" {
		t.Errorf("%+v", got)
	}
	if len(got.Combined) != 2 || got.Combined[0].Site != "a" || got.Combined[0].N != 70 {
		t.Errorf("%+v", got.Combined)
	}
	if _, err := Combine("s", counts, []Input{input(t, "a", curves())}); !errors.Is(err, ErrDifferent) {
		t.Error(err)
	}
}

// One group of 1..6 is the same as 1..3 and 4..6: mean 3.5, sd √3.5.
func TestSummariesArePooledExactly(t *testing.T) {
	group := func(n int, mean, sd float64) outputs.Summary {
		return outputs.Summary{Measure: "hdl", Dropped: outputs.Suppressed, Groups: []outputs.Summarised{
			{By: by("female"), N: n, Mean: mean, SD: sd, Percentiles: []outputs.Percentile{{Percent: 50, Value: mean}}},
			{By: by("male"), Suppressed: n == 3 && mean == 2, Percentiles: []outputs.Percentile{}}}}
	}
	d, err := Combine("s", averages, []Input{input(t, "a", group(3, 2, 1)), input(t, "b", group(3, 5, 1))})
	if err != nil {
		t.Fatal(err)
	}
	got := d.Results[0].(outputs.Summary)
	if g := got.Groups[0]; g.N != 6 || g.Mean != 3.5 || math.Abs(g.SD-math.Sqrt(3.5)) > 1e-12 || len(g.Percentiles) != 0 || !got.Groups[1].Suppressed || got.Dropped != outputs.Suppressed {
		t.Errorf("%+v", got)
	}
	d, err = Combine("s", averages, []Input{input(t, "b", group(3, 5, 1))})
	if err != nil {
		t.Fatal(err)
	}
	if g := d.Results[0].(outputs.Summary).Groups[0]; len(g.Percentiles) != 1 || g.Percentiles[0].Value != 5 {
		t.Errorf("the percentiles of the only site are %+v", g.Percentiles)
	}
	if got.BySite != nil {
		t.Errorf("what each site told is told, which nobody asked for: %+v", got.BySite)
	}
	beside := []vocabulary.Analysis{averages[0]}
	beside[0].Combine = analyses.PerSite
	d, err = Combine("s", beside, []Input{input(t, "b", group(3, 5, 1)), input(t, "a", group(3, 2, 1))})
	if err != nil {
		t.Fatal(err)
	}
	got = d.Results[0].(outputs.Summary)
	if len(got.BySite) != 2 || got.BySite[0].Site != "a" || got.BySite[0].Groups[0].Percentiles[0].Value != 2 || got.BySite[1].Groups[0].Percentiles[0].Value != 5 ||
		!got.BySite[0].Groups[1].Suppressed || got.Groups[0].N != 6 || len(got.Groups[0].Percentiles) != 0 {
		t.Errorf("each site's beside the sum: %+v", got)
	}
}
