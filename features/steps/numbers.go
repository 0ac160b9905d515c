package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/outputs"
	"github.com/fairway-tre/fairway/features/report"
)

func (w *World) numbersSteps() []Step {
	return []Step{
		{`^the result of the study "([^"]+)" tells, to (1e-\d+) relative$`, w.tells,
			"Compares numbers of any fetched result with known answers, a row each: quantity (people, mean of age, percentile 50 of age, sd, beta, se, p, frequency, lambda, variants, chi-square, estimate, q, tau squared ...), of (a variant, a term, or levels such as sex = female, diabetes = yes), at (a site, where the result has each site's numbers; empty for all), answer. Several analyses of one study are told apart by what they are of or, where that is the same, by the column result, in which they are counted from 1.",
			`the result of the study "diabetes by sex" tells, to 1e-8 relative`},
		{`^the result of the study "([^"]+)" does not tell of$`, w.tellsNot,
			"Looks for numbers that may not be in a fetched result, a row each: quantity, of, at.",
			`the result of the study "allele frequencies" does not tell of`},
		{`^the result of the study "([^"]+)" is another than (.+), by more than (1e-\d+) relative$`, w.anotherNumber,
			"Compares numbers of a fetched result with those that another way would give, a row each: quantity, of, at, answer. The report names the way.",
			`the result of the study "insurance" is another than an average of four separate models, by more than 1e-3 relative`},
	}
}

// place is one number of a result; which one, counted from 1, if several have it.
type place struct{ quantity, of, at, result string }

func placeOf(row map[string]string) place {
	return place{row["quantity"], row["of"], row["at"], row["result"]}
}

func (p place) String() string {
	text := p.quantity
	if p.of != "" {
		text += ", " + p.of
	}
	if p.at != "" {
		text += ", at " + p.at
	}
	if p.result != "" {
		text += ", result " + p.result
	}
	return text
}

// find is the number at a place of a document, in the first result that has it.
func find(document outputs.Document, p place) (float64, bool) {
	for i, r := range document.Results {
		if number, ok := numberOf(r, p); ok && (p.result == "" || p.result == strconv.Itoa(i+1)) {
			return number, true
		}
	}
	return 0, false
}

// numberOf has a line for each kind of result.
func numberOf(r outputs.Result, p place) (float64, bool) {
	switch r := r.(type) {
	case outputs.Combination:
		of := p.at
		if of == "" {
			of = "all sites"
		}
		number, err := quantity(r, p.quantity, of)
		return number, err == nil && p.of == ""
	case outputs.Count:
		return ofCount(r, p)
	case outputs.Summary:
		return ofSummary(r, p)
	case outputs.AlleleFrequency:
		return ofFrequency(r, p)
	case outputs.Association:
		return ofAssociation(r, p)
	case outputs.PolygenicScore:
		return ofScore(r, p)
	case outputs.Model:
		return ofModel(r, p)
	}
	return 0, false
}

// sameLevels compares levels with words such as "sex = female, diabetes = yes", in any order; none are "all" or "".
func sameLevels(by []outputs.Level, words string) bool {
	var said []string
	for _, l := range by {
		said = append(said, l.Concept+" = "+l.Level)
	}
	wanted := list(words)
	if words == "all" {
		wanted = nil
	}
	slices.Sort(said)
	slices.Sort(wanted)
	return slices.Equal(said, wanted)
}

func ofCount(r outputs.Count, p place) (float64, bool) {
	i := slices.IndexFunc(r.Cells, func(c outputs.Cell) bool { return sameLevels(c.By, p.of) })
	if i < 0 || r.Cells[i].Suppressed || p.quantity != "people" {
		return 0, false
	}
	return float64(r.Cells[i].N), true
}

func ofSummary(r outputs.Summary, p place) (float64, bool) {
	groups := r.Groups
	if p.at != "" {
		i := slices.IndexFunc(r.BySite, func(s outputs.SiteSummary) bool { return s.Site == p.at })
		if i < 0 {
			return 0, false
		}
		groups = r.BySite[i].Groups
	}
	concept, measured := strings.CutSuffix(p.quantity, " of "+r.Measure)
	i := slices.IndexFunc(groups, func(g outputs.Summarised) bool { return sameLevels(g.By, p.of) })
	if i < 0 || groups[i].Suppressed || !measured {
		return 0, false
	}
	g := groups[i]
	told := map[string]float64{"people": float64(g.N), "mean": g.Mean, "sd": g.SD}
	for _, percentile := range g.Percentiles {
		told[fmt.Sprintf("percentile %d", percentile.Percent)] = percentile.Value
	}
	number, ok := told[concept]
	return number, ok
}

func ofFrequency(r outputs.AlleleFrequency, p place) (float64, bool) {
	counts, numbers := r.Count, r.Number
	if p.at != "" {
		i := slices.IndexFunc(r.BySite, func(s outputs.SiteAlleles) bool { return s.Site == p.at })
		if i < 0 {
			return 0, false
		}
		counts, numbers = r.BySite[i].Count, r.BySite[i].Number
	}
	if p.of == "" {
		number, ok := map[string]int{"variants with a frequency": r.Variants.Len(), "flipped alleles": flipped(r.Alignment)}[p.quantity]
		return float64(number), ok
	}
	i := slices.Index(r.Variants.ID, p.of)
	allele, asked := strings.CutPrefix(p.quantity, "frequency of ")
	if i < 0 || !asked || numbers[i] == 0 {
		return 0, false
	}
	share := float64(counts[i]) / float64(numbers[i])
	switch allele {
	case r.Variants.Effect[i]:
		return share, true
	case r.Variants.Other[i]:
		return 1 - share, true
	}
	return 0, false
}

func flipped(a *outputs.Alignment) int {
	if a == nil {
		return 0
	}
	return a.Flipped
}

func ofAssociation(r outputs.Association, p place) (float64, bool) {
	if p.of == "" {
		number, ok := map[string]float64{"lambda": r.Lambda, "variants tested": float64(r.Variants.Len()), "cases": float64(r.Cases),
			"controls": float64(r.Controls), "flipped effect alleles": float64(flipped(r.Alignment))}[p.quantity]
		return number, ok && p.at == ""
	}
	i := slices.Index(r.Variants.ID, p.of)
	if i < 0 {
		return 0, false
	}
	beta, se, pValue := r.Beta, r.SE, r.P
	if p.at != "" {
		k := slices.IndexFunc(r.BySite, func(s outputs.SiteAssociation) bool { return s.Site == p.at })
		if k < 0 {
			return 0, false
		}
		beta, se, pValue = r.BySite[k].Beta, r.BySite[k].SE, r.BySite[k].P
	}
	if allele, asked := strings.CutPrefix(p.quantity, "beta of "); asked {
		switch allele {
		case r.Variants.Effect[i]:
			return beta[i], true
		case r.Variants.Other[i]:
			return -beta[i], true
		}
	}
	number, ok := map[string]float64{"se": se[i], "p": pValue[i]}[p.quantity]
	return number, ok
}

func ofScore(r outputs.PolygenicScore, p place) (float64, bool) {
	groups := r.Groups
	if p.at != "" {
		i := slices.IndexFunc(r.Sites, func(s outputs.SiteScores) bool { return s.Site == p.at })
		if i < 0 {
			return 0, false
		}
		groups = r.Sites[i].Groups
	}
	i := slices.IndexFunc(groups, func(g outputs.ScoreGroup) bool { return r.By+" = "+g.Level == p.of })
	if i < 0 {
		return 0, false
	}
	number, ok := map[string]float64{"people with a score": float64(groups[i].N), "mean score": groups[i].Mean, "sd of the score": groups[i].SD}[p.quantity]
	return number, ok
}

func ofModel(r outputs.Model, p place) (float64, bool) {
	if p.of == "" {
		number, ok := map[string]float64{"people in the model": float64(r.N), "events in the model": float64(r.Events), "deviance": r.Deviance,
			"rounds": float64(r.Rounds)}[p.quantity]
		return number, ok
	}
	i := slices.IndexFunc(r.Terms, func(e outputs.Estimate) bool { return e.Term == p.of })
	if i < 0 {
		return 0, false
	}
	told := map[string]float64{"estimate": r.Terms[i].Estimate, "standard error": r.Terms[i].SE}
	if h := r.Terms[i].Heterogeneity; h != nil {
		told["q"], told["tau squared"] = h.Q, h.TauSquared
	}
	number, ok := told[p.quantity]
	return number, ok
}

// fetched is a study whose result has been fetched.
func (w *World) fetched(name string) (*study, error) {
	s, err := w.study(name)
	if err == nil && len(s.document.Results) == 0 {
		err = fmt.Errorf("nobody has fetched the result of the study %q", name)
	}
	return s, err
}

// besides holds each number of a table beside what a fetched result tells at its place, nil where it tells none.
func (w *World) besides(name, relative string, table *godog.Table, judge func(s *study, at place, a report.Answer) error) error {
	s, err := w.fetched(name)
	if err != nil {
		return err
	}
	all, err := rows(table)
	if err != nil {
		return err
	}
	within, err := strconv.ParseFloat(relative, 64)
	if err != nil {
		return err
	}
	var errs []error
	for _, row := range all {
		at := placeOf(row)
		a := report.Answer{Quantity: at.String(), Tolerance: within}
		if a.Known, err = strconv.ParseFloat(row["answer"], 64); err != nil {
			return fmt.Errorf("the answer %q is not a number", row["answer"])
		}
		if ours, told := find(s.document, at); told {
			a.Ours = &ours
		} else {
			errs = append(errs, fmt.Errorf("the result does not tell: %s", at))
		}
		errs = append(errs, judge(s, at, a))
	}
	return errors.Join(errs...)
}

func (w *World) tells(_ context.Context, name, relative string, table *godog.Table) error {
	return w.besides(name, relative, table, func(s *study, at place, a report.Answer) error {
		s.answers = append(s.answers, a)
		if a.Ours != nil && !a.Met() {
			return fmt.Errorf("%s: ours is %.13g, known is %.13g", at, *a.Ours, a.Known)
		}
		return nil
	})
}

func (w *World) tellsNot(_ context.Context, name string, table *godog.Table) error {
	s, err := w.fetched(name)
	if err != nil {
		return err
	}
	all, err := rows(table)
	if err != nil {
		return err
	}
	var errs []error
	for _, row := range all {
		at := placeOf(row)
		if number, told := find(s.document, at); told {
			errs = append(errs, fmt.Errorf("the result tells: %s: %g", at, number))
		}
	}
	return errors.Join(errs...)
}

// anotherNumber wants every number to be told, and to be none of these.
func (w *World) anotherNumber(_ context.Context, name, way, relative string, table *godog.Table) error {
	return w.besides(name, relative, table, func(s *study, at place, a report.Answer) error {
		note := fmt.Sprintf("Another answer, that of %s, would be %s: %.13g", way, at, a.Known)
		if s.note != "" {
			note = strings.TrimSuffix(s.note, ".") + "; " + note
		}
		s.note = note + "."
		if a.Ours != nil && a.Met() {
			return fmt.Errorf("%s: ours is %.13g, which is what %s gives", at, *a.Ours, way)
		}
		return nil
	})
}
