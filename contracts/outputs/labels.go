package outputs

import "strings"

// Labels lists the levels that a document names, each with its concept, as they come; the level of a score of everybody
// has no concept. They are the words of a document that its schema does not give and that are no concept by themselves.
func Labels(document Document) (all []Level) {
	for _, r := range document.Results {
		all = append(all, r.labels()...)
	}
	return all
}

func (r Count) labels() (all []Level) {
	for _, cell := range r.Cells {
		all = append(all, cell.By...)
	}
	return all
}

func (r Summary) labels() (all []Level) {
	groups := r.Groups
	for _, s := range r.BySite {
		groups = append(groups[:len(groups):len(groups)], s.Groups...)
	}
	for _, g := range groups {
		all = append(all, g.By...)
	}
	return all
}

func (r LogRank) labels() []Level { return groupsOf(r.Arm, r.Groups) }

func groupsOf(arm string, groups []Group) (all []Level) {
	for _, g := range groups {
		all = append(all, Level{arm, g.Level})
	}
	return all
}

func (r KaplanMeier) labels() (all []Level) {
	for _, g := range r.Groups {
		all = append(all, Level{r.Arm, g.Level})
	}
	return all
}

func (c Combination) labels() []Level {
	all := append(groupsOf(c.Arm, c.Groups), Level{c.Arm, c.Compared})
	for _, s := range c.Curves {
		all = append(all, s.labels()...)
	}
	return all
}

func (r Regression) labels() (all []Level) {
	for _, l := range r.Levels {
		all = append(all, Level{l.Concept, l.Level})
	}
	return all
}

// termed is the level of a term "concept=level"; none of other terms.
func termed(term string) []Level {
	concept, level, found := strings.Cut(term, "=")
	if !found {
		return nil
	}
	return []Level{{concept, level}}
}

func (m Model) labels() []Level {
	all := m.Regression.labels()
	for _, t := range m.Terms {
		all = append(all, termed(t.Term)...)
	}
	return all
}

func (p ModelPart) labels() []Level {
	all := p.Regression.labels()
	for _, t := range p.Terms {
		all = append(all, termed(t)...)
	}
	return all
}

func (r AlleleFrequency) labels() []Level { return nil }

func (r Association) labels() []Level { return nil }

func (r PolygenicScore) labels() (all []Level) {
	groups := r.Groups
	for _, s := range r.Sites {
		groups = append(groups[:len(groups):len(groups)], s.Groups...)
	}
	for _, g := range groups {
		all = append(all, Level{r.By, g.Level})
	}
	return all
}
