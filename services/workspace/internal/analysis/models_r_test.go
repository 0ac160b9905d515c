package analysis_test

import (
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

// modelScript fits the same models in R. Its own tolerance is set so that it, too, ends where the likelihood does.
const modelScript = `
suppressPackageStartupMessages(library(survival))
d <- read.csv(file("stdin"))
d$arm <- relevel(factor(d$arm), ref = "1")
tell <- function(what, b, v) cat(what, sprintf("%.15g", c(b, sqrt(diag(v)))), "\n")
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-14, iter.max = 50)
for (f in c(Surv(time, event) ~ arm + size, Surv(time, event) ~ arm + size + strata(stratum))) {
  m <- coxph(f, d, ties = "breslow", control = tight)
  tell("cox", coef(m), vcov(m))
}
g <- glm(event ~ arm + size, binomial, d, epsilon = 1e-15, maxit = 50)
tell("logistic", coef(g), vcov(glm(event ~ arm + size, binomial, d, start = coef(g), epsilon = 1e-15)))
cat("deviance", sprintf("%.15g", deviance(g)), "\n")
l <- lm(time ~ arm + size, d)
tell("linear", coef(l), vcov(l))
cat("squares", sprintf("%.15g", deviance(l)), "\n")
cat("p", sprintf("%.15g", summary(l)$coefficients[, 4]), "\n")
`

func TestRFitsTheSameModels(t *testing.T) {
	path, err := exec.LookPath("Rscript")
	if err != nil || exec.Command(path, "-e", "library(survival)").Run() != nil {
		t.Skip("R with its package survival is not installed here; Debian has it in r-base-core and r-cran-survival")
	}
	for seed := range uint64(3) {
		data := rows(seed + 1)
		draw, sizes := rand.New(rand.NewPCG(seed, 9)), []float64{}
		for range data.Rows() {
			sizes = append(sizes, float64(draw.IntN(100))/8)
		}
		data.Columns["size"] = analysis.Column{Type: analysis.Number, Values: values(sizes...)}
		var csv strings.Builder
		csv.WriteString("time,event,arm,stratum,size\n")
		for i := range data.Rows() {
			at := func(concept string) float64 { return data.Columns[concept].Values[i].Number }
			fmt.Fprintf(&csv, "%g,%g,%g,%g,%g\n", at("time"), at("event"), at("arm"), at("stratum"), at("size"))
		}
		cmd := exec.Command(path, "-e", modelScript)
		cmd.Stdin = strings.NewReader(csv.String())
		text, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		told := strings.Split(strings.TrimSpace(string(text)), "\n")
		q := analysis.Regression{Covariates: []string{"arm", "size"}, References: map[string]string{"arm": "b"}}
		cox, logistic, linear := q, q, q
		cox.Kind, cox.Time, cox.Event = "cox", "time", "event"
		logistic.Kind, logistic.Outcome = "logistic-regression", "event"
		linear.Kind, linear.Outcome = "linear-regression", "time"
		stratified := cox
		stratified.Stratum = "stratum"
		for line, q := range map[int]analysis.Regression{0: cox, 1: stratified, 2: logistic, 4: linear} {
			close8(t, q.Kind, inR(fit(t, data, q)), fieldsOf(t, told[line]))
		}
		close8(t, "deviance", []float64{fit(t, data, logistic).Deviance}, fieldsOf(t, told[3]))
		m := fit(t, data, linear)
		close8(t, "squares", []float64{m.Deviance}, fieldsOf(t, told[5]))
		var p []float64
		for _, e := range m.Terms {
			p = append(p, e.P)
		}
		close8(t, "p", p, fieldsOf(t, told[6]))
	}
}

// inR puts estimates and their standard errors in the order of the script.
func inR(m outputs.Model) (numbers []float64) {
	for _, e := range m.Terms {
		numbers = append(numbers, e.Estimate)
	}
	for _, e := range m.Terms {
		numbers = append(numbers, e.SE)
	}
	return numbers
}

func fieldsOf(t *testing.T, line string) (numbers []float64) {
	t.Helper()
	for _, field := range strings.Fields(line)[1:] {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, v)
	}
	return numbers
}

func close8(t *testing.T, what string, ours, known []float64) {
	t.Helper()
	if len(ours) != len(known) {
		t.Fatalf("%s: %d numbers, R has %d", what, len(ours), len(known))
	}
	for i := range ours {
		if !(math.Abs(ours[i]-known[i]) <= 1e-8*math.Abs(known[i])) {
			t.Errorf("%s, number %d: ours %.15g, R %.15g", what, i+1, ours[i], known[i])
		}
	}
}
