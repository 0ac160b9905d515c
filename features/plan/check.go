package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/features/fields"
)

// checking holds the parts of a plan against each other.
type checking struct {
	*Plan
	found fields.Reader
}

// wrong notes a problem at a field.
func (c *checking) wrong(field, format string, args ...any) {
	c.found.Problems = append(c.found.Problems, fields.Problem{Line: c.lines.Of(field), Field: field, Text: fmt.Sprintf(format, args...)})
}

func (c *checking) err() error { return c.found.Err(c.File) }

// alone finds what the plan shows by itself.
func (c *checking) alone() {
	if c.site(c.Host) == nil {
		c.wrong("host", "%s is not one of the sites: there are %s", c.Host, strings.Join(c.names(), ", "))
	}
	if len(c.Sites) == 0 {
		c.wrong("sites", "there is no site: name at least one, with its data")
	}
	c.datasets(c.dataset)
	asked := 0
	for i := range c.Sites {
		asked += c.asks(&c.Sites[i])
	}
	if asked == 0 && len(c.Sites) > 0 {
		c.wrong("sites", "no site has a dataset that could be asked")
	}
	for i, person := range c.Persons {
		at := fmt.Sprintf("persons.%d", i+1)
		if c.site(person.Site) == nil {
			c.wrong(at+".site", "%s is not one of the sites: there are %s", person.Site, strings.Join(c.names(), ", "))
		}
		if slices.ContainsFunc(c.Persons[:i], func(p Person) bool { return p.Name == person.Name && p.Site == person.Site }) {
			c.wrong(at+".name", "the %s at %s is named twice", person.Name, person.Site)
		}
		if person.Name == officer {
			c.wrong(at+".name", "every site has its %s: name another person", officer)
		}
	}
	for i, a := range c.Expected {
		if a.Result > len(c.Analyses) {
			c.wrong(fmt.Sprintf("expected.%d.result", i+1), "there are %d analyses", len(c.Analyses))
		}
	}
	if c.Permit.Partner == "industry" && c.Permit.Sponsor == "" {
		c.wrong("permit", "sponsor: it is missing: an industry partner names who pays")
	}
	c.answerable()
	if len(c.found.Problems) == 0 {
		c.variables()
	}
}

// officer is who each site begins with.
const officer = "identity officer"

func (c *checking) names() (all []string) {
	for _, s := range c.Sites {
		all = append(all, s.Name)
	}
	return all
}

// asks counts the datasets of a site that are asked, beside those that are linked to them.
func (c *checking) asks(s *Site) int {
	asked := 0
	for _, d := range s.Datasets {
		if !c.linked(d.ID) {
			asked++
		}
	}
	if asked == 0 && len(s.Datasets) > 0 {
		c.wrong("sites."+s.Name+".datasets", "all are linked to another one, which is not there")
	}
	return asked
}

// dataset holds the fields of one against each other.
func (c *checking) dataset(s *Site, d *Dataset) {
	at := s.at(d)
	var kinds []string
	for _, name := range d.Genotypes {
		kinds = append(kinds, kindOf(name))
	}
	slices.Sort(kinds)
	genotyped, vcf := len(kinds) > 0, slices.Equal(kinds, []string{"vcf"})
	switch {
	case d.File == "" && !genotyped:
		c.wrong(at, "it has neither a file nor genotypes")
	case d.File != "" && kindOf(d.File) != "csv":
		c.wrong(at+".file", "expected a .csv or a .csv.gz")
	case genotyped && !vcf && !slices.Equal(kinds, []string{"bed", "bim", "fam"}):
		c.wrong(at+".genotypes", "expected a .vcf, or a .bed, a .bim and a .fam")
	case d.Rows != (Rows{}) && d.Samples != (Range{}):
		c.wrong(at+".samples", "the rows are split both by a column and by a range: keep rows or samples")
	case strings.Contains(d.Rows.Column, "="):
		c.wrong(at+".rows.column", "the name of the column has a = in it: rename it")
	case d.Rows != (Rows{}) && (genotyped || d.File == ""):
		c.wrong(at+".rows", "rows are those of a table; of genotypes give samples")
	case d.Samples != (Range{}) && !vcf:
		c.wrong(at+".samples", "samples are those of a .vcf; of a table give rows")
	case d.Samples.Last < d.Samples.First:
		c.wrong(at+".samples", "the last sample comes before the first")
	case d.Sample != "" && (d.File == "" || !genotyped):
		c.wrong(at+".sample", "it finds the rows of a file beside genotypes: give both, or leave it out")
	case genotyped && d.File != "" && d.Sample == "":
		c.wrong(at+".file", "a file beside genotypes needs sample, its column with the ids of the samples")
	}
	if len(d.Dictionary) == 0 {
		c.wrong(at, "it has no dictionary, and the plan has none for all datasets")
	}
	for i, v := range d.Dictionary {
		c.variable(v, genotyped)
		if slices.ContainsFunc(d.Dictionary[:i], func(o Variable) bool { return o.Column == v.Column }) {
			c.wrong(v.at+".column", "the column %s has a variable already: make another of that one by a step", v.Column)
		}
	}
}

func (c *checking) variable(v Variable, genotyped bool) {
	levels := map[string]bool{}
	for _, l := range v.Levels {
		levels[l.Name] = true
	}
	switch {
	case v.Type == "event" && v.Event == "":
		c.wrong(v.at, "an event needs event, the value which means that it happened")
	case v.Type != "event" && v.Event != "":
		c.wrong(v.at+".event", "only an event has it, and this is a variable of the type %s", v.Type)
	case v.Type != "category" && v.Type != "event" && len(levels) > 0:
		c.wrong(v.at+".levels", "only a category or an event has them, and this is a variable of the type %s", v.Type)
	case v.Type == "event" && len(levels) > 0 && !levels[v.Event]:
		c.wrong(v.at+".event", "the value that means the event is not one of its levels")
	case (v.Type == "identifier") != (v.Concept == analyses.Person):
		c.wrong(v.at+".type", "the variable %s and no other is an identifier", analyses.Person)
	case (v.Type == "genotype") != (v.Concept == analyses.Genotype):
		c.wrong(v.at+".type", "the variable %s and no other is the genotypes", analyses.Genotype)
	case v.Type == "genotype" && !genotyped:
		c.wrong(v.at, "a dataset of this dictionary has no genotypes")
	case slices.ContainsFunc(v.Levels, func(l fields.Pair) bool { return strings.ContainsAny(l.Name, "=,") || strings.Contains(l.Text, "=") }):
		c.wrong(v.at+".levels", "a level has no = in it, and its value no comma: write other values in the file")
	}
}

// kindOf is the kind of a file by its name: csv, vcf, bed ...
func kindOf(name string) string {
	parts := strings.Split(strings.TrimSuffix(name, ".gz"), ".")
	return parts[len(parts)-1]
}
