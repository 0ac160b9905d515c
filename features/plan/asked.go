package plan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/steps"
)

// asked are the analyses as a study asks them.
func (p *Plan) asked() (all []vocabulary.Analysis) {
	for _, a := range p.Analyses {
		one := vocabulary.Analysis{Kind: a.Kind, Time: a.Time, Event: a.Event, Arm: a.Arm, Stratum: a.Stratum, By: a.By, Outcome: a.Outcome,
			Covariates: a.Covariates, Measure: a.Measure, Variants: a.Variants, SmallCells: a.SmallCells, Combine: a.Combine}
		for _, r := range a.References {
			one.References = append(one.References, vocabulary.Reference{Concept: r.Name, Level: r.Text})
		}
		for _, text := range a.Percentiles {
			n, _ := strconv.ParseInt(text, 10, 64) // checked
			one.Percentiles = append(one.Percentiles, n)
		}
		for _, w := range a.Weights {
			one.Weights = append(one.Weights, vocabulary.Weight(w))
		}
		all = append(all, one)
	}
	return all
}

// prepared are the steps as a study asks them. The error is about the condition of a step, counted from 1.
func (p *Plan) prepared() (all []vocabulary.Preparation, at int, err error) {
	for i, s := range p.Prepare {
		one := vocabulary.Preparation{Op: s.Op, Dataset: s.Dataset, Concept: s.Concept, How: s.How, Order: s.Order, Cuts: s.Cuts, Levels: s.Levels,
			Variant: s.Variant, Allele: s.Allele, As: s.As}
		for _, r := range s.Recodes {
			one.Recodes = append(one.Recodes, vocabulary.Recode{From: r.Name, To: r.Text})
		}
		if one.Where, err = steps.Conditions(strings.Join(s.Where, ";")); err != nil {
			return nil, i + 1, err
		}
		all = append(all, one)
	}
	return all, 0, nil
}

// ofPart finds which analysis or step an error of contracts/analyses is about, and drops what the line tells already.
var ofPart = regexp.MustCompile(`^.*?(analysis|step) (\d+) \([^)]*\) `)

// answerable holds the questions against the table of what may be asked at all.
func (c *checking) answerable() {
	for i, a := range c.Analyses {
		at := fmt.Sprintf("analyses.%d", i+1)
		for _, text := range a.Percentiles {
			if n, err := strconv.Atoi(text); err != nil || n < 1 || n > 99 {
				c.wrong(at+".percentiles", "expected whole numbers from 1 to 99")
			}
		}
		if n := c.targets(); len(a.Percentiles) > 0 && n > 1 && a.Combine != analyses.PerSite {
			c.wrong(at+".percentiles", "quantiles do not add up over datasets, and %d are asked: ask for those of each with combine: per-site, or leave them out", n)
		}
		c.sameWeights(at, a)
	}
	prepare, step, err := c.prepared()
	if err != nil {
		c.wrong(fmt.Sprintf("prepare.%d.where", step), "%v", err)
		return
	}
	asked := c.asked()
	if err := analyses.CheckPrepared(prepare, asked); err != nil {
		text := err.Error()
		at := "analyses"
		if m := ofPart.FindStringSubmatch(text); m != nil {
			at = map[string]string{"analysis": "analyses.", "step": "prepare."}[m[1]] + m[2]
			text = "this " + m[1] + " " + strings.TrimPrefix(text, m[0])
		}
		c.wrong(at, "%s", text)
		return
	}
	for _, a := range asked {
		if a.Kind != analyses.KaplanMeier {
			return
		}
	}
	c.wrong("analyses", "curves alone are not combined: ask for a log-rank of the same time, event and arm beside them; its result brings them")
}

// targets counts the datasets that are asked.
func (p *Plan) targets() (n int) {
	p.datasets(func(_ *Site, d *Dataset) {
		if !p.linked(d.ID) {
			n++
		}
	})
	return n
}

func (c *checking) sameWeights(at string, a Analysis) {
	for _, other := range c.Analyses {
		if a.Kind == analyses.PolygenicScore && other.Kind == a.Kind && fmt.Sprint(a.Weights) != fmt.Sprint(other.Weights) {
			c.wrong(at+".weights", "all scores of a plan have the same weights: ask for other ones in a plan of their own")
			return
		}
	}
}

// role is the part that a variable plays in an analysis, and which types it may have for it.
type role struct {
	field, concept string
	types          []string
}

var (
	numbers  = []string{"number", "integer"}
	events   = []string{"event"}
	groups   = []string{"category", "event"}
	anything = []string{"number", "integer", "category", "event"}
)

// roles lists the variables that an analysis names.
func (a Analysis) roles() []role {
	outcome := events
	if a.Kind == analyses.LinearRegression {
		outcome = numbers
	}
	all := []role{{"time", a.Time, numbers}, {"event", a.Event, events}, {"arm", a.Arm, groups}, {"stratum", a.Stratum, groups},
		{"outcome", a.Outcome, outcome}, {"measure", a.Measure, numbers}}
	if a.Kind == analyses.RiskRatio {
		all = all[:len(all)-1] // a measure of effect
	}
	for _, by := range a.By {
		all = append(all, role{"by", by, groups})
	}
	for _, covariate := range a.Covariates {
		all = append(all, role{"covariates", covariate, anything})
	}
	switch a.Kind {
	case analyses.AlleleFrequency, analyses.Association, analyses.PolygenicScore:
		all = append(all, role{"kind", analyses.Genotype, []string{"genotype"}})
	}
	return all
}
