package analysis_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// script lets R compute what stands in d, and print it line by line.
const script = `
suppressPackageStartupMessages(library(survival))
d <- read.csv(file("stdin"))
tell <- function(what, x) cat(what, sprintf("%.15g", x), "\n")
two <- function(what, s) {
  o <- if (is.matrix(s$obs)) rowSums(s$obs) else s$obs
  e <- if (is.matrix(s$exp)) rowSums(s$exp) else s$exp
  tell(what, c(o, e, diag(s$var), s$chisq))
}
two("plain", survdiff(Surv(time, event) ~ arm, d))
two("strata", survdiff(Surv(time, event) ~ arm + strata(stratum), d))
f <- survfit(Surv(time, event) ~ arm, d)
at <- summary(f, times = sort(unique(d$time)), extend = TRUE)
for (i in seq_along(at$time)) tell("curve", c(as.integer(at$strata)[i] - 1, at$time[i], at$surv[i]))
`

// rows draws people in coarse times, so that events and censorings tie, and in
// strata of which some hold one arm.
func rows(seed uint64) analysis.Table {
	r := rand.New(rand.NewPCG(seed, 1))
	var times, events, arms, where []float64
	for range 300 {
		stratum := float64(r.IntN(8))
		arm := float64(r.IntN(3))
		if stratum == 7 {
			arm = 2
		}
		times, events = append(times, float64(r.IntN(40))/4), append(events, float64(min(r.IntN(3), 1)))
		arms, where = append(arms, arm), append(where, stratum)
	}
	return strata(table(times, events, arms, "a", "b", "c"), where, "0", "1", "2", "3", "4", "5", "6", "7")
}

// r runs the script on a table and gives its lines by their first word.
func r(t *testing.T, data analysis.Table) map[string][][]float64 {
	t.Helper()
	path, err := exec.LookPath("Rscript")
	if err != nil {
		t.Skip("R is not installed here; Debian has it in r-base-core and r-cran-survival")
	}
	if err := exec.Command(path, "-e", "library(survival)").Run(); err != nil {
		t.Skip("R is here but its package survival is not; Debian has it in r-cran-survival")
	}
	var csv strings.Builder
	csv.WriteString("time,event,arm,stratum\n")
	for i := range data.Rows() {
		for k, concept := range []string{"time", "event", "arm", "stratum"} {
			fmt.Fprintf(&csv, "%s%g", strings.Repeat(",", min(k, 1)), data.Columns[concept].Values[i].Number)
		}
		csv.WriteString("\n")
	}
	cmd := exec.Command(path, "-e", script)
	cmd.Stdin = strings.NewReader(csv.String())
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	lines := map[string][][]float64{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		fields := strings.Fields(line)
		var numbers []float64
		for _, field := range fields[1:] {
			number, err := strconv.ParseFloat(field, 64)
			if err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, number)
		}
		lines[fields[0]] = append(lines[fields[0]], numbers)
	}
	return lines
}

func TestRComputesTheSameTestsAndCurves(t *testing.T) {
	for name, data := range map[string]analysis.Table{"ties": rows(1), "other ties": rows(2), "lung": renamed(t, lung(t, sexes))} {
		t.Run(name, func(t *testing.T) {
			told := r(t, data)
			for what, stratum := range map[string]string{"plain": "", "strata": "stratum"} {
				test := logRank(t, data, question, stratum)
				var numbers []float64
				for _, of := range []func(outputs.Group) float64{
					func(g outputs.Group) float64 { return float64(g.Observed) },
					func(g outputs.Group) float64 { return g.Expected },
					func(g outputs.Group) float64 { return g.Variance }} {
					for _, g := range test.Groups {
						numbers = append(numbers, of(g))
					}
				}
				same(t, what, append(numbers, test.ChiSquare), told[what][0])
			}
			curves(t, data, told["curve"])
		})
	}
}

// curves compares every step that is published, at several thresholds.
func curves(t *testing.T, data analysis.Table, told [][]float64) {
	t.Helper()
	for _, threshold := range []int{1, 5, 10} {
		km, err := analysis.KaplanMeier(context.Background(), data, question, threshold)
		if err != nil {
			t.Fatal(err)
		}
		for g, group := range km.Groups {
			for _, step := range group.Steps {
				found := false
				for _, line := range told {
					if int(line[0]) == g && line[1] == step.Time {
						same(t, "S(t)", []float64{step.Survival}, line[2:])
						found = true
					}
				}
				if !found {
					t.Errorf("R has no step of %s at %g", group.Level, step.Time)
				}
			}
		}
	}
}

func same(t *testing.T, what string, ours, known []float64) {
	t.Helper()
	if len(ours) != len(known) {
		t.Fatalf("%s: %d numbers, R has %d", what, len(ours), len(known))
	}
	for i := range ours {
		if !(math.Abs(ours[i]-known[i]) <= 1e-9*max(1, math.Abs(known[i]))) {
			t.Errorf("%s, number %d: ours %.15g, R %.15g", what, i+1, ours[i], known[i])
		}
	}
}

// renamed gives the lung cohort's complete rows the names that the script uses.
func renamed(t *testing.T, data analysis.Table) analysis.Table {
	t.Helper()
	kept, err := data.Complete()
	if err != nil {
		t.Fatal(err)
	}
	c := kept.Columns
	return analysis.Table{Columns: map[string]analysis.Column{"time": c["survival-time"], "event": c["death"], "arm": c["sex"], "stratum": c["institution"]}}
}
