package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fairway-tre/fairway/contracts/analyses"
	"github.com/fairway-tre/fairway/features/fields"
)

// Feature is the scenario that plays the plan, in the words of the steps. Sites maps each site to its rules, as Resolve
// returned them; profile names the profile file of a site, Link the name of a data file in the folder of the data.
func (p *Plan) Feature(all map[string]Rules, profile func(*Site) string, link func(*Site, *Dataset, string) string) string {
	w := writer{Plan: p, all: all, profile: profile, link: link}
	w.line("Feature: %s", p.Title)
	w.open()
	w.permits()
	w.ask()
	return w.text.String()
}

type writer struct {
	*Plan
	all     map[string]Rules
	profile func(*Site) string
	link    func(*Site, *Dataset, string) string
	text    strings.Builder
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.text, format+"\n", args...) }

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// table writes rows of cells; columns of which no row has anything are left out.
func (w *writer) table(rows ...[]string) {
	for _, row := range rows {
		w.text.WriteString("      |")
		for i, cell := range row {
			if slices.ContainsFunc(rows[1:], func(r []string) bool { return r[i] != "" }) || i == 0 {
				w.text.WriteString(" " + strings.NewReplacer(`\`, `\\`, "|", `\|`).Replace(cell) + " |")
			}
		}
		w.text.WriteString("\n")
	}
}

// open writes how the sites open, people join, and datasets are published.
func (w *writer) open() {
	w.line("\n  @plan-environments\n  Scenario: The environments open, and people join them\n    Given the environments")
	rows := [][]string{{"site", "profile", "name", "country", "dataset", "file", "rows", "sample", "holds", "sign-in", "analyses"}}
	for i := range w.Sites {
		s := &w.Sites[i]
		rules := w.all[s.Name]
		about := []string{s.Name, w.profile(s), s.Title, s.Country, "", "", "", "", "", rules.SignIn, rules.Analyses}
		if len(s.Datasets) == 0 {
			rows = append(rows, about)
		}
		for j := range s.Datasets {
			rows = append(rows, w.holding(s, &s.Datasets[j], slices.Clone(about)))
			about = []string{s.Name, "", "", "", "", "", "", "", "", "", ""}
		}
	}
	w.table(rows...)
	for _, s := range w.Sites {
		if s.Address != "" {
			w.line("    And the people of %s sign in from the address %s", s.Name, s.Address)
		}
	}
	w.line("    And every environment publishes its policy")
	w.line("    When the first identity officer of each environment enrols with its one-time code")
	w.join()
	w.datasets(w.publish)
}

func (w *writer) holding(s *Site, d *Dataset, row []string) []string {
	var files []string
	for _, f := range d.files() {
		files = append(files, w.link(s, d, *f))
	}
	chosen := ""
	if d.Rows != (Rows{}) {
		chosen = d.Rows.Column + " = " + d.Rows.Equals
	} else if d.Samples != (Range{}) {
		chosen = fmt.Sprintf("samples %d to %d", d.Samples.First, d.Samples.Last)
	}
	row[4], row[5], row[6], row[7], row[8] = d.ID, strings.Join(files, ", "), chosen, d.Sample, d.Title
	return row
}

// join lets people of sites that ask for the same training and agreement join together.
func (w *writer) join() {
	type asks struct{ course, agreement, version string }
	var order []asks
	of := func(site string) asks { r := w.all[site]; return asks{r.Course, r.Agreement, r.Version} }
	for _, s := range w.Sites {
		if a := of(s.Name); !slices.Contains(order, a) {
			order = append(order, a)
		}
	}
	for _, a := range order {
		rows := [][]string{{"site", "person", "roles"}}
		for _, one := range w.Persons {
			if of(one.Site) == a {
				rows = append(rows, []string{one.Site, one.Name, strings.Join(one.Roles, ", ")})
			}
		}
		if len(rows) > 1 {
			w.line("    And these people join, complete the course \"%s\" and sign the \"%s\" in version \"%s\"", a.course, a.agreement, a.version)
			w.table(rows...)
		}
	}
}

func (w *writer) publish(s *Site, d *Dataset) {
	use := ""
	if len(d.Conditions) > 0 {
		use = fmt.Sprintf(" for use as \"%s\",", strings.Join(d.Conditions, ", "))
	}
	w.line("    And the %s at %s publishes the dataset \"%s\" of \"%s\", titled \"%s\",%s with the dictionary", w.members(s.Name, dataManager)[0].Name, s.Name, d.ID, d.Holder, d.Title, use)
	rows := [][]string{{"concept", "column", "type", "unit", "event value", "levels"}}
	for _, v := range d.Dictionary {
		rows = append(rows, []string{v.Concept, v.Column, v.Type, v.Unit, v.Event, equals(v.Levels)})
	}
	w.table(rows...)
}

func equals(pairs fields.Pairs) string {
	var all []string
	for _, p := range pairs {
		all = append(all, p.Name+" = "+p.Text)
	}
	return strings.Join(all, ", ")
}

// permits writes the application, and how the bodies of each holder's chain decide.
func (w *writer) permits() {
	w.line("\n  @plan-permits @after:plan-environments\n  Scenario: Each data holder decides by its own chain")
	w.line("    Given the project \"%s\" asks for the terms", w.Permit.Project)
	rows := [][]string{{"term", "value"}, {"days", fmt.Sprint(w.Permit.Days)}, {"purpose", w.Permit.Purpose}, {"partner", w.Permit.Partner}}
	if w.Permit.Sponsor != "" {
		rows = append(rows, []string{"sponsor", w.Permit.Sponsor})
	}
	if len(w.Permit.Uses) > 0 {
		rows = append(rows, []string{"uses", strings.Join(w.Permit.Uses, ", ")})
	}
	w.table(rows...)
	prepare, _, _ := w.prepared()
	asked := w.asked()
	concepts := strings.Join(analyses.Asked(prepare, asked), ", ")
	if concepts == "" {
		concepts = "nothing but rows"
	}
	w.line("    When the %s at %s applies for the project \"%s\" to compute %s of %s in", w.requester(), w.Host, w.Permit.Project,
		strings.Join(analyses.KindsOf(asked), ", "), concepts)
	rows = [][]string{{"site", "dataset"}}
	w.datasets(func(s *Site, d *Dataset) { rows = append(rows, []string{decider(s, d, w.all), d.ID}) })
	w.table(rows...)
	deciders := w.deciders(w.all)
	w.Forbidden(func(s *Site, d *Dataset, _ string) {
		if site := decider(s, d, w.all); !slices.Contains(deciders, site) {
			w.line("    Then %s refuses the project \"%s\" the dataset \"%s\", as \"data-use-denied\"", site, w.Permit.Project, d.ID)
		}
	})
	for _, site := range deciders {
		for _, body := range w.all[site].Chain {
			for _, what := range w.decided(site, body) {
				for _, member := range w.members(site, body.Name)[:body.Quorum] {
					w.line("    And the %s at %s decides positively on %s for the %s", member.Name, site, what, body.Name)
				}
			}
		}
		if at := w.all[site].HostedAt; at != "" {
			w.line("    Then %s grants a permit for the project \"%s\", by which %s, the host of its data, provisions a workspace", site, w.Permit.Project, at)
		} else {
			w.line("    Then %s grants a permit for the project \"%s\" and provisions a workspace", site, w.Permit.Project)
		}
	}
}

// decided is what a body decides on: the project, or each dataset in it.
func (w *writer) decided(site string, body Body) (all []string) {
	if !body.PerDataset {
		return []string{fmt.Sprintf("the project \"%s\"", w.Permit.Project)}
	}
	w.datasets(func(s *Site, d *Dataset) {
		if decider(s, d, w.all) == site && d.forbidden == "" {
			all = append(all, fmt.Sprintf("the dataset \"%s\" in the project \"%s\"", d.ID, w.Permit.Project))
		}
	})
	return all
}

// ask writes the study.
func (w *writer) ask() {
	w.line("\n  @plan-study @after:plan-permits\n  Scenario: %s", oneLine(w.Question))
	w.line("    Given the study \"%s\" asks: %s", w.Title, oneLine(w.Question))
	w.prepares()
	w.line("    And the study \"%s\" computes", w.Title)
	rows := [][]string{{"kind", "time", "event", "arm", "stratum", "by", "outcome", "covariates", "references", "measure", "percentiles", "variants", "small cells", "combined"}}
	for _, a := range w.Analyses {
		rows = append(rows, []string{a.Kind, a.Time, a.Event, a.Arm, a.Stratum, strings.Join(a.By, ", "), a.Outcome, strings.Join(a.Covariates, ", "),
			equals(a.References), a.Measure, strings.Join(a.Percentiles, ", "), strings.Join(a.Variants, ", "), a.SmallCells, a.Combine})
	}
	w.table(rows...)
	w.weighs()
	w.line("    When the %s at %s opens the study \"%s\" in the project \"%s\", to be answered within %.0f seconds by", w.requester(), w.Host, w.Title, w.Permit.Project, w.Deadline.Seconds())
	rows = [][]string{{"site", "dataset"}}
	w.datasets(func(s *Site, d *Dataset) {
		if !w.linked(d.ID) {
			rows = append(rows, []string{s.Name, d.ID})
		}
	})
	w.table(rows...)
	w.line("    And the reviewers of all sites review the study \"%s\" until it ends", w.Title)
	w.line("    Then the %s at %s fetches what came of the study \"%s\"", w.requester(), w.Host, w.Title)
	w.expects()
}

func (w *writer) prepares() {
	if len(w.Prepare) == 0 {
		return
	}
	w.line("    And the study \"%s\" first prepares", w.Title)
	rows := [][]string{{"step", "dataset", "concept", "where", "how", "order", "cuts", "levels", "recodes", "variant", "allele", "as"}}
	for _, s := range w.Prepare {
		rows = append(rows, []string{s.Op, s.Dataset, s.Concept, strings.Join(s.Where, "; "), s.How, s.Order, strings.Join(s.Cuts, ", "),
			strings.Join(s.Levels, ", "), equals(s.Recodes), s.Variant, s.Allele, s.As})
	}
	w.table(rows...)
}

func (w *writer) weighs() {
	i := slices.IndexFunc(w.Analyses, func(a Analysis) bool { return len(a.Weights) > 0 })
	if i < 0 {
		return
	}
	w.line("    And the study \"%s\" weighs the alleles", w.Title)
	rows := [][]string{{"variant", "allele", "weight"}}
	for _, one := range w.Analyses[i].Weights {
		rows = append(rows, []string{one.Variant, one.Allele, one.Weight})
	}
	w.table(rows...)
}

// expects compares with known answers, those of one precision together.
func (w *writer) expects() {
	done := map[string]bool{}
	for _, first := range w.Expected {
		if done[first.Within] {
			continue
		}
		done[first.Within] = true
		w.line("    And the result of the study \"%s\" tells, to %s relative", w.Title, first.Within)
		rows := [][]string{{"quantity", "of", "at", "result", "answer"}}
		for _, a := range w.Expected {
			result := ""
			if a.Result > 0 {
				result = strconv.Itoa(a.Result)
			}
			if a.Within == first.Within {
				rows = append(rows, []string{a.Quantity, a.Of, a.At, result, a.Answer})
			}
		}
		w.table(rows...)
	}
}
