package report

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/features/facets"
)

// whoever fills the model may forget that of a suppressed cell no number is told
func TestAPageTellsNothingOfASuppressedCellWhateverTheModelHolds(t *testing.T) {
	var told []string
	for _, secret := range []int{0, 3, 7} {
		run := fixture()
		s := &run.Studies[3]
		for i := range s.Tables[0].Cells {
			if s.Tables[0].Cells[i].Suppressed {
				s.Tables[0].Cells[i].N = secret
			}
		}
		for i := range s.Means[0].Groups {
			if g := &s.Means[0].Groups[i]; g.Suppressed {
				g.N, g.Mean, g.SD = secret, float64(secret)*1.0625, 0.59375
			}
		}
		all, results := written(t, run)
		told = append(told, all.String()+fmt.Sprint(results))
	}
	if told[0] != told[1] || told[1] != told[2] {
		t.Error("the report changes with the number of a suppressed cell")
	}
	if marks := strings.Count(told[0], `suppressed"`); marks != 3 {
		t.Errorf("%d cells are marked as suppressed, expected 2 of the table and one mean", marks)
	}
	if boxes := regexp.MustCompile(`width="([0-9.]+)" height="22" class="hidden"`).FindAllStringSubmatch(told[0], -1); len(boxes) != 2 || boxes[0][1] != boxes[1][1] {
		t.Errorf("suppressed cells are drawn as %v, expected two boxes of one width", boxes)
	}
}

func TestTheTableHasEachCellWhereItBelongs(t *testing.T) {
	part := drawTable("x", genotypes().Tables[0])
	if part.Row != "age-group" || part.Column != "sex" || !slices.Equal(part.Columns, []string{"female", "male"}) {
		t.Fatalf("rows by %s, columns by %s: %v", part.Row, part.Column, part.Columns)
	}
	if got := part.Rows[1]; got.Level != "40-59" || got.Cells[0].N != 523 || got.Cells[1].N != 939 {
		t.Errorf("the row of 40-59 is %+v", got)
	}
	if part.People != 3215+523+2368+939 || part.Suppressed != 2 {
		t.Errorf("%d people, %d suppressed", part.People, part.Suppressed)
	}
}

func TestMarginsAreNotCountedAgain(t *testing.T) {
	part := drawTable("x", Table{Concepts: []string{"sex"}, Cells: []Cell{{[]string{"female"}, 20, false}, {[]string{"male"}, 30, false}, {[]string{""}, 50, false}}})
	if part.People != 50 || len(part.Rows) != 3 || part.Rows[2].Level != margin {
		t.Errorf("%d people in %+v", part.People, part.Rows)
	}
	if strings.Count(string(part.Plot), `class="bar `) != 2 {
		t.Error("the margin is drawn as a bar")
	}
}

func TestThinningKeepsWhatMattersAndIsTheSameEveryTime(t *testing.T) {
	p := fixture().newPage()
	s := scan(28501)
	first, again := p.drawScan("x", s), p.drawScan("x", s)
	if first.Manhattan != again.Manhattan || first.QQ != again.QQ {
		t.Error("the same numbers were drawn in two ways")
	}
	if first.Told != 28501 || first.Drawn >= first.Told/2 || len(first.Manhattan) > 120_000 {
		t.Errorf("%d of %d drawn, %d bytes", first.Drawn, first.Told, len(first.Manhattan))
	}
	strong := 0
	for _, p := range s.P {
		if p < always {
			strong++
		}
	}
	dots := make([]dot, len(s.P)) // all in one place
	if kept := thinned(dots, grain, func(i int) bool { return s.P[i] < always }); len(kept) < strong || len(kept) > strong+1 {
		t.Errorf("%d kept of %d that must be, all in one square", len(kept), strong)
	}
	if first.First[0].ID != "rs100" || first.First[0].P != 3.8e-08 {
		t.Errorf("the smallest p-value is said to be that of %+v", first.First[0])
	}
	if !strings.Contains(string(first.Manhattan), ">rs100<") {
		t.Error("the variant beyond the line has no name in the picture")
	}
}

func TestChromosomesLieInTheOrderOfTheirNumbers(t *testing.T) {
	s := Scan{Chromosome: []string{"10", "2", "X", "2"}, Position: []int{500, 100, 7, 900}}
	all, where := s.places()
	var names []string
	for _, c := range all {
		names = append(names, c.name)
	}
	if !slices.Equal(names, []string{"2", "10", "X"}) || !(where[1] < where[3] && where[3] < where[0] && where[0] < where[2]) {
		t.Errorf("%v at %v", names, where)
	}
}

func TestAScanWithoutVariantsOrWithBrokenNumbersIsNoPanic(t *testing.T) {
	run := fixture()
	broken := scan(3 + 103)
	broken.P[0], broken.P[1], broken.P[2] = math.NaN(), 0, 2
	run.Studies[3].Scans = []Scan{{Outcome: "case"}, broken, {Outcome: "case", P: []float64{0.5}}}
	run.Studies[3].Fits = []Fit{{Title: "x", Measure: "log odds ratio", Terms: []Term{{"a", 1, math.Inf(1), 0, false}, {"b", 800, 1, 0, false}}}}
	all, _ := written(t, run)
	text := words(t, all)
	if strings.Contains(text, "NaN (") || strings.Contains(text, "Inf (") {
		t.Error("a number that is none was drawn")
	}
	for _, said := range []string{"No variant was told", "a has no interval that can be drawn", "b has no interval that can be drawn"} {
		if !strings.Contains(text, said) {
			t.Errorf("the page does not say %q", said)
		}
	}
}

func TestTheMapOfAStudyTellsOfEachPart(t *testing.T) {
	p := fixture().newPage()
	map1 := string(p.Studies[3].Maps[0])
	for _, want := range []string{"denbi: host", "✓ rotterdam: returned", "… utrecht: timed out", "✗ refused: consent-missing", ">DE<", ">NL<", ">CZ<", "✓ decided: gave the permit"} {
		if !strings.Contains(map1, want) {
			t.Errorf("the map does not say %q", want)
		}
	}
	if silent := string(p.Studies[2].Maps[0]); !strings.Contains(silent, "asked 1.7 kB") || !strings.Contains(silent, "nothing came") {
		t.Error("the map does not tell of a site that was asked and said nothing")
	}
}

func TestAFacetCountsItsScenariosStepsRefusalsAndLaws(t *testing.T) {
	run := fixture()
	run.Refusals[0].Scenario, run.Refusals[1].Scenario = 3, 3
	legal, technical := run.layers()[0], run.layers()[3]
	if legal.Scenarios() != 4 || legal.Steps != 17 || legal.Passed != 17 || legal.Refusals != 2 || legal.State() != "ok" || legal.With[4] != 4 || legal.With[0] != 0 {
		t.Errorf("legal: %+v", legal)
	}
	if len(technical.Laws) != 4 || technical.Records != 31+214+214+9 || technical.State() != "none" {
		t.Errorf("technical, which no scenario shows: %d laws over %d records, %s", len(technical.Laws), technical.Records, technical.State())
	}
	run.Story[0].Steps[0].Status = Failed
	if got := run.layers()[0].State(); got != "bad" {
		t.Errorf("a layer one of whose steps failed is %s", got)
	}
	run.Story[0].Steps[0].Status, run.Invariants[0].Checked, run.Invariants[0].Shows = Passed, 0, shows("legal", "outputs")
	if got := run.layers()[0].State(); got != "bad" {
		t.Errorf("a layer one of whose laws had nothing to judge is %s", got)
	}
	if run.Own = true; run.layers()[0].State() != "ok" {
		t.Error("somebody's own scenarios need not give every law something to judge")
	}
	all, err := run.files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(facets.Layers(), facets.Safes()...) {
		if !strings.Contains(string(all[0].content), f.Name) || !strings.Contains(string(all[0].content), f.Asks) {
			t.Errorf("the front page does not name %s", f.Name)
		}
	}
	if !strings.Contains(string(all[0].content), `<a href="story.html#scenario-1">One question, three sites, one released answer</a>`) {
		t.Error("the front page does not lead to the scenario")
	}
}

func TestThePageOfNumbersTellsHowLargeTheOthersAre(t *testing.T) {
	all, err := fixture().files()
	if err != nil {
		t.Fatal(err)
	}
	numbers := string(all[len(all)-1].content)
	for _, f := range all[:len(all)-1] {
		if !strings.Contains(numbers, size(f.Bytes)) || f.Bytes != int64(len(f.content)) {
			t.Errorf("the size of %s, %s, is not told", f.Name, size(f.Bytes))
		}
	}
}
