package combine

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

// released is an example of the contracts: what the site lets out of real data.
func released(t *testing.T, site, example string) Input {
	t.Helper()
	text, err := os.ReadFile("../../../../contracts/outputs/examples/" + example + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return Input{Site: site, Output: text}
}

// test makes a test whose O−E and V are those known of the real cohorts.
func test(variance, oMinusE float64, no, yes outputs.Group) outputs.LogRank {
	no.Level, yes.Level = "no", "yes"
	no.OMinusE, no.Variance, no.Expected = -oMinusE, variance, float64(no.Observed)+oMinusE
	yes.OMinusE, yes.Variance, yes.Expected = oMinusE, variance, float64(yes.Observed)-oMinusE
	return outputs.LogRank{Time: "time", Event: "recurrence", Arm: "hormone-therapy", Strata: 1, Dropped: "0",
		Groups: []outputs.Group{no, yes}, Variance: variance, ChiSquare: oMinusE * oMinusE / variance, DF: 1, P: 0.002}
}

func rotterdam() outputs.LogRank {
	return test(131.6824025204, 35.34012319651, outputs.Group{N: 2643, Observed: 1340}, outputs.Group{N: 339, Observed: 178})
}

func gbsg() outputs.LogRank {
	return test(70.98413473521, -24.65691704167, outputs.Group{N: 440, Observed: 205}, outputs.Group{N: 246, Observed: 94})
}

func curves() outputs.KaplanMeier {
	return outputs.KaplanMeier{Time: "time", Event: "recurrence", Arm: "hormone-therapy", Threshold: 10, Dropped: "0",
		Groups: []outputs.Curve{{Level: "no", N: 440, Steps: []outputs.Step{{Time: 98, Survival: 0.97, AtRisk: 428, Events: 10}}}}}
}

// testOnly is what most studies here ask.
var testOnly = []vocabulary.Analysis{{Kind: analyses.LogRank}}

// askedOf is what the first input answers.
func askedOf(t *testing.T, inputs []Input) (asked []vocabulary.Analysis) {
	t.Helper()
	document, err := outputs.Decode(inputs[0].Output)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range document.Results {
		asked = append(asked, vocabulary.Analysis{Kind: r.Kind()})
	}
	return asked
}

func input(t *testing.T, site string, results ...outputs.Result) Input {
	t.Helper()
	text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: results})
	if err != nil {
		t.Fatal(err)
	}
	return Input{Site: site, Output: text}
}

var update = flag.Bool("update", false, "write the combined example of the contracts anew")

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	t.Logf("%s: ours %.14g, known %.14g", what, got, want)
	if !(math.Abs(got-want) <= 1e-9*math.Abs(want)) {
		t.Errorf("%s: got %.14g, want %.14g", what, got, want)
	}
}

func combined(t *testing.T, inputs ...Input) outputs.Combination {
	t.Helper()
	document, err := Combine("breast", askedOf(t, inputs), inputs)
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range document.Results {
		if c, ok := result.(outputs.Combination); ok {
			return c
		}
	}
	t.Fatal("no test among the results")
	return outputs.Combination{}
}

func TestTwoCohortsCombineToTheKnownAnswerAndDisagree(t *testing.T) {
	c := combined(t, released(t, "molgenis", "rotterdam"), released(t, "denbi", "gbsg"))
	near(t, "combined chi2", c.ChiSquare, 0.5631462169239)
	near(t, "combined p", c.P, math.Erfc(math.Sqrt(c.ChiSquare/2)))
	near(t, "Q", c.Heterogeneity.Q, 9.484367566511+8.564780853539-0.5631462169239)
	near(t, "I2", c.Heterogeneity.ISquared, (c.Heterogeneity.Q-1)/c.Heterogeneity.Q)
	near(t, "without denbi", c.LeaveOut[0].ChiSquare, 9.484367566511)
	near(t, "without molgenis", c.LeaveOut[1].ChiSquare, 8.564780853539)
	if c.Heterogeneity.Agree || c.Sites[0].Direction != outputs.FewerEvents || c.Sites[1].Direction != outputs.MoreEvents {
		t.Errorf("%+v", c.Sites)
	}
	if c.Compared != "hormone therapy" || c.Groups[1].N != 339+246 || c.LeaveOut[0].Site != "denbi" || len(c.Curves) != 2 {
		t.Errorf("%+v", c)
	}
}

func TestOneDocumentCombinesToItself(t *testing.T) {
	c := combined(t, released(t, "sensitive-cloud", "lung"))
	near(t, "lung by institution", c.ChiSquare, 8.524467363323)
	if c.Stratum != "institution" || !c.Heterogeneity.Agree || c.Heterogeneity.Q != 0 || c.Heterogeneity.P != 1 || len(c.LeaveOut) != 0 {
		t.Fatalf("%+v", c)
	}
}

func TestAnswerDependsNeitherOnOrderNorOnCodingOfTheArms(t *testing.T) {
	swapped := gbsg()
	slices.Reverse(swapped.Groups)
	one, err := Combine("s", testOnly, []Input{input(t, "a", rotterdam()), input(t, "b", gbsg())})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Combine("s", testOnly, []Input{input(t, "b", gbsg()), input(t, "a", rotterdam())})
	if err != nil {
		t.Fatal(err)
	}
	first, _ := outputs.Encode(one)
	second, _ := outputs.Encode(two)
	if !bytes.Equal(first, second) {
		t.Errorf("%s\n%s", first, second)
	}
	near(t, "other coding", combined(t, input(t, "a", rotterdam()), input(t, "b", swapped)).ChiSquare, 0.5631462169239)
}

func TestThreeSitesAreEachLeftOut(t *testing.T) {
	c := combined(t, input(t, "a", rotterdam()), input(t, "b", gbsg()), input(t, "c", gbsg()))
	near(t, "without c", c.LeaveOut[2].ChiSquare, 0.5631462169239)
	if len(c.LeaveOut) != 3 || c.Heterogeneity.DF != 2 {
		t.Fatalf("%+v", c)
	}
}

// Two regions under one roof are two answers.
func TestTwoDatasetsOfOneSiteAreCombinedAndNamed(t *testing.T) {
	region := func(dataset string, n int) Input {
		cells := []outputs.Cell{{By: []outputs.Level{}, N: n}}
		text, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: dataset, Results: []outputs.Result{outputs.Count{Cells: cells, Dropped: "0"}}})
		if err != nil {
			t.Fatal(err)
		}
		return Input{Site: "canpath", Output: text}
	}
	count := []vocabulary.Analysis{{Kind: analyses.Count}}
	document, err := Combine("s", count, []Input{region("west", 20), region("south", 30)})
	if err != nil {
		t.Fatal(err)
	}
	r := document.Results[0].(outputs.Count)
	if r.Cells[0].N != 50 || len(r.Combined) != 2 || r.Combined[0].Dataset != "south" || r.Combined[1].Dataset != "west" {
		t.Fatalf("%+v", r)
	}
	if _, err := Combine("s", count, []Input{region("west", 20), region("west", 30)}); !errors.Is(err, ErrInput) {
		t.Fatalf("one dataset twice: %v", err)
	}
}

func TestInputsThatDoNotFitAreRefused(t *testing.T) {
	changed := func(change func(*outputs.LogRank)) outputs.LogRank { r := gbsg(); change(&r); return r }
	three := gbsg()
	three.Groups, three.Variance, three.DF = append(three.Groups, outputs.Group{Level: "maybe", N: 9}), 0, 2
	a := input(t, "a", rotterdam())
	spaced := Input{Site: "b", Output: append(input(t, "b", gbsg()).Output, ' ')}
	if _, err := Combine("s", []vocabulary.Analysis{{Kind: analyses.KaplanMeier}}, []Input{input(t, "a", curves())}); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing combinable: %v", err)
	}
	for name, c := range map[string]struct {
		inputs []Input
		want   error
	}{
		"none":          {nil, ErrInput},
		"not an output": {[]Input{a, {Site: "b", Output: []byte("{}")}}, ErrInput},
		"not canonical": {[]Input{a, spaced}, ErrInput},
		"twice":         {[]Input{a, a}, ErrInput},
		"bad site":      {[]Input{input(t, "A B", gbsg())}, outputs.ErrInvalid},
		"no test":       {[]Input{a, input(t, "b", curves())}, ErrDifferent},
		"more tests":    {[]Input{a, input(t, "b", gbsg(), gbsg())}, ErrDifferent},
		"time":          {[]Input{a, input(t, "b", changed(func(r *outputs.LogRank) { r.Time = "death-time" }))}, ErrDifferent},
		"event":         {[]Input{a, input(t, "b", changed(func(r *outputs.LogRank) { r.Event = "death" }))}, ErrDifferent},
		"arm":           {[]Input{a, input(t, "b", changed(func(r *outputs.LogRank) { r.Arm = "sex" }))}, ErrDifferent},
		"stratum":       {[]Input{a, input(t, "b", changed(func(r *outputs.LogRank) { r.Stratum = "grade" }))}, ErrDifferent},
		"level":         {[]Input{a, input(t, "b", changed(func(r *outputs.LogRank) { r.Groups[0].Level = "none" }))}, ErrDifferent},
		"groups":        {[]Input{a, input(t, "b", three)}, ErrDifferent},
		"three groups":  {[]Input{input(t, "a", three)}, ErrUnsupported},
	} {
		if _, err := Combine("s", testOnly, c.inputs); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestCombinedExampleOfTheContractsIsWhatTheStudyReleases(t *testing.T) {
	inputs := []Input{released(t, "molgenis", "rotterdam"), released(t, "denbi", "gbsg")}
	document, err := Combine("breast-cancer", askedOf(t, inputs), inputs)
	if err != nil {
		t.Fatal(err)
	}
	// The example is of a study that asks for the test alone.
	document.Results = slices.DeleteFunc(document.Results, func(r outputs.Result) bool { return r.Kind() != outputs.KindCombination })
	text, err := outputs.Encode(document)
	if err != nil {
		t.Fatal(err)
	}
	path := "../../../../contracts/outputs/examples/breast-cancer.json"
	if *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	example, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	known, err := outputs.Decode(example)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := document.Results[0].(outputs.Combination), known.Results[0].(outputs.Combination)
	near(t, "example chi2", ours.ChiSquare, theirs.ChiSquare)
	if ours.Sites[0].OutputDigest != theirs.Sites[0].OutputDigest || ours.Sites[1].OutputDigest != theirs.Sites[1].OutputDigest {
		t.Errorf("%s is not made of the examples beside it; run this test with -update and review the change", path)
	}
}
