package combine

import (
	"math"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// The known answers were made with R glm, insurance ~ region + age + gender + education + limit.

func withEffects() []vocabulary.Analysis {
	asked := insured
	asked.Combine = analyses.SiteEffects
	return []vocabulary.Analysis{asked}
}

func TestSiteEffectsAreThoseOfTheModelOfAllPeopleWithAColumnForEachSite(t *testing.T) {
	for name, c := range map[string]struct {
		gone                       map[string]int
		n                          int
		age, northeast, se, south  float64
		intercept, itsSE, deviance float64
	}{
		"four":                {nil, 8802, 0.03331112782269, -0.19069589316278, 0.094600379162592, -0.38500283690544, 1.28377295020476, 0.142068246433780, 7915.46976443},
		"west leaves at once": {map[string]int{"west": 1}, 6780, 0.03382964607286, -0.19824677361921, 0.094916705402908, -0.38265647225237, 1.34403013378292, 0.161290499589945, 5866.400663006},
		"west leaves later":   {map[string]int{"west": 4}, 6780, 0.03382964607286, -0.19824677361921, 0.094916705402908, -0.38265647225237, 1.34403013378292, 0.161290499589945, 5866.400663006},
	} {
		t.Run(name, func(t *testing.T) {
			document, _ := play(t, withEffects(), regions(t), four, c.gone)
			m := document.Results[0].(outputs.Model)
			near(t, "age", estimateOf(t, m, "age"), c.age)
			near(t, "northeast", estimateOf(t, m, "site=northeast"), c.northeast)
			near(t, "south", estimateOf(t, m, "site=south"), c.south)
			near(t, "intercept", estimateOf(t, m, outputs.Intercept), c.intercept)
			near(t, "deviance", m.Deviance, c.deviance)
			near(t, "se of the intercept", m.Terms[0].SE, c.itsSE)
			near(t, "se of northeast", m.Terms[1].SE, c.se)
			sites := len(m.From)
			if m.N != c.n || m.DF != c.n-9-sites || m.Method != analyses.SiteEffects || m.Terms[1].Term != "site=northeast" || m.Levels[0] != (outputs.LevelSize{Concept: "site", Level: "midwest", N: 2023, Reference: true}) {
				t.Errorf("%+v", m)
			}
		})
	}
}

func TestEachSiteIsAskedAtItsOwnInterceptAndTheSameSlopes(t *testing.T) {
	all := regions(t)
	now := []Input{input(t, "south", all["south"].answer(1, nil)), input(t, "west", all["west"].answer(1, nil))}
	out, err := Round("s", withEffects(), 1, Progress{}, now, now)
	if err != nil {
		t.Fatal(err)
	}
	south, west := out.For("south")[0], out.For("west")[0]
	if south.Round != 2 || len(south.At) != len(all["south"].answer(1, nil).Terms) || south.At[0] == west.At[0] || !slices.Equal(south.At[1:], west.At[1:]) {
		t.Errorf("south %v, west %v", south.At, west.At)
	}
	shorter, err := Shorten(withEffects(), 2, out.Progress)
	if err != nil {
		t.Fatal(err)
	}
	if half := shorter.For("west")[0]; half.Round != 3 || half.At[0] == west.At[0] {
		t.Errorf("from %v to %v", west.At, half.At)
	}
}

func TestSiteEffectsOfOneSiteAreNone(t *testing.T) {
	document, _ := play(t, withEffects(), regions(t), []string{"west"}, nil)
	plain, _ := play(t, []vocabulary.Analysis{insured}, regions(t), []string{"west"}, nil)
	got, want := document.Results[0].(outputs.Model), plain.Results[0].(outputs.Model)
	if len(got.Terms) != len(want.Terms) || math.Abs(got.Terms[0].Estimate-want.Terms[0].Estimate) > 1e-12 || len(got.Levels) != len(want.Levels) {
		t.Errorf("%+v", got)
	}
}
