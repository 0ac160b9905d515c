package steps

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/cucumber/godog"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
)

func (w *World) preparationSteps() []Step {
	return []Step{
		{`^the study "([^"]+)" first prepares$`, w.prepares,
			"Says how the table of the study's analyses is made, a step a row. Columns: step (filter, derive, recode, aggregate, link, dosage), and what the step needs of dataset, concept, where (test is hdl; days at most 0), how (any, count, mean, min, max, last), order, cuts, levels, recodes (old = new) or lookup (the name of what the project brought in), variant, allele, as.",
			`the study "diabetes by sex" first prepares`},
		{`^the study "([^"]+)" weighs the alleles$`, w.weighs,
			"Gives the polygenic scores of the study their weights, a row each: variant, allele, weight.",
			`the study "scores" weighs the alleles`},
	}
}

func (w *World) prepares(_ context.Context, name string, table *godog.Table) error {
	all, err := rows(table)
	if err != nil {
		return err
	}
	s := w.describeStudy(name)
	s.prepare = nil
	for _, row := range all {
		where, err := Conditions(row["where"])
		if err != nil {
			return err
		}
		p := vocabulary.Preparation{Op: row["step"], Dataset: row["dataset"], Concept: row["concept"], Where: where, How: row["how"], Order: row["order"],
			Cuts: list(row["cuts"]), Levels: list(row["levels"]), Variant: row["variant"], Allele: row["allele"], As: row["as"]}
		for _, recode := range list(row["recodes"]) {
			from, to, ok := strings.Cut(recode, "=")
			if !ok {
				return fmt.Errorf("recode %q: expected old = new", recode)
			}
			p.Recodes = append(p.Recodes, vocabulary.Recode{From: strings.TrimSpace(from), To: strings.TrimSpace(to)})
		}
		if file := row["lookup"]; file != "" {
			b, err := w.broughtIn(file)
			if err != nil {
				return err
			}
			p.Lookup = b.Digest
		}
		s.prepare = append(s.prepare, p)
	}
	return nil
}

var (
	condition = regexp.MustCompile(`^(\S+) (is not|is|under|at most|over|at least) (.+)$`)
	operators = map[string]string{"is": analyses.In, "is not": analyses.NotIn, "under": analyses.LT, "at most": analyses.LE,
		"over": analyses.GT, "at least": analyses.GE}
)

// Conditions reads "test is hdl or chol; days at most 0".
func Conditions(text string) ([]vocabulary.Condition, error) {
	var all []vocabulary.Condition
	for one := range strings.SplitSeq(text, ";") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		said := condition.FindStringSubmatch(one)
		if said == nil {
			return nil, fmt.Errorf("condition %q: expected a concept, one of is, is not, under, at most, over, at least, and a value", one)
		}
		c := vocabulary.Condition{Concept: said[1], Op: operators[said[2]], Value: said[3]}
		if c.Op == analyses.In || c.Op == analyses.NotIn {
			c.Levels, c.Value = strings.Split(said[3], " or "), ""
		}
		all = append(all, c)
	}
	return all, nil
}

func (w *World) weighs(_ context.Context, name string, table *godog.Table) error {
	all, err := rows(table)
	if err != nil {
		return err
	}
	s, err := w.study(name)
	if err != nil {
		return err
	}
	var weights []vocabulary.Weight
	for _, row := range all {
		weights = append(weights, vocabulary.Weight{Variant: row["variant"], Allele: row["allele"], Weight: row["weight"]})
	}
	for i, a := range s.analyses {
		if a.Kind == analyses.PolygenicScore {
			s.analyses[i].Weights = weights
		}
	}
	return nil
}
