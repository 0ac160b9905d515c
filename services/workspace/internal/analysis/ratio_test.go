package analysis_test

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
	"github.com/fairway-tre/fairway/services/workspace/internal/holdings"
)

func bcg(t *testing.T, trials string) analysis.Table {
	return load(t, "bcg-"+trials+".csv.gz", holdings.Dictionary{
		{Concept: "trial", Column: "trial", Type: holdings.Category},
		{Concept: "vaccination", Column: "vaccinated", Type: holdings.Category, Levels: map[string]string{"0": "no", "1": "yes"}},
		{Concept: "tuberculosis", Column: "tuberculosis", Type: holdings.Event, EventValue: "1"},
	}, "trial", "vaccination", "tuberculosis")
}

var vaccine = analysis.Ratio{Outcome: "tuberculosis", Arm: "vaccination", Stratum: "trial"}

func ratio(t *testing.T, data analysis.Table, q analysis.Ratio) (outputs.RatioPart, outputs.ResultEvidence) {
	t.Helper()
	part, evidence, err := analysis.RiskRatio(context.Background(), data, q, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outputs.Encode(outputs.Document{Schema: outputs.Schema, Dataset: "d", Results: []outputs.Result{part}}); err != nil {
		t.Fatal(err)
	}
	return part, evidence
}

// published are the four numbers of each trial, as they were published: with and without tuberculosis, of the vaccinated
// and of the others.
func published(t *testing.T) (trials [][4]float64) {
	t.Helper()
	file, err := os.Open("../../../../features/data/bcg.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(plain).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		var trial [4]float64
		for i, text := range row[3:7] {
			if trial[i], err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatal(err)
			}
		}
		trials = append(trials, trial)
	}
	return trials
}

// The three files of people hold the people of the 13 trials and nobody else: every sum is that of the published numbers.
func TestSumsOverTrialsAreThoseOfThePublishedNumbers(t *testing.T) {
	all, from := published(t), 0
	const tau = 0.3
	for _, site := range []struct {
		trials string
		k      int
	}{{"1-5", 5}, {"6-9", 4}, {"10-13", 4}} {
		var iv [4]float64
		var later [2]float64
		var mh [3]float64
		people, ill, most := 0.0, 0.0, [2][]float64{}
		for _, x := range all[from : from+site.k] {
			a, n, c, m := x[0], x[0]+x[1], x[2], x[2]+x[3]
			y, v := math.Log((a/n)/(c/m)), 1/a-1/n+1/c-1/m
			iv = [4]float64{iv[0] + 1/v, iv[1] + y/v, iv[2] + y*y/v, iv[3] + 1/v/v}
			later = [2]float64{later[0] + 1/(v+tau), later[1] + y/(v+tau)}
			mh = [3]float64{mh[0] + a*m/(n+m), mh[1] + c*n/(n+m), mh[2] + (n*m*(a+c)-a*c*(n+m))/(n+m)/(n+m)}
			people, ill = people+n+m, ill+a+c
			most = [2][]float64{append(most[0], c), append(most[1], a)}
		}
		from += site.k
		data := bcg(t, site.trials)
		for _, c := range []struct {
			method string
			round  int
			tau    float64
			want   []float64
		}{{"fixed-effect", 0, 0, iv[:3]}, {"random-effects", 1, 0, iv[:]}, {"random-effects", 2, tau, later[:]}, {"mantel-haenszel", 0, 0, mh[:]}} {
			q := vaccine
			q.Method, q.Round, q.Tau = c.method, c.round, c.tau
			part, evidence := ratio(t, data, q)
			close8(t, site.trials+" "+c.method, part.Sums, c.want)
			if part.N != int(people) || part.Events != int(ill) || part.Strata != site.k || part.Dropped != "0" || part.Levels[1].Level != "yes" {
				t.Errorf("%s: %+v", site.trials, part.Regression)
			}
			for arm, g := range evidence.Groups {
				slices.Sort(most[arm])
				if g.N != part.Levels[arm].N || g.Largest != most[arm][site.k-1] || g.Second != most[arm][site.k-2] {
					t.Errorf("%s: evidence of arm %d: %+v", site.trials, arm, g)
				}
			}
		}
	}
	if from != len(all) {
		t.Errorf("%d trials", len(all))
	}
}

// trial is one small trial beside two others.
func trial(with, without [2]int) analysis.Table {
	var outcomes, arms, trials []float64
	add := func(n int, outcome, arm, trial float64) {
		for range n {
			outcomes, arms, trials = append(outcomes, outcome), append(arms, arm), append(trials, trial)
		}
	}
	for arm := range 2 {
		add(with[arm], 1, float64(arm), 0)
		add(without[arm], 0, float64(arm), 0)
		for other := 1; other < 3; other++ {
			add(20, 1, float64(arm), float64(other))
			add(30, 0, float64(arm), float64(other))
		}
	}
	return analysis.Table{Columns: map[string]analysis.Column{
		"tuberculosis": {Type: analysis.Event, Values: values(outcomes...)},
		"vaccination":  {Type: analysis.Category, Levels: []string{"no", "yes"}, Values: values(arms...)},
		"trial":        {Type: analysis.Category, Levels: []string{"a", "b", "c", "of nobody"}, Values: values(trials...)}}}
}

func TestAnEmptyCellCountsHalfAndATrialOfOneArmNotAtAll(t *testing.T) {
	q := vaccine
	q.Method = "fixed-effect"
	v := 1/0.5 - 1/11.0 + 1/4.5 - 1/11.0
	whole := 2 / (2 * (1/20.0 - 1/50.0)) // of the two others, whose ratio is one
	empty, _ := ratio(t, trial([2]int{4, 0}, [2]int{6, 10}), q)
	close8(t, "an empty cell", empty.Sums[:2], []float64{whole + 1/v, math.Log(0.5/4.5) / v})
	alone, _ := ratio(t, trial([2]int{4, 0}, [2]int{6, 0}), q)
	if close8(t, "one arm", alone.Sums[:1], []float64{whole}); alone.Strata != 2 || alone.N != 200 || alone.Dropped != "10" {
		t.Errorf("%+v", alone)
	}
	for name, c := range map[string]struct {
		data analysis.Table
		q    analysis.Ratio
		want error
	}{
		"no outcome":        {trial([2]int{4, 1}, [2]int{6, 10}), analysis.Ratio{Outcome: "trial", Arm: "vaccination", Stratum: "trial"}, analysis.ErrConcept},
		"three arms":        {trial([2]int{4, 1}, [2]int{6, 10}), analysis.Ratio{Outcome: "tuberculosis", Arm: "trial", Stratum: "vaccination"}, analysis.ErrNoInformation},
		"each trial an arm": {trial([2]int{0, 0}, [2]int{0, 0}), analysis.Ratio{Outcome: "tuberculosis", Arm: "trial", Stratum: "trial"}, analysis.ErrNoInformation},
		"τ² at first":       {trial([2]int{4, 1}, [2]int{6, 10}), analysis.Ratio{Outcome: "tuberculosis", Arm: "vaccination", Stratum: "trial", Round: 1, Tau: 0.1}, analysis.ErrParameters},
	} {
		if _, _, err := analysis.RiskRatio(context.Background(), c.data, c.q, 10); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// ratioScript computes the three answers in R from the published numbers: fixed effect as the weighted mean that lm fits,
// and the others by the formulas of DerSimonian and Laird and of Greenland and Robins.
const ratioScript = `
d <- read.csv(file("stdin"), header = FALSE, col.names = c("a", "b", "c", "d"))
n <- d$a + d$b; m <- d$c + d$d
y <- log((d$a / n) / (d$c / m)); v <- 1/d$a - 1/n + 1/d$c - 1/m
f <- lm(y ~ 1, weights = 1/v); q <- deviance(f)
tau <- max(0, (q - length(y) + 1) / (sum(1/v) - sum(1/v^2) / sum(1/v)))
cat(sprintf("%.15g", c(coef(f), coef(lm(y ~ 1, weights = 1/(v + tau))), log(sum(d$a * m / (n + m)) / sum(d$c * n / (n + m))), q, tau)))
`

func TestRCombinesTheSameSums(t *testing.T) {
	path, err := exec.LookPath("Rscript")
	if err != nil {
		t.Skip("R is not installed here; Debian has it in r-base-core")
	}
	var text strings.Builder
	for _, x := range published(t) {
		fmt.Fprintf(&text, "%g,%g,%g,%g\n", x[0], x[1], x[2], x[3])
	}
	cmd := exec.Command(path, "-e", ratioScript)
	cmd.Stdin = strings.NewReader(text.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	known := fieldsOf(t, "ratio "+string(out))
	sum := func(method string, round int, tau float64) (total []float64) {
		for _, trials := range []string{"1-5", "6-9", "10-13"} {
			q := vaccine
			q.Method, q.Round, q.Tau = method, round, tau
			part, _ := ratio(t, bcg(t, trials), q)
			if total == nil {
				total = make([]float64, len(part.Sums))
			}
			for i, v := range part.Sums {
				total[i] += v
			}
		}
		return total
	}
	iv, later, mh := sum("random-effects", 1, 0), sum("random-effects", 2, known[4]), sum("mantel-haenszel", 0, 0)
	q := iv[2] - iv[1]*iv[1]/iv[0]
	close8(t, "R", []float64{iv[1] / iv[0], later[1] / later[0], math.Log(mh[0] / mh[1]), q, (q - 12) / (iv[0] - iv[3]/iv[0])}, known)
}
