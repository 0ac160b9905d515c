package analysis_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/services/workspace/internal/analysis"
)

// driverScript computes the answers of the driver studies from the same files, of all sites as of one table.
const driverScript = `
suppressPackageStartupMessages(library(survival))
data <- function(name) read.csv(gzfile(file.path(commandArgs(TRUE)[1], name)))
r <- data("rotterdam.csv.gz"); g <- data("gbsg.csv.gz"); l <- data("lung.csv.gz"); i <- data("HealthInsurance.csv.gz")
both <- rbind(data.frame(site = 1, time = r$rtime, event = r$recur, r[c("hormon", "age", "nodes")]),
              data.frame(site = 2, time = g$rfstime, event = g$status, g[c("hormon", "age", "nodes")]))
tell <- function(what, x) cat(what, sprintf("%.15g", x), "\n")
chisq <- function(what, f, d) tell(what, survdiff(f, d)$chisq)
chisq("rotterdam", Surv(rtime, recur) ~ hormon, r)
chisq("gbsg", Surv(rfstime, status) ~ hormon, g)
chisq("both", Surv(time, event) ~ hormon + strata(site), both)
chisq("death", Surv(dtime, death) ~ hormon, r)
chisq("lung", Surv(time, status) ~ sex, l)
chisq("institutions", Surv(time, status) ~ sex + strata(inst), l)
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)
cox <- function(what, f, d) { m <- coxph(f, d, ties = "breslow", control = tight); tell(what, c(coef(m), sqrt(diag(vcov(m))))) }
cox("alone", Surv(time, event) ~ hormon + strata(site), both)
cox("adjusted", Surv(time, event) ~ hormon + age + nodes + strata(site), both)
cox("hazard", Surv(time, status) ~ I(sex == 2) + age, l)
cox("hazards", Surv(time, status) ~ I(sex == 2) + age + strata(inst), l)
i$education <- relevel(factor(i$education), "bachelor")
m <- glm((insurance == "yes") ~ age + gender + education + limit, binomial, i, epsilon = 1e-15, maxit = 50)
tell("insurance", c(coef(m)[c("age", "gendermale", "limityes")], deviance(m)))
`

func TestRGivesTheAnswersOfTheDriverStudies(t *testing.T) {
	path, err := exec.LookPath("Rscript")
	if err != nil || exec.Command(path, "-e", "library(survival)").Run() != nil {
		t.Skip("R with its package survival is not installed here; Debian has it in r-base-core and r-cran-survival")
	}
	folder, err := filepath.Abs("../../../../features/data")
	if err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(path, "-e", driverScript, folder).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	known := map[string][]float64{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		known[strings.Fields(line)[0]] = fieldsOf(t, line)
	}
	ours := map[string][]float64{}
	rotterdam, gbsg, lung := rotterdam(t), gbsg(t), lung(t, sexes)
	one, other := logRank(t, rotterdam, breast, "").Groups[1], logRank(t, gbsg, breast, "").Groups[1]
	difference, variance := one.OMinusE+other.OMinusE, one.Variance+other.Variance
	ours["rotterdam"] = []float64{one.OMinusE * one.OMinusE / one.Variance}
	ours["gbsg"] = []float64{other.OMinusE * other.OMinusE / other.Variance}
	ours["both"] = []float64{difference * difference / variance} // as a host adds them up
	for what, test := range map[string]outputs.LogRank{"death": logRank(t, rotterdam, death, ""), "lung": logRank(t, lung, bySex, ""),
		"institutions": logRank(t, lung, bySex, "institution")} {
		ours[what] = []float64{test.ChiSquare}
	}
	first, second := cohorts(t)
	q := analysis.Regression{Kind: "cox", Time: "recurrence-time", Event: "recurrence", Covariates: []string{"hormone-therapy"}}
	m, _ := together(t, q, first, second)
	ours["alone"] = inR(m)
	q.Covariates = append(q.Covariates, "age", "nodes")
	m, _ = together(t, q, first, second)
	ours["adjusted"] = inR(m)
	patients, strata := lungWithAge(t), survivalOfLung
	strata.Stratum = "institution"
	ours["hazard"], ours["hazards"] = inR(fit(t, patients, survivalOfLung)), inR(fit(t, patients, strata))
	m, _ = together(t, insured, insurance(t, "northeast"), insurance(t, "midwest"), insurance(t, "south"), insurance(t, "west"))
	ours["insurance"] = []float64{term(t, m, "age").Estimate, term(t, m, "gender=male").Estimate, term(t, m, "limit").Estimate, m.Deviance}
	if len(known) != len(ours) {
		t.Fatalf("R tells %v", known)
	}
	for what, numbers := range ours {
		close8(t, what, numbers, known[what])
	}
}
