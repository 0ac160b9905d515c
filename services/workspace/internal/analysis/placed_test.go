package analysis_test

import (
	"context"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// coded is a column of so many ones and twos, and zeros to make it 60.
func coded(ones, twos int) func(map[string]analysis.Column) {
	return set("copies", analysis.Number, func(i int) float64 {
		switch {
		case i < ones:
			return 1
		case i < ones+twos:
			return 2
		}
		return 0
	})
}

// From n, mean and standard deviation follows how many have which of three values.
func TestAMeanThatTellsHowManyHaveAValueIsSuppressedWhereTheyAreFew(t *testing.T) {
	for name, c := range map[string]struct {
		change func(map[string]analysis.Column)
		fewest int
	}{
		"three have a one":            {coded(3, 0), 3},
		"all but three have a one":    {coded(57, 0), 3},
		"twenty have a one":           {coded(20, 0), 20},
		"one has a two":               {coded(20, 1), 1},
		"ten have a two":              {coded(20, 10), 10},
		"all have the same":           {coded(60, 0), 0},
		"four have something, of all": {set("copies", analysis.Number, func(i int) float64 { return float64(max(0, i-55)) }), 4},
		"everybody another value":     {set("copies", analysis.Number, func(i int) float64 { return float64(i + 50) }), 59},
	} {
		s, e, err := analysis.Summary(context.Background(), people(c.change), "copies", nil, nil, 10)
		if err != nil || e.Groups[0].Fewest != c.fewest || s.Groups[0].Suppressed != (c.fewest < 10) {
			t.Errorf("%s: %+v %+v %v", name, s.Groups, e.Groups, err)
		}
	}
}

func TestPercentilesLeaveThresholdPeopleBetweenThem(t *testing.T) {
	var all []int64
	for i := range 99 {
		all = append(all, int64(i+1))
	}
	s, _, err := analysis.Summary(context.Background(), people(set("copies", analysis.Number, func(i int) float64 { return float64(i + 50) })), "copies", nil, all, 10)
	if err != nil {
		t.Fatal(err)
	}
	ranks := []float64{-1}
	for _, p := range s.Groups[0].Percentiles {
		ranks = append(ranks, float64(int(p.Value-50)))
	}
	for i, r := range append(ranks[1:], 60) {
		if r-ranks[i] < 10 {
			t.Errorf("%v people between percentiles: %v", r-ranks[i], ranks)
		}
	}
	if len(ranks) != 6 {
		t.Errorf("percentiles at the ranks %v", ranks[1:])
	}
}

func TestACovariateThatFewPeopleHaveIsToldAsTheirNumber(t *testing.T) {
	q := analysis.Regression{Kind: "logistic-regression", Outcome: "outcome", Covariates: []string{"size", "copies"}}
	few := func(usual, others int) []outputs.LevelSize {
		return []outputs.LevelSize{{Concept: "copies", Level: "most", N: usual, Reference: true}, {Concept: "copies", Level: "others", N: others}}
	}
	for name, c := range map[string]struct {
		change func(map[string]analysis.Column)
		want   []outputs.LevelSize
	}{
		"two carriers and one of both": {coded(2, 1), few(57, 3)},
		"nobody":                       {coded(0, 0), few(60, 0)},
		"many carriers":                {coded(20, 5), []outputs.LevelSize{}},
	} {
		p, err := analysis.Part(context.Background(), people(c.change), q, 1, nil, 10)
		if err != nil || !slices.Equal(p.Levels, c.want) {
			t.Errorf("%s: %+v %v", name, p.Levels, err)
		}
	}
}
