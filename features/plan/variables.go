package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/contracts/vocabulary/v1"
	"github.com/fairway-tre/fairway/features/fields"
)

// table is what is known of the variables that steps and analyses find at a site.
type table map[string]Variable

func (t table) has() string {
	var all []string
	for name := range t {
		if name != analyses.Person {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// variables holds what is asked against the dictionary of each dataset that is asked.
func (c *checking) variables() {
	prepared, _, _ := c.prepared() // answerable found nothing wrong
	c.datasets(func(s *Site, d *Dataset) {
		if c.linked(d.ID) {
			return
		}
		found, before := tableOf(*d), len(c.found.Problems)
		for i, step := range c.Prepare {
			c.step(s, d, found, fmt.Sprintf("prepare.%d", i+1), step, prepared[i].Where)
		}
		if len(c.found.Problems) > before {
			return // what the steps would have made is not there
		}
		for i, a := range c.Analyses {
			c.analysis(s, d, found, fmt.Sprintf("analyses.%d", i+1), a)
		}
	})
}

func tableOf(d Dataset) table {
	t := table{}
	for _, v := range d.Dictionary {
		t[v.Concept] = v
	}
	return t
}

// names are those of the levels of a category, as far as the dictionary or a step says them.
func (v Variable) names() (all []string) {
	if v.Type == "category" {
		for _, l := range v.Levels {
			all = append(all, l.Text)
		}
	}
	return all
}

// step finds what a step reads and notes what it makes. Those of a dataset that is linked later read its own dictionary.
func (c *checking) step(s *Site, d *Dataset, found table, at string, step Step, where []vocabulary.Condition) {
	within, name := found, d.ID
	if step.Dataset != "" {
		if within = c.tableAt(s, at, step.Dataset); within == nil {
			return
		}
		name = step.Dataset
	}
	c.reads(within, name, s.Name, at, step, where)
	if step.Op == analyses.Link && !c.aggregated(step.Dataset) {
		for name, v := range within {
			if _, there := found[name]; !there {
				found[name] = v
			}
		}
	}
	if _, there := within[step.As]; there && step.As != "" && step.Dataset == "" {
		c.wrong(at+".as", "%s is in the dictionary already", step.As)
	}
	if step.As != "" {
		v := Variable{Concept: step.As, Type: made(step, within)}
		for _, name := range step.Levels {
			v.Levels = append(v.Levels, fields.Pair{Text: name})
		}
		found[step.As] = v
	}
}

// tableAt is the dictionary of another dataset of a site, whose rows are found by person; nil, and noted as wrong, where
// there is none.
func (c *checking) tableAt(s *Site, at, dataset string) table {
	i := slices.IndexFunc(s.Datasets, func(o Dataset) bool { return o.ID == dataset })
	if i < 0 {
		c.wrong(at+".dataset", "%s has no dataset %s", s.Name, dataset)
		return nil
	}
	found := tableOf(s.Datasets[i])
	if _, ok := found[analyses.Person]; !ok {
		c.wrong(at+".dataset", "the dictionary of %s has no %s, by which its rows are found", dataset, analyses.Person)
		return nil
	}
	return found
}

// reads notes what a step reads that the table of a dataset at a site does not have, or has as another type.
func (c *checking) reads(within table, name, site, at string, step Step, where []vocabulary.Condition) {
	read := func(field, concept string, types []string) {
		if v, ok := within[concept]; concept != "" && !ok {
			c.wrong(at+"."+field, "the variable %s is not in the dictionary of %s at %s, which has %s", concept, name, site, within.has())
		} else if ok && !slices.Contains(types, v.Type) {
			c.wrong(at+"."+field, "%s is a variable of the type %s, expected is %s", concept, v.Type, strings.Join(types, " or "))
		}
	}
	of := map[string][]string{analyses.Derive: numbers, analyses.Recode: groups, analyses.Aggregate: anything}[step.Op]
	read("variable", step.Concept, of)
	read("order", step.Order, numbers)
	for _, condition := range where {
		types := numbers
		if condition.Op == analyses.In || condition.Op == analyses.NotIn {
			types = groups
		}
		read("where", condition.Concept, types)
		for _, level := range condition.Levels {
			if names := within[condition.Concept].names(); len(names) > 0 && !slices.Contains(names, level) {
				c.wrong(at+".where", "%s is not one of the levels of %s at %s: %s", level, condition.Concept, site, strings.Join(names, ", "))
			}
		}
	}
}

// aggregated says whether a dataset gives what steps made of it and no column.
func (c *checking) aggregated(id string) bool {
	return slices.ContainsFunc(c.Prepare, func(s Step) bool { return s.Op == analyses.Aggregate && s.Dataset == id })
}

// made is the type of what a step makes.
func made(step Step, within table) string {
	switch {
	case step.Op == analyses.Derive && len(step.Cuts) == 0, step.Op == analyses.Aggregate && step.How == analyses.Any:
		return "event"
	case step.Op == analyses.Derive, step.Op == analyses.Recode:
		return "category"
	case step.How == analyses.Last:
		return within[step.Concept].Type
	}
	return "number"
}

func (c *checking) analysis(s *Site, d *Dataset, found table, at string, a Analysis) {
	for _, r := range a.roles() {
		if r.concept == "" {
			continue
		}
		v, ok := found[r.concept]
		switch {
		case !ok:
			c.wrong(at+"."+r.field, "the variable %s is not in the dictionary of %s at %s, which has %s", r.concept, d.ID, s.Name, found.has())
		case !slices.Contains(r.types, v.Type):
			c.wrong(at+"."+r.field, "%s is a variable of the type %s at %s, expected is %s", r.concept, v.Type, s.Name, strings.Join(r.types, " or "))
		}
	}
	for _, reference := range a.References {
		names := found[reference.Name].names()
		if len(names) > 0 && !slices.Contains(names, reference.Text) {
			c.wrong(at+".references."+reference.Name, "%s is not one of its levels at %s: %s", reference.Text, s.Name, strings.Join(names, ", "))
		}
	}
}
