package report

import (
	"html/template"
	"slices"
)

// studyPart is a study with what is drawn of it, for its page.
type studyPart struct {
	Study
	File      string
	Feature   string // of the scenario that tells of it
	Maps      []template.HTML
	Survival  []survival
	Forest    *forest
	Scans     []scanPart
	Fits      []fitPart
	Means     []meansPart
	Tables    []tablePart
	Scatters  []scatterPart
	Crossed   []Crossing
	Kinds     []kindRow
	Bytes     int64
	Events    *eventPart
	Refusals  []Refusal
	Decisions []Decision
	Scenarios []scenarioRef
}

// Known reports whether the study was held against an answer, or against what silence would have changed.
func (s studyPart) Known() bool { return len(s.Answers) > 0 || s.Silence != nil }

// Drawn reports whether there is a picture of what was released.
func (s studyPart) Drawn() bool {
	return s.Forest != nil || len(s.Survival)+len(s.Scans)+len(s.Fits)+len(s.Means)+len(s.Tables)+len(s.Scatters) > 0
}

// metOf counts the answers that are met.
func metOf(all []Answer) int { return count(all, Answer.Met) }

// answered counts the sites with an outcome.
func answered(all []SiteAnswer, o string) int {
	return count(all, func(a SiteAnswer) bool { return string(a.Outcome) == o })
}

func (p *page) studyPart(i int) studyPart {
	s := p.Run.Studies[i]
	of := func(id string) bool { return id == s.ID }
	s.Title = capital(s.Title)
	part := studyPart{Study: s, File: studyFile(i + 1), Survival: p.survivals(s), Forest: p.forest(s)}
	for _, c := range p.Run.Crossings {
		if of(c.Study) {
			part.Crossed = append(part.Crossed, c)
			part.Bytes += c.Bytes
		}
	}
	part.Kinds = kinds(part.Crossed)
	part.Maps = p.studyMaps(s, part.Crossed)
	part.draw(p)
	if k := slices.IndexFunc(p.Diagrams, func(d eventPart) bool { return of(d.Study) }); k >= 0 {
		part.Events = &p.Diagrams[k]
	}
	for _, r := range p.Run.Refusals {
		if of(r.Study) {
			part.Refusals = append(part.Refusals, r)
		}
	}
	for _, d := range p.Run.Decisions {
		if of(d.Study) {
			part.Decisions = append(part.Decisions, d)
		}
	}
	for k, scenario := range p.Run.Story {
		if of(scenario.Study) {
			part.Scenarios = append(part.Scenarios, refer(scenario, k))
			part.Feature = scenario.Feature
		}
	}
	return part
}

// featurePart lists the studies of one feature, those with known answers first.
type featurePart struct {
	Title   string
	Studies []studyPart
}

func (p *page) features() []featurePart {
	var out []featurePart
	for _, s := range p.Studies {
		i := slices.IndexFunc(out, func(f featurePart) bool { return f.Title == s.Feature })
		if i < 0 {
			i, out = len(out), append(out, featurePart{Title: s.Feature})
		}
		out[i].Studies = append(out[i].Studies, s)
	}
	return out
}
